//! A delivery as an extractor for axum.

use axum_core::extract::{FromRef, FromRequest, Request};
use axum_core::response::{IntoResponse, Response};

use super::body;
use super::delivery::{Delivery, VersionedEvent};
use super::endpoint::Webhooks;
use super::error::WebhookError;

/// Verifies the request with the [`Webhooks`] of the router's state, and answers those that are not accepted with
/// [`WebhookError::status`]. The body is read only if the headers are those of a delivery, up to
/// [`body_limit`](Webhooks::body_limit) and for no longer than [`body_timeout`](Webhooks::body_timeout),
/// which needs the time driver of the tokio runtime.
impl<S, E> FromRequest<S> for Delivery<E>
where
    S: Send + Sync,
    E: VersionedEvent,
    Webhooks<E>: FromRef<S>,
{
    type Rejection = WebhookError;

    async fn from_request(request: Request, state: &S) -> Result<Self, WebhookError> {
        let webhooks = Webhooks::from_ref(state);
        let (parts, body) = request.into_parts();
        body::receive(&webhooks, &parts.headers, body.into_data_stream()).await
    }
}

impl IntoResponse for WebhookError {
    fn into_response(self) -> Response {
        (self.status(), self.to_string()).into_response()
    }
}
