//! Everything that can go wrong with a call.

mod api;
mod body;
mod debug;
mod export;
mod shown;
mod storage;
mod upload;
mod validation;

use std::fmt;
use std::io;
use std::time::Duration;

use http::StatusCode;
use uuid::Uuid;

pub use api::ApiError;
pub(crate) use api::{Received, retry_after};
pub use body::RawBody;
pub(crate) use debug::Chain;
pub use export::ExportError;
pub(crate) use shown::{Headers, shown};
pub use storage::StorageError;
pub use upload::{UploadError, UploadStep};
pub use validation::{Location, ValidationEntry};

use crate::codec::{DecodeError, Violations};
use crate::transport::{TransportError, TransportErrorKind};

/// Why a call failed.
///
/// Neither its text nor its `Debug` form shows tokens, parameters or bodies as they were sent or received. They do show
/// the words in which the server explains itself, which can repeat values that were sent: the class, the `detail`, and
/// what it says about each of the first values that it did not accept. Each is cut after 300 characters, and left out if
/// it contains one of Polar's secrets. A [`Decode`](Self::Decode) error shows the short value that does not fit.
///
/// `Display` shows the error without its sources; `Debug`, which is what a `main` that returns an error prints, shows the
/// whole chain of them ("connection refused").
#[non_exhaustive]
pub enum Error {
    /// The client, or an option of a call, cannot be set up this way, or there is no transport that works here: no tokio
    /// runtime for reqwest, or a `reqwest::Client` that follows redirects.
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
    /// The body does not keep the limits that the API's description sets. Nothing was sent.
    ///
    /// [`CallOptions::send_unchecked`](crate::client::CallOptions::send_unchecked) leaves the check to the server.
    #[non_exhaustive]
    InvalidBody {
        /// The operation: `customers:create`.
        operation: &'static str,
        /// Every limit that is not kept, with the path of its field.
        source: Violations,
    },
    /// The [`TokenProvider`](crate::client::TokenProvider) gave no token. Nothing was sent.
    #[non_exhaustive]
    Token {
        /// The operation: `customers:get`.
        operation: &'static str,
        /// What the provider says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There was no connection, or it broke before the response was complete.
    #[non_exhaustive]
    Connection {
        /// The operation: `customers:get`.
        operation: &'static str,
        /// What happened.
        source: TransportError,
    },
    /// The time was over before the response was there. The server may have acted on the request nevertheless, unless the
    /// kind of the source is [`NotSent`](TransportErrorKind::NotSent).
    #[non_exhaustive]
    Timeout {
        /// The operation: `customers:get`.
        operation: &'static str,
        /// What happened.
        source: TransportError,
    },
    /// The server responded with an error.
    ///
    /// A 404 does not always say that the resource does not exist; see [`is_not_found`](Self::is_not_found).
    Api(Box<ApiError>),
    /// A 404 that says nothing about the resource, and does not come from the API version that was requested: it neither
    /// echoes the version nor names an error class that the OpenAPI description documents for 404.
    ///
    /// The API responds so when it does not serve the client's version, be it no longer or not yet. A proxy, or a
    /// server that is not the API's, responds similarly; the message distinguishes the two. Never treat it as "does
    /// not exist": the resource may well exist.
    VersionGone(Box<ApiError>),
    /// A page of a list could not be had.
    #[non_exhaustive]
    Page {
        /// The number of the page. A request for it goes on from there.
        page: i64,
        /// Why.
        source: Box<Error>,
    },
    /// What was looked for by its id is not in the list, or the credential cannot see it there.
    #[non_exhaustive]
    NotListed {
        /// The operation that lists: `customer_portal:downloadables:list`.
        operation: &'static str,
        /// The id.
        id: Uuid,
    },
    /// The server reported success, and the body is not what the API's description says.
    #[non_exhaustive]
    Decode {
        /// The operation: `customers:get`.
        operation: &'static str,
        /// What is wrong, and where in the body.
        source: DecodeError,
        /// What a body that is not JSON is said to be: `text/html`.
        media_type: Option<String>,
        /// The body as it was received: the call succeeded, and what it created has its id in here. For an item of a list,
        /// the JSON of the item. Never shown by `Display` or `Debug`.
        body: RawBody,
    },
    /// A row of an export is not what the API's description says, or it is no CSV.
    #[non_exhaustive]
    Export {
        /// The operation: `orders:export`.
        operation: &'static str,
        /// What is wrong, and in which row and column.
        source: ExportError,
    },
    /// The body is larger than the client accepts.
    #[non_exhaustive]
    BodyTooLarge {
        /// The operation: `customers:get`.
        operation: &'static str,
        /// The most bytes that are accepted.
        limit: usize,
    },
    /// A file storage answered with an error, or not with what it should.
    Storage(Box<StorageError>),
    /// A file of this machine cannot be read or written.
    #[non_exhaustive]
    File {
        /// What it was read or written for: `files:create`.
        operation: &'static str,
        /// What happened.
        source: io::Error,
    },
    /// An upload failed.
    Upload(Box<UploadError>),
}

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

