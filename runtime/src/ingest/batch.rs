//! Events that are sent together.

use std::time::Duration;

use super::entry::Entry;

/// The events of one request.
pub(super) struct Batch<E> {
    /// The events that are sent.
    pub(super) entries: Vec<Entry<E>>,
    /// How many requests with these events failed in a way that an event can cause.
    pub(super) failures: u32,
    /// Whether it is a single event that the server failed on while others got through.
    pub(super) is_suspect: bool,
    /// How long the server asked to wait when a suspect was sent.
    pub(super) asked: Option<Duration>,
    /// The other events, while one is sent alone as a probe.
    rest: Vec<Entry<E>>,
}

impl<E> Batch<E> {
    pub(super) fn new(entries: Vec<Entry<E>>, failures: u32) -> Self {
        Self {
            entries,
            failures,
            is_suspect: false,
            asked: None,
            rest: Vec::new(),
        }
    }

    pub(super) fn suspect(entry: Entry<E>) -> Self {
        Self {
            is_suspect: true,
            ..Self::new(vec![entry], u32::MAX)
        }
    }

    /// The bytes of a request with these events: each has a comma or a bracket behind it.
    pub(super) fn size(&self) -> usize {
        self.entries.iter().map(|entry| entry.size + 1).sum()
    }

    /// The same batch, of which only the first event is sent: enough to learn whether the server works.
    pub(super) fn into_probe(mut self) -> Self {
        self.rest = self.entries.split_off(self.entries.len().min(1));
        self
    }

    /// The same batch, of which all events are sent. The one that was a probe is last, so that the next probe is another one.
    pub(super) fn into_whole(mut self) -> Self {
        let probe = std::mem::replace(&mut self.entries, std::mem::take(&mut self.rest));
        self.entries.extend(probe);
        self
    }

    /// Splits off all events from this one on.
    pub(super) fn split_off(&mut self, at: usize) -> Self {
        Self::new(self.entries.split_off(at), self.failures)
    }

    /// Splits off the second half.
    pub(super) fn split_half(&mut self) -> Self {
        self.split_off(self.entries.len() / 2)
    }

    /// All events, those that are not sent included.
    pub(super) fn into_entries(self) -> impl Iterator<Item = Entry<E>> {
        self.entries.into_iter().chain(self.rest)
    }
}

impl<E> Default for Batch<E> {
    fn default() -> Self {
        Self::new(Vec::new(), 0)
    }
}
