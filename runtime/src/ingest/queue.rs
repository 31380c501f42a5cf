//! The events that are still to be delivered, and who waits for what.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use event_listener::{Event as Bell, EventListener, IntoNotification};

use super::first_of;
use super::handle::Ended;
use super::outcome::{Fate, NotQueued, Obstacle, Report, Slot, Stats, Undelivered};
use crate::transport::Clock;

/// The events of a request have no more bytes than this, so that the server's limit of 10 MiB is not even near.
pub(super) const MAX_BODY: usize = 8 << 20;

/// Gets what was not delivered.
pub(super) type Handler<E> = Box<dyn Fn(Undelivered<E>) + Send + Sync>;

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

/// An event that is queued.
pub(super) struct Entry<E> {
    pub(super) event: E,
    /// Its length as JSON.
    pub(super) size: usize,
    /// Since when it is queued.
    pub(super) since: Instant,
    pub(super) slot: Option<Arc<Slot>>,
}

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
    /// What the driver holds and what waits, in events and in bytes of JSON.
    held: usize,
    bytes: usize,
    /// How many events were queued, ever.
    queued: u64,
    /// How many of them are done with: all of the first this many.
    done: u64,
    /// How many of them shall be sent without delay.
    wanted: u64,
    phase: Phase,
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
            clock,
            handler,
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                held: 0,
                bytes: 0,
                queued: 0,
                done: 0,
                wanted: 0,
                phase: Phase::Open,
                stats: Stats::default(),
                undelivered: Vec::new(),
            }),
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
            queued: state.held,
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
        }
    }

    /// Queues an event if there is room for it now.
    pub(super) fn try_push(&self, entry: Entry<E>) -> Result<(), (Entry<E>, Obstacle)> {
        let mut state = self.state();
        if !matches!(state.phase, Phase::Open) {
            return Err((entry, Obstacle::Ended));
        }
        let fits = state.held < self.limits.capacity
            && state.bytes.saturating_add(entry.size) <= self.limits.bytes;
        // An event that is larger than the queue may be goes alone.
        if !fits && state.held > 0 {
            return Err((entry, Obstacle::Full));
        }
        state.held += 1;
        state.queued += 1;
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
                if state.done >= goal {
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
    pub(super) async fn ended(&self) -> Report<E> {
        loop {
            let progress = self.progress.listen();
            {
                let mut state = self.state();
                if matches!(state.phase, Phase::Ended) {
                    return Report {
                        stats: state.stats.clone(),
                        undelivered: mem::take(&mut state.undelivered),
                    };
                }
            }
            progress.await;
        }
    }

    // ---- For the driver ----------------------------------------------------------------------------------------------

    /// What the driver does next. Events that it gets are held until they are [settled](Self::settle) or
    /// [given back](Self::give_back).
    pub(super) fn next(&self) -> Next<E> {
        let sign = self.work.listen();
        let mut state = self.state();
        let Some(oldest) = state.waiting.front() else {
            return match state.phase {
                Phase::Open => Next::Wait(sign, None),
                Phase::Closing(_) | Phase::Ended => Next::End,
            };
        };
        let waited = self.clock.now().saturating_duration_since(oldest.since);
        let at_once = state.wanted > state.done
            || !matches!(state.phase, Phase::Open)
            || self.is_batch(&state);
        match self.limits.delay.checked_sub(waited) {
            Some(rest) if !at_once && !rest.is_zero() => Next::Wait(sign, Some(rest)),
            _ => Next::Send(self.take_batch(&mut state)),
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
                _ => closing.await,
            }
        }
    }

    /// A request failed in a way that may pass; or, with `None`, one did not.
    pub(super) fn note(&self, failure: Option<Arc<crate::Error>>) {
        let mut state = self.state();
        state.stats.requests += 1;
        state.stats.failing = failure;
    }

    /// Lets go of events of these sizes: it is known what became of them.
    pub(super) fn settle(&self, sizes: &[usize], count: impl FnOnce(&mut Stats)) {
        let mut state = self.state();
        state.held -= sizes.len();
        state.bytes -= sizes.iter().sum::<usize>();
        count(&mut state.stats);
        drop(state);
        self.room.notify(sizes.len().additional());
    }

    /// Tells that an event is not delivered, to whom it concerns.
    pub(super) fn tell(&self, entry: Entry<E>, fate: Fate) {
        if let Some(slot) = &entry.slot {
            slot.fill(fate.clone());
        }
        let event = entry.event;
        let undelivered = Undelivered { event, fate };
        if let Some(handler) = &self.handler {
            return handler(undelivered);
        }
        let mut state = self.state();
        let is_unsent = matches!(undelivered.fate, Fate::Unsent);
        if is_unsent || state.undelivered.len() < self.limits.capacity {
            state.undelivered.push(undelivered);
        }
    }

    /// A batch is over: so many of its events are done with, the others go back to where they were.
    pub(super) fn give_back(&self, done: u64, others: impl DoubleEndedIterator<Item = Entry<E>>) {
        let mut state = self.state();
        state.done += done;
        for entry in others.rev() {
            state.waiting.push_front(entry);
        }
        drop(state);
        self.progress.notify(usize::MAX);
    }

    /// The driver ends. What is left is not delivered.
    pub(super) fn end(&self) {
        let left = {
            let mut state = self.state();
            if matches!(state.phase, Phase::Ended) {
                return;
            }
            // Nobody is to queue an event behind the driver's back.
            state.phase = Phase::Closing(None);
            mem::take(&mut state.waiting)
        };
        let count = left.len();
        for entry in left {
            self.tell(entry, Fate::Unsent);
        }
        let mut state = self.state();
        state.held = 0;
        state.bytes = 0;
        state.stats.unsent += count as u64;
        state.phase = Phase::Ended;
        drop(state);
        self.room.notify(usize::MAX);
        self.progress.notify(usize::MAX);
    }

    /// Whether there are enough events for a request.
    fn is_batch(&self, state: &State<E>) -> bool {
        state.waiting.len() >= self.limits.batch || state.bytes >= MAX_BODY
    }

    fn take_batch(&self, state: &mut State<E>) -> Vec<Entry<E>> {
        let mut size = 0;
        let fitting = state
            .waiting
            .iter()
            .take(self.limits.batch)
            .take_while(|entry| {
                size += entry.size + 1;
                size <= MAX_BODY
            });
        // A single event always fits: it was looked at when it was queued.
        let count = fitting.count().max(1);
        state.waiting.drain(..count).collect()
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
