//! A batch: the events of one request.

use std::time::Duration;

use super::entry::Entry;

/// The events that are sent in one request, and their failures so far.
pub(super) struct Batch<E> {
    /// The events to send.
    pub(super) entries: Vec<Entry<E>>,
    /// The number of [ambiguous](super::failure::Failure::Ambiguous) failures so far. Not counted for a suspect.
    pub(super) failures: u32,
    /// Whether this is a single event that presumably causes the failures: the server failed with it while other
    /// requests succeeded.
    pub(super) is_suspect: bool,
    /// The `Retry-After` of the last response to a suspect.
    pub(super) retry_after: Option<Duration>,
    /// The other events of the batch, while its first event is sent alone as a probe.
    rest: Vec<Entry<E>>,
}

impl<E> Batch<E> {
    pub(super) fn new(entries: Vec<Entry<E>>, failures: u32) -> Self {
        Self {
            entries,
            failures,
            is_suspect: false,
            retry_after: None,
            rest: Vec::new(),
        }
    }

    pub(super) fn suspect(entry: Entry<E>) -> Self {
        Self {
            is_suspect: true,
            ..Self::new(vec![entry], 0)
        }
    }

    /// Returns the size of the events in the request, in bytes. A comma or bracket follows each event.
    pub(super) fn size(&self) -> usize {
        self.entries.iter().map(|entry| entry.size + 1).sum()
    }

    /// Reduces the batch to its first event, as a probe: it is enough to find out whether the server is available.
    pub(super) fn into_probe(mut self) -> Self {
        self.rest = self.entries.split_off(self.entries.len().min(1));
        self
    }

    /// Restores the whole batch after a probe. The probe becomes the last event, so that the next probe is another
    /// event.
    pub(super) fn into_whole(mut self) -> Self {
        let probe = std::mem::replace(&mut self.entries, std::mem::take(&mut self.rest));
        self.entries.extend(probe);
        self
    }

    /// Removes the events from this index on, and returns them as a batch.
    pub(super) fn split_off(&mut self, at: usize) -> Self {
        Self::new(self.entries.split_off(at), self.failures)
    }

    /// Removes the second half of the events, and returns it as a batch.
    pub(super) fn split_half(&mut self) -> Self {
        self.split_off(self.entries.len() / 2)
    }

    /// Returns all events, including those that are left out of a probe.
    pub(super) fn into_entries(self) -> impl Iterator<Item = Entry<E>> {
        self.entries.into_iter().chain(self.rest)
    }
}

impl<E> Default for Batch<E> {
    fn default() -> Self {
        Self::new(Vec::new(), 0)
    }
}
