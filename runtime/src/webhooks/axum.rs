//! The extractor and the route for axum.

use std::fmt::Display;

use axum::extract::{FromRef, FromRequest, Request};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};

use super::body;
use super::deduplication::Deliveries;
use super::delivery::{Delivery, VersionedEvent};
use super::endpoint::Webhooks;
use super::error::WebhookError;
use super::store::Store;

/// The state of an axum router that contains the [`Webhooks`] of an endpoint, which the extractor requires.
///
/// It is implemented for every state from which `FromRef` returns a `Webhooks`: derive or implement `FromRef`.
#[diagnostic::on_unimplemented(
    message = "the router's state `{Self}` contains no `Webhooks<{E}>`",
    label = "a `Delivery` is verified with the `Webhooks` in the router's state",
    note = "derive `FromRef` for the state, with a field of the type `Webhooks<{E}>`, or use `Webhooks::axum_route`"
)]
pub trait WebhooksState<E> {
    /// Returns the `Webhooks` in the state.
    fn webhooks(&self) -> Webhooks<E>;
}

impl<S, E> WebhooksState<E> for S
where
    Webhooks<E>: FromRef<S>,
{
    fn webhooks(&self) -> Webhooks<E> {
        Webhooks::from_ref(self)
    }
}

/// Verifies a request with the [`Webhooks`] in the router's state. An invalid request gets [`WebhookError::status`].
///
/// If the headers are invalid, the body is not read. [`body_limit`](Webhooks::body_limit) and
/// [`body_timeout`](Webhooks::body_timeout) apply to the body. The timeout requires the time driver of the tokio runtime.
impl<S, E> FromRequest<S> for Delivery<E>
where
    S: WebhooksState<E> + Send + Sync,
    E: VersionedEvent,
{
    type Rejection = WebhookError;

    async fn from_request(request: Request, state: &S) -> Result<Self, WebhookError> {
        extract(&state.webhooks(), request).await
    }
}

async fn extract<E: VersionedEvent>(
    webhooks: &Webhooks<E>,
    request: Request,
) -> Result<Delivery<E>, WebhookError> {
    let (parts, body) = request.into_parts();
    body::receive(webhooks, &parts.headers, body.into_data_stream()).await
}

impl<E: VersionedEvent + Send + 'static> Webhooks<E> {
    /// Returns an axum route that verifies deliveries, handles each event once, and responds.
    ///
    /// An invalid request gets [`WebhookError::status`], a valid one the status of [`Deliveries::handle`]. The router
    /// needs no state.
    pub fn axum_route<S, H, R, X, T>(self, deliveries: Deliveries<S>, handler: H) -> MethodRouter<T>
    where
        S: Store + 'static,
        S::Error: Display,
        H: Fn(E) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Result<(), X>> + Send + 'static,
        X: Display + Send + 'static,
        T: Clone + Send + Sync + 'static,
    {
        post(
            async move |request: Request| match extract(&self, request).await {
                Ok(delivery) => deliveries.handle(delivery, handler).await.into_response(),
                Err(error) => error.into_response(),
            },
        )
    }
}

impl IntoResponse for WebhookError {
    fn into_response(self) -> Response {
        (self.status(), self.to_string()).into_response()
    }
}
