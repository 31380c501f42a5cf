//! Undelivered events, and the order in which they are sent.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use super::batch::Batch;
use super::entry::Entry;
use crate::time::Instant;

/// The maximum size of the events of a request in bytes, below the API's limit of 10 MiB.
pub(super) const MAX_BODY: usize = 8 << 20;

/// The number of ambiguous failures after which a batch is deferred. After as many failures in a row, only single
/// events are sent, as probes, until a request succeeds.
pub(super) const TRIES: u32 = 3;

/// The minimum to which the size of requests is reduced, in bytes.
///
/// If a gateway rejects a smaller body with 413, that is an [ambiguous](super::failure::Failure::Ambiguous) failure. So
/// no event is lost if the limit of the gateway is even lower: batches are then divided like those with an event that
/// makes the server fail.
pub(super) const SMALLEST_CEILING: usize = 64 << 10;

/// How long the size of requests stays reduced.
const CEILING_MEMORY: Duration = Duration::from_secs(600);

/// The limits of batches and of the queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The maximum number of events in a request.
    pub(super) batch: usize,
    /// The maximum time that an event waits for a batch to fill.
    pub(super) delay: Duration,
    /// The maximum number of queued events.
    pub(super) capacity: usize,
    /// The maximum size of all queued events as JSON, in bytes.
    pub(super) bytes: usize,
}

impl Limits {
    pub(super) const DEFAULT: Self = Self {
        batch: 500,
        delay: Duration::from_secs(1),
        capacity: 10_000,
        bytes: 64 << 20,
    };
}

/// All undelivered events, except for the batch that the driver is sending. Decides which batch is sent next.
pub(super) struct Backlog<E> {
    limits: Limits,
    /// Events that were not sent yet, in order of arrival, and their total size in bytes.
    fresh: VecDeque<Entry<E>>,
    fresh_bytes: usize,
    /// Batches that failed fewer than [`TRIES`] times. They are retried before anything else.
    retries: VecDeque<Batch<E>>,
    /// Batches with [`TRIES`] ambiguous failures, and parts of such batches. They alternate with fresh events, so that
    /// they do not block them. Parts are appended, so that valid events of other deferred batches are sent first.
    deferred: VecDeque<Batch<E>>,
    /// Whether the last batch was a deferred one, so that fresh events are next.
    deferred_was_last: bool,
    /// Possible poison messages: the server failed when these events were sent alone, while other requests succeeded.
    /// The first one is retried at `retry_at`; `None` stands for at once.
    suspects: VecDeque<Entry<E>>,
    retry_at: Option<Instant>,
    /// The reduced maximum size of a request in bytes, after one was too large, and when it expires.
    ceiling: Option<(usize, Instant)>,
    /// The size of the largest request that succeeded, in bytes.
    largest_success: usize,
    /// The numbers of all undelivered events, including those that the driver is sending, and their total size as JSON.
    held: BTreeSet<u64>,
    bytes: usize,
    /// The number of the last queued event.
    queued: u64,
    /// Events up to this number do not wait for their batch to fill.
    flush_until: u64,
}

impl<E> Backlog<E> {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            fresh: VecDeque::new(),
            fresh_bytes: 0,
            retries: VecDeque::new(),
            deferred: VecDeque::new(),
            deferred_was_last: false,
            suspects: VecDeque::new(),
            retry_at: None,
            ceiling: None,
            largest_success: 0,
            held: BTreeSet::new(),
            bytes: 0,
            queued: 0,
            flush_until: 0,
        }
    }

    /// Returns the number of undelivered events.
    pub(super) fn len(&self) -> usize {
        self.held.len()
    }

    /// Returns the number of the last queued event.
    pub(super) fn last(&self) -> u64 {
        self.queued
    }

    /// Records that no more events with numbers up to this one will be queued: the spool could not store or decode
    /// them.
    #[cfg(feature = "spool")]
    pub(super) fn reach(&mut self, number: u64) {
        self.queued = self.queued.max(number);
    }

    /// Sends all events up to this number without delay.
    pub(super) fn flush_until(&mut self, number: u64) {
        self.flush_until = self.flush_until.max(number);
    }

    /// Returns whether all events up to this number were queued and have a delivery outcome.
    pub(super) fn is_settled(&self, number: u64) -> bool {
        self.queued >= number && self.held.first().is_none_or(|first| *first > number)
    }
}

/// Adding and removing events.
impl<E> Backlog<E> {
    /// Returns whether an event of this size can be queued now. An empty queue accepts an event of any size.
    pub(super) fn has_room(&self, size: usize) -> bool {
        let fits = self.held.len() < self.limits.capacity
            && self.bytes.saturating_add(size) <= self.limits.bytes;
        fits || self.held.is_empty()
    }

    /// Queues an event. Returns whether to wake the driver.
    pub(super) fn push(&mut self, mut entry: Entry<E>) -> bool {
        // Events from the spool already have numbers.
        if entry.number == 0 {
            entry.number = self.queued + 1;
        }
        self.queued = entry.number;
        self.held.insert(entry.number);
        self.bytes += entry.size;
        self.fresh_bytes += entry.size + 1;
        self.fresh.push_back(entry);
        self.fresh.len() == 1 || self.is_batch()
    }

    /// Removes an event whose delivery outcome is known.
    pub(super) fn settle(&mut self, entry: &Entry<E>) {
        self.held.remove(&entry.number);
        self.bytes = self.bytes.saturating_sub(entry.size);
    }

