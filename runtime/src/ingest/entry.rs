//! A queued event.

use std::sync::Arc;

use super::outcome::ReceiptState;
use crate::time::Instant;

/// A queued event, with what is needed to send it.
pub(super) struct Entry<E> {
    pub(super) event: E,
    /// The sequence number, starting with 1. It is assigned by the spool, or by the queue if there is no spool. 0 until
    /// then.
    pub(super) number: u64,
    /// The size of the event as JSON, in bytes.
    pub(super) size: usize,
    /// When the event was queued.
    pub(super) since: Instant,
    /// Who set the timestamp of the event.
    pub(super) timestamp_source: TimestampSource,
    /// `None` if the caller asked for no receipt.
    pub(super) receipt: Option<Arc<ReceiptState>>,
    /// Called once the event is accepted.
    pub(super) accepted: Option<Accepted>,
}

/// A function that is called once the event is queued, and with a spool, stored. It is called even if the caller no
/// longer waits, and dropped if the event is not accepted.
pub(crate) type Accepted = Box<dyn FnOnce() + Send>;

/// Who set the timestamp of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimestampSource {
    /// The caller. Also used if the event has no timestamp any more, and the server sets it.
    Caller,
    /// The ingester, by the clock of this machine.
    Ingester,
}
