//! What is queued, and how much of it.

use std::sync::Arc;
use std::time::Duration;

use super::outcome::Slot;
use crate::time::Instant;

/// The events of a request have no more bytes than this, so that the server's limit of 10 MiB is not even near.
pub(super) const MAX_BODY: usize = 8 << 20;

/// How much is held, and for how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The most events of a request.
    pub(super) batch: usize,
    /// The longest time that an event waits for others.
    pub(super) delay: Duration,
    /// The most events.
    pub(super) capacity: usize,
    /// The most bytes of events, as JSON.
    pub(super) bytes: usize,
}

impl Limits {
    pub(super) const DEFAULT: Self = Self {
        batch: 500,
        delay: Duration::from_secs(1),
        capacity: 10_000,
        bytes: 64 << 20,
    };
}

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
    pub(super) standing: Standing,
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

/// What is known of an event that is still to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Good,
    /// The server failed when it was sent alone. It is not sent together with good ones any more.
    Suspect,
}
