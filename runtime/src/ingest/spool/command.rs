//! The commands that callers send to the writer thread.

use super::oneshot;
use super::pending::Pending;
use super::rejection::{RejectedEvent, Rejection};
use crate::ingest::spool_error::SpoolError;

/// A command for the writer thread.
pub(super) enum Command<E> {
    /// Store an event.
    Add(Addition<E>),
    /// Remove the events with these numbers: the server has stored them.
    Remove(Vec<u64>),
    /// Keep the events with these numbers as rejected ones.
    Reject(Vec<(u64, Rejection)>),
    /// List or discard rejected events.
    Rejected(Request<E>),
    /// Close the folder.
    Close,
}

/// A command about rejected events. The caller waits for the result.
pub(super) enum Request<E> {
    /// Return up to `limit` rejected events whose numbers follow `after`.
    List {
        after: u64,
        limit: usize,
        result: oneshot::Sender<Result<Vec<RejectedEvent<E>>, SpoolError>>,
    },
    /// Remove the rejected events with these numbers, and return how many were removed.
    Discard {
        numbers: Vec<u64>,
        result: oneshot::Sender<Result<u64, SpoolError>>,
    },
}

/// An event to store, as the content of a command.
pub(super) struct Addition<E> {
    pub(super) number: u64,
    /// The size of the event as JSON, in bytes.
    pub(super) size: usize,
    /// The event as a record of the file.
    pub(super) record: Vec<u8>,
    /// The number of the rejected event that this event retries; `None` for a new event.
    pub(super) retries: Option<u64>,
    pub(super) event: Pending<E>,
}
