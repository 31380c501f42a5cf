//! The usual transport, over reqwest.

use std::fmt;
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
use crate::Error;

/// How long to wait for a connection. A request that did not get one may be sent again, whatever it is.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Sends requests with reqwest, on the tokio runtime in which the call is awaited.
///
/// For proxies, certificates or a connection pool of your own, make it with [`from_builder`](Self::from_builder). Timeouts
/// of the `reqwest::Client` apply in addition to those of this one, also to bodies that are read as streams.
#[derive(Clone)]
pub struct ReqwestTransport {
    client: reqwest::Client,
}

impl From<reqwest::Client> for ReqwestTransport {
    /// A client that exists already. Build it with `redirect(Policy::none())`, which cannot be seen from here: to the API a
    /// redirect is a mistake in the path, and a client that follows it sends the body, the organization and the URL
    /// somewhere else. (reqwest itself takes the token off when the host changes.) Calls that were redirected fail.
    fn from(client: reqwest::Client) -> Self {
        Self { client }
    }
}

impl ReqwestTransport {
    /// A client that is set up like this, and follows no redirects.
    ///
    /// # Errors
    /// [`Error::Configuration`] if reqwest cannot set it up.
    pub fn from_builder(builder: reqwest::ClientBuilder) -> Result<Self, Error> {
        Self::new(builder).map_err(|error| Error::configuration(error.reason()))
    }

    /// A client that does not wait long for connections, and otherwise does what reqwest does by itself.
    pub(super) fn build() -> Result<Self, TransportError> {
        Self::new(reqwest::Client::builder().connect_timeout(CONNECT_TIMEOUT))
    }

    fn new(builder: reqwest::ClientBuilder) -> Result<Self, TransportError> {
        let client = builder.redirect(Policy::none()).build();
        client.map(Self::from).map_err(failure)
    }

    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Body>, TransportError> {
        let request = reqwest::Request::try_from(request).map_err(failure)?;
        let url = request.url().clone();
        on_runtime()?;
        let mut response = pin!(self.client.execute(request));
        // What begins on the runtime may be polled elsewhere later.
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

/// Shows nothing of the client, whose default headers may be secret.
impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransport").finish_non_exhaustive()
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
