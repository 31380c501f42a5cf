//! The commands that callers send to the writer thread.

use super::oneshot;
use super::pending::Pending;
use super::rejection::{RejectedEvent, Rejection};
use crate::ingest::spool_error::SpoolError;

/// A command for the writer.
pub(super) enum Command<E> {
    /// Stores an event.
    Add(Addition<E>),
    /// Removes events that the server has stored.
    Remove(Vec<u64>),
    /// Keeps events as rejected ones.
    Reject(Vec<(u64, Rejection)>),
    /// Does something with rejected events.
    Rejected(Request<E>),
    /// Closes the folder.
    Close,
}

/// A command about rejected events, with the caller that awaits the result.
pub(super) enum Request<E> {
    /// Returns those that follow a number, up to a count.
    List {
        after: u64,
        limit: usize,
        result: oneshot::Sender<Result<Vec<RejectedEvent<E>>, SpoolError>>,
    },
    /// Removes those with these numbers, and returns how many they were.
    Discard {
        numbers: Vec<u64>,
        result: oneshot::Sender<Result<u64, SpoolError>>,
    },
}

/// An event that is to be stored.
pub(super) struct Addition<E> {
    pub(super) number: u64,
    /// The size of the event as JSON.
    pub(super) size: usize,
    pub(super) record: Vec<u8>,
    /// The number of the rejected event that is sent again as this one.
    pub(super) retries: Option<u64>,
    pub(super) event: Pending<E>,
}
