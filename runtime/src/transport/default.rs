//! The default transport, and a transport for use if it cannot be created.

use std::sync::Arc;

use bytes::Bytes;

use super::body::Body;
use super::interface::{BoxFuture, Transport};
#[cfg(feature = "reqwest")]
use super::reqwest::ReqwestTransport;
use crate::error::{TransportError, TransportErrorKind};

/// Creates the default transport.
#[cfg(feature = "reqwest")]
pub(crate) fn default_transport() -> Result<Arc<dyn Transport>, TransportError> {
    ReqwestTransport::build().map(|transport| Arc::new(transport) as Arc<dyn Transport>)
}

/// Returns an error: without the feature `reqwest`, there is no default transport.
#[cfg(not(feature = "reqwest"))]
pub(crate) fn default_transport() -> Result<Arc<dyn Transport>, TransportError> {
    const HINT: &str = "no transport: enable the Cargo feature `reqwest`, or set one with `ClientBuilder::transport`";
    Err(TransportError::new(TransportErrorKind::Unavailable, HINT))
}

/// Returns a transport that fails every request with this error.
pub(crate) fn broken(reason: TransportError) -> Arc<dyn Transport> {
    Arc::new(Broken {
        reason: reason.reason(),
    })
}

#[derive(Debug)]
struct Broken {
    reason: String,
}

impl Transport for Broken {
    fn execute(
        &self,
        _: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        let error = TransportError::new(TransportErrorKind::Unavailable, self.reason.as_str());
        Box::pin(async { Err(error) })
    }
}
