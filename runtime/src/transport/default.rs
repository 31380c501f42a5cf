//! The transport of clients that were given none, and what stands in for one that cannot be set up.

use std::sync::Arc;

use bytes::Bytes;

use super::body::Body;
use super::interface::{BoxFuture, Transport};
#[cfg(feature = "reqwest")]
use super::reqwest::ReqwestTransport;
use crate::error::{TransportError, TransportErrorKind};

/// The transport of clients that were given none.
#[cfg(feature = "reqwest")]
pub(crate) fn default_transport() -> Result<Arc<dyn Transport>, TransportError> {
    ReqwestTransport::build().map(|transport| Arc::new(transport) as Arc<dyn Transport>)
}

/// The transport of clients that were given none.
#[cfg(not(feature = "reqwest"))]
pub(crate) fn default_transport() -> Result<Arc<dyn Transport>, TransportError> {
    const HINT: &str =
        "no transport: turn on the Cargo feature `reqwest`, or give one to the builder";
    Err(TransportError::new(TransportErrorKind::Unavailable, HINT))
}

/// A transport that only says why there is none.
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
