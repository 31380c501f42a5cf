//! What every transport does.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::body::Body;
use crate::error::TransportError;

/// A future on the heap that any thread may poll.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends requests and returns responses.
///
/// Requests are complete: the transport adds nothing but what HTTP itself needs, follows no redirects, retries nothing
/// that may have reached the server, and hands back responses of every status. Dropping the future gives the request up.
///
/// The `Authorization` header is marked as sensitive and must not be logged; nor must paths and bodies, which can hold
/// secrets. In the extensions of every request are its [`Timeout`], which only matters to clients without a
/// [`Timer`](super::Timer), and the `&'static` [`Operation`](crate::client::Operation) that it is for.
///
/// ```
/// use bytes::Bytes;
/// use polar_client_runtime::transport::{Body, BoxFuture, Transport, TransportError};
///
/// /// Answers everything with an empty list.
/// #[derive(Debug)]
/// struct Nothing;
///
/// impl Transport for Nothing {
///     fn execute(
///         &self,
///         _: http::Request<Bytes>,
///     ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
///         Box::pin(async { Ok(http::Response::new("[]".into())) })
///     }
/// }
/// ```
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Sends one request and waits for the head of its response. The body may follow.
    ///
    /// # Errors
    /// When no response arrived. The error must not show the request.
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

/// How long an attempt may take until its response is there. Found in the extensions of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeout(pub Duration);