    /// The server's answer, if it is an error from there.
    #[must_use]
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) | Self::VersionGone(error) => Some(error),
            Self::Page { source, .. } => source.api(),
            Self::Upload(error) => error.error().api(),
            _ => None,
        }
    }

    /// The storage's answer, if it is an error from there.
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

    /// The status of the server's answer, if it is an error.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.api().map(ApiError::status)
    }

    /// The kind of error as the server names it, `ResourceNotFound`, if the answer has one.
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

    /// The error, as that of a page.
    pub(crate) fn on_page(self, page: i64) -> Self {
        Self::Page {
            page,
            source: Box::new(self),
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

    /// There was no answer in time.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.cause(), Self::Timeout { .. })
    }

    /// There was no connection, or it broke.
    #[must_use]
    pub fn is_connection(&self) -> bool {
        matches!(self.cause(), Self::Connection { .. })
    }

    /// Whether the same call may succeed a little later. Whether it may be *repeated* is another question: unless the
    /// operation is safe to repeat, the server may do it twice.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.repeat() != Repeat::Useless
    }

    /// Whether the server may have seen the request. If not, the same call can be made again without being done twice.
    ///
    /// Where a call was repeated, which after an unclear outcome only happens to operations that are safe to repeat, this
    /// is about its last attempt.
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

    /// How long the server asks to wait before the next request, by the answer's `Retry-After` header.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self.storage() {
            Some(error) => error.retry_after(),
            None => self.api().and_then(ApiError::retry_after),
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
    #[cfg(feature = "tracing")]
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

    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::Configuration {
            message: message.into(),
        }
    }

    /// What became of an answer that is no success.
    pub(crate) fn answer(error: ApiError) -> Self {
        match error.is_from_version() {
            true => Self::Api(Box::new(error)),
            false => Self::VersionGone(Box::new(error)),
        }
    }

    pub(crate) fn storage_error(error: StorageError) -> Self {
        Self::Storage(Box::new(error))
    }

    #[cfg(feature = "files")]
    pub(crate) fn file(operation: &'static str, source: io::Error) -> Self {
        Self::File { operation, source }
    }

    /// There is no answer, or no complete one.
    pub(crate) fn transport(operation: &'static str, source: TransportError) -> Self {
        match source.kind() {
            TransportErrorKind::Timeout | TransportErrorKind::NotSent => {
                Self::Timeout { operation, source }
            }
            TransportErrorKind::Unavailable => Self::configuration(source.reason()),
            _ => Self::Connection { operation, source },
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Page { page, source } = self {
            return write!(f, "page {page}: {source}");
        }
        if let Self::Upload(error) = self {
            return error.fmt(f);
        }
        if let Some(operation) = self.operation() {
            write!(f, "{operation}: ")?;
        }
        match self {
            Self::Page { .. } | Self::Upload(_) => Ok(()),
            Self::Configuration { message } => f.write_str(message),
            Self::InvalidRequest {
                parameter: Some(parameter),
                reason,
                ..
            } => write!(f, "not sent: the parameter `{parameter}` {reason}"),
            Self::InvalidRequest { reason, .. } => write!(f, "not sent: {reason}"),
            Self::InvalidBody { source, .. } => write!(f, "not sent: {source}"),
            Self::Token { .. } => f.write_str("not sent: there is no token"),
            Self::Connection { source, .. } | Self::Timeout { source, .. } => source.fmt(f),
            Self::Api(error) => error.describe(f),
            Self::VersionGone(error) => error.describe_missing_version(f),
            Self::NotListed { id, .. } => {
                write!(f, "there is nothing with the id {id} in the list")
            }
            Self::Decode {
                source, media_type, ..
            } => {
                f.write_str("cannot read the response")?;
                if let Some(media_type) = media_type {
                    write!(f, ", which is {media_type}")?;
                }
                write!(f, ": {source}")
            }
            Self::Export { source, .. } => source.fmt(f),
            Self::BodyTooLarge { limit, .. } => {
                write!(f, "the response is larger than {limit} bytes")
            }
            Self::Storage(error) => error.fmt(f),
            Self::File { source, .. } => write!(f, "the file on this machine: {source}"),
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
            Self::Token { source, .. } => Some(&**source),
            Self::Page { source, .. } => std::error::Error::source(&**source),
            Self::Upload(error) => std::error::Error::source(&**error),
            Self::File { source, .. } => std::error::Error::source(source),
            Self::Configuration { .. }
            | Self::InvalidRequest { .. }
            | Self::InvalidBody { .. }
            | Self::Api(_)
            | Self::VersionGone(_)
            | Self::Export { .. }
            | Self::BodyTooLarge { .. }
            | Self::NotListed { .. }
            | Self::Storage(_) => None,
        }
    }
}
