//! Classification of errors, for users and for retries.

use std::time::Duration;

use http::StatusCode;

use super::{ApiError, Error, RawBody, StorageError, TransportErrorKind, UploadError};

/// Whether a failed call can be retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RetrySafety {
    /// A retry would fail in the same way.
    Never,
    /// The server may have acted on the request, so only an idempotent operation can be retried.
    IfIdempotent,
    /// The server did not act on the request.
    Always,
}

impl Error {
    /// Returns the ID of the operation that failed, such as `customers:get`. `None` for errors of the client's
    /// configuration.
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

    /// Returns the error response of the API. `None` for other errors.
    #[must_use]
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) | Self::VersionGone(error) => Some(error),
            Self::Page { source, .. } => source.api(),
            Self::Upload(error) => error.error().api(),
            _ => None,
        }
    }

    /// Returns the error response of a file storage, if it made an upload or download fail. `None` for other errors.
    #[must_use]
    pub fn storage(&self) -> Option<&StorageError> {
        match self.cause() {
            Self::Storage(error) => Some(error),
            _ => None,
        }
    }

    /// Returns the failed step and the progress of an upload. `None` for other errors.
    #[must_use]
    pub fn upload(&self) -> Option<&UploadError> {
        match self {
            Self::Upload(error) => Some(error),
            _ => None,
        }
    }

    /// Returns the HTTP status of the API's error response; `None` for other errors.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.api().map(ApiError::status)
    }

    /// Returns the error class of the API's response, such as `ResourceNotFound`: the field `error` of the body. `None`
    /// if there is none.
    #[must_use]
    pub fn class(&self) -> Option<&str> {
        self.api().and_then(ApiError::class)
    }

    /// Returns the error class as the enum `ErrorCode` of the API version. `None` for errors without a class, and for
    /// [`Error::VersionGone`].
    ///
    /// The type is inferred from the patterns of a `match`. Where it cannot be inferred, write `code::<ErrorCode>()`.
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

    /// Returns the number of the page that could not be fetched. `None` if the call was not part of a list.
    #[must_use]
    pub fn page(&self) -> Option<i64> {
        match self {
            Self::Page { page, .. } => Some(*page),
            _ => None,
        }
    }

    /// Returns whether the resource does not exist, or the credential has no access to it: a 404 with an error class.
    ///
    /// False for other 404 responses. A 404 without a class means that the server does not serve the path, because of
    /// its version ([`Error::VersionGone`]) or because a parameter changed the path. A 404 may also come from a proxy.
    ///
    /// If the response lacks the version header, the class must be one that the OpenAPI description documents for 404.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        match self.cause() {
            Self::Api(error) => error.is_not_found(),
            Self::NotListed { .. } => true,
            _ => false,
        }
    }

    /// Returns whether the server does not serve this API version ([`Error::VersionGone`]).
    #[must_use]
    pub fn is_version_gone(&self) -> bool {
        matches!(self.cause(), Self::VersionGone(_))
    }

    /// Returns whether the credential is missing or was not accepted (401).
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.status() == Some(StatusCode::UNAUTHORIZED)
    }

    /// Returns whether the credential does not permit the operation (403).
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.status() == Some(StatusCode::FORBIDDEN)
    }

    /// Returns whether the server rejected values of the request as invalid (422). [`ApiError::validation`] returns the
    /// details.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        self.status() == Some(StatusCode::UNPROCESSABLE_ENTITY)
    }

    /// Returns whether a rate limit of the API was exceeded (429). False for a 429 with an error class, which reports a
    /// limit of the operation itself.
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        matches!(self.cause(), Self::Api(error) if error.is_rate_limit())
    }

    /// Returns whether the timeout of the call or of an attempt elapsed.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.cause(), Self::Timeout { .. })
    }

    /// Returns whether no connection was established, or the connection broke.
    #[must_use]
    pub fn is_connection(&self) -> bool {
        matches!(self.cause(), Self::Connection { .. })
    }

    /// Returns whether the error is transient, so that the same call may succeed later.
    ///
    /// A transient error does not make a retry safe: if the operation is not idempotent, a retry may perform it again.
    /// See [`may_have_been_sent`](Self::may_have_been_sent).
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.retry_safety() != RetrySafety::Never
    }

    /// Returns whether the server may have received the request. If not, a retry cannot perform the operation twice.
    ///
    /// For a call with several attempts, the result is about the last attempt. Earlier attempts of an operation that is
    /// not idempotent were only retried if the server had not processed them.
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

    /// Returns how long to wait before the next request, from the `Retry-After` header of the response. `None` without
    /// the header.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self.storage() {
            Some(error) => error.retry_after(),
            None => self.api().and_then(ApiError::retry_after),
        }
    }

    /// Returns the JSON that could not be decoded: the response, or an item of a list. `None` for other errors.
    ///
    /// A stream of list items continues after an item that cannot be decoded, and ends after other errors.
    #[must_use]
    pub fn undecodable(&self) -> Option<&RawBody> {
        match self.cause() {
            Self::Decode { body, .. } => Some(body),
            _ => None,
        }
    }

    /// Returns the source of the error of a page or upload. Other errors are returned unchanged.
    fn cause(&self) -> &Self {
        match self {
            Self::Page { source, .. } => source.cause(),
            Self::Upload(error) => error.error().cause(),
            other => other,
        }
    }

    pub(crate) fn retry_safety(&self) -> RetrySafety {
        match self.cause() {
            Self::Connection { source, .. } | Self::Timeout { source, .. } => match source.kind() {
                TransportErrorKind::Connect | TransportErrorKind::NotSent => RetrySafety::Always,
                TransportErrorKind::Unavailable => RetrySafety::Never,
                TransportErrorKind::Timeout | TransportErrorKind::Interrupted => {
                    RetrySafety::IfIdempotent
                }
            },
            Self::Api(error) if error.is_rate_limit() => RetrySafety::Always,
            Self::Api(error) if error.is_transient() => RetrySafety::IfIdempotent,
            Self::Storage(error) if error.is_transient() => RetrySafety::IfIdempotent,
            _ => RetrySafety::Never,
        }
    }

    /// Returns a short name of the kind of error, for logs.
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
