//! The usual transport, over reqwest.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http_body::Body as _;
use reqwest::redirect::Policy;
use tokio::runtime::Handle;

use super::{Body, BoxFuture, Transport, TransportError, TransportErrorKind};

/// How long to wait for a connection. A request that did not get one may be sent again, whatever it is.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Sends requests with reqwest, on the tokio runtime in which the call is awaited.
///
/// It is made [from](#impl-From<Client>-for-ReqwestTransport) a `reqwest::Client` of your own, with its proxies,
/// certificates and connection pool. Build that one with `redirect(Policy::none())`: to the API a redirect is a mistake in
/// the path, and a client that follows it repeats the request somewhere else. (reqwest itself takes the token off when
/// the host changes.) Timeouts of the `reqwest::Client` apply in addition to those of this one, also to bodies that are
/// read as streams.
#[derive(Clone, Debug)]
pub struct ReqwestTransport {
    client: reqwest::Client,
}

impl From<reqwest::Client> for ReqwestTransport {
    fn from(client: reqwest::Client) -> Self {
        Self { client }
    }
}

impl ReqwestTransport {
    /// A client that follows no redirects, does not wait long for connections, and otherwise does what reqwest does by
    /// itself.
    pub(super) fn build() -> Result<Self, TransportError> {
        reqwest::Client::builder()
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .build()
            .map(Self::from)
            .map_err(failure)
    }

    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Body>, TransportError> {
        let request = reqwest::Request::try_from(request).map_err(failure)?;
        on_runtime()?;
        let mut response = pin!(self.client.execute(request));
        // What begins on the runtime may be polled elsewhere later.
        let response = poll_fn(|context| {
            on_runtime()?;
            response.as_mut().poll(context).map_err(failure)
        })
        .await?;
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

/// The data of a body, without its trailers.
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

/// reqwest panics elsewhere.
fn on_runtime() -> Result<(), TransportError> {
    Handle::try_current()
        .map(|_| ())
        .map_err(|_| TransportError::no_runtime())
}

fn failure(error: reqwest::Error) -> TransportError {
    let kind = match &error {
        error if error.is_builder() => TransportErrorKind::Unavailable,
        // A connection that is not there in time is no answer that is late.
        error if error.is_connect() => TransportErrorKind::Connect,
        error if error.is_timeout() => TransportErrorKind::Timeout,
        _ => TransportErrorKind::Interrupted,
    };
    // The URL would show parameters.
    TransportError::new(kind, error.without_url())
}
