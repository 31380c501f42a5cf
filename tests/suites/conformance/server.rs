//! A loopback server that validates every request against the contract.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::fixture::VersionFixture;

/// The status of the response to an invalid request.
pub(crate) const VIOLATION: u16 = 599;

/// The server.
pub(crate) struct ContractServer {
    pub(crate) url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    fixture: &'static VersionFixture,
    script: Mutex<Script>,
    received: Mutex<Vec<Received>>,
}

/// A function that returns the response to a valid request.
pub(crate) type Script = Box<dyn Fn(&Received) -> Reply + Send>;

/// A response.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) body: String,
}

/// A received request.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) method: String,
    /// Percent-encoded.
    pub(crate) path: String,
    /// Decoded, in the order of the URL.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Bytes,
}

impl Drop for ContractServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl ContractServer {
    /// Starts a server for one version of the API.
    pub(crate) async fn start(fixture: &'static VersionFixture) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            fixture,
            script: Mutex::new(Box::new(|_| Reply::default())),
            received: Mutex::default(),
        });
        let server = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = Arc::clone(&server);
                let service = service_fn(move |request| {
                    let server = Arc::clone(&server);
                    async move { Ok::<_, Infallible>(server.serve(request).await) }
                });
                let connection =
                    http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                tokio::spawn(connection);
            }
        });
        Self { url, shared, task }
    }

    /// Sets the function that returns the responses.
    pub(crate) fn respond_with(&self, script: impl Fn(&Received) -> Reply + Send + 'static) {
        *self.shared.script.lock().unwrap() = Box::new(script);
    }

    /// Returns and removes the requests received so far.
    pub(crate) fn take(&self) -> Vec<Received> {
        std::mem::take(&mut *self.shared.received.lock().unwrap())
    }
}

impl Shared {
    async fn serve(&self, request: http::Request<Incoming>) -> http::Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let query = head.uri.query().unwrap_or_default().as_bytes();
        let received = Received {
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            query: form_urlencoded::parse(query).into_owned().collect(),
            headers: head.headers,
            body: body.collect().await.unwrap().to_bytes(),
        };
        let reply = match self.fixture.validate(&received) {
            Ok(()) => (self.script.lock().unwrap())(&received),
            Err(violation) => Reply {
                status: VIOLATION,
                body: violation,
                ..Reply::default()
            },
        };
        self.received.lock().unwrap().push(received);
        let mut response = http::Response::builder()
            .status(reply.status)
            .header("polar-version", self.fixture.version());
        if let Some(content_type) = reply.content_type {
            response = response.header("content-type", content_type);
        }
        response.body(Full::from(reply.body)).unwrap()
    }
}
