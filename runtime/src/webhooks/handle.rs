//! `Deliveries::handle`: handles a delivery with a closure, and returns the status to respond with.

use std::fmt::Display;

use http::StatusCode;
use tokio::runtime::Handle;

use super::deduplication::{Deliveries, OnceError, Outcome};
use super::delivery::{Delivery, VersionedEvent};
use super::store::Store;
use crate::log;

impl<S> Deliveries<S>
where
    S: Store + 'static,
    S::Error: Display,
{
    /// Handles the event of a delivery once, and returns the HTTP status to respond with.
    ///
    /// | outcome | status |
    /// |---|---|
    /// | the handler succeeded, now or for an earlier delivery | 204: Polar does not deliver the event again |
    /// | an earlier delivery is still being handled | 409: Polar delivers the event again later |
    /// | the handler failed or panicked, or the store failed | 500: Polar delivers the event again |
    ///
    /// The handler runs in a separate task (`tokio::spawn`), so it completes even if the request is dropped: after ten
    /// seconds, Polar closes the connection, and web frameworks drop the request. Outside of a tokio runtime, the
    /// handler runs within the request.
    ///
    /// The handler also receives events of unknown types. If the features of several API versions are enabled, it may
    /// also receive `Event::OtherVersion`.
    ///
    /// With the feature `tracing`, failures are logged as errors, with the ID and type of the event. Without it, log
    /// them in the handler. To choose the status yourself, use [`once`](Self::once).
    pub async fn handle<E, H, R, X>(&self, delivery: Delivery<E>, handler: H) -> StatusCode
    where
        E: VersionedEvent + Send + 'static,
        H: FnOnce(E) -> R + Send + 'static,
        R: Future<Output = Result<(), X>> + Send + 'static,
        X: Display + Send + 'static,
    {
        let Delivery { id, event, .. } = delivery;
        let event_type = event.event_type().to_owned();
        let deliveries = self.clone();
        let claimed = id.clone();
        let handled = async move {
            // `handler(event)` is called when this future is polled first: after the event is claimed.
            let handler = async move { handler(event).await };
            deliveries.once_by_id(&claimed, handler).await
        };
        let Ok(runtime) = Handle::try_current() else {
            return status(&id, &event_type, handled.await);
        };
        match runtime.spawn(handled).await {
            Ok(outcome) => status(&id, &event_type, outcome),
            Err(error) => {
                log::webhook_failed(
                    &id,
                    &event_type,
                    "the handler of a webhook panicked",
                    &error,
                );
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }
}

fn status<X: Display, E: Display>(
    id: &str,
    event_type: &str,
    outcome: Result<Outcome<()>, OnceError<X, E>>,
) -> StatusCode {
    match outcome {
        Ok(Outcome::Handled(()) | Outcome::Redelivered) => StatusCode::NO_CONTENT,
        Ok(Outcome::InProgress) => StatusCode::CONFLICT,
        Err(OnceError::Handler(error)) => {
            log::webhook_failed(id, event_type, "the handler of a webhook failed", &error);
            StatusCode::INTERNAL_SERVER_ERROR
        }
        Err(OnceError::Store(error)) => {
            log::webhook_failed(
                id,
                event_type,
                "the store of webhook deliveries failed",
                &error,
            );
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}
