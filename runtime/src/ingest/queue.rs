//! The events that are still to be delivered, and who waits for what.

use std::collections::{BTreeSet, VecDeque};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use event_listener::{Event as Bell, EventListener, IntoNotification};

use super::entry::{Entry, Limits, MAX_BODY, Standing};
use super::first_of;
use super::handle::Ended;
use super::outcome::{Fate, NotQueued, Obstacle, Report, Stats, Undelivered};
use crate::time::Instant;
use crate::transport::Clock;

/// Gets what was not delivered.
pub(super) type Handler<E> = Box<dyn Fn(Undelivered<E>) + Send + Sync>;

/// How long suspects wait until they are tried again. They are not to hold up the others, nor to be forgotten.
const SUSPENSION: Duration = Duration::from_secs(60);

/// The queue between those who ingest and the driver.
pub(super) struct Queue<E> {
    limits: Limits,
    clock: Clock,
    handler: Option<Handler<E>>,
    state: Mutex<State<E>>,
    /// There may be a batch to send.
    work: Bell,
    /// There is room again.
    room: Bell,
    /// A batch is done, or all is over.
    progress: Bell,
    /// A shutdown begins.
    closing: Bell,
}

struct State<E> {
    waiting: VecDeque<Entry<E>>,
    /// Events that the server may fail on, and when to try them again.
    suspects: VecDeque<Entry<E>>,
    retrial: Instant,
    /// What the driver holds and what waits: the numbers of the events, and their bytes of JSON.
    held: BTreeSet<u64>,
    bytes: usize,
    /// The number of the last event that was queued.
    queued: u64,
    /// The number of the last one that shall be sent without delay.
    wanted: u64,
    phase: Phase,
    /// The number of the first event that was left at the end.
    left: Option<u64>,
    /// Nobody is left who could ask for a report, but the driver.
    abandoned: bool,
    stats: Stats,
    undelivered: Vec<Undelivered<E>>,
}

/// Where in its life an ingester is.
#[derive(Clone, Copy)]
enum Phase {
    Open,
    /// Until this time; without one, until everything is sent.
    Closing(Option<Instant>),
    Ended,
}

/// What the driver does next.
pub(super) enum Next<E> {
    /// Sends these.
    Send(Vec<Entry<E>>),
    /// Waits for a sign of more work; if there is a time, until then.
    Wait(EventListener, Option<Duration>),
    /// Ends.
    End,
}

