//! Pending writes to Redis: added up by state and bucket, so that many events need few writes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use event_listener::{Event as Bell, EventListener};

use crate::log;
use crate::outpost::statistics::{NotFinite, Statistics};

/// The maximum number of states with pending writes during an outage.
const CAPACITY: usize = 20_000;

/// Writes that are pending or in flight.
#[derive(Default)]
pub(super) struct Pending {
    inner: Mutex<Inner>,
    work: Bell,
    written: Bell,
}

#[derive(Default)]
struct Inner {
    waiting: HashMap<String, BTreeMap<i64, Statistics>>,
    /// The states that are being written.
    writing: HashSet<String>,
    /// Whether a batch is on its way.
    is_sending: bool,
    /// Leases to give back when everything before them is written.
    releases: Vec<Release>,
}

/// A lease to be released.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Release {
    pub(super) leases: String,
    pub(super) token: String,
}

/// The statistics to add to a bucket of a state.
pub(super) type Write = (String, i64, Statistics);

/// Everything that waited. What is left of it when it is dropped waits again, unless it was sent: whether that was written is
/// not known, and writing it twice would count it twice.
pub(super) struct Batch<'a> {
    pending: &'a Pending,
    writes: Vec<Write>,
    /// How many writes were sent, and have no response.
    sent: usize,
    pub(super) releases: Vec<Release>,
}

impl Batch<'_> {
    /// Takes up to this many writes, which are sent now. `None` if there are no more.
    pub(super) fn send(&mut self, most: usize) -> Option<Vec<Write>> {
        let rest = self.writes.len().saturating_sub(most);
        let writes = self.writes.split_off(rest);
        self.sent = writes.len();
        (self.sent > 0).then_some(writes)
    }

    /// The responses to what was sent have arrived.
    pub(super) fn received(&mut self) {
        self.sent = 0;
    }

    /// Puts back a write that was not executed.
    pub(super) fn retry(&mut self, write: Write) {
        self.writes.push(write);
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        let (writes, releases) = (mem::take(&mut self.writes), mem::take(&mut self.releases));
        let lost = self.sent + self.pending.put_back(writes, releases);
        if lost > 0 {
            log::outpost_lost(lost);
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let inner = self.inner.get_mut().unwrap_or_else(PoisonError::into_inner);
        let lost = inner.waiting.values().map(BTreeMap::len).sum();
        if lost > 0 {
            log::outpost_lost(lost);
        }
    }
}

impl Pending {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds statistics of an event. Returns whether there was capacity.
    pub(super) fn add(
        &self,
        state: String,
        start: i64,
        statistics: &Statistics,
    ) -> Result<bool, NotFinite> {
        let mut inner = self.lock();
        if inner.waiting.len() >= CAPACITY && !inner.waiting.contains_key(&state) {
            return Ok(false);
        }
        let buckets = inner.waiting.entry(state).or_default();
        buckets.entry(start).or_default().add(statistics)?;
        drop(inner);
        self.work.notify(1);
        Ok(true)
    }

    pub(super) fn release(&self, release: Release) {
        self.lock().releases.push(release);
        self.work.notify(1);
    }

    /// Waits for something to write. It is on its way until the batch is dropped.
    pub(super) async fn next(&self) -> Batch<'_> {
        loop {
            let work = self.work.listen();
            {
                let mut inner = self.lock();
                if !inner.waiting.is_empty() || !inner.releases.is_empty() {
                    let waiting = mem::take(&mut inner.waiting);
                    inner.writing = waiting.keys().cloned().collect();
                    let writes = waiting.into_iter().flat_map(|(state, buckets)| {
                        let write = move |(start, statistics)| (state.clone(), start, statistics);
                        buckets.into_iter().map(write)
                    });
                    let writes = writes.collect();
                    inner.is_sending = true;
                    return Batch {
                        pending: self,
                        writes,
                        sent: 0,
                        releases: mem::take(&mut inner.releases),
                    };
                }
            }
            work.await;
        }
    }

    /// Waits until nothing waits, neither writes nor releases.
    pub(super) async fn all_written(&self) {
        loop {
            let written = self.written.listen();
            {
                let inner = self.lock();
                if inner.waiting.is_empty() && inner.releases.is_empty() && !inner.is_sending {
                    return;
                }
            }
            written.await;
        }
    }

    /// Ends a batch: what was not sent waits again. Returns how many writes are lost because a sum would not be finite.
    fn put_back(&self, writes: Vec<Write>, releases: Vec<Release>) -> usize {
        let mut lost = 0;
        let mut inner = self.lock();
        for (state, start, statistics) in writes {
            let buckets = inner.waiting.entry(state).or_default();
            let bucket = buckets.entry(start).or_default();
            lost += usize::from(bucket.add(&statistics).is_err());
        }
        inner.releases.splice(..0, releases);
        inner.writing.clear();
        inner.is_sending = false;
        drop(inner);
        self.written.notify(usize::MAX);
        lost
    }

    /// Waits until all earlier writes of a state are done.
    pub(super) async fn written(&self, state: &str) {
        // Later writes may be awaited as well, but only once: under load, writes never stop.
        for _ in 0..2 {
            let Some(written) = self.awaited(state) else {
                return;
            };
            written.await;
        }
    }

    fn awaited(&self, state: &str) -> Option<EventListener> {
        let written = self.written.listen();
        let inner = self.lock();
        let waits = inner.writing.contains(state) || inner.waiting.contains_key(state);
        waits.then_some(written)
    }
}
