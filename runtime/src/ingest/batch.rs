//! Events that are sent together.

use std::time::Duration;

use super::entry::Entry;

/// The events of one request.
pub(super) struct Batch<E> {
    /// The events to send.
    pub(super) entries: Vec<Entry<E>>,
    /// The number of ambiguous failures so far. Not counted for a suspect.
    pub(super) failures: u32,
    /// Whether this is a single event with which the server failed while other requests succeeded.
    pub(super) is_suspect: bool,
    /// The `Retry-After` of the response to a suspect.
    pub(super) retry_after: Option<Duration>,
    /// The other events of the batch while its first one is sent as a probe.
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

    /// Returns the size of the request in bytes: a comma or bracket follows each event.
    pub(super) fn size(&self) -> usize {
        self.entries.iter().map(|entry| entry.size + 1).sum()
    }

    /// Reduces the batch to its first event, which is enough to find out whether the server is available.
    pub(super) fn into_probe(mut self) -> Self {
        self.rest = self.entries.split_off(self.entries.len().min(1));
        self
    }

    /// Restores the whole batch. The probe becomes the last event, so that the next probe is another event.
    pub(super) fn into_whole(mut self) -> Self {
        let probe = std::mem::replace(&mut self.entries, std::mem::take(&mut self.rest));
        self.entries.extend(probe);
        self
    }

    /// Splits off the events from this index on.
    pub(super) fn split_off(&mut self, at: usize) -> Self {
        Self::new(self.entries.split_off(at), self.failures)
    }

    /// Splits off the second half.
    pub(super) fn split_half(&mut self) -> Self {
        self.split_off(self.entries.len() / 2)
    }

    /// Returns all events, including those that are not part of a probe.
    pub(super) fn into_entries(self) -> impl Iterator<Item = Entry<E>> {
        self.entries.into_iter().chain(self.rest)
    }
}

impl<E> Default for Batch<E> {
    fn default() -> Self {
        Self::new(Vec::new(), 0)
    }
}
