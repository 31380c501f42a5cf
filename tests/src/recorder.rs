//! A transport without a server: it records requests, and responds with what it was given.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use polar_client_runtime::transport::{Body, BoxFuture, Transport, TransportError};

/// Records requests. Clones share what they record.
#[derive(Debug, Clone)]
pub struct Recorder {
    reply: Reply,
    sent: Arc<Mutex<Vec<Sent>>>,
}

/// The response of a [`Recorder`].
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Body, of any type.
    pub body: &'static str,
}

/// A request, as it would have gone over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// `GET`.
    pub method: String,
    /// Path and query.
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
    /// Creates a transport that responds to every request with this.
    #[must_use]
    pub fn new(status: u16, body: &'static str) -> Self {
        Self {
            reply: Reply { status, body },
            sent: Arc::default(),
        }
    }

    /// Returns the requests so far; the recorder forgets them.
    #[must_use]
    pub fn take(&self) -> Vec<Sent> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Sent>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Recorder {
    fn execute(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        self.lock().push(Sent::of(&request));
        let mut response = http::Response::new(Body::from(self.reply.body));
        *response.status_mut() = http::StatusCode::from_u16(self.reply.status).unwrap_or_default();
        Box::pin(async { Ok(response) })
    }
}

impl Sent {
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
