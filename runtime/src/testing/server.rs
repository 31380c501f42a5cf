//! `Server`: serves a mock or a store over HTTP.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, HeaderMap, HeaderValue,
};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use crate::transport::Transport;

/// An HTTP server that serves a [`Mock`](super::Mock) or a [`Store`](super::Store), for tests of other processes.
///
/// It listens on a free port of `127.0.0.1`, in a separate thread, and stops when it is dropped. Any access token is
/// accepted. Browsers may send requests from any origin.
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server that passes requests to a transport: `Server::start(store.transport())`.
    ///
    /// # Errors
    /// Returns an error if no port is free, or if no thread can be started.
    pub fn start(transport: impl Transport) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let (stop, stopped) = oneshot::channel();
        let serve = move || serve(&runtime, listener, Arc::new(transport), stopped);
        let thread = thread::Builder::new()
            .name("polar-server".to_owned())
            .spawn(serve)?;
        Ok(Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Returns the URL of the server. Pass it to `Server::custom` of the client, or set the environment variable
    /// `POLAR_SERVER`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({})", self.url())
    }
}

/// Serves requests until the server is dropped. Connections are closed when the runtime ends.
fn serve(
    runtime: &Runtime,
    listener: TcpListener,
    transport: Arc<dyn Transport>,
    stopped: oneshot::Receiver<Infallible>,
) {
    runtime.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loop {
            let (stream, _) = listener.accept().await?;
            let transport = Arc::clone(&transport);
            let service = service_fn(move |request| respond(Arc::clone(&transport), request));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection);
        }
        #[allow(unreachable_code, reason = "the type of the errors")]
        io::Result::Ok(())
    });
    let _ = runtime.block_on(stopped);
}

/// Passes a request to the transport, and returns its response. If the transport fails, the connection is closed.
async fn respond(
    transport: Arc<dyn Transport>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
    let (head, body) = request.into_parts();
    if head.method == Method::OPTIONS {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::NO_CONTENT;
        allow_any_origin(response.headers_mut());
        return Ok(response);
    }
    let body = body.collect().await?.to_bytes();
    let response = transport.execute(Request::from_parts(head, body)).await?;
    let (mut head, mut body) = response.into_parts();
    let mut bytes = Vec::new();
    while let Some(chunk) = body.next().await {
        bytes.extend_from_slice(&chunk?);
    }
    allow_any_origin(&mut head.headers);
    Ok(Response::from_parts(head, Full::from(bytes)))
}

/// Permits browsers to send requests with tokens, and to read the responses.
fn allow_any_origin(headers: &mut HeaderMap) {
    let any = HeaderValue::from_static("*");
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, any.clone());
    headers.insert(
        ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("DELETE, GET, PATCH, POST, PUT"),
    );
    // A wildcard does not cover `Authorization`.
    headers.insert(
        ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("authorization, *"),
    );
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, any);
}
