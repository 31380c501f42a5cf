//! Events that are not stored yet, and their callers.

use super::oneshot;
use crate::ingest::entry::Entry;
use crate::ingest::outcome::NotQueuedReason;

/// The result of storing an event. The error contains the event and the reason.
pub(super) type Outcome<E> = Result<(), (Entry<E>, NotQueuedReason)>;

/// An event that is not stored yet, and the caller that waits for the result.
pub(super) struct Pending<E> {
    /// `None` after the result was sent to the caller.
    entry: Option<Entry<E>>,
    /// `None` if no caller waits.
    caller: Option<oneshot::Sender<Outcome<E>>>,
}

impl<E> Pending<E> {
    pub(super) fn new(entry: Entry<E>, caller: Option<oneshot::Sender<Outcome<E>>>) -> Self {
        Self {
            entry: Some(entry),
            caller,
        }
    }

    /// Notifies the caller that the event is stored, and returns the event.
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

    /// Returns the event to the caller, with the reason why it was not stored. If no caller waits, returns the event
    /// here.
    pub(super) fn refuse(mut self, reason: NotQueuedReason) -> Option<Entry<E>> {
        match (self.entry.take(), self.caller.take()) {
            (Some(entry), Some(caller)) => {
                caller.send(Err((entry, reason)));
                None
            }
            (entry, _) => entry,
        }
    }

    /// Returns the event without notifying the caller.
    pub(super) fn into_entry(mut self) -> Option<Entry<E>> {
        self.entry.take()
    }
}

/// Returns the event to the caller if there was no result: the writer thread panicked.
impl<E> Drop for Pending<E> {
    fn drop(&mut self) {
        if let (Some(entry), Some(caller)) = (self.entry.take(), self.caller.take()) {
            caller.send(Err((entry, NotQueuedReason::Ended)));
        }
    }
}
