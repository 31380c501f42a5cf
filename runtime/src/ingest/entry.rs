//! A queued event.

use std::sync::Arc;

use super::outcome::Slot;
use crate::time::Instant;

/// An event that is queued.
pub(super) struct Entry<E> {
    pub(super) event: E,
    /// Its place among all that were ever queued, counted from 1. The queue sets it.
    pub(super) number: u64,
    /// Its length as JSON.
    pub(super) size: usize,
    /// Since when it is queued.
    pub(super) since: Instant,
    /// Whose its time is.
    pub(super) time: Time,
    pub(super) slot: Option<Arc<Slot>>,
}

/// Whose the time of an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Time {
    /// Who made the event said it, or the server is to say it.
    Theirs,
    /// The ingester set it, by the clock of this machine.
    Ours,
}
