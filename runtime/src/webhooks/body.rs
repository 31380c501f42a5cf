//! Receives a delivery for extractors: checks the headers, and then reads the body, with limits on size and time.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use tokio::runtime::Handle;

use super::delivery::{Delivery, VersionedEvent};
use super::endpoint::Webhooks;
use super::error::WebhookError;
use super::headers::Headers;

/// The initial capacity of the body's buffer in bytes.
const FIRST_CAPACITY: usize = 8 << 10;

/// Reads and verifies a delivery. If the headers are invalid, the body is not read.
pub(super) async fn receive<E: VersionedEvent, S>(
    webhooks: &Webhooks<E>,
    headers: impl Headers,
    stream: impl Stream<Item = Result<Bytes, S>> + Unpin,
) -> Result<Delivery<E>, WebhookError> {
    let settings = &webhooks.settings;
    settings.check_head(&headers)?;
    let body = collect(stream, settings.body_limit);
    let body = within(settings.body_timeout, body).await?;
    webhooks.verify(headers, body)
}

/// Reads the whole body. Fails if it has more than `limit` bytes.
async fn collect<S>(
    mut stream: impl Stream<Item = Result<Bytes, S>> + Unpin,
    limit: usize,
) -> Result<Vec<u8>, WebhookError> {
    let mut body = Vec::new();
    while let Some(chunk) = poll_fn(|cx| Pin::new(&mut stream).poll_next(cx)).await {
        let chunk = chunk.map_err(|_| WebhookError::Interrupted)?;
        let len = body.len() + chunk.len();
        if chunk.len() > limit - body.len() {
            return Err(WebhookError::TooLarge { limit });
        }
        if len > body.capacity() {
            // The capacity doubles, but does not exceed the limit.
            let capacity = (body.capacity() * 2).clamp(FIRST_CAPACITY.min(limit), limit);
            body.reserve_exact(capacity.max(len) - body.len());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Applies a timeout to a future. Outside of a tokio runtime, there is no timeout. The time driver of the runtime must
/// be enabled.
async fn within<T>(
    limit: Duration,
    future: impl Future<Output = Result<T, WebhookError>>,
) -> Result<T, WebhookError> {
    if Handle::try_current().is_err() {
        return future.await;
    }
    let outcome = tokio::time::timeout(limit, future).await;
    outcome.unwrap_or(Err(WebhookError::BodyTimeout { limit }))
}
