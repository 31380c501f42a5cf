//! An event until it is stored, and its caller.

use super::oneshot;
use crate::ingest::entry::Entry;
use crate::ingest::outcome::NotQueuedReason;

/// Whether an event is stored; otherwise the event and the reason.
pub(super) type Outcome<E> = Result<(), (Entry<E>, NotQueuedReason)>;

/// An event that is to be stored, and the caller that awaits whether it is, if any.
pub(super) struct Pending<E> {
    /// `None` once the caller knows.
    entry: Option<Entry<E>>,
    caller: Option<oneshot::Sender<Outcome<E>>>,
}

impl<E> Pending<E> {
    pub(super) fn new(entry: Entry<E>, caller: Option<oneshot::Sender<Outcome<E>>>) -> Self {
        Self {
            entry: Some(entry),
            caller,
        }
    }

    /// Tells the caller that the event is stored, and returns the event.
    pub(super) fn stored(mut self) -> Option<Entry<E>> {
        if let Some(entry) = &mut self.entry
            && let Some(accepted) = entry.accepted.take()
        {
            accepted();
        }
        let entry = self.entry.take();
        if let Some(caller) = self.caller.take() {
            caller.send(Ok(()));
        }
        entry
    }

    /// Returns the event to the caller, with the reason; here if no caller awaits it.
    pub(super) fn refuse(mut self, reason: NotQueuedReason) -> Option<Entry<E>> {
        match (self.entry.take(), self.caller.take()) {
            (Some(entry), Some(caller)) => {
                caller.send(Err((entry, reason)));
                None
            }
            (entry, _) => entry,
        }
    }

    /// Returns the event here, whether or not a caller awaits it.
    pub(super) fn into_entry(mut self) -> Option<Entry<E>> {
        self.entry.take()
    }
}

/// Returns the event to the caller if the writer ended before: it panicked.
impl<E> Drop for Pending<E> {
    fn drop(&mut self) {
        if let (Some(entry), Some(caller)) = (self.entry.take(), self.caller.take()) {
            caller.send(Err((entry, NotQueuedReason::Ended)));
        }
    }
}
