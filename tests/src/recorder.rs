//! A transport that records requests instead of sending them, with a fixed response.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use polar_client_runtime::transport::{Body, BoxFuture, Transport, TransportError};

/// Records requests. Clones share the recorded requests.
#[derive(Debug, Clone)]
pub struct Recorder {
    reply: Reply,
    requests: Arc<Mutex<Vec<RecordedRequest>>>,
}

/// The response of a [`Recorder`].
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The body, of any media type.
    pub body: &'static str,
}

/// A recorded request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRequest {
    /// The HTTP method: `GET`.
    pub method: String,
    /// The path and query.
    pub target: String,
    /// The `Authorization` header.
    pub authorization: Option<String>,
    /// The `Content-Type` header.
    pub content_type: Option<String>,
    /// The `Accept` header.
    pub accept: Option<String>,
    /// The body.
    pub body: String,
}

impl Recorder {
    /// Creates a transport that sends this response to every request.
    #[must_use]
    pub fn new(status: u16, body: &'static str) -> Self {
        Self {
            reply: Reply { status, body },
            requests: Arc::default(),
        }
    }

    /// Returns and removes the requests recorded so far.
    #[must_use]
    pub fn take(&self) -> Vec<RecordedRequest> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<RecordedRequest>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Recorder {
    fn execute(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        self.lock().push(RecordedRequest::of(&request));
        let mut response = http::Response::new(Body::from(self.reply.body));
        *response.status_mut() = http::StatusCode::from_u16(self.reply.status).unwrap_or_default();
        Box::pin(async { Ok(response) })
    }
}

impl RecordedRequest {
    fn of(request: &http::Request<Bytes>) -> Self {
        let header = |name| {
            let value = request.headers().get(name)?;
            Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        Self {
            method: request.method().to_string(),
            target: request
                .uri()
                .path_and_query()
                .map(ToString::to_string)
                .unwrap_or_default(),
            authorization: header(http::header::AUTHORIZATION),
            content_type: header(http::header::CONTENT_TYPE),
            accept: header(http::header::ACCEPT),
            body: String::from_utf8_lossy(request.body()).into_owned(),
        }
    }
}
