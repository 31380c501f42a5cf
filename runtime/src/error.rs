//! Everything that can go wrong with a call.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, Uri, header};

use crate::codec::{DecodeError, REDACTED};
use crate::secrets::is_secret_text;
use crate::transport::TransportError;
use crate::types::Json;

/// Why a call failed. Neither its text nor its `Debug` form shows tokens or the values of parameters.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The client cannot be set up this way.
    #[non_exhaustive]
    Configuration {
        /// What is wrong.
        message: String,
    },
    /// The request cannot be sent. Nothing was sent.
    #[non_exhaustive]
    InvalidRequest {
        /// The operation: `customers:get`.
        operation: &'static str,
        /// The parameter that does not fit, if it is one. `body` for the body.
        parameter: Option<&'static str>,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// There was no connection, or it broke before the response was there.
    #[non_exhaustive]
    Connection {
        /// The operation: `customers:get`.
        operation: &'static str,
        /// What happened.
        source: TransportError,
    },
    /// The response did not arrive in time. The server may have acted on the request nevertheless.
    #[non_exhaustive]
    Timeout {
        /// The operation: `customers:get`.
        operation: &'static str,
        /// What happened.
        source: TransportError,
    },
    /// The server answered with an error.
    Api(Box<ApiError>),
    /// A page of a list could not be had.
    #[non_exhaustive]
    Page {
        /// The number of the page. A request for it goes on from there.
        page: i64,
        /// Why.
        source: Box<Error>,
    },
    /// The server reported success, and the body is not what the API's description says.
    #[non_exhaustive]
    Decode {
        /// The operation: `customers:get`.
        operation: &'static str,
        /// What is wrong, and where in the body.
        source: DecodeError,
    },
}

impl Error {
    /// The operation that failed; `None` if the error is about the client.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        match self {
            Self::Configuration { .. } => None,
            Self::InvalidRequest { operation, .. }
            | Self::Connection { operation, .. }
            | Self::Timeout { operation, .. }
            | Self::Decode { operation, .. } => Some(operation),
            Self::Api(error) => Some(error.operation()),
            Self::Page { source, .. } => source.operation(),
        }
    }

    /// The server's answer, if it is an error from there.
    #[must_use]
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            Self::Page { source, .. } => source.api(),
            _ => None,
        }
    }

    /// What went wrong, as the API names it: the `ErrorCode` of the version, or text.
    ///
    /// The type follows from what it is compared with, mostly.
    ///
    /// ```
    /// # use polar_client_runtime::Error;
    /// # #[derive(PartialEq)]
    /// # enum ErrorCode { ResourceNotFound, Unknown(String) }
    /// # impl From<&str> for ErrorCode {
    /// #     fn from(text: &str) -> Self { Self::Unknown(text.to_owned()) }
    /// # }
    /// # fn check(error: &Error) -> bool {
    /// match error.code() {
    ///     Some(ErrorCode::ResourceNotFound) => true,
    ///     _ => false,
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn code<'a, C: From<&'a str>>(&'a self) -> Option<C> {
        self.api()?.code().map(C::from)
    }

    /// The number of the page that failed, if the call was one of several for the pages of a list.
    #[must_use]
    pub fn page(&self) -> Option<i64> {
        match self {
            Self::Page { page, .. } => Some(*page),
            _ => None,
        }
    }

    /// The error, as that of a page.
    pub(crate) fn on_page(self, page: i64) -> Self {
        Self::Page {
            page,
            source: Box::new(self),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration { message } => f.write_str(message),
            Self::InvalidRequest {
                operation,
                parameter: Some(parameter),
                reason,
            } => {
                write!(
                    f,
                    "{operation}: not sent: the parameter `{parameter}` {reason}"
                )
            }
            Self::InvalidRequest {
                operation,
                parameter: None,
                reason,
            } => write!(f, "{operation}: not sent: {reason}"),
            Self::Connection { operation, source } | Self::Timeout { operation, source } => {
                write!(f, "{operation}: {source}")
            }
            Self::Api(error) => error.fmt(f),
            Self::Page { page, source } => write!(f, "page {page}: {source}"),
            Self::Decode { operation, source } => {
                write!(f, "{operation}: cannot read the response: {source}")
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Connection { source, .. } | Self::Timeout { source, .. } => {
                std::error::Error::source(source)
            }
            Self::Decode { source, .. } => std::error::Error::source(source),
            Self::Page { source, .. } => std::error::Error::source(&**source),
            Self::Configuration { .. } | Self::InvalidRequest { .. } | Self::Api(_) => None,
        }
    }
}

/// An error that the server answered with.
pub struct ApiError {
    operation: &'static str,
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    code: Option<String>,
    detail: Option<String>,
}

impl ApiError {
    pub(crate) fn new(
        operation: &'static str,
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
    ) -> Self {
        let json: Json = serde_json::from_slice(&body).unwrap_or_default();
        let text = |key: &str| json.get(key).and_then(Json::as_str).map(str::to_owned);
        let (code, detail) = (
            text("error"),
            text("detail").or_else(|| text("error_description")),
        );
        Self {
            operation,
            status,
            headers,
            body,
            code,
            detail,
        }
    }

    /// The operation: `customers:get`.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// All headers of the response.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body as it was received: JSON mostly, but servers in between answer with HTML, text or nothing.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The kind of error, as the body names it: `ResourceNotFound`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The server's explanation, if it is one text.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// The scheme and host that a redirect leads to; the rest of it could show parameters.
    fn redirect_origin(&self) -> Option<String> {
        let location = self
            .status
            .is_redirection()
            .then(|| self.headers.get(header::LOCATION))
            .flatten()?;
        let uri: Uri = location.to_str().ok()?.parse().ok()?;
        Some(format!("{}://{}", uri.scheme_str()?, uri.host()?))
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation, self.status)?;
        for text in [&self.code, &self.detail].into_iter().flatten() {
            write!(f, ": {}", unless_secret(text))?;
        }
        match self.redirect_origin() {
            Some(origin) => write!(f, ": redirects to {origin} are not followed"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("operation", &self.operation)
            .field("status", &self.status)
            .field("code", &self.code.as_deref().map(unless_secret))
            .field("detail", &self.detail.as_deref().map(unless_secret))
            .field("headers", &Headers(&self.headers))
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}

impl std::error::Error for ApiError {}

fn unless_secret(text: &str) -> &str {
    if is_secret_text(text) { REDACTED } else { text }
}

/// Shows headers, except for the values that hold sessions, credentials or paths.
struct Headers<'a>(&'a HeaderMap);

impl fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const HIDDEN: [header::HeaderName; 6] = [
            header::AUTHORIZATION,
            header::CONTENT_LOCATION,
            header::COOKIE,
            header::LINK,
            header::LOCATION,
            header::SET_COOKIE,
        ];
        let shown = self.0.iter().map(|(name, value)| {
            let text = value.to_str().unwrap_or(REDACTED);
            (
                name,
                if HIDDEN.contains(name) {
                    REDACTED
                } else {
                    unless_secret(text)
                },
            )
        });
        f.debug_map().entries(shown).finish()
    }
}
