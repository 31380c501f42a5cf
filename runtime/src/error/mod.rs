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

/// The error type of all calls.
///
/// `Display` shows the error without its sources. `Debug`, which is printed when `main` returns an error, also shows
/// the chain of sources, such as "connection refused".
///
/// Neither shows tokens, parameters or bodies. Both show the server's explanation, which can quote values of the
/// request: the error class, the `detail` and the first validation errors. Each of these is truncated to 300
/// characters, and is omitted if it contains a secret. A [`Decode`](Self::Decode) error shows the invalid value if it
/// is short.
#[non_exhaustive]
pub enum Error {
    /// The configuration of the client or an option of a call is invalid, or the transport does not work here. For
    /// example, reqwest was called without a tokio runtime, or a custom `reqwest::Client` follows redirects.
    #[non_exhaustive]
    Configuration {
        /// What is wrong.
        message: String,
    },
    /// The request is invalid, for example because a parameter is empty. Nothing was sent.
    #[non_exhaustive]
    InvalidRequest {
        /// The ID of the operation, such as `customers:get`.
        operation: &'static str,
        /// The invalid parameter; `body` for the body; `None` if the error is about neither.
        parameter: Option<&'static str>,
        /// The reason.
        reason: &'static str,
    },
    /// The request body violates constraints of the OpenAPI description, such as a maximum length. Nothing was sent.
    ///
    /// To send it nevertheless, use [`CallOptions::send_unchecked`](crate::client::CallOptions::send_unchecked).
    #[non_exhaustive]
    InvalidBody {
        /// The ID of the operation, such as `customers:create`.
        operation: &'static str,
        /// The violated constraints, each with the path of its field.
        source: Violations,
    },
    /// The [`TokenProvider`](crate::client::TokenProvider) returned an error. Nothing was sent.
    #[non_exhaustive]
    Token {
        /// The ID of the operation, such as `customers:get`.
        operation: &'static str,
        /// The error that the provider returned.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No connection was established, or it broke before the response was complete.
    #[non_exhaustive]
    Connection {
        /// The ID of the operation, such as `customers:get`.
        operation: &'static str,
        /// The cause.
        source: TransportError,
    },
    /// The timeout elapsed before the response arrived.
    ///
    /// The server may have processed the request, unless the kind of the source is
    /// [`NotSent`](TransportErrorKind::NotSent).
    #[non_exhaustive]
    Timeout {
        /// The ID of the operation, such as `customers:get`.
        operation: &'static str,
        /// The cause.
        source: TransportError,
    },
    /// The API responded with an error status.
    ///
    /// A 404 does not always mean that the resource does not exist: see [`is_not_found`](Self::is_not_found).
    Api(Box<ApiError>),
    /// The server does not serve the requested API version: a 404 that says nothing about the resource.
    ///
    /// The API responds with such a 404 when it no longer serves the client's version, or does not serve it yet. A
    /// proxy or another server can respond in the same way. The error message distinguishes the two causes.
    ///
    /// The response has no version header, and no error class that the OpenAPI description documents for 404. Do not
    /// treat it as "not found", because the resource may exist.
    VersionGone(Box<ApiError>),
    /// A page of a list could not be fetched.
    #[non_exhaustive]
    Page {
        /// The number of the page, from 1. To continue the list, send a request for this page.
        page: i64,
        /// The cause.
        source: Box<Error>,
    },
    /// A list does not contain the item with this ID, or the credential has no access to the item.
    #[non_exhaustive]
    NotListed {
        /// The ID of the operation that returns the list, such as `customer_portal:downloadables:list`.
        operation: &'static str,
        /// The ID that was searched for.
        id: Uuid,
    },
    /// The server reported success, but the body does not match the OpenAPI description.
    #[non_exhaustive]
    Decode {
        /// The ID of the operation, such as `customers:get`.
        operation: &'static str,
        /// What does not match, and its path in the body.
        source: DecodeError,
        /// The media type of the body if it is not JSON, such as `text/html`. `None` for JSON.
        media_type: Option<String>,
        /// The body as it was received, or for an item of a list, the JSON of that item. `Display` and `Debug` never
        /// show it.
        ///
        /// The call itself succeeded, so the body contains, for example, the ID of a created resource. The body is
        /// empty if the invalid value is part of a response that was decoded, such as the URL of a file.
        body: RawBody,
    },
    /// A row of an export does not match the OpenAPI description, or the export is not valid CSV.
    #[non_exhaustive]
    Export {
        /// The ID of the operation, such as `orders:export`.
        operation: &'static str,
        /// What does not match, with its row and column.
        source: ExportError,
    },
    /// The response body exceeds the [body limit](crate::client::CallOptions::body_limit).
    #[non_exhaustive]
    BodyTooLarge {
        /// The ID of the operation, such as `customers:get`.
        operation: &'static str,
        /// The limit in bytes.
        limit: usize,
    },
    /// A file storage responded with an error status, or with unexpected content.
    Storage(Box<StorageError>),
    /// A local file could not be read or written.
    #[non_exhaustive]
    File {
        /// The ID of the operation that uses the file, such as `files:create`.
        operation: &'static str,
        /// The cause.
        source: io::Error,
    },
    /// An upload failed. The source contains the failed step and the progress.
    Upload(Box<UploadError>),
}

impl Error {
    /// Wraps the error in an [`Error::Page`].
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

    /// Creates the error of a response with an error status.
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

    /// Creates the error of a request that got no complete response.
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
            Self::File { source, .. } => write!(f, "local file: {source}"),
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
