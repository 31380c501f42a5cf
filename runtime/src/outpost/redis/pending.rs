//! Pending writes to Redis. Statistics are accumulated by state and bucket, so that many events need few writes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use event_listener::{Event as Notify, EventListener};

use crate::log;
use crate::outpost::statistics::{NotFinite, Statistics};

/// The maximum number of states with pending writes during an outage.
const CAPACITY: usize = 20_000;

/// How long Redis remembers how many writes of a process it executed, after the process has disconnected.
pub(super) const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);

/// Writes that are pending or in flight.
#[derive(Default)]
pub(super) struct Pending {
    inner: Mutex<Inner>,
    /// Notified when there is something to write.
    work: Notify,
    /// Notified when writes have completed.
    written: Notify,
}

#[derive(Default)]
struct Inner {
    /// Writes that were not sent yet, by state and start of the bucket.
    waiting: HashMap<String, BTreeMap<i64, Statistics>>,
    /// The states that are being written.
    writing: HashSet<String>,
    /// Whether a batch is being sent.
    is_sending: bool,
    /// The number of writes of this process that Redis has executed. Does not include unconfirmed ones.
    executed: u64,
    /// Writes whose responses were lost, in the order in which they were sent. Redis executes writes in order, so it
    /// has executed the first ones of them: all, some or none.
    unconfirmed: Vec<Write>,
    /// Leases to release after all earlier writes have completed.
    releases: Vec<Release>,
}

/// A lease that is released, or that can be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Release {
    pub(super) leases: String,
    pub(super) token: String,
}

/// A write: the state, the start of the bucket, and the statistics to add.
pub(super) type Write = (String, i64, Statistics);

/// Writes that are sent together.
///
/// Dropping it returns unsent writes to [`Pending`]. Sent writes without a response become unconfirmed: on the next
/// connection, Redis returns which of them were executed.
pub(super) struct Batch<'a> {
    pending: &'a Pending,
    writes: Vec<Write>,
    sent: Vec<Write>,
    /// The number of writes of this process that Redis executed before those in `sent`.
    executed: u64,
    pub(super) releases: Vec<Release>,
}

impl Batch<'_> {
    /// Returns up to `max` writes to send, and the number of executed writes before them. Returns `None` if there are
    /// no more.
    pub(super) fn next_chunk(&mut self, max: usize) -> Option<(u64, &[Write])> {
        let rest = self.writes.len().saturating_sub(max);
        self.sent = self.writes.split_off(rest);
        (!self.sent.is_empty()).then_some((self.executed, &*self.sent))
    }

    /// Returns the sent writes, after their responses have arrived. The caller has to record each of them with
    /// `executed`, `retry` or `unconfirmed`.
    pub(super) fn received(&mut self) -> Vec<Write> {
        mem::take(&mut self.sent)
    }

    /// Records that a write was executed.
    pub(super) fn executed(&mut self) {
        self.executed += 1;
    }

    /// Records that writes were not executed. They are sent again.
    pub(super) fn retry(&mut self, writes: impl Iterator<Item = Write>) {
        self.writes.extend(writes);
    }

    /// Records that it is unknown which of these writes were executed. They are kept until the next connection.
    pub(super) fn unconfirmed(&mut self, writes: impl Iterator<Item = Write>) {
        self.sent.extend(writes);
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        self.pending.end(self);
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let inner = self.inner.get_mut().unwrap_or_else(PoisonError::into_inner);
        let waiting: usize = inner.waiting.values().map(BTreeMap::len).sum();
        lost(waiting + inner.unconfirmed.len());
    }
}

impl Pending {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds the statistics of an event to the pending write of its bucket. Returns whether there was capacity.
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

