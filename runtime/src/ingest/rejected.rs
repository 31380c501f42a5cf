//! Rejected events of an ingester, which are on disk.

use super::event::Event;
use super::handle::Ingester;
use super::spool::RejectedEvent;
use super::spool_error::SpoolError;

impl<E: Event> Ingester<E> {
    /// Returns rejected and unconfirmed events of the [`Spool`](super::Spool), the oldest first: those with a
    /// [number](RejectedEvent::number) above `after`, which is 0 for the beginning.
    ///
    /// There are up to `limit` of them, and fewer if they are large, but none only if no more follow. Without a spool there
    /// are none: then the [`Report`](super::Report) contains them. Events that cannot be decoded by this version of the
    /// program are left out, and stay on disk.
    ///
    /// # Errors
    /// When the disk fails, or the ingester has ended.
    pub async fn rejected(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<RejectedEvent<E>>, SpoolError> {
        match self.queue().gate() {
            Some(gate) => gate.rejected(after, limit).await,
            None => Ok(Vec::new()),
        }
    }

    /// Queues all rejected and unconfirmed events of the [`Spool`](super::Spool) again, and returns how many they were. Call
    /// it after the cause of the rejections is fixed.
    ///
    /// They have the same external IDs and timestamps as before, so an event that the server has stored nevertheless is not
    /// stored twice. Each has a new number, and is sent after the events that are queued already. Events that are rejected
    /// again stay on disk.
    ///
    /// # Errors
    /// When the disk fails, or the ingester has ended. No event is lost: those that are not queued are still rejected ones.
    pub async fn retry_rejected(&self) -> Result<u64, SpoolError> {
        let queue = self.queue();
        match queue.gate() {
            Some(gate) => gate.retry_rejected(queue.now()).await,
            None => Ok(0),
        }
    }

    /// Removes rejected and unconfirmed events with these [numbers](RejectedEvent::number) from the
    /// [`Spool`](super::Spool), and returns how many they were.
    ///
    /// # Errors
    /// When the disk fails, or the ingester has ended.
    pub async fn discard_rejected(&self, numbers: impl Into<Vec<u64>>) -> Result<u64, SpoolError> {
        let numbers = numbers.into();
        match self.queue().gate() {
            Some(gate) => gate.discard_rejected(numbers).await,
            None => Ok(0),
        }
    }
}
