//! The extractor and the route for actix-web.

use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError, Route, web};

use super::body;
use super::deduplication::Deliveries;
use super::delivery::{Delivery, VersionedEvent};
use super::endpoint::Webhooks;
use super::error::WebhookError;
use super::headers::Headers;
use super::store::Store;

/// Verifies a request with the [`Webhooks`] in the application's `web::Data`. An invalid request gets
/// [`WebhookError::status`].
///
/// If the headers are invalid, the body is not read. [`body_limit`](Webhooks::body_limit) and
/// [`body_timeout`](Webhooks::body_timeout) apply to the body. The timeout requires the time driver of the tokio runtime.
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

impl<E: VersionedEvent + Send + 'static> Webhooks<E> {
    /// Returns an actix-web route that verifies deliveries, handles each event once, and responds.
    ///
    /// An invalid request gets [`WebhookError::status`], a valid one the status of [`Deliveries::handle`]. The
    /// application needs no `web::Data`. The closure that creates the `App` runs once per worker: clone `self` and
    /// `deliveries` there, so that all workers share them.
    pub fn actix_route<S, H, R, X>(self, deliveries: Deliveries<S>, handler: H) -> Route
    where
        S: Store + 'static,
        S::Error: Display,
        H: Fn(E) -> R + Clone + Send + 'static,
        R: Future<Output = Result<(), X>> + Send + 'static,
        X: Display + Send + 'static,
    {
        web::post().to(move |request: HttpRequest, payload: web::Payload| {
            let (webhooks, deliveries, handler) =
                (self.clone(), deliveries.clone(), handler.clone());
            async move {
                let delivery = body::receive(&webhooks, request.headers(), payload).await?;
                let status = deliveries.handle(delivery, handler).await;
                Ok::<_, WebhookError>(HttpResponse::new(of_actix(status)))
            }
        })
    }
}

/// Converts the status to the version of `http` that actix-web uses.
fn of_actix(status: http::StatusCode) -> StatusCode {
    StatusCode::from_u16(status.as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

impl Headers for HeaderMap {
    fn visit(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        self.iter()
            .for_each(|(name, value)| visit(name.as_str(), value.as_bytes()));
    }
}

impl ResponseError for WebhookError {
    fn status_code(&self) -> StatusCode {
        of_actix(self.status())
    }
}
