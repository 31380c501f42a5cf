//! The queue to which the writer thread passes stored events.

use crate::codec::DecodeError;
use crate::ingest::entry::Entry;
use crate::time::Instant;

/// The queue of events to send, as the writer thread sees it.
pub(in crate::ingest) trait SendQueue<E>: Send + Sync {
    /// Returns whether an event of this size can be queued now.
    fn has_room(&self, size: usize) -> bool;

    /// Queues a stored event. Returns the event if the queue is full or has ended.
    fn try_push_stored(&self, entry: Entry<E>) -> Result<(), Entry<E>>;

    /// Records that the queue will not receive further events with numbers up to this one.
    fn set_queued_up_to(&self, number: u64);

    /// Returns an event that could not be stored as undelivered, because no caller waits for it.
    fn return_unstored(&self, entry: Entry<E>);

    /// Records that the writer thread panicked: no further events will be queued, even if they were accepted.
    fn writer_panicked(&self);

    /// Returns the current time of the client's clock.
    fn now(&self) -> Instant;
}

/// Decodes an event from JSON.
pub(in crate::ingest) type Reader<E> = fn(&[u8]) -> Result<E, DecodeError>;
