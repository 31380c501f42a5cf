//! The default transport, based on reqwest.

use std::fmt::{self, Write as _};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http_body::Body as _;
use reqwest::Url;
use reqwest::redirect::Policy;
use tokio::runtime::Handle;

use super::body::Body;
use super::interface::{BoxFuture, Transport};
use crate::error::{Error, TransportError, TransportErrorKind};

/// The timeout for establishing a connection. After it, any request can be retried, because nothing was sent.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an idle connection is kept. Polar closes idle connections after five seconds. If a request is sent at that
/// moment, it fails, and it is unknown whether the server received it.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);

/// The default transport: sends requests with reqwest, on the current tokio runtime.
///
/// To configure a proxy, certificates or the connection pool, start with [`client_builder`](Self::client_builder), and
/// pass the result to [`from_builder`](Self::from_builder). Timeouts of the `reqwest::Client` apply in addition to
/// those of [`CallOptions`](crate::client::CallOptions), also while a body is streamed.
#[derive(Clone)]
pub struct ReqwestTransport {
    client: reqwest::Client,
    /// Whether this is the client with this crate's defaults.
    #[cfg(feature = "outpost")]
    is_default: bool,
}

impl From<reqwest::Client> for ReqwestTransport {
    /// Uses an existing client. Build it with `redirect(Policy::none())`, and with a `pool_idle_timeout` of less than
    /// five seconds: Polar closes idle connections after five seconds, while reqwest's default is 90.
    ///
    /// The client must not follow redirects. The API redirects only if a path is wrong, and a client that follows the
    /// redirect sends the body and the URL to another host. (reqwest itself removes the token when the host changes.)
    /// The transport detects a followed redirect only afterwards; the call then fails.
    fn from(client: reqwest::Client) -> Self {
        Self {
            client,
            #[cfg(feature = "outpost")]
            is_default: false,
        }
    }
}

impl ReqwestTransport {
    /// Returns a reqwest builder with this crate's defaults: a `connect_timeout` of 10 seconds, and a
    /// `pool_idle_timeout` of 4 seconds, because Polar closes idle connections after 5.
    ///
    /// ```
    /// use polar_client_runtime::transport::ReqwestTransport;
    ///
    /// # fn main() -> Result<(), polar_client_runtime::Error> {
    /// let builder = ReqwestTransport::client_builder().pool_max_idle_per_host(8);
    /// let transport = ReqwestTransport::from_builder(builder)?;
    /// // Polar::builder().transport(transport)
    /// # Ok(())
    /// # }
    /// ```
    pub fn client_builder() -> reqwest::ClientBuilder {
        reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
    }

    /// Builds the transport from a reqwest builder, and disables redirects.
    ///
    /// Start with [`client_builder`](Self::client_builder). With reqwest's own defaults, idle connections are kept for
    /// longer than the server keeps them.
    ///
    /// # Errors
    /// [`Error::Configuration`] if reqwest cannot build the client.
    pub fn from_builder(builder: reqwest::ClientBuilder) -> Result<Self, Error> {
        Self::new(builder).map_err(|error| Error::configuration(error.reason()))
    }

    /// Builds a client with the defaults.
    pub(super) fn build() -> Result<Self, TransportError> {
        let transport = Self::new(Self::client_builder())?;
        #[cfg(feature = "outpost")]
        let transport = Self {
            is_default: true,
            ..transport
        };
        Ok(transport)
    }

    /// Returns the client for a request. HTTP/2 does not support upgrades, but servers prefer it. For an upgrade, the
    /// default client is therefore replaced by one without HTTP/2.
    #[cfg(feature = "outpost")]
    fn client(&self, request: &http::Request<Bytes>) -> Result<reqwest::Client, TransportError> {
        if self.is_default && request.headers().contains_key(http::header::UPGRADE) {
            let builder = Self::client_builder().http1_only();
            return Ok(Self::new(builder)?.client);
        }
        Ok(self.client.clone())
    }

    #[cfg(not(feature = "outpost"))]
    fn client(&self, _: &http::Request<Bytes>) -> Result<reqwest::Client, TransportError> {
        Ok(self.client.clone())
    }

    fn new(builder: reqwest::ClientBuilder) -> Result<Self, TransportError> {
        let client = builder.redirect(Policy::none()).build();
        client.map(Self::from).map_err(failure)
    }

    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Body>, TransportError> {
        let client = self.client(&request)?;
        let request = to_reqwest(request)?;
        let url = request.url().clone();
        on_runtime()?;
        let mut response = pin!(client.execute(request));
        // Checked at each poll, because a future that was first polled on the runtime may later be polled on another
        // thread.
        let response = poll_fn(|context| {
            on_runtime()?;
            response.as_mut().poll(context).map_err(failure)
        })
        .await?;
        if *response.url() != url {
            const REASON: &str =
                "the reqwest::Client followed a redirect; build it with `redirect(Policy::none())`";
            return Err(TransportError::new(TransportErrorKind::Unavailable, REASON));
        }
        let response = http::Response::<reqwest::Body>::from(response);
        Ok(response.map(|body| Body::stream(Data(body))))
    }
}

