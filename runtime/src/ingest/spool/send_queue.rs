//! The queue to which the writer thread passes stored events.

use crate::codec::DecodeError;
use crate::ingest::entry::Entry;
use crate::time::Instant;

/// Where stored events are queued to be sent.
pub(in crate::ingest) trait SendQueue<E>: Send + Sync {
    /// Returns whether another event can be queued.
    fn has_room(&self, size: usize) -> bool;

    /// Queues an event, or returns it when the queue is full or has ended.
    fn try_push_stored(&self, entry: Entry<E>) -> Result<(), Entry<E>>;

    /// Records that all events up to this number were queued.
    fn set_queued_up_to(&self, number: u64);

    /// Records that an event could not be stored, and that no caller waits for it.
    fn return_unstored(&self, entry: Entry<E>);

    /// Records that the writer panicked: no more events follow, although some were accepted.
    fn writer_panicked(&self);

    /// Returns the time of the client's clock.
    fn now(&self) -> Instant;
}

/// Reads an event.
pub(in crate::ingest) type Reader<E> = fn(&[u8]) -> Result<E, DecodeError>;
