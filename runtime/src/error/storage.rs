//! What went wrong at a file storage.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, StatusCode};

use super::api::retry_after;
use super::shown;

/// A response of a file storage that is an error, or is not what the client expects.
///
/// Storages are not the API: files go there, and come from there, by addresses that the API hands out and that work for
/// a while. An address that has expired gets a 403.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageError {
    operation: &'static str,
    status: StatusCode,
    code: Option<String>,
    message: String,
    retry_after: Option<Duration>,
}

impl StorageError {
    /// A response other than a success. Storages describe errors in XML.
    pub(crate) fn answer(
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
            reason.unwrap_or("the storage does not say why").to_owned()
        });
        Self {
            operation,
            status,
            code: element("Code"),
            message,
            retry_after: retry_after(headers),
        }
    }

    /// A success that is none.
    pub(crate) fn mismatch(operation: &'static str, status: StatusCode, message: &str) -> Self {
        Self {
            operation,
            status,
            code: None,
            message: message.to_owned(),
            retry_after: None,
        }
    }

    /// What was asked of the storage: `storage:put` or `storage:get`.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// The status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What the storage calls the error, if it does: `AccessDenied`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// What is wrong, in the words of the storage if it has some.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// How long the storage asks to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Whether the same request may succeed a little later.
    pub(super) fn may_pass(&self) -> bool {
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
