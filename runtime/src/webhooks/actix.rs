//! A delivery as an extractor for actix-web.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::{FromRequest, HttpRequest, ResponseError, web};

use super::body;
use super::delivery::{Delivery, VersionedEvent};
use super::endpoint::Webhooks;
use super::error::WebhookError;
use super::headers::Headers;

/// Verifies the request with the [`Webhooks`] in the application's `web::Data`, and answers those that are not accepted
/// with [`WebhookError::status`]. The body is read only if the headers are those of a delivery, up to
/// [`body_limit`](Webhooks::body_limit) and for no longer than [`body_timeout`](Webhooks::body_timeout),
/// which needs the time driver of the tokio runtime.
impl<E: VersionedEvent + 'static> FromRequest for Delivery<E> {
    type Error = WebhookError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, WebhookError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let webhooks = request.app_data::<web::Data<Webhooks<E>>>().cloned();
        let (headers, payload) = (request.headers().clone(), payload.take());
        Box::pin(async move {
            let webhooks = webhooks.ok_or(WebhookError::NotConfigured)?;
            body::receive(&webhooks, &headers, payload).await
        })
    }
}

impl Headers for HeaderMap {
    fn visit(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        self.iter()
            .for_each(|(name, value)| visit(name.as_str(), value.as_bytes()));
    }
}

impl ResponseError for WebhookError {
    fn status_code(&self) -> StatusCode {
        let status = self.status().as_u16();
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}
