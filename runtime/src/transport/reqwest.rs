//! The usual transport, over reqwest.

use bytes::Bytes;
use reqwest::redirect::Policy;

use super::{BoxFuture, Timeout, Transport, TransportError, TransportErrorKind};

/// Sends requests with reqwest, on the tokio runtime in which the call is awaited.
#[derive(Clone, Debug)]
pub struct ReqwestTransport {
    client: reqwest::Client,
}

impl ReqwestTransport {
    /// Uses a client of your own, with its proxies, certificates and connection pool. It should follow no redirects: to
    /// the API, a redirect is a mistake in the path, and the token must not go to another host.
    #[must_use]
    pub fn new(client: reqwest::Client) -> Self {
        Self { client }
    }

    /// A client that follows no redirects and otherwise does what reqwest does by itself.
    pub(super) fn build() -> Result<Self, TransportError> {
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .build()
            .map_err(failure)?;
        Ok(Self { client })
    }

    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, reqwest::Error> {
        let timeout = request.extensions().get::<Timeout>().copied();
        let mut request = reqwest::Request::try_from(request)?;
        *request.timeout_mut() = timeout.map(|Timeout(duration)| duration);
        let mut response = self.client.execute(request).await?;
        let mut answer = http::Response::new(Bytes::new());
        *answer.status_mut() = response.status();
        *answer.version_mut() = response.version();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        *answer.body_mut() = response.bytes().await?;
        Ok(answer)
    }
}

impl Transport for ReqwestTransport {
    fn execute(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
        Box::pin(async { self.send(request).await.map_err(failure) })
    }
}

fn failure(error: reqwest::Error) -> TransportError {
    let kind = match &error {
        error if error.is_timeout() => TransportErrorKind::Timeout,
        error if error.is_connect() || error.is_builder() => TransportErrorKind::Connect,
        _ => TransportErrorKind::Interrupted,
    };
    // The URL would show parameters.
    TransportError::new(kind, error.without_url())
}
