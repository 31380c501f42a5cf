//! The events that are still to be delivered, and which of them are sent next.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use super::batch::Batch;
use super::entry::Entry;
use crate::time::Instant;

/// The events of a request have no more bytes than this, which is below the API's limit of 10 MiB.
pub(super) const MAX_BODY: usize = 8 << 20;

/// After this many failures that its events can have caused, a batch is in doubt; after as many in a row, only single
/// events are sent until one gets through.
pub(super) const TRIES: u32 = 3;

/// The smallest body that a 413 of something between client and API is believed to be about. With smaller ones, it is
/// [doubtful](super::verdict::Verdict::Doubtful): behind a gateway whose limit is lower than this, batches that are above it
/// are divided like those with an event that the server fails on, each time anew, and nothing is lost.
pub(super) const SMALLEST_CEILING: usize = 64 << 10;

/// How long the size of a body that was too large is remembered.
const CEILING_MEMORY: Duration = Duration::from_secs(600);

/// How much is held, and for how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The most events of a request.
    pub(super) batch: usize,
    /// The longest time that an event waits for others.
    pub(super) delay: Duration,
    /// The most events.
    pub(super) capacity: usize,
    /// The most bytes of events, as JSON.
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

/// All events that the ingester holds, but for the batch that the driver sends.
pub(super) struct Backlog<E> {
    limits: Limits,
    /// Events that were never sent, the oldest one first, and their bytes.
    fresh: VecDeque<Entry<E>>,
    fresh_bytes: usize,
    /// Batches that failed, and are sent again before anything else.
    again: VecDeque<Batch<E>>,
    /// Batches that failed often, in ways that one of their events can cause. They take turns with fresh events, so that
    /// they hold up nothing; parts that were divided go to the end, so that whatever is good in the others is sent first.
    doubted: VecDeque<Batch<E>>,
    doubted_had_its_turn: bool,
    /// Events that the server failed on when they were sent alone, while others got through; and when to try one again.
    suspects: VecDeque<Entry<E>>,
    retrial: Option<Instant>,
    /// The most bytes of a request, after one was too large, and until when that holds.
    ceiling: Option<(usize, Instant)>,
    /// The bytes of the largest request that got through.
    passed: usize,
    /// The numbers of all events that are not settled, with those that the driver sends, and their bytes as JSON.
    held: BTreeSet<u64>,
    bytes: usize,
    /// The number of the last event that was queued.
    queued: u64,
    /// The number of the last one that shall be sent without delay.
    wanted: u64,
}