impl<E> Queue<E> {
    pub(super) fn new(limits: Limits, clock: Clock, handler: Option<Handler<E>>) -> Self {
        Self {
            limits,
            handler,
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                suspects: VecDeque::new(),
                retrial: clock.now(),
                held: BTreeSet::new(),
                bytes: 0,
                queued: 0,
                wanted: 0,
                phase: Phase::Open,
                left: None,
                abandoned: false,
                stats: Stats::default(),
                undelivered: Vec::new(),
            }),
            clock,
            work: Bell::new(),
            room: Bell::new(),
            progress: Bell::new(),
            closing: Bell::new(),
        }
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(super) fn now(&self) -> Instant {
        self.clock.now()
    }

    pub(super) fn stats(&self) -> Stats {
        let state = self.state();
        Stats {
            queued: state.held.len(),
            ..state.stats.clone()
        }
    }

    // ---- For those who ingest ----------------------------------------------------------------------------------------

    /// Queues an event when there is room for it.
    pub(super) async fn push(&self, mut entry: Entry<E>) -> Result<(), NotQueued<E>> {
        loop {
            entry = match self.try_push(entry) {
                Err((entry, Obstacle::Full)) => entry,
                other => return other.map_err(NotQueued::from),
            };
            let room = self.room.listen();
            // There may have been room before the ear was at the door.
            entry = match self.try_push(entry) {
                Err((entry, Obstacle::Full)) => entry,
                other => return other.map_err(NotQueued::from),
            };
            room.await;
            entry = match self.try_push(entry) {
                Err((entry, Obstacle::Full)) => entry,
                other => {
                    // One event that is gone can make room for several that are smaller.
                    self.room.notify(1.additional());
                    return other.map_err(NotQueued::from);
                }
            };
        }
    }

    /// Queues an event if there is room for it now.
    pub(super) fn try_push(&self, mut entry: Entry<E>) -> Result<(), (Entry<E>, Obstacle)> {
        let mut state = self.state();
        if !matches!(state.phase, Phase::Open) {
            return Err((entry, Obstacle::Ended));
        }
        let fits = state.held.len() < self.limits.capacity
            && state.bytes.saturating_add(entry.size) <= self.limits.bytes;
        // An event that is larger than the queue may be goes alone.
        if !fits && !state.held.is_empty() {
            return Err((entry, Obstacle::Full));
        }
        state.queued += 1;
        entry.number = state.queued;
        state.held.insert(entry.number);
        state.bytes += entry.size;
        state.waiting.push_back(entry);
        let first_or_enough = state.waiting.len() == 1 || self.is_batch(&state);
        drop(state);
        if first_or_enough {
            self.work.notify(1);
        }
        Ok(())
    }

    /// Waits until everything that is queued now is done with.
    pub(super) async fn flush(&self) -> Result<(), Ended> {
        let goal = {
            let mut state = self.state();
            state.wanted = state.queued;
            state.queued
        };
        self.work.notify(1);
        loop {
            let progress = self.progress.listen();
            {
                let state = self.state();
                if state.left.is_some_and(|left| left <= goal) {
                    return Err(Ended);
                }
                if state.held.first().is_none_or(|first| *first > goal) {
                    return Ok(());
                }
                if matches!(state.phase, Phase::Ended) {
                    return Err(Ended);
                }
            }
            progress.await;
        }
    }

    /// Takes no more events. The shortest time that was ever given counts.
    pub(super) fn close(&self, patience: Option<Duration>) {
        let end = patience.and_then(|patience| self.clock.now().checked_add(patience));
        let mut state = self.state();
        state.phase = match state.phase {
            Phase::Open => Phase::Closing(end),
            Phase::Closing(before) => Phase::Closing(before.into_iter().chain(end).min()),
            Phase::Ended => Phase::Ended,
        };
        drop(state);
        self.closing.notify(usize::MAX);
        self.work.notify(usize::MAX);
        self.room.notify(usize::MAX);
    }

    /// Waits for the end.
    pub(super) async fn ended(&self) {
        loop {
            let progress = self.progress.listen();
            if matches!(self.state().phase, Phase::Ended) {
                return;
            }
            progress.await;
        }
    }

    /// The counts, and the events that nobody was given yet.
    pub(super) fn report(&self) -> Report<E> {
        let stats = self.stats();
        let undelivered = mem::take(&mut self.state().undelivered);
        Report { stats, undelivered }
    }

    /// The last one who could ask for a report is gone: what is left is sent, however long it takes.
    pub(super) fn abandon(&self) {
        self.state().abandoned = true;
        self.close(None);
    }

    // ---- For the driver ----------------------------------------------------------------------------------------------

    /// What the driver does next. Events that it gets are held until they are [settled](Self::settle) or
    /// [given back](Self::give_back).
    pub(super) fn next(&self) -> Next<E> {
        let sign = self.work.listen();
        let mut state = self.state();
        let now = self.clock.now();
        let retrial =
            (!state.suspects.is_empty()).then(|| state.retrial.saturating_duration_since(now));
        let hurried = matches!(state.phase, Phase::Closing(Some(_))) && state.waiting.is_empty();
        if retrial.is_some_and(|rest| rest.is_zero() || hurried) {
            state.retrial = now.checked_add(SUSPENSION).unwrap_or(now);
            return Next::Send(self.take_batch(&mut state.suspects));
        }
        let Some(oldest) = state.waiting.front() else {
            return match (state.phase, retrial) {
                (Phase::Closing(_) | Phase::Ended, None) => Next::End,
                _ => Next::Wait(sign, retrial),
            };
        };
        let waited = now.saturating_duration_since(oldest.since);
        let at_once = oldest.number <= state.wanted
            || !matches!(state.phase, Phase::Open)
            || self.is_batch(&state);
        match self.limits.delay.checked_sub(waited) {
            Some(rest) if !at_once && !rest.is_zero() => {
                Next::Wait(sign, retrial.into_iter().chain([rest]).min())
            }
            _ => Next::Send(self.take_batch(&mut state.waiting)),
        }
    }

    /// Waits until there is a shutdown.
    pub(super) async fn closed(&self) {
        loop {
            let closing = self.closing.listen();
            if self.is_closed() {
                return;
            }
            closing.await;
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        !matches!(self.state().phase, Phase::Open)
    }

    /// Waits until a shutdown has no more time.
    pub(super) async fn out_of_time(&self) {
        loop {
            let closing = self.closing.listen();
            let phase = self.state().phase;
            match phase {
                Phase::Closing(Some(end)) => {
                    let left = end.saturating_duration_since(self.clock.now());
                    if left.is_zero() {
                        return;
                    }
                    // Another shutdown may have less time.
                    first_of(closing, self.clock.sleep(left)).await;
                }
                Phase::Ended => return,
                Phase::Open | Phase::Closing(None) => closing.await,
            }
        }
    }

    /// A request failed in a way that may pass; or, with `None`, one did not.
    pub(super) fn note(&self, failure: Option<Arc<crate::Error>>) {
        let mut state = self.state();
        state.stats.requests += 1;
        state.stats.failing = failure;
    }

    /// Lets go of events: it is known what became of them.
    pub(super) fn settle(&self, entries: &[Entry<E>], count: impl FnOnce(&mut Stats)) {
        let mut state = self.state();
        for entry in entries {
            state.held.remove(&entry.number);
            state.bytes = state.bytes.saturating_sub(entry.size);
        }
        count(&mut state.stats);
        drop(state);
        self.room.notify(entries.len().additional());
    }

    /// Tells that an event is not delivered, to whom it concerns.
    pub(super) fn tell(&self, entry: Entry<E>, fate: Fate) {
        if let Some(slot) = &entry.slot {
            slot.fill(fate.clone());
        }
        let event = entry.event;
        let undelivered = Undelivered { event, fate };
        if let Some(handler) = &self.handler {
            // A panic of the handler is not to take the other events along.
            if catch_unwind(AssertUnwindSafe(|| handler(undelivered))).is_err() {
                self.state().stats.dropped += 1;
            }
            return;
        }
        let mut state = self.state();
        let is_unsent = matches!(undelivered.fate, Fate::Unsent);
        match is_unsent || state.undelivered.len() < self.limits.capacity {
            true => state.undelivered.push(undelivered),
            false => state.stats.dropped += 1,
        }
    }

    /// The driver is done with a batch: what is left of it goes back to where it was.
    pub(super) fn give_back(&self, entries: impl DoubleEndedIterator<Item = Entry<E>>) {
        let mut state = self.state();
        if matches!(state.phase, Phase::Ended) {
            drop(state);
            return self.leave(entries.collect());
        }
        for entry in entries.rev() {
            match entry.standing {
                Standing::Good => state.waiting.push_front(entry),
                Standing::Suspect => state.suspects.push_front(entry),
            }
        }
        drop(state);
        self.progress.notify(usize::MAX);
    }

    /// The server failed on this event alone. It is tried again behind all others.
    pub(super) fn suspect(&self, mut entry: Entry<E>) {
        let now = self.clock.now();
        let mut state = self.state();
        entry.standing = Standing::Suspect;
        if state.suspects.is_empty() {
            state.retrial = now.checked_add(SUSPENSION).unwrap_or(now);
        }
        state.suspects.push_back(entry);
    }

    /// The driver ends, or is given up. What is left is not delivered.
    pub(super) fn end(&self) {
        let left = {
            let mut state = self.state();
            if matches!(state.phase, Phase::Ended) {
                return;
            }
            // Nobody is to queue an event behind the driver's back.
            state.phase = Phase::Closing(None);
            let mut left: Vec<_> = mem::take(&mut state.waiting).into();
            left.extend(mem::take(&mut state.suspects));
            left
        };
        // Before the end is known: who waits for it may end the process.
        self.leave(left);
        self.state().phase = Phase::Ended;
        self.room.notify(usize::MAX);
        self.progress.notify(usize::MAX);
        self.closing.notify(usize::MAX);
    }

    /// What the driver has to report: the counts, and the events if nobody else can ask for them.
    pub(super) fn last_report(&self) -> Report<E> {
        let abandoned = self.state().abandoned;
        match abandoned {
            true => self.report(),
            false => Report {
                stats: self.stats(),
                undelivered: Vec::new(),
            },
        }
    }

    /// Hands back what is not sent any more, in its order.
    fn leave(&self, mut left: Vec<Entry<E>>) {
        left.sort_by_key(|entry| entry.number);
        for slot in left.iter().filter_map(|entry| entry.slot.as_ref()) {
            slot.fill(Fate::Unsent);
        }
        if let Some(first) = left.first().map(|entry| entry.number) {
            let mut state = self.state();
            state.left = state.left.into_iter().chain([first]).min();
        }
        self.settle(&left, |stats| stats.unsent += left.len() as u64);
        for entry in left {
            self.tell(entry, Fate::Unsent);
        }
    }

    /// Whether there are enough events for a request.
    fn is_batch(&self, state: &State<E>) -> bool {
        let suspects: usize = state.suspects.iter().map(|entry| entry.size).sum();
        let bytes = state.bytes.saturating_sub(suspects);
        state.waiting.len() >= self.limits.batch || bytes >= MAX_BODY
    }

    fn take_batch(&self, waiting: &mut VecDeque<Entry<E>>) -> Vec<Entry<E>> {
        let mut size = 0;
        let fitting = waiting.iter().take(self.limits.batch).take_while(|entry| {
            size += entry.size + 1;
            size <= MAX_BODY
        });
        // A single event always fits: it was looked at when it was queued.
        let count = fitting.count().max(1);
        waiting.drain(..count).collect()
    }

    fn state(&self) -> MutexGuard<'_, State<E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<E> From<(Entry<E>, Obstacle)> for NotQueued<E> {
    fn from((entry, obstacle): (Entry<E>, Obstacle)) -> Self {
        Self {
            event: entry.event,
            obstacle,
        }
    }
}
