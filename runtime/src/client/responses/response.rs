//! A decoded value with the status and headers of its response.

use std::fmt;

use http::{HeaderMap, StatusCode};

use crate::error::Headers;

/// A decoded response with its status and headers.
#[derive(Clone)]
pub struct Response<T> {
    value: T,
    status: StatusCode,
    headers: HeaderMap,
}

impl<T> Response<T> {
    pub(in crate::client) fn new(value: T, status: StatusCode, headers: HeaderMap) -> Self {
        Self {
            value,
            status,
            headers,
        }
    }

    /// Returns the HTTP status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the headers of the response.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the decoded response.
    #[must_use]
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Converts to the decoded response, without the status and headers.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }
}

/// Omits the decoded response, which may be large.
impl<T> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &Headers(&self.headers))
            .finish_non_exhaustive()
    }
}
