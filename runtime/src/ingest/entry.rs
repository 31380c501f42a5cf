//! A queued event.

use std::sync::Arc;

use super::outcome::Slot;
use crate::time::Instant;

/// An event that is queued.
pub(super) struct Entry<E> {
    pub(super) event: E,
    /// Its sequence number, from 1. The queue assigns it, or the spool that stores the event.
    pub(super) number: u64,
    /// Its size as JSON, in bytes.
    pub(super) size: usize,
    /// When it was queued.
    pub(super) since: Instant,
    /// Who assigned its timestamp.
    pub(super) timestamp_source: TimestampSource,
    pub(super) slot: Option<Arc<Slot>>,
    pub(super) accepted: Option<Accepted>,
}

/// Runs when the event is accepted: queued, and stored if there is a spool. Its caller may not wait any more then. It is
/// dropped if the event is not accepted.
pub(crate) type Accepted = Box<dyn FnOnce() + Send>;

/// Who assigned the timestamp of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimestampSource {
    /// The caller, or the server because there is none.
    Caller,
    /// The ingester, by the clock of this machine.
    Ingester,
}