impl Transport for ReqwestTransport {
    fn execute(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin(self.send(request))
    }
}

/// Converts a request to reqwest's type. Unlike reqwest's own conversion, this one allocates the URL only once.
fn to_reqwest(request: http::Request<Bytes>) -> Result<reqwest::Request, TransportError> {
    let (head, body) = request.into_parts();
    let path = head
        .uri
        .path_and_query()
        .map_or(0, |path| path.as_str().len());
    let authority = head.uri.authority().map_or(0, |it| it.as_str().len());
    let mut url = String::with_capacity("https://".len() + authority + path);
    // Writing to a string does not fail.
    let _ = write!(url, "{}", head.uri);
    let url = Url::parse(&url)
        .map_err(|error| TransportError::new(TransportErrorKind::Unavailable, error))?;
    let mut request = reqwest::Request::new(head.method, url);
    *request.version_mut() = head.version;
    *request.headers_mut() = head.headers;
    *request.body_mut() = Some(body.into());
    Ok(request)
}

/// Omits the client, whose default headers may be secret.
impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransport").finish_non_exhaustive()
    }
}

/// The data frames of a body, without trailers.
struct Data(reqwest::Body);

impl Stream for Data {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Err(error) = on_runtime() {
                return Poll::Ready(Some(Err(error)));
            }
            let frame = ready!(Pin::new(&mut self.0).poll_frame(context));
            return Poll::Ready(match frame {
                None => None,
                Some(Err(error)) => Some(Err(failure(error))),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if data.is_empty() => continue,
                    Ok(data) => Some(Ok(data)),
                    Err(_) => continue,
                },
            });
        }
    }
}

/// Returns an error if there is no tokio runtime, because reqwest would panic.
fn on_runtime() -> Result<(), TransportError> {
    Handle::try_current()
        .map(|_| ())
        .map_err(|_| TransportError::no_runtime())
}

fn failure(error: reqwest::Error) -> TransportError {
    let kind = match &error {
        error if error.is_builder() => TransportErrorKind::Unavailable,
        // The timeout of `connect_timeout` is an error of the connection, not of the response.
        error if error.is_connect() || was_not_sent(error) => TransportErrorKind::Connect,
        error if error.is_timeout() => TransportErrorKind::Timeout,
        _ => TransportErrorKind::Interrupted,
    };
    // The URL could contain secret parameters.
    TransportError::new(kind, error.without_url())
}

/// Returns whether the connection was closed before any of the request was written to it. Only in this case, hyper
/// reports a canceled request.
///
/// reqwest retries such requests itself, except on a new connection. It also retries HTTP/2 requests that the server
/// rejected without processing them.
fn was_not_sent(error: &(dyn std::error::Error + 'static)) -> bool {
    let causes = std::iter::successors(Some(error), |cause| cause.source());
    let mut errors = causes.filter_map(|cause| cause.downcast_ref::<hyper::Error>());
    errors.any(hyper::Error::is_canceled)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::io;

    use http_body_util::Empty;
    use hyper::client::conn::http1;
    use hyper::rt::{Read, ReadBufCursor, Write};

    use super::*;

    /// A connection that the server closes when it receives something.
    struct Connection {
        written: bool,
    }

    impl Read for Connection {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: ReadBufCursor<'_>,
        ) -> Poll<io::Result<()>> {
            match self.written {
                true => Poll::Ready(Ok(())),
                false => Poll::Pending,
            }
        }
    }

    impl Write for Connection {
        fn poll_write(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.written = true;
            context.waker().wake_by_ref();
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn only_what_was_never_written_counts_as_not_sent() {
        let request = || http::Request::new(Empty::<Bytes>::new());
        let handshake = || http1::handshake(Connection { written: false });
        // The connection is closed before the request is sent.
        let (mut sender, connection) = handshake().await.unwrap();
        let response = sender.send_request(request());
        drop(connection);
        assert!(was_not_sent(&response.await.unwrap_err()));
        // The connection is closed after the request was written, so the server may have received it.
        let (mut sender, connection) = handshake().await.unwrap();
        let response = sender.send_request(request());
        let (response, _) = tokio::join!(response, connection);
        assert!(!was_not_sent(&response.unwrap_err()));
    }
}
