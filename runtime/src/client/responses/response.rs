//! A value with the response that it was read from.

use std::fmt;

use http::{HeaderMap, StatusCode};

use crate::error::Headers;

/// The result of a call together with the status and headers of the response.
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

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// All headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The result.
    #[must_use]
    pub fn value(&self) -> &T {
        &self.value
    }

    /// The result alone.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }
}

/// Shows no result: texts are whole exports.
impl<T> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &Headers(&self.headers))
            .finish_non_exhaustive()
    }
}
