//! The methods of an ingester for the rejected events in its spool.

use super::event::Event;
use super::handle::Ingester;
use super::spool::RejectedEvent;
use super::spool_error::SpoolError;

impl<E: Event> Ingester<E> {
    /// Returns a page of the rejected and unconfirmed events in the [`Spool`](super::Spool), the oldest first.
    ///
    /// The page starts after the event with the [number](RejectedEvent::number) `after`. Pass 0 for the first page, and
    /// the number of the last event for the next one. A page has up to `limit` events, or fewer if they are large. It
    /// is empty only if no more events follow.
    ///
    /// Events that this version of the program cannot decode are left out. They stay on disk. Without a spool, the
    /// result is always empty: the [`Report`](super::Report) contains the rejected events.
    ///
    /// # Errors
    /// Returns an error if the disk fails, or if the ingester has ended.
    pub async fn rejected(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<RejectedEvent<E>>, SpoolError> {
        match self.queue().spool() {
            Some(spool) => spool.rejected(after, limit).await,
            None => Ok(Vec::new()),
        }
    }

    /// Queues all rejected and unconfirmed events in the [`Spool`](super::Spool) again, and returns their number.
    ///
    /// Call it after the cause of the rejections is fixed. The events keep their external IDs and timestamps, so the
    /// server stores none of them twice. They get new [numbers](RejectedEvent::number), and are sent after the events
    /// that are already queued. Events that are rejected again stay on disk. Without a spool, it returns 0.
    ///
    /// # Errors
    /// Returns an error if the disk fails, or if the ingester has ended. No event is lost: each one is queued, or still
    /// among the rejected events.
    pub async fn retry_rejected(&self) -> Result<u64, SpoolError> {
        let queue = self.queue();
        match queue.spool() {
            Some(spool) => spool.retry_rejected(queue.now()).await,
            None => Ok(0),
        }
    }

    /// Removes the rejected and unconfirmed events with these [numbers](RejectedEvent::number) from the
    /// [`Spool`](super::Spool), and returns how many were removed.
    ///
    /// Numbers without such an event are ignored. Without a spool, it returns 0.
    ///
    /// # Errors
    /// Returns an error if the disk fails, or if the ingester has ended.
    pub async fn discard_rejected(&self, numbers: impl Into<Vec<u64>>) -> Result<u64, SpoolError> {
        let numbers = numbers.into();
        match self.queue().spool() {
            Some(spool) => spool.discard_rejected(numbers).await,
            None => Ok(0),
        }
    }
}
