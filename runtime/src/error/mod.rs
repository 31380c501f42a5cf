//! The errors of calls.

mod api;
mod body;
mod classification;
mod debug;
mod export;
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
pub(crate) use classification::RetrySafety;
pub use export::ExportError;
pub(crate) use shown::{Headers, shown};
pub use storage::StorageError;
pub use transport::{TransportError, TransportErrorKind};
pub use upload::{UploadError, UploadStep};
pub use validation::{Location, ValidationEntry};

use crate::codec::{DecodeError, Violations};

/// Why a call failed.
///
/// Neither `Display` nor `Debug` shows tokens, parameters or bodies as they were sent or received. They do show the
/// server's explanation, which can quote values of the request: the error class, the `detail`, and the first validation
/// errors. Each of these is truncated to 300 characters, and omitted if it contains a secret of Polar. A
/// [`Decode`](Self::Decode) error shows the invalid value if it is short.
///
/// `Display` shows the error without its sources. `Debug`, which a `main` that returns an error prints, shows the whole
/// chain of sources ("connection refused").
#[non_exhaustive]
pub enum Error {
    /// The configuration of the client or an option of a call is invalid, or the transport does not work here: no tokio
    /// runtime for reqwest, or a `reqwest::Client` that follows redirects.
    #[non_exhaustive]
    Configuration {
        /// What is wrong.
        message: String,
    },
    /// The request is invalid. Nothing was sent.
    #[non_exhaustive]
    InvalidRequest {
        /// The operation: `customers:get`.
        operation: &'static str,
        /// The invalid parameter; `body` for the body; `None` if it is neither.
        parameter: Option<&'static str>,
        /// The reason.
        reason: &'static str,
    },
    /// The request body violates constraints of the OpenAPI description. Nothing was sent.
    ///
    /// [`CallOptions::send_unchecked`](crate::client::CallOptions::send_unchecked) leaves validation to the server.
    #[non_exhaustive]
    InvalidBody {
        /// The operation: `customers:create`.
        operation: &'static str,
        /// The violations, each with the path of its field.
        source: Violations,
    },
    /// The [`TokenProvider`](crate::client::TokenProvider) failed. Nothing was sent.
    #[non_exhaustive]
    Token {
        /// The operation: `customers:get`.
        operation: &'static str,
        /// The error of the provider.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No connection was established, or it broke before the response was complete.
    #[non_exhaustive]
    Connection {
        /// The operation: `customers:get`.
        operation: &'static str,
        /// The cause.
        source: TransportError,
    },
    /// The deadline elapsed before the response arrived. The server may have acted on the request nevertheless, unless the
    /// kind of the source is [`NotSent`](TransportErrorKind::NotSent).
    #[non_exhaustive]
    Timeout {
        /// The operation: `customers:get`.
        operation: &'static str,
        /// The cause.
        source: TransportError,
    },
    /// The server responded with an error.
    ///
    /// A 404 does not always mean that the resource does not exist: see [`is_not_found`](Self::is_not_found).
    Api(Box<ApiError>),
    /// A 404 that does not come from the requested API version, and says nothing about the resource: it neither has the
    /// version header nor names an error class that the OpenAPI description documents for 404.
    ///
    /// The API responds so when it no longer serves the client's version, or does not serve it yet. A proxy, or a
    /// server other than the API, responds similarly; the message distinguishes the two. Never treat it as "does not
    /// exist", because the resource may exist.
    VersionGone(Box<ApiError>),
    /// A page of a list could not be fetched.
    #[non_exhaustive]
    Page {
        /// The number of the page. A request can continue with it.
        page: i64,
        /// The cause.
        source: Box<Error>,
    },
    /// The item with this ID is not in the list, or the credential has no access to it.
    #[non_exhaustive]
    NotListed {
        /// The operation that returns the list: `customer_portal:downloadables:list`.
        operation: &'static str,
        /// The ID.
        id: Uuid,
    },
    /// The server reported success, but the body does not match the OpenAPI description.
    #[non_exhaustive]
    Decode {
        /// The operation: `customers:get`.
        operation: &'static str,
        /// The mismatch, and where in the body it is.
        source: DecodeError,
        /// The media type of a body that is not JSON: `text/html`.
        media_type: Option<String>,
        /// The body as it was received. The call succeeded, so it contains the ID of what was created. For an item of a
        /// list, the JSON of the item. Empty if the invalid value has no body of its own, such as the URL of a file in
        /// a decoded response. Never shown by `Display` or `Debug`.
        body: RawBody,
    },
    /// A row of an export does not match the OpenAPI description, or the export is not valid CSV.
    #[non_exhaustive]
    Export {
        /// The operation: `orders:export`.
        operation: &'static str,
        /// The mismatch, and its row and column.
        source: ExportError,
    },
    /// The response body exceeds the client's limit.
    #[non_exhaustive]
    BodyTooLarge {
        /// The operation: `customers:get`.
        operation: &'static str,
        /// The limit in bytes.
        limit: usize,
    },
    /// A file storage responded with an error or with unexpected content.
    Storage(Box<StorageError>),
    /// A local file cannot be read or written.
    #[non_exhaustive]
    File {
        /// The operation that needed the file: `files:create`.
        operation: &'static str,
        /// The cause.
        source: io::Error,
    },
    /// An upload failed.
    Upload(Box<UploadError>),
}

impl Error {
    /// Wraps the error in that of a page.
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

    /// Creates the error of an error response.
    pub(crate) fn from_response(error: ApiError) -> Self {
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

    /// Creates the error of a missing or incomplete response.
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
            Self::Token { .. } => f.write_str("not sent: the token provider failed"),
            Self::Connection { source, .. } | Self::Timeout { source, .. } => source.fmt(f),
            Self::Api(error) => error.describe(f),
            Self::VersionGone(error) => error.describe_missing_version(f),
            Self::NotListed { id, .. } => {
                write!(f, "no item with the ID {id} is in the list")
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
