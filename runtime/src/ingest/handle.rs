//! `Ingester`: queues events.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "outpost")]
use super::entry::Accepted;
use super::entry::Entry;
#[cfg(feature = "postgres")]
use super::entry::TimestampSource;
use super::event::Event;
use super::outcome::{Ended, NotQueued, Receipt, ReceiptState, Report, Stats};
use super::prepare::{Prepared, prepare};
use super::queue::Queue;
use super::select::first_of;
#[cfg(feature = "metering")]
use crate::time::Instant;

/// How long `shutdown` waits, after its deadline, for the driver to return the unsent events.
const GRACE: Duration = Duration::from_secs(1);

/// How long `shutdown` then waits until the folder of the spool is closed.
#[cfg(feature = "spool")]
const SPOOL_GRACE: Duration = Duration::from_secs(5);

/// Queues events, which a [`Driver`](super::Driver) sends in batches.
///
/// Cheap to clone: all clones share one queue. Give each task a clone.
///
/// # External IDs and timestamps
/// An event without an external ID gets a random UUID. An event without a timestamp gets the current time of this
/// machine. If the server's clock is behind, it may reject that timestamp as being in the future. The event is then
/// retried without a timestamp, and the server assigns one.
///
/// # Shutdown
/// Call [`shutdown`](Self::shutdown) before the program ends. It sends the queued events, and returns a report. If the
/// last clone is dropped instead, the driver still sends the queued events, as long as the async runtime lives. Events
/// that are queued when the runtime ends are lost, unless there is a `Spool`. With the feature `tracing`, the loss is
/// logged as a warning.
pub struct Ingester<E>(Arc<Handle<E>>);

/// Shared by all clones of an ingester.
struct Handle<E> {
    queue: Arc<Queue<E>>,
}

impl<E: Event> Ingester<E> {
    pub(super) fn new(queue: Arc<Queue<E>>) -> Self {
        Self(Arc::new(Handle { queue }))
    }

    /// Queues an event. Waits for capacity while the queue is full (backpressure).
    ///
    /// With a `Spool`, it returns when the event is stored on disk.
    ///
    /// # Cancellation
    /// If the future is dropped while it waits for capacity, the event is not queued. With a `Spool`, the future then
    /// waits for the disk. If it is dropped at that point, the event is stored and sent nevertheless. Set an
    /// external ID if you may ingest the event again, for example after a timeout: the server then stores it once.
    ///
    /// # Errors
    /// Returns [`NotQueued`], which contains the event, if the event is invalid or too large, if it cannot be written
    /// to the `Spool`, or if the ingester has ended.
    pub async fn ingest(&self, event: impl Into<E>) -> Result<(), NotQueued<E>> {
        let entry = self.entry(event.into(), None)?;
        self.queue().push(entry).await
    }

    /// Queues an event like [`ingest`](Self::ingest), and returns a [`Receipt`]: a future that resolves
    /// to the delivery outcome.
    ///
    /// # Errors
    /// Those of [`ingest`](Self::ingest).
    pub async fn ingest_with_receipt(&self, event: impl Into<E>) -> Result<Receipt, NotQueued<E>> {
        let state = Arc::new(ReceiptState::default());
        let entry = self.entry(event.into(), Some(Arc::clone(&state)))?;
        self.queue().push(entry).await?;
        Ok(Receipt(state))
    }

    /// Queues an event without waiting, if the queue has capacity.
    ///
    /// With a `Spool`, it returns before the event is stored on disk. If the event cannot be stored, it is returned as
    /// [undelivered](super::IngesterBuilder::on_undelivered).
    ///
    /// # Errors
    /// Returns [`NotQueued`], which contains the event. The reason is
    /// [`NotQueuedReason::Full`](super::NotQueuedReason::Full) if the queue has no capacity. The other reasons are those
    /// of [`ingest`](Self::ingest).
    pub fn try_ingest(&self, event: impl Into<E>) -> Result<(), NotQueued<E>> {
        let entry = self.entry(event.into(), None)?;
        self.queue().try_push(entry).map_err(NotQueued::from)
    }

    /// Queues an event even if the queue is full. For callers that can neither wait nor retry, such as `Drop`.
    #[cfg(feature = "metering")]
    pub(crate) fn ingest_now(&self, event: E) -> Result<(), NotQueued<E>> {
        let entry = self.entry(event, None)?;
        self.queue().push_now(entry).map_err(NotQueued::from)
    }

    /// Queues an event like [`ingest`](Self::ingest), and calls a function once the event is accepted, even if the
    /// future is dropped before that. `then` creates that function from the event as it will be sent: with its external
    /// ID and timestamp.
    #[cfg(feature = "outpost")]
    pub(crate) async fn ingest_then(
        &self,
        event: E,
        then: impl FnOnce(&E) -> Accepted,
    ) -> Result<(), NotQueued<E>> {
        let entry = self.entry_then(event, then)?;
        self.queue().push(entry).await
    }