impl<E> Backlog<E> {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            fresh: VecDeque::new(),
            fresh_bytes: 0,
            again: VecDeque::new(),
            doubted: VecDeque::new(),
            doubted_had_its_turn: false,
            suspects: VecDeque::new(),
            retrial: None,
            ceiling: None,
            passed: 0,
            held: BTreeSet::new(),
            bytes: 0,
            queued: 0,
            wanted: 0,
        }
    }

    /// How many events are not settled.
    pub(super) fn len(&self) -> usize {
        self.held.len()
    }

    /// The number of the last event that was queued. All up to it shall be sent without delay.
    pub(super) fn want_all(&mut self) -> u64 {
        self.wanted = self.queued;
        self.queued
    }

    /// Whether all events up to this number are settled.
    pub(super) fn is_settled(&self, number: u64) -> bool {
        self.held.first().is_none_or(|first| *first > number)
    }

    // ---- In and out --------------------------------------------------------------------------------------------------

    /// Whether an event of this size may be queued now. One that is larger than the queue may be alone in it.
    pub(super) fn has_room(&self, size: usize) -> bool {
        let fits = self.held.len() < self.limits.capacity
            && self.bytes.saturating_add(size) <= self.limits.bytes;
        fits || self.held.is_empty()
    }

    /// Queues an event. Whether the driver has a reason to look.
    pub(super) fn push(&mut self, mut entry: Entry<E>) -> bool {
        self.queued += 1;
        entry.number = self.queued;
        self.held.insert(entry.number);
        self.bytes += entry.size;
        self.fresh_bytes += entry.size + 1;
        self.fresh.push_back(entry);
        self.fresh.len() == 1 || self.is_batch()
    }

    /// It is known what became of this event.
    pub(super) fn settle(&mut self, entry: &Entry<E>) {
        self.held.remove(&entry.number);
        self.bytes = self.bytes.saturating_sub(entry.size);
    }

    /// Takes a batch back: to send it again at once, or behind others if it is in doubt.
    pub(super) fn put_back(&mut self, batch: Batch<E>, retrial: Option<Instant>) {
        let mut batch = batch.into_whole();
        match batch.failures {
            _ if batch.entries.is_empty() => {}
            _ if batch.is_suspect => {
                if let Some(entry) = batch.entries.pop() {
                    self.suspect(entry, retrial);
                }
            }
            0..TRIES => self.again.push_front(batch),
            _ => {
                self.doubted.push_back(batch);
                self.doubted_had_its_turn = true;
            }
        }
    }

    /// Sets an event aside that the server fails on, until this time.
    pub(super) fn suspect(&mut self, entry: Entry<E>, retrial: Option<Instant>) {
        self.suspects.push_back(entry);
        self.retry_suspects(retrial);
    }

    /// Tries one of the suspects at this time; without one, at once.
    pub(super) fn retry_suspects(&mut self, retrial: Option<Instant>) {
        self.retrial = retrial;
    }

    /// A suspect got through: the others may, too.
    pub(super) fn release_suspects(&mut self) {
        let suspects: Vec<_> = self.suspects.drain(..).collect();
        self.put_back(Batch::new(suspects, TRIES), None);
    }

    /// A request with this many bytes got through.
    pub(super) fn pass(&mut self, size: usize) {
        self.passed = self.passed.max(size);
    }

    /// A request with this many bytes was too large.
    pub(super) fn shrink(&mut self, size: usize, now: Instant) {
        if self.passed >= size {
            self.passed = 0;
        }
        let ceiling = (size / 2).max(self.passed).max(SMALLEST_CEILING);
        let until = now.checked_add(CEILING_MEMORY).unwrap_or(now);
        self.ceiling = Some((ceiling, until));
    }

    /// Takes everything out.
    pub(super) fn drain(&mut self) -> Vec<Entry<E>> {
        let batches = self.again.drain(..).chain(self.doubted.drain(..));
        let mut entries: Vec<_> = batches.flat_map(Batch::into_entries).collect();
        self.fresh_bytes = 0;
        entries.extend(self.fresh.drain(..));
        entries.extend(self.suspects.drain(..));
        entries
    }

    // ---- What is sent next -------------------------------------------------------------------------------------------

    /// The next batch; or, if there is none now, after which time there is one without new events.
    pub(super) fn next(
        &mut self,
        now: Instant,
        at_once: bool,
    ) -> Result<Batch<E>, Option<Duration>> {
        if let Some(batch) = self.again.pop_front() {
            return Ok(self.cut(batch, now));
        }
        let until_retrial = (!self.suspects.is_empty()).then(|| {
            let retrial = self.retrial.unwrap_or(now);
            retrial.saturating_duration_since(now)
        });
        if until_retrial.is_some_and(|rest| rest.is_zero())
            && let Some(suspect) = self.suspects.pop_front()
        {
            return Ok(Batch::suspect(suspect));
        }
        let until_fresh = self.until_fresh(now, at_once);
        let fresh_is_due = until_fresh.is_some_and(|rest| rest.is_zero());
        if !(fresh_is_due && self.doubted_had_its_turn)
            && let Some(batch) = self.doubted.pop_front()
        {
            self.doubted_had_its_turn = true;
            return Ok(self.cut(batch, now));
        }
        if fresh_is_due {
            self.doubted_had_its_turn = false;
            return Ok(self.take_fresh(now));
        }
        Err(until_retrial.into_iter().chain(until_fresh).min())
    }

    /// How long fresh events wait for more of them.
    fn until_fresh(&self, now: Instant, at_once: bool) -> Option<Duration> {
        let oldest = self.fresh.front()?;
        if at_once || oldest.number <= self.wanted || self.is_batch() {
            return Some(Duration::ZERO);
        }
        let waited = now.saturating_duration_since(oldest.since);
        Some(self.limits.delay.saturating_sub(waited))
    }

    /// Whether there are enough fresh events for a request.
    fn is_batch(&self) -> bool {
        self.fresh.len() >= self.limits.batch || self.fresh_bytes >= MAX_BODY
    }

    fn take_fresh(&mut self, now: Instant) -> Batch<E> {
        let count = self.fitting(self.fresh.iter(), now);
        let batch = Batch::new(self.fresh.drain(..count).collect(), 0);
        self.fresh_bytes = self.fresh_bytes.saturating_sub(batch.size());
        batch
    }

    /// As much of a batch as fits into a request. The rest comes next.
    fn cut(&mut self, mut batch: Batch<E>, now: Instant) -> Batch<E> {
        let count = self.fitting(batch.entries.iter(), now);
        if count < batch.entries.len() {
            let rest = batch.split_off(count);
            match rest.failures < TRIES {
                true => self.again.push_front(rest),
                false => self.doubted.push_front(rest),
            }
        }
        batch
    }

    /// How many of these events fit into a request. One always does: it was looked at when it was queued.
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
