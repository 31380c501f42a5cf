//! What programs, and the client itself, ask about an error.

use std::time::Duration;

use http::StatusCode;

use super::{ApiError, Error, RawBody, StorageError, TransportErrorKind, UploadError};

/// What a repeat of a failed call may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// The outcome would be the same.
    Useless,
    /// The server may have acted on the request.
    IfSafe,
    /// The server did not act on the request.
    Always,
}

impl Error {
    /// The operation that failed; `None` if the error is about the client.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        match self {
            Self::Configuration { .. } => None,
            Self::InvalidRequest { operation, .. }
            | Self::InvalidBody { operation, .. }
            | Self::Token { operation, .. }
            | Self::Connection { operation, .. }
            | Self::Timeout { operation, .. }
            | Self::Decode { operation, .. }
            | Self::Export { operation, .. }
            | Self::NotListed { operation, .. }
            | Self::BodyTooLarge { operation, .. }
            | Self::File { operation, .. } => Some(operation),
            Self::Api(error) | Self::VersionGone(error) => Some(error.operation()),
            Self::Storage(error) => Some(error.operation()),
            Self::Page { source, .. } => source.operation(),
            Self::Upload(error) => error.error().operation(),
        }
    }

    /// Returns the error response of the API, if it is one.
    #[must_use]
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) | Self::VersionGone(error) => Some(error),
            Self::Page { source, .. } => source.api(),
            Self::Upload(error) => error.error().api(),
            _ => None,
        }
    }

    /// Returns the error response of the storage, if it is one.
    #[must_use]
    pub fn storage(&self) -> Option<&StorageError> {
        match self.cause() {
            Self::Storage(error) => Some(error),
            _ => None,
        }
    }

    /// How far an upload came that failed.
    #[must_use]
    pub fn upload(&self) -> Option<&UploadError> {
        match self {
            Self::Upload(error) => Some(error),
            _ => None,
        }
    }

    /// Returns the HTTP status of the error response, if it is one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.api().map(ApiError::status)
    }

    /// The kind of error as the server names it, `ResourceNotFound`, if the response has one.
    #[must_use]
    pub fn class(&self) -> Option<&str> {
        self.api().and_then(ApiError::class)
    }

    /// The same, as the `ErrorCode` of the version, whose type mostly follows from what it is compared with. `None` also
    /// for [`Error::VersionGone`].
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
        match self.cause() {
            Self::Api(error) => error.class().map(C::from),
            _ => None,
        }
    }

    /// The number of the page that failed, if the call was one of several for the pages of a list.
    #[must_use]
    pub fn page(&self) -> Option<i64> {
        match self {
            Self::Page { page, .. } => Some(*page),
            _ => None,
        }
    }

    /// The resource does not exist, or the credential cannot see it: a 404 with an error class.
    ///
    /// False for a 404 without a class, which only says that the server has no such path: it serves another version
    /// ([`Error::VersionGone`]), or a parameter made the path one that it does not know. False also for the 404 of a
    /// proxy. A class that the OpenAPI description documents for 404 counts without the echoed version header, too.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        match self.cause() {
            Self::Api(error) => error.is_not_found(),
            Self::NotListed { .. } => true,
            _ => false,
        }
    }

    /// The server does not serve this version of the API: [`Error::VersionGone`].
    #[must_use]
    pub fn is_version_gone(&self) -> bool {
        matches!(self.cause(), Self::VersionGone(_))
    }

    /// There was no credential, or the server does not accept it (401).
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.status() == Some(StatusCode::UNAUTHORIZED)
    }

    /// The credential does not allow the operation (403).
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.status() == Some(StatusCode::FORBIDDEN)
    }

    /// The server did not accept the values that were sent (422). [`ApiError::validation`] has the details.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        self.status() == Some(StatusCode::UNPROCESSABLE_ENTITY)
    }

    /// There were too many requests. False for the 429s by which an operation says that it is at its own limit: those
    /// name an error.
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        matches!(self.cause(), Self::Api(error) if error.is_rate_limit())
    }

    /// Whether the call timed out.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.cause(), Self::Timeout { .. })
    }

    /// There was no connection, or it broke.
    #[must_use]
    pub fn is_connection(&self) -> bool {
        matches!(self.cause(), Self::Connection { .. })
    }

    /// Whether the error is transient, so that the same call may succeed later. That does not make a retry safe: if the
    /// operation is not idempotent, a retry may perform it again.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.repeat() != Repeat::Useless
    }

    /// Whether the server may have seen the request. If not, a retry cannot perform the operation twice.
    ///
    /// After retries, this is about the last attempt. If the outcome of an attempt is unknown, only operations that are
    /// safe to retry are retried.
    #[must_use]
    pub fn may_have_been_sent(&self) -> bool {
        match self.cause() {
            Self::Configuration { .. }
            | Self::InvalidRequest { .. }
            | Self::InvalidBody { .. }
            | Self::Token { .. }
            | Self::File { .. } => false,
            Self::Connection { source, .. } | Self::Timeout { source, .. } => !matches!(
                source.kind(),
                TransportErrorKind::Connect | TransportErrorKind::NotSent
            ),
            _ => true,
        }
    }

    /// How long the server asks to wait before the next request, by the `Retry-After` header of the response.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self.storage() {
            Some(error) => error.retry_after(),
            None => self.api().and_then(ApiError::retry_after),
        }
    }

    /// The JSON that could not be decoded: of the response, or of the item of a list. `None` for every other error.
    ///
    /// A list stream continues after such an item; after other errors it ends.
    #[must_use]
    pub fn undecodable(&self) -> Option<&RawBody> {
        match self.cause() {
            Self::Decode { body, .. } => Some(body),
            _ => None,
        }
    }

    /// What happened, on whichever page, and in whichever step of an upload.
    fn cause(&self) -> &Self {
        match self {
            Self::Page { source, .. } => source.cause(),
            Self::Upload(error) => error.error().cause(),
            other => other,
        }
    }

    pub(crate) fn repeat(&self) -> Repeat {
        match self.cause() {
            Self::Connection { source, .. } | Self::Timeout { source, .. } => match source.kind() {
                TransportErrorKind::Connect | TransportErrorKind::NotSent => Repeat::Always,
                TransportErrorKind::Unavailable => Repeat::Useless,
                TransportErrorKind::Timeout | TransportErrorKind::Interrupted => Repeat::IfSafe,
            },
            Self::Api(error) if error.is_rate_limit() => Repeat::Always,
            Self::Api(error) if error.may_pass() => Repeat::IfSafe,
            Self::Storage(error) if error.may_pass() => Repeat::IfSafe,
            _ => Repeat::Useless,
        }
    }

    /// A short name of the kind of error, for those without a status.
    #[cfg(any(feature = "opentelemetry", feature = "tracing"))]
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Configuration { .. } => "configuration",
            Self::InvalidRequest { .. } => "invalid_request",
            Self::InvalidBody { .. } => "invalid_body",
            Self::Token { .. } => "token",
            Self::Page { source, .. } => source.kind(),
            Self::Connection { .. } => "connection",
            Self::Timeout { .. } => "timeout",
            Self::Api(_) => "api",
            Self::VersionGone(_) => "version_gone",
            Self::NotListed { .. } => "not_listed",
            Self::Decode { .. } => "decode",
            Self::Export { .. } => "export",
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::Storage(_) => "storage",
            Self::File { .. } => "file",
            Self::Upload(error) => error.error().kind(),
        }
    }
}
