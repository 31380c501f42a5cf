//! Pending writes to Redis: added up by state and bucket, so that many events need few writes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use event_listener::{Event as Bell, EventListener};

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
    /// Leases to release when all earlier writes are done.
    releases: Vec<Release>,
}

/// A lease to be released.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Release {
    pub(super) leases: String,
    pub(super) token: String,
}

/// All pending writes.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) writes: Vec<(String, i64, Statistics)>,
    pub(super) releases: Vec<Release>,
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

    /// Waits for pending writes and returns them. They are in flight until [`done`](Self::done).
    pub(super) async fn next(&self) -> Batch {
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
                    let releases = mem::take(&mut inner.releases);
                    return Batch { writes, releases };
                }
            }
            work.await;
        }
    }

    /// Waits until no writes are pending.
    pub(super) async fn all_written(&self) {
        loop {
            let written = self.written.listen();
            {
                let inner = self.lock();
                if inner.waiting.is_empty() && inner.writing.is_empty() {
                    return;
                }
            }
            written.await;
        }
    }

    /// Records that the writes in flight were written or lost.
    pub(super) fn done(&self) {
        self.lock().writing.clear();
        self.written.notify(usize::MAX);
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