    /// Queues an event like [`ingest_now`](Self::ingest_now), and calls a function once the event is accepted, like
    /// [`ingest_then`](Self::ingest_then).
    #[cfg(feature = "outpost")]
    pub(crate) fn ingest_now_then(
        &self,
        event: E,
        then: impl FnOnce(&E) -> Accepted,
    ) -> Result<(), NotQueued<E>> {
        let entry = self.entry_then(event, then)?;
        self.queue().push_now(entry).map_err(NotQueued::from)
    }

    /// Queues an event of the outbox without waiting, if the queue has capacity. The event was [prepared](prepare) when
    /// it was inserted into the outbox.
    #[cfg(feature = "postgres")]
    pub(crate) fn try_relay(
        &self,
        event: E,
        timestamp_source: TimestampSource,
    ) -> Result<Receipt, NotQueued<E>> {
        let state = Arc::new(ReceiptState::default());
        let mut entry = self.entry(event, Some(Arc::clone(&state)))?;
        entry.timestamp_source = timestamp_source;
        self.queue().try_push(entry).map_err(NotQueued::from)?;
        Ok(Receipt(state))
    }

    /// Returns a listener that is notified when events get a delivery outcome.
    #[cfg(feature = "postgres")]
    pub(crate) fn progress(&self) -> event_listener::EventListener {
        self.queue().progress()
    }

    /// Returns the current time of the client's clock.
    #[cfg(feature = "metering")]
    pub(crate) fn now(&self) -> Instant {
        self.queue().now()
    }

    /// Sends all queued events now, and waits until their delivery outcomes are known.
    ///
    /// It has no timeout of its own: during an outage, it waits until the outage ends.
    ///
    /// # Errors
    /// Returns [`Ended`] if the ingester ends before all of these events have an outcome.
    pub async fn flush(&self) -> Result<(), Ended> {
        self.queue().flush().await
    }

    /// Stops accepting events, sends the queued ones until `deadline` elapses, and returns the final report.
    ///
    /// The report contains the events that are still unsent then. With a `Spool`, they stay on disk instead.
    ///
    /// It returns one second after the deadline at the latest, even if the driver is not polled. The batch that such a
    /// driver is sending is not in the report; it becomes undelivered when the driver is dropped. With a `Spool`, it
    /// waits up to five more seconds until the folder is closed. If the disk takes longer, the folder stays locked
    /// until the disk responds.
    ///
    /// If it is called again, it returns the same counts, but no events. Dropping the future does not cancel the
    /// shutdown.
    pub async fn shutdown(&self, deadline: Duration) -> Report<E> {
        let queue = self.queue();
        queue.close(Some(deadline));
        match queue.clock().available() {
            Some(clock) => {
                let overdue = clock.sleep(deadline.saturating_add(GRACE));
                first_of(queue.ended(), overdue).await;
                queue.end();
                #[cfg(feature = "spool")]
                first_of(queue.until_closed(), clock.sleep(SPOOL_GRACE)).await;
            }
            None => {
                queue.ended().await;
                #[cfg(feature = "spool")]
                queue.until_closed().await;
            }
        }
        queue.report()
    }

    /// Returns the current counts of events and requests.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.queue().stats()
    }

    pub(super) fn queue(&self) -> &Queue<E> {
        &self.0.queue
    }

    /// Prepares an event for the queue: sets a missing external ID or timestamp, and validates it.
    fn entry(
        &self,
        event: E,
        receipt: Option<Arc<ReceiptState>>,
    ) -> Result<Entry<E>, NotQueued<E>> {
        let Prepared {
            event,
            json,
            timestamp_source,
        } = prepare(event)?;
        Ok(Entry {
            event,
            number: 0,
            size: json.len(),
            since: self.queue().now(),
            timestamp_source,
            receipt,
            accepted: None,
        })
    }

    #[cfg(feature = "outpost")]
    fn entry_then(
        &self,
        event: E,
        then: impl FnOnce(&E) -> Accepted,
    ) -> Result<Entry<E>, NotQueued<E>> {
        let mut entry = self.entry(event, None)?;
        entry.accepted = Some(then(&entry.event));
        Ok(entry)
    }
}

impl<E> Clone for Ingester<E> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<E> fmt::Debug for Ingester<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ingester")
            .field("stats", &self.0.queue.stats())
            .finish_non_exhaustive()
    }
}

/// The last clone is dropped: the driver sends the queued events without a deadline.
impl<E> Drop for Handle<E> {
    fn drop(&mut self) {
        self.queue.abandon();
    }
}
