//! The trait of transports.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::body::Body;
use crate::error::TransportError;

/// A boxed future that can be sent between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends requests and returns responses.
///
/// Requests are complete: a transport adds only what HTTP itself needs, does not follow redirects, does not retry a
/// request that may have reached the server, and returns responses with any status. Dropping the future cancels the
/// request.
///
/// The `Authorization` header is marked as sensitive and must not be logged. The same is true for paths and bodies,
/// which can contain secrets. The extensions of every request contain its [`Timeout`], which is for clients without a
/// [`Timer`](super::Timer), and the `&'static` [`Operation`](crate::client::Operation) that it calls.
///
/// ```
/// use bytes::Bytes;
/// use polar_client_runtime::transport::{Body, BoxFuture, Transport, TransportError};
///
/// /// Responds to everything with an empty list.
/// #[derive(Debug)]
/// struct Empty;
///
/// impl Transport for Empty {
///     fn execute(
///         &self,
///         _: http::Request<Bytes>,
///     ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
///         Box::pin(async { Ok(http::Response::new("[]".into())) })
///     }
/// }
/// ```
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Sends a request, and returns when the head of its response has arrived. The body may follow.
    ///
    /// # Errors
    /// [`TransportError`] when there is no response. It must not show the request.
    fn execute(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>>;
}

impl Transport for Arc<dyn Transport> {
    fn execute(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        (**self).execute(request)
    }
}

/// The timeout of an attempt until its response has arrived. It is in the extensions of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeout(pub Duration);
