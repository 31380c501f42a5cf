//! The handle of an ingester, which queues events.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "outpost")]
use super::entry::Accepted;
use super::entry::Entry;
#[cfg(feature = "postgres")]
use super::entry::TimestampSource;
use super::event::Event;
use super::outcome::{Ended, NotQueued, Receipt, Report, Slot, Stats};
use super::prepare::{Prepared, prepare};
use super::queue::Queue;
use super::select::first_of;
#[cfg(feature = "metering")]
use crate::time::Instant;

/// How long `shutdown` waits after its deadline for the driver to return the undelivered events.
const GRACE: Duration = Duration::from_secs(1);

/// How long `shutdown` waits for the spool to be closed.
#[cfg(feature = "spool")]
const DISK_GRACE: Duration = Duration::from_secs(5);

/// Queues events, which are sent in batches. Cheap to clone: clones share one queue, so give each task its own.
///
/// An event without an external ID gets a random UUID, and one without a timestamp gets the current time. If the server
/// rejects that timestamp as being in the future, because its clock is behind, the event is retried without it and
/// the server assigns one.
///
/// When the last clone is dropped, the driver sends the queued events and completes. [`shutdown`](Self::shutdown) waits
/// for that and returns a report. Without a shutdown, events are lost if the runtime ends first; with the feature
/// `tracing`, that is logged as a warning.
pub struct Ingester<E>(Arc<Handle<E>>);

/// Shared by all clones of an ingester.
struct Handle<E> {
    queue: Arc<Queue<E>>,
}

impl<E: Event> Ingester<E> {
    pub(super) fn new(queue: Arc<Queue<E>>) -> Self {
        Self(Arc::new(Handle { queue }))
    }

    /// Queues an event. Waits for capacity when the queue is full (backpressure).
    ///
    /// Dropping the future while it waits for capacity queues nothing. With a spool, the future also waits for the disk: an
    /// event that is on its way to the disk is stored and sent although the future is dropped. To ingest it again after a
    /// timeout, give it an external ID, so that the server stores it once.
    ///
    /// # Errors
    /// [`NotQueued`], with the event, when it is invalid or too large, or the ingester has ended.
    pub async fn ingest(&self, event: impl Into<E>) -> Result<(), NotQueued<E>> {
        let entry = self.entry(event.into(), None)?;
        self.queue().push(entry).await
    }

    /// Queues an event like [`ingest`](Self::ingest), and returns a receipt for its delivery outcome.
    ///
    /// # Errors
    /// [`NotQueued`], with the event, when it is invalid or too large, or the ingester has ended.
    pub async fn ingest_with_receipt(&self, event: impl Into<E>) -> Result<Receipt, NotQueued<E>> {
        let slot = Arc::new(Slot::default());
        let entry = self.entry(event.into(), Some(Arc::clone(&slot)))?;
        self.queue().push(entry).await?;
        Ok(Receipt(slot))
    }

    /// Queues an event if there is capacity now.
    ///
    /// # Errors
    /// [`NotQueued`], with the event, when the queue is full ([`NotQueuedReason::Full`](super::NotQueuedReason::Full)), the event is invalid or too
    /// large, or the ingester has ended.
    pub fn try_ingest(&self, event: impl Into<E>) -> Result<(), NotQueued<E>> {
        let entry = self.entry(event.into(), None)?;
        self.queue().try_push(entry).map_err(NotQueued::from)
    }

    /// Queues an event even when the queue is full, for callers that can neither wait nor retry.
    #[cfg(feature = "metering")]
    pub(crate) fn ingest_now(&self, event: E) -> Result<(), NotQueued<E>> {
        let entry = self.entry(event, None)?;
        self.queue().push_now(entry).map_err(NotQueued::from)
    }

    /// Queues an event like [`ingest`](Self::ingest), and runs a function when it is accepted, even if the future is dropped
    /// before that. `then` makes the function of the event as it is sent: with its ID and its time.
    #[cfg(feature = "outpost")]
    pub(crate) async fn ingest_then(
        &self,
        event: E,
        then: impl FnOnce(&E) -> Accepted,
    ) -> Result<(), NotQueued<E>> {
        let entry = self.entry_then(event, then)?;
        self.queue().push(entry).await
    }

    /// Queues an event like [`ingest_now`](Self::ingest_now), and runs a function when it is accepted.
    #[cfg(feature = "outpost")]
    pub(crate) fn ingest_now_then(
        &self,
        event: E,
        then: impl FnOnce(&E) -> Accepted,
    ) -> Result<(), NotQueued<E>> {
        let entry = self.entry_then(event, then)?;
        self.queue().push_now(entry).map_err(NotQueued::from)
    }

    /// Queues an event that was [prepared](prepare) before, if there is capacity now.
    #[cfg(feature = "postgres")]
    pub(crate) fn try_relay(
        &self,
        event: E,
        timestamp_source: TimestampSource,
    ) -> Result<Receipt, NotQueued<E>> {
        let slot = Arc::new(Slot::default());
        let mut entry = self.entry(event, Some(Arc::clone(&slot)))?;
        entry.timestamp_source = timestamp_source;
        self.queue().try_push(entry).map_err(NotQueued::from)?;
        Ok(Receipt(slot))
    }

    /// Is notified when events get a delivery outcome.
    #[cfg(feature = "postgres")]
    pub(crate) fn progress(&self) -> event_listener::EventListener {
        self.queue().progress()
    }

    /// Returns the time of the client's clock.
    #[cfg(feature = "metering")]
    pub(crate) fn now(&self) -> Instant {
        self.queue().now()
    }

    /// Sends everything that is queued now, and waits until the delivery outcomes are known. During an outage, that
    /// takes until the outage ends.
    ///
    /// # Errors
    /// [`Ended`] when the ingester ends before that.
    pub async fn flush(&self) -> Result<(), Ended> {
        self.queue().flush().await
    }

    /// Stops accepting events, and sends the queued ones until the deadline elapses. Events that are left are returned
    /// in the report.
    ///
    /// It completes within a second after the deadline even if the driver is not polled. A batch that such a driver is
    /// sending is returned when the driver is dropped. With a spool, it waits up to five seconds more until the folder is
    /// closed. If the disk takes longer, the folder stays locked until it responds.
    ///
    /// Further calls of `shutdown` return the same counts, without events. Dropping the future does not cancel the
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
                first_of(queue.until_closed(), clock.sleep(DISK_GRACE)).await;
            }
            None => {
                queue.ended().await;
                #[cfg(feature = "spool")]
                queue.until_closed().await;
            }
        }
        queue.report()
    }

    /// Returns the counts so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.queue().stats()
    }

    pub(super) fn queue(&self) -> &Queue<E> {
        &self.0.queue
    }

    /// Prepares an event for the queue: assigns ID and timestamp, and validates it.
    fn entry(&self, event: E, slot: Option<Arc<Slot>>) -> Result<Entry<E>, NotQueued<E>> {
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
            slot,
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

/// Dropping the last clone: the driver sends the queued events without a deadline.
impl<E> Drop for Handle<E> {
    fn drop(&mut self) {
        self.queue.abandon();
    }
}
