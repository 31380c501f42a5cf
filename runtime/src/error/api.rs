//! Error responses of the API.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, StatusCode, Uri, header};

use super::shown::{Headers, shown};
use super::validation::{self, ValidationEntry};
use crate::time::system_time;
use crate::types::JsonValue;

const POLAR_VERSION: HeaderName = HeaderName::from_static("polar-version");

/// An error response of the API.
pub struct ApiError {
    operation: &'static str,
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    class: Option<String>,
    detail: Option<String>,
    validation: Vec<ValidationEntry>,
    evidence: Evidence,
    received: Received,
    hint: Option<String>,
}

/// Why the client concludes that a response comes from the API.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Evidence {
    /// The response has the version header of the requested version.
    Version,
    /// There is no version header, but the OpenAPI description documents the error class for 404.
    Class,
    /// There is no version header, but the body has the format of the API's router: JSON with `detail` and without an
    /// error class.
    Router,
    /// There is no evidence: the response may come from a proxy or another server.
    Nothing,
}

/// How much of the body was received.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Received {
    Whole,
    Part,
}

impl ApiError {
    pub(crate) fn new(
        operation: &'static str,
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
        received: Received,
        not_found: &[&str],
    ) -> Self {
        let json: JsonValue = serde_json::from_slice(&body).unwrap_or_default();
        let text = |key: &str| json.get(key).and_then(JsonValue::as_str).map(str::to_owned);
        let class = text("error").filter(|class| !class.is_empty());
        // Only the API sends the version header. It may be missing nevertheless: proxies may remove it, and older
        // servers do not send it. A documented error class is then sufficient evidence, because bodies of other servers
        // may contain `error` but not a class of the API.
        let is_documented = class.as_deref().is_some_and(|it| not_found.contains(&it));
        let evidence = if headers.contains_key(POLAR_VERSION) {
            Evidence::Version
        } else if status == StatusCode::NOT_FOUND && is_documented {
            Evidence::Class
        } else if json.get("detail").is_some() && json.get("error").is_none() {
            Evidence::Router
        } else {
            Evidence::Nothing
        };
        Self {
            operation,
            status,
            headers,
            body,
            class,
            detail: text("detail").or_else(|| text("error_description")),
            validation: json
                .get("detail")
                .map(validation::entries)
                .unwrap_or_default(),
            evidence,
            received,
            hint: None,
        }
    }

    /// Adds a hint at a likely cause of the error.
    pub(crate) fn with_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    /// Returns the ID of the operation, such as `customers:get`.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// Returns the HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns all headers of the response.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the body as it was received, usually JSON. Proxies may respond with HTML, plain text or an empty body.
    ///
    /// At most 1 MiB is kept. If the connection broke, the rest of the body is missing.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Returns the error class, such as `ResourceNotFound`: the field `error` of the body. `None` if there is none.
    #[must_use]
    pub fn class(&self) -> Option<&str> {
        self.class.as_deref()
    }

    /// Returns the server's message: the field `detail` of the body. `None` if it is not a string.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// Returns the validation errors of the request. Empty if the response contains none.
    #[must_use]
    pub fn validation(&self) -> &[ValidationEntry] {
        &self.validation
    }

    /// Returns a hint at a likely cause, such as a token of the wrong kind or for another server. The error message
    /// (`Display`) contains the hint.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Returns how long to wait before the next request, from the `Retry-After` header. `None` without the header.
    ///
    /// If the header is a date, the result is the time between the response's `Date` and that date; zero if it has
    /// passed.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(&self.headers)
    }

    /// Returns whether the response is certainly from the API: no proxy adds the version header.
    #[cfg(feature = "ingest")]
    pub(crate) fn is_from_api(&self) -> bool {
        self.evidence == Evidence::Version
    }

    /// Returns whether the response is from the requested API version. Only a 404 may be from another one.
    pub(super) fn is_from_version(&self) -> bool {
        self.status != StatusCode::NOT_FOUND
            || matches!(self.evidence, Evidence::Version | Evidence::Class)
    }

    /// Returns whether the resource does not exist. The API reports that with an error class, while the 404 of its
    /// router for an unknown path has none.
    pub(super) fn is_not_found(&self) -> bool {
        self.status == StatusCode::NOT_FOUND && self.class.is_some() && self.is_from_version()
    }

    /// Returns whether a rate limit was exceeded. The API then responds with an empty body. A 429 with an error class
    /// is a limit of the operation instead. If the body was lost, it may have contained a class.
    pub(super) fn is_rate_limit(&self) -> bool {
        let is_unnamed = self.class.is_none() && self.received == Received::Whole;
        self.status == StatusCode::TOO_MANY_REQUESTS && is_unnamed
    }

    /// Returns whether the error is transient. The server may have acted on the request nevertheless.
    pub(super) fn is_transient(&self) -> bool {
        match self.status.as_u16() {
            // 501 Not Implemented, 505 HTTP Version Not Supported.
            501 | 505 => false,
            408 | 500..=599 => true,
            429 => self.received == Received::Part,
            _ => false,
        }
    }

    /// Writes the error without the operation.
    pub(super) fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        for text in [&self.class, &self.detail].into_iter().flatten() {
            write!(f, ": {}", shown(text))?;
        }
        validation::describe(&self.validation, f)?;
        if self.status == StatusCode::NOT_FOUND && self.class.is_none() {
            f.write_str(
                " (no error class, so this does not say that the resource does not exist: the server has no such path, \
                 for instance because a parameter in it contains `/`)",
            )?;
        }
        if let Some(origin) = self.redirect_origin() {
            write!(f, ": redirects to {origin} are not followed")?;
        }
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }

    /// Writes a 404 that does not come from the requested version, without the operation.
    pub(super) fn describe_missing_version(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.evidence {
            Evidence::Version | Evidence::Class | Evidence::Router => {
                "404 without an error class, which does not say that the resource does not exist: the server does not \
                 serve this version of the API, or has no such path"
            }
            Evidence::Nothing => {
                "404, but not from the API: the server's URL is wrong, a proxy responded, or the server does not serve \
                 this version of the API"
            }
        })
    }

    /// Returns the scheme and host of a redirect's target. The rest of the URL may contain secrets.
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
        write!(f, "{}: ", self.operation)?;
        match self.is_from_version() {
            true => self.describe(f),
            false => self.describe_missing_version(f),
        }
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("operation", &self.operation)
            .field("status", &self.status)
            .field("class", &self.class.as_deref().map(shown))
            .field("detail", &self.detail.as_deref().map(shown))
            .field("validation", &self.validation)
            .field("hint", &self.hint)
            .field("headers", &Headers(&self.headers))
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}

impl std::error::Error for ApiError {}

/// Returns the `Retry-After` of a response.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let value = text(header::RETRY_AFTER)?;
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A value that is out of range becomes the maximum.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let then = httpdate::parse_http_date(value).ok()?;
    let now = text(header::DATE)
        .and_then(|date| httpdate::parse_http_date(date).ok())
        .unwrap_or_else(system_time);
    Some(then.duration_since(now).unwrap_or_default())
}
