//! The transport trait.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::body::Body;
use crate::error::TransportError;

/// A boxed future that can be sent between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends HTTP requests and returns responses.
///
/// The client prepares complete requests. An implementation must
///
/// - add only the headers that HTTP itself requires;
/// - not follow redirects;
/// - not retry a request that may have reached the server;
/// - return responses with any status as `Ok`;
/// - cancel the request when the future is dropped;
/// - not log the `Authorization` header, which is marked as sensitive, nor paths and bodies, which may contain secrets.
///
/// The extensions of every request contain its [`Timeout`], for transports of clients without a
/// [`Timer`](super::Timer), and the `&'static` [`Operation`](crate::client::Operation).
///
/// # Examples
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
    /// Sends a request, and returns when the response headers have arrived. The body may be streamed afterwards.
    ///
    /// # Errors
    /// [`TransportError`] if there is no response. The error must not contain data of the request.
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

/// The maximum time until the response of an attempt has arrived. The extensions of every request contain it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeout(pub Duration);
