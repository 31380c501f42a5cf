//! Errors that the API responded with.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, StatusCode, Uri, header};

use super::shown::{Headers, shown};
use super::validation::{self, ValidationEntry};
use crate::time::system_time;
use crate::types::Json;

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

/// Where the response comes from, as far as can be told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Evidence {
    /// The API, in the version that was requested: it echoes the version.
    Version,
    /// The API, without its header: a 404 whose class the OpenAPI description documents for 404.
    Class,
    /// A router of the API, without its header: JSON with a `detail` and without a class.
    Router,
    /// Nobody in particular.
    Nothing,
}

/// How much there is of the body.
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
        let json: Json = serde_json::from_slice(&body).unwrap_or_default();
        let text = |key: &str| json.get(key).and_then(Json::as_str).map(str::to_owned);
        let class = text("error").filter(|class| !class.is_empty());
        // Only the API echoes the version. Many servers have an `error` in their bodies, but not one of its classes; a
        // proxy may strip the header, and older servers never sent it.
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

    /// Adds what may be wrong on this side.
    pub(crate) fn with_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
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

    /// The body as it was received: JSON mostly, but intermediaries respond with HTML, text or nothing. What is beyond
    /// a mebibyte, or did not arrive, is left out.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The kind of error, as the body names it: `ResourceNotFound`.
    #[must_use]
    pub fn class(&self) -> Option<&str> {
        self.class.as_deref()
    }

    /// The server's explanation, if it is one text.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// What is wrong with the values that were sent, one entry for each; empty unless the server says so.
    #[must_use]
    pub fn validation(&self) -> &[ValidationEntry] {
        &self.validation
    }

    /// What may be wrong on this side, where the client can tell: a token of another kind, or for another server.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// How long the server asks to wait, by the `Retry-After` header: seconds, or a date, which is compared with the
    /// response's own `Date`. Zero if the date has passed.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(&self.headers)
    }

    /// Whether the answer is the API's own word: it repeats the version, as nothing in between does.
    #[cfg(feature = "ingest")]
    pub(crate) fn is_from_api(&self) -> bool {
        self.evidence == Evidence::Version
    }

    /// Whether the response is from the version that was requested. Only of a 404 there is doubt.
    pub(super) fn is_from_version(&self) -> bool {
        self.status != StatusCode::NOT_FOUND
            || matches!(self.evidence, Evidence::Version | Evidence::Class)
    }

    /// Whether the response says that the resource does not exist: the API names a class then. The 404 of its router, for
    /// a path that it does not know, has none.
    pub(super) fn is_not_found(&self) -> bool {
        self.status == StatusCode::NOT_FOUND && self.class.is_some() && self.is_from_version()
    }

    /// Rate limits answer without a body. A 429 that names an error is a rule of the operation, and one whose body did not
    /// arrive may have named one.
    pub(super) fn is_rate_limit(&self) -> bool {
        let is_unnamed = self.class.is_none() && self.received == Received::Whole;
        self.status == StatusCode::TOO_MANY_REQUESTS && is_unnamed
    }

    /// Whether a repeat could have another outcome, though the server may have acted on the request.
    pub(super) fn may_pass(&self) -> bool {
        match self.status.as_u16() {
            // What the server does not implement, and a version of HTTP that it does not speak.
            501 | 505 => false,
            408 | 500..=599 => true,
            429 => self.received == Received::Part,
            _ => false,
        }
    }

    /// The error without the operation.
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

    /// The 404 that is not from the version that was requested, without the operation.
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

/// How long headers ask to wait.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let value = text(header::RETRY_AFTER)?;
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More seconds than fit are for ever.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let then = httpdate::parse_http_date(value).ok()?;
    let now = text(header::DATE)
        .and_then(|date| httpdate::parse_http_date(date).ok())
        .unwrap_or_else(system_time);
    Some(then.duration_since(now).unwrap_or_default())
}