    /// Waits until there is something to write, and returns it. It is in flight until the batch is dropped.
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
                        sent: Vec::new(),
                        executed: inner.executed,
                        releases: mem::take(&mut inner.releases),
                    };
                }
            }
            work.await;
        }
    }

    /// Waits until no writes or releases are pending.
    pub(super) async fn all_written(&self) {
        loop {
            let written = self.written.listen();
            if self.lock().is_written() {
                return;
            }
            written.await;
        }
    }

    /// Returns the number of writes that were sent: the maximum number that Redis can have executed.
    ///
    /// If Redis has no count for this process, because it lost its data, Redis stores this number as the count. The
    /// unconfirmed writes are then dropped: Redis may have executed them, so sending them again could count them twice.
    pub(super) fn sent(&self) -> u64 {
        let inner = self.lock();
        inner.executed + inner.unconfirmed.len() as u64
    }

    /// Resumes on a new connection. `executed` is the number of writes of this process that Redis has executed; it will
    /// execute no more of those that were sent.
    ///
    /// The unconfirmed writes that were not executed are sent again. `is_new` says that Redis had no count for this
    /// process. They are dropped then.
    pub(super) fn resume(&self, executed: u64, is_new: bool) {
        let mut inner = self.lock();
        let before = mem::replace(&mut inner.executed, executed);
        let unconfirmed = mem::take(&mut inner.unconfirmed);
        inner.writing.clear();
        let given_up = if is_new { unconfirmed.len() } else { 0 };
        // Redis may have executed fewer writes than it reported before, if a replica has become the master.
        let done = usize::try_from(executed.saturating_sub(before)).unwrap_or(usize::MAX);
        let refused = inner.wait(unconfirmed.into_iter().skip(done));
        drop(inner);
        lost(given_up + refused);
        self.written.notify(usize::MAX);
    }

    /// Returns the writes of a dropped batch, and notifies those who wait for it.
    fn end(&self, batch: &mut Batch<'_>) {
        let mut inner = self.lock();
        let refused = inner.wait(mem::take(&mut batch.writes));
        inner.releases.splice(..0, mem::take(&mut batch.releases));
        inner.executed = batch.executed;
        inner.writing.clear();
        let sent = mem::take(&mut batch.sent);
        if !sent.is_empty() {
            inner
                .writing
                .extend(sent.iter().map(|write| write.0.clone()));
            inner.unconfirmed = sent;
        }
        inner.is_sending = false;
        drop(inner);
        lost(refused);
        self.written.notify(usize::MAX);
    }

    /// Waits until all earlier writes of a state have completed.
    pub(super) async fn written(&self, state: &str) {
        // Two batches are enough: the one in flight, and the one with the pending writes. Waiting until no write is
        // left could take forever under load.
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

impl Inner {
    fn is_written(&self) -> bool {
        let is_idle = !self.is_sending && self.unconfirmed.is_empty();
        is_idle && self.waiting.is_empty() && self.releases.is_empty()
    }

    /// Adds writes to the pending ones. Returns how many are lost because a sum would not be finite.
    fn wait(&mut self, writes: impl IntoIterator<Item = Write>) -> usize {
        let mut lost = 0;
        for (state, start, statistics) in writes {
            let buckets = self.waiting.entry(state).or_default();
            let bucket = buckets.entry(start).or_default();
            lost += usize::from(bucket.add(&statistics).is_err());
        }
        lost
    }
}

/// Logs lost writes, if there are any.
pub(super) fn lost(count: usize) {
    if count > 0 {
        log::outpost_lost(count);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use futures_util::FutureExt as _;

    use super::*;

    /// Sends everything that waits, and loses the connection. Returns how many writes were executed before, and the
    /// buckets.
    async fn send(pending: &Pending) -> (u64, Vec<i64>) {
        let mut batch = pending.next().await;
        let (executed, writes) = batch.next_chunk(10).unwrap();
        let mut buckets: Vec<_> = writes.iter().map(|write| write.1).collect();
        buckets.sort_unstable();
        (executed, buckets)
    }

    #[tokio::test]
    async fn unconfirmed_writes_wait_again_if_they_were_not_executed() {
        let pending = Pending::default();
        let add = |start| pending.add("state".to_owned(), start, &Statistics::ONE);
        assert!((0..3).all(|start| add(start).unwrap()));
        let mut batch = pending.next().await;
        let first = batch.next_chunk(10).unwrap().1[0].1;
        drop(batch);
        // The first was executed.
        pending.resume(1, false);
        let rest: Vec<_> = (0..3).filter(|start| *start != first).collect();
        assert_eq!(send(&pending).await, (1, rest.clone()));
        assert!(pending.awaited("state").is_some());
        // Another server has executed fewer.
        pending.resume(0, false);
        assert_eq!(send(&pending).await, (0, rest));
        let written = pending.awaited("state").unwrap();
        pending.resume(2, false);
        assert!(pending.lock().is_written());
        assert!(pending.awaited("state").is_none());
        assert!(written.now_or_never().is_some(), "nobody was woken");
    }

    #[tokio::test]
    async fn unconfirmed_writes_are_given_up_if_redis_does_not_know_the_process() {
        let pending = Pending::default();
        assert!(
            pending
                .add("state".to_owned(), 0, &Statistics::ONE)
                .unwrap()
        );
        assert_eq!(send(&pending).await, (0, vec![0]));
        assert_eq!(pending.sent(), 1);
        pending.resume(pending.sent(), true);
        assert!(pending.lock().is_written());
        // Later ones are counted from there.
        assert!(
            pending
                .add("state".to_owned(), 5, &Statistics::ONE)
                .unwrap()
        );
        assert_eq!(send(&pending).await, (1, vec![5]));
    }
}
