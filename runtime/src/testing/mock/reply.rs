//! `Reply`: responses and failures of a mock.

use std::fmt;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};

use crate::codec::{self, Encode};
use crate::transport::{TransportError, TransportErrorKind};
use crate::types::JsonValue;

const JSON: &str = "application/json";
const POLAR_VERSION: HeaderName = HeaderName::from_static("polar-version");

/// The reply of a [`Mock`](super::Mock) to a call: any response, or a failure of the connection.
#[derive(Clone)]
pub struct Reply(Kind);

#[derive(Clone)]
enum Kind {
    Response {
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
        origin: Origin,
    },
    Failure(TransportErrorKind, &'static str),
    Never,
}

/// The sender of a response.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// The API, which returns the version header of the request.
    Api,
    /// A proxy or gateway, which does not.
    Between,
}

impl Reply {
    /// Creates a response without a body.
    ///
    /// # Panics
    /// Panics if the status is invalid.
    #[must_use]
    #[track_caller]
    pub fn status(status: u16) -> Self {
        let Ok(status) = StatusCode::from_u16(status) else {
            panic!("{status} is not an HTTP status");
        };
        Self(Kind::Response {
            status,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            origin: Origin::Api,
        })
    }

    /// Creates a response with a JSON body.
    ///
    /// # Panics
    /// Panics if the status is invalid.
    #[must_use]
    #[track_caller]
    pub fn json(status: u16, text: impl Into<Bytes>) -> Self {
        Self::status(status).body(JSON, text)
    }

    /// Creates an error response of the API, with an error class and a message.
    ///
    /// `ErrorCode::as_str` returns the names of known error classes.
    ///
    /// # Panics
    /// Panics if the status is invalid.
    #[must_use]
    #[track_caller]
    pub fn error(status: u16, class: impl AsRef<str>, detail: &str) -> Self {
        let body = serde_json::json!({"error": class.as_ref(), "detail": detail});
        Self::json(status, body.to_string())
    }

    /// Creates a response with status 429, as the API sends it: with the header `Retry-After` in seconds, and without a
    /// body.
    #[must_use]
    pub fn rate_limited(retry_after: u32) -> Self {
        Self::status(429).with(RETRY_AFTER, retry_after.into())
    }

    /// Creates a response with status 502 and an HTML page, as a proxy sends it.
    #[must_use]
    pub fn bad_gateway() -> Self {
        Self::status(502)
            .body(
                "text/html",
                "<html><body><h1>502 Bad Gateway</h1></body></html>",
            )
            .between()
    }

    /// Creates the response with status 404 that the API sends for a version that it no longer supports.
    #[must_use]
    pub fn version_gone() -> Self {
        Self::json(404, r#"{"detail":"Not Found"}"#).between()
    }

    /// Creates a connection failure: the request was not sent.
    #[must_use]
    pub fn connection_refused() -> Self {
        Self(Kind::Failure(
            TransportErrorKind::Connect,
            "connection refused, by the mock",
        ))
    }

    /// Creates a connection failure in the middle of the response body: the API may have executed the request.
    #[must_use]
    pub fn broken_body() -> Self {
        Self(Kind::Failure(
            TransportErrorKind::Interrupted,
            "connection reset in the body, by the mock",
        ))
    }

    /// Creates a timeout that occurs immediately, so that the test does not have to wait.
    #[must_use]
    pub fn timed_out() -> Self {
        Self(Kind::Failure(
            TransportErrorKind::Timeout,
            "timed out, by the mock",
        ))
    }

    /// Creates a reply that never arrives: the call waits until it times out or is dropped. Use tokio's paused clock,
    /// so that the test does not have to wait.
    #[must_use]
    pub fn never() -> Self {
        Self(Kind::Never)
    }

    /// Sets a header of the response.
    ///
    /// # Panics
    /// Panics if the name or the value is invalid.
    #[must_use]
    #[track_caller]
    pub fn header(self, name: &str, value: &str) -> Self {
        match (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            (Ok(name), Ok(value)) => self.with(name, value),
            _ => panic!("the header `{name}` or its value is invalid"),
        }
    }

    /// Sets the body of the response, and its media type.
    #[must_use]
    pub fn body(mut self, media_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        if let Kind::Response { body, .. } = &mut self.0 {
            *body = bytes.into();
        }
        self.with(CONTENT_TYPE, HeaderValue::from_static(media_type))
    }

    fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        if let Kind::Response { headers, .. } = &mut self.0 {
            headers.insert(name, value);
        }
        self
    }

    fn between(mut self) -> Self {
        if let Kind::Response { origin, .. } = &mut self.0 {
            *origin = Origin::Between;
        }
        self
    }

    /// Parses the body of a successful JSON response. Returns `None` for any other reply.
    pub(super) fn success_json(&self) -> Option<Result<JsonValue, serde_json::Error>> {
        match &self.0 {
            Kind::Response {
                status,
                headers,
                body,
                ..
            } if status.is_success() && headers.get(CONTENT_TYPE)? == JSON => {
                Some(serde_json::from_slice(body))
            }
            _ => None,
        }
    }

    /// Returns what the transport returns for a request with these headers.
    pub(in crate::testing) async fn send(
        &self,
        request: &HeaderMap,
    ) -> Result<Response<Bytes>, TransportError> {
        match &self.0 {
            Kind::Never => std::future::pending().await,
            Kind::Failure(kind, reason) => Err(TransportError::new(*kind, *reason)),
            Kind::Response {
                status,
                headers,
                body,
                origin,
            } => {
                let mut response = Response::new(body.clone());
                *response.status_mut() = *status;
                *response.headers_mut() = headers.clone();
                if *origin == Origin::Api
                    && let Some(version) = request.get(POLAR_VERSION)
                {
                    let headers = response.headers_mut();
                    headers.insert(POLAR_VERSION, version.clone());
                }
                Ok(response)
            }
        }
    }
}

/// Conversions from the outputs of operations to responses; called by generated code.
#[doc(hidden)]
impl Reply {
    pub fn of_json<T: Encode>(output: &T) -> Self {
        Self::json(200, codec::to_vec(output))
    }

    pub fn of_optional<T: Encode>(output: &Option<T>) -> Self {
        output
            .as_ref()
            .map_or_else(|| Self::status(202), Self::of_json)
    }

    pub fn of_empty((): &()) -> Self {
        Self::status(204)
    }

    pub fn of_text(output: &str) -> Self {
        Self::status(200).body("text/csv", output.to_owned())
    }
}

impl From<JsonValue> for Reply {
    /// Creates a response with status 200 and this JSON.
    fn from(json: JsonValue) -> Self {
        Self::of_json(&json)
    }
}

/// Omits the body, which may be confidential.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Response { status, .. } => write!(f, "Reply({status})"),
            Kind::Failure(kind, _) => write!(f, "Reply({kind:?})"),
            Kind::Never => f.write_str("Reply(never)"),
        }
    }
}
