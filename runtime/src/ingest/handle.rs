//! What events are handed to.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::SubsecRound;
use uuid::Uuid;

use super::backlog::MAX_BODY;
use super::entry::{Entry, Time};
use super::event::Event;
use super::outcome::{Ended, NotQueued, Obstacle, Receipt, Report, Slot, Stats};
use super::queue::Queue;
use super::select::first_of;
use crate::codec;
#[cfg(feature = "metering")]
use crate::time::Instant;
use crate::time::system_time;
use crate::types::Timestamp;

/// Takes events, and has them sent in batches. Cheap to clone: clones share one queue, and each task has its own.
///
/// An event that has no external id gets one (a random UUID), and one that has no time gets that of the call; if the server
/// finds that to be in the future, for its clock is behind, the event takes the server's. When the last clone is dropped,
/// the driver sends what is left and ends; a [`shutdown`](Self::shutdown) waits for that and tells how it went. Without one,
/// events are lost if the runtime ends first; with the feature `tracing`, that is logged as a warning.
pub struct Ingester<E>(Arc<Handle<E>>);

/// What the driver gets on top of a shutdown's time, to hand back what it has.
const GRACE: Duration = Duration::from_secs(1);

/// All clones of an ingester, together.
struct Handle<E> {
    queue: Arc<Queue<E>>,
}

impl<E: Event> Ingester<E> {
    pub(super) fn new(queue: Arc<Queue<E>>) -> Self {
        Self(Arc::new(Handle { queue }))
    }

    /// Queues an event, and waits until there is room for it. Dropping the future before it is ready queues nothing.
    ///
    /// # Errors
    /// When the event cannot be queued. It is in the error.
    pub async fn ingest(&self, event: impl Into<E>) -> Result<(), NotQueued<E>> {
        let entry = self.entry(event.into(), None)?;
        self.queue().push(entry).await
    }

    /// Queues an event like [`ingest`](Self::ingest), and gives what tells its fate.
    ///
    /// # Errors
    /// When the event cannot be queued. It is in the error.
    pub async fn ingest_with_receipt(&self, event: impl Into<E>) -> Result<Receipt, NotQueued<E>> {
        let slot = Arc::new(Slot::default());
        let entry = self.entry(event.into(), Some(Arc::clone(&slot)))?;
        self.queue().push(entry).await?;
        Ok(Receipt(slot))
    }

    /// Queues an event if there is room for it now.
    ///
    /// # Errors
    /// When the event cannot be queued, or there is no room ([`Obstacle::Full`]). It is in the error.
    pub fn try_ingest(&self, event: impl Into<E>) -> Result<(), NotQueued<E>> {
        let entry = self.entry(event.into(), None)?;
        self.queue().try_push(entry).map_err(NotQueued::from)
    }

    /// Queues an event at once, also when the queue is full: for callers that can neither wait nor try again.
    #[cfg(feature = "metering")]
    pub(crate) fn ingest_now(&self, event: E) -> Result<(), NotQueued<E>> {
        let entry = self.entry(event, None)?;
        self.queue().push_now(entry).map_err(NotQueued::from)
    }

    /// The time by the client's clock.
    #[cfg(feature = "metering")]
    pub(crate) fn now(&self) -> Instant {
        self.queue().now()
    }

    /// Has everything sent that is queued now, and waits until it is known what became of it. During an outage that takes
    /// as long as the outage does.
    ///
    /// # Errors
    /// When the ingester ends before that.
    pub async fn flush(&self) -> Result<(), Ended> {
        self.queue().flush().await
    }

    /// Takes no more events, has everything sent that is queued, and waits for that as long as `patience` lets it. What is
    /// left then is handed back.
    ///
    /// It returns soon after that time even if the driver does not run; what a driver has in its hands that is not
    /// polled any more is handed back when it is dropped.
    ///
    /// Other calls of `shutdown` get the same counts, and no events. Dropping the future does not take the shutdown back.
    pub async fn shutdown(&self, patience: Duration) -> Report<E> {
        let queue = self.queue();
        queue.close(Some(patience));
        match queue.clock().at_hand() {
            Some(clock) => {
                let overdue = clock.sleep(patience.saturating_add(GRACE));
                first_of(queue.ended(), overdue).await;
                queue.end();
            }
            None => queue.ended().await,
        }
        queue.report()
    }

    /// What was done so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.queue().stats()
    }

    fn queue(&self) -> &Queue<E> {
        &self.0.queue
    }

    /// The event as it is queued.
    fn entry(&self, mut event: E, slot: Option<Arc<Slot>>) -> Result<Entry<E>, NotQueued<E>> {
        let id = event.external_id();
        if id.as_ref().is_none_or(String::is_empty) {
            *id = Some(Uuid::new_v4().to_string());
        }
        // Otherwise the server would take the time at which it stores the event.
        let mut time = Time::Theirs;
        event.timestamp().get_or_insert_with(|| {
            time = Time::Ours;
            Timestamp::from(system_time()).trunc_subsecs(6)
        });
        if let Err(violations) = codec::validate(&event) {
            let obstacle = Obstacle::Invalid(violations);
            return Err(NotQueued { event, obstacle });
        }
        let size = codec::to_vec(&event).len();
        if size > MAX_BODY {
            let obstacle = Obstacle::TooLarge;
            return Err(NotQueued { event, obstacle });
        }
        Ok(Entry {
            event,
            number: 0,
            size,
            since: self.queue().now(),
            time,
            slot,
        })
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

/// The last clone is gone: the driver sends what is left, however long it takes.
impl<E> Drop for Handle<E> {
    fn drop(&mut self) {
        self.queue.abandon();
    }
}
