//! Errors of file storages.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, StatusCode};

use super::api::retry_after;
use super::shown;

/// An error response of a file storage, or a response with unexpected content.
///
/// Files are uploaded to, and downloaded from, storages outside of the API, by presigned URLs that the API issues. A
/// storage responds to an expired URL with 403.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageError {
    operation: &'static str,
    status: StatusCode,
    code: Option<String>,
    message: String,
    retry_after: Option<Duration>,
}

impl StorageError {
    /// Creates the error of an error response. Storages describe errors in XML.
    pub(crate) fn from_response(
        operation: &'static str,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Self {
        let text = String::from_utf8_lossy(body);
        let element = |name: &str| {
            let (_, rest) = text.split_once(&format!("<{name}>"))?;
            let (content, _) = rest.split_once(&format!("</{name}>"))?;
            Some(shown(content.trim()).into_owned())
        };
        let message = element("Message").unwrap_or_else(|| {
            let reason = status.canonical_reason();
            reason.unwrap_or("the response has no message").to_owned()
        });
        Self {
            operation,
            status,
            code: element("Code"),
            message,
            retry_after: retry_after(headers),
        }
    }

    /// Creates the error of a successful response with unexpected content.
    pub(crate) fn mismatch(operation: &'static str, status: StatusCode, message: &str) -> Self {
        Self {
            operation,
            status,
            code: None,
            message: message.to_owned(),
            retry_after: None,
        }
    }

    /// Returns the ID of the operation: `storage:put` for uploads, `storage:get` for downloads.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// Returns the HTTP status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the storage's error code, such as `AccessDenied`. `None` if the response contains none.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Returns the storage's error message. For a successful response with unexpected content, describes what is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns how long to wait before the next request, from the `Retry-After` header. `None` without the header.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Returns whether the error is transient.
    pub(super) fn is_transient(&self) -> bool {
        let is_slow = self.code.as_deref() == Some("RequestTimeout");
        let status = self.status;
        is_slow
            || status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED
            || status == StatusCode::TOO_MANY_REQUESTS
            || status == StatusCode::REQUEST_TIMEOUT
    }
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the storage responded with {}", self.status.as_u16())?;
        if let Some(code) = &self.code {
            write!(f, " {code}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for StorageError {}
