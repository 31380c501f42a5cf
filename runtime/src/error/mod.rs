//! Everything that can go wrong with a call.

mod api;
mod body;
mod debug;
mod export;
mod questions;
mod shown;
mod storage;
mod transport;
mod upload;
mod validation;

use std::fmt;
use std::io;

use uuid::Uuid;

pub use api::ApiError;
pub(crate) use api::{Received, retry_after};
pub use body::RawBody;
pub use export::ExportError;
pub(crate) use questions::Repeat;
pub(crate) use shown::{Headers, shown};
pub use storage::StorageError;
pub use transport::{TransportError, TransportErrorKind};
pub use upload::{UploadError, UploadStep};
pub use validation::{Location, ValidationEntry};

use crate::codec::{DecodeError, Violations};

/// Why a call failed.
///
/// Neither its text nor its `Debug` form shows tokens, parameters or bodies as they were sent or received. They do show
/// the words in which the server explains itself, which can repeat values that were sent: the class, the `detail`, and
/// what it says about each of the first values that it did not accept. Each is cut after 300 characters, and left out if
/// it contains one of Polar's secrets. A [`Decode`](Self::Decode) error shows the invalid value if it is short.
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
        /// The invalid parameter, if it is one; `body` for the body.
        parameter: Option<&'static str>,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The request body violates constraints of the OpenAPI description. Nothing was sent.
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
    /// The deadline elapsed before the response arrived. The server may have acted on the request nevertheless, unless the
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
        /// the JSON of the item. Empty where what cannot be read is no body of its own, such as the URL of a file in a
        /// response that was decoded. Never shown by `Display` or `Debug`.
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
    /// A file storage responded with an error or with unexpected content.
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

impl Error {
    /// The error, as that of a page.
    pub(crate) fn on_page(self, page: i64) -> Self {
        Self::Page {
            page,
            source: Box::new(self),
        }
    }

    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::Configuration {
            message: message.into(),
        }
    }

    /// Makes the error of a response that is no success.
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

    /// There is no response, or no complete one.
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