    /// Returns a batch to the queue: to be retried next, or to the deferred ones. `retry_at` applies to a suspect.
    pub(super) fn put_back(&mut self, batch: Batch<E>, retry_at: Option<Instant>) {
        let mut batch = batch.into_whole();
        match batch.failures {
            _ if batch.entries.is_empty() => {}
            _ if batch.is_suspect => {
                if let Some(entry) = batch.entries.pop() {
                    self.suspect(entry, retry_at);
                }
            }
            0..TRIES => self.retries.push_front(batch),
            _ => {
                self.deferred.push_back(batch);
                self.deferred_was_last = true;
            }
        }
    }

    /// Adds a suspect. The next suspect is retried at this time; `None` stands for at once.
    pub(super) fn suspect(&mut self, entry: Entry<E>, retry_at: Option<Instant>) {
        self.suspects.push_back(entry);
        self.schedule_suspects(retry_at);
    }

    /// Sets when the next suspect is retried; `None` stands for at once.
    pub(super) fn schedule_suspects(&mut self, retry_at: Option<Instant>) {
        self.retry_at = retry_at;
    }

    /// Moves all suspects to the deferred batches, after one was accepted: the others may be accepted as well.
    pub(super) fn release_suspects(&mut self) {
        let suspects: Vec<_> = self.suspects.drain(..).collect();
        self.put_back(Batch::new(suspects, TRIES), None);
    }

    /// Records that a request of this size succeeded.
    pub(super) fn record_success(&mut self, size: usize) {
        self.largest_success = self.largest_success.max(size);
    }

    /// Records that a request of this size was too large.
    pub(super) fn record_too_large(&mut self, size: usize, now: Instant) {
        if self.largest_success >= size {
            self.largest_success = 0;
        }
        let ceiling = (size / 2).max(self.largest_success).max(SMALLEST_CEILING);
        let until = now.checked_add(CEILING_MEMORY).unwrap_or(now);
        self.ceiling = Some((ceiling, until));
    }

    /// Removes all events.
    pub(super) fn drain(&mut self) -> Vec<Entry<E>> {
        let batches = self.retries.drain(..).chain(self.deferred.drain(..));
        let mut entries: Vec<_> = batches.flat_map(Batch::into_entries).collect();
        self.fresh_bytes = 0;
        entries.extend(self.fresh.drain(..));
        entries.extend(self.suspects.drain(..));
        entries
    }
}

/// Choosing the next batch.
impl<E> Backlog<E> {
    /// Returns the next batch. If none is due, returns the time until one will be due without further events, or `None`
    /// if the backlog is empty. With `at_once`, fresh events do not wait for their batch to fill.
    pub(super) fn next(
        &mut self,
        now: Instant,
        at_once: bool,
    ) -> Result<Batch<E>, Option<Duration>> {
        if let Some(batch) = self.retries.pop_front() {
            return Ok(self.cut(batch, now));
        }
        let until_retry = (!self.suspects.is_empty()).then(|| {
            let retry_at = self.retry_at.unwrap_or(now);
            retry_at.saturating_duration_since(now)
        });
        if until_retry.is_some_and(|rest| rest.is_zero())
            && let Some(suspect) = self.suspects.pop_front()
        {
            return Ok(Batch::suspect(suspect));
        }
        let until_fresh = self.until_fresh(now, at_once);
        let fresh_is_due = until_fresh.is_some_and(|rest| rest.is_zero());
        if !(fresh_is_due && self.deferred_was_last)
            && let Some(batch) = self.deferred.pop_front()
        {
            self.deferred_was_last = true;
            return Ok(self.cut(batch, now));
        }
        if fresh_is_due {
            self.deferred_was_last = false;
            return Ok(self.take_fresh(now));
        }
        Err(until_retry.into_iter().chain(until_fresh).min())
    }

    /// Returns how long fresh events still wait for their batch to fill. Returns `None` if there are none.
    fn until_fresh(&self, now: Instant, at_once: bool) -> Option<Duration> {
        let oldest = self.fresh.front()?;
        if at_once || oldest.number <= self.flush_until || self.is_batch() {
            return Some(Duration::ZERO);
        }
        let waited = now.saturating_duration_since(oldest.since);
        Some(self.limits.delay.saturating_sub(waited))
    }

    /// Returns whether the fresh events fill a request.
    fn is_batch(&self) -> bool {
        self.fresh.len() >= self.limits.batch || self.fresh_bytes >= MAX_BODY
    }

    fn take_fresh(&mut self, now: Instant) -> Batch<E> {
        let count = self.fitting(self.fresh.iter(), now);
        let batch = Batch::new(self.fresh.drain(..count).collect(), 0);
        self.fresh_bytes = self.fresh_bytes.saturating_sub(batch.size());
        batch
    }

    /// Limits a batch to the current maximum size of a request. The rest is sent next.
    fn cut(&mut self, mut batch: Batch<E>, now: Instant) -> Batch<E> {
        let count = self.fitting(batch.entries.iter(), now);
        if count < batch.entries.len() {
            let rest = batch.split_off(count);
            match rest.failures < TRIES {
                true => self.retries.push_front(rest),
                false => self.deferred.push_front(rest),
            }
        }
        batch
    }

    /// Returns how many of these events fit into a request. At least one: the size of each event was validated when it
    /// was queued.
    fn fitting<'a>(&self, entries: impl Iterator<Item = &'a Entry<E>>, now: Instant) -> usize
    where
        E: 'a,
    {
        let ceiling = match self.ceiling {
            Some((ceiling, until)) if now < until => ceiling,
            _ => MAX_BODY,
        };
        let mut size = 0;
        let fitting = entries.take(self.limits.batch).take_while(|entry| {
            size += entry.size + 1;
            size <= ceiling
        });
        fitting.count().max(1)
    }
}
