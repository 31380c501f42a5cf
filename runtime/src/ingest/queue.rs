//! What those who ingest and the driver share, and how they wait for each other.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use event_listener::{Event as Bell, EventListener, IntoNotification};

use super::backlog::{Backlog, Limits};
use super::batch::Batch;
use super::entry::Entry;
use super::outcome::{Ended, Fate, NotQueued, Obstacle, Report, Stats};
use super::returns::{Handler, Returns};
use super::select::first_of;
use crate::time::Instant;
use crate::transport::Clock;

/// How long suspects wait until one is tried again. They are not to hold up the others, nor to be forgotten.
const SUSPENSION: Duration = Duration::from_secs(60);

/// The same, when a shutdown is waited for.
const SHORT_SUSPENSION: Duration = Duration::from_secs(1);

/// The queue between those who ingest and the driver.
pub(super) struct Queue<E> {
    clock: Clock,
    returns: Returns<E>,
    state: Mutex<State<E>>,
    /// There may be a batch to send.
    work: Bell,
    /// There is room again.
    room: Bell,
    /// Events are settled, or all is over.
    progress: Bell,
    /// A shutdown begins.
    closing: Bell,
}

struct State<E> {
    backlog: Backlog<E>,
    phase: Phase,
    /// The number of the first event that was left at the end.
    left: Option<u64>,
    /// Nobody is left who could ask for a report, but the driver.
    abandoned: bool,
    stats: Stats,
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
    Send(Batch<E>),
    /// Waits for a sign of more work; if there is a time, until then.
    Wait(EventListener, Option<Duration>),
    /// Ends.
    End,
}

impl<E> Queue<E> {
    pub(super) fn new(limits: Limits, clock: Clock, handler: Option<Handler<E>>) -> Self {
        Self {
            clock,
            returns: Returns::new(handler, limits.capacity),
            state: Mutex::new(State {
                backlog: Backlog::new(limits),
                phase: Phase::Open,
                left: None,
                abandoned: false,
                stats: Stats::default(),
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
            queued: state.backlog.len(),
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
    pub(super) fn try_push(&self, entry: Entry<E>) -> Result<(), (Entry<E>, Obstacle)> {
        let mut state = self.state();
        if !matches!(state.phase, Phase::Open) {
            return Err((entry, Obstacle::Ended));
        }
        if !state.backlog.has_room(entry.size) {
            return Err((entry, Obstacle::Full));
        }
        let is_work = state.backlog.push(entry);
        drop(state);
        if is_work {
            self.work.notify(1);
        }
        Ok(())
    }

    /// Waits until everything that is queued now is settled.
    pub(super) async fn flush(&self) -> Result<(), Ended> {
        let goal = self.state().backlog.want_all();
        self.work.notify(1);
        loop {
            let progress = self.progress.listen();
            {
                let state = self.state();
                if state.left.is_some_and(|left| left <= goal) {
                    return Err(Ended);
                }
                if state.backlog.is_settled(goal) {
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
        if end.is_some() {
            state.backlog.retry_suspects(None);
        }
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
        Report {
            stats: self.stats(),
            undelivered: self.returns.take(),
        }
    }

    /// The last one who could ask for a report is gone: what is left is sent, however long it takes.
    pub(super) fn abandon(&self) {
        self.state().abandoned = true;
        self.close(None);
    }

    // ---- For the driver ----------------------------------------------------------------------------------------------

    /// What the driver does next. Events that it gets are held until they are [settled](Self::settle) or
    /// [put back](Self::put_back).
    pub(super) fn next(&self) -> Next<E> {
        let sign = self.work.listen();
        let mut state = self.state();
        let is_open = matches!(state.phase, Phase::Open);
        match state.backlog.next(self.clock.now(), !is_open) {
            Ok(batch) => Next::Send(batch),
            Err(None) if !is_open => Next::End,
            Err(longest) => Next::Wait(sign, longest),
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

    /// A request with this many bytes was sent, and the API responded.
    pub(super) fn responded(&self, size: usize) {
        let mut state = self.state();
        state.stats.requests += 1;
        state.stats.failing = None;
        state.backlog.pass(size);
    }

    /// A request failed, and is sent again.
    pub(super) fn failed(&self, error: Arc<crate::Error>) {
        let mut state = self.state();
        state.stats.requests += 1;
        state.stats.failing = Some(error);
    }

    /// A request with this many bytes was too large.
    pub(super) fn shrink(&self, size: usize) {
        let now = self.clock.now();
        self.state().backlog.shrink(size, now);
    }

    /// Lets go of events: it is known what became of them.
    pub(super) fn settle(&self, entries: &[Entry<E>], count: impl FnOnce(&mut Stats)) {
        let mut state = self.state();
        for entry in entries {
            state.backlog.settle(entry);
        }
        count(&mut state.stats);
        drop(state);
        self.room.notify(entries.len().additional());
        self.progress.notify(usize::MAX);
    }

    /// Hands back an event that is not delivered.
    pub(super) fn hand_back(&self, entry: Entry<E>, fate: Fate) {
        if !self.returns.hand_back(entry, fate) {
            self.state().stats.dropped += 1;
        }
    }

    /// Takes a batch back that is to be sent again.
    pub(super) fn put_back(&self, batch: Batch<E>) {
        let mut state = self.state();
        if matches!(state.phase, Phase::Ended) {
            drop(state);
            return self.leave(batch.into_entries().collect());
        }
        let retrial = self.retrial(&state);
        state.backlog.put_back(batch, retrial);
    }

    /// The server failed on this event alone. It is tried again behind all others.
    pub(super) fn suspect(&self, entry: Entry<E>) {
        let mut state = self.state();
        let retrial = self.retrial(&state);
        state.backlog.suspect(entry, retrial);
    }

    /// The server did not fail on a suspect any more.
    pub(super) fn release_suspects(&self) {
        self.state().backlog.release_suspects();
    }

    /// When a suspect is tried again.
    fn retrial(&self, state: &State<E>) -> Option<Instant> {
        let suspension = match state.phase {
            Phase::Closing(Some(_)) => SHORT_SUSPENSION,
            _ => SUSPENSION,
        };
        self.clock.now().checked_add(suspension)
    }

    /// The driver ends, or is given up. What is left is not delivered.
    pub(super) fn end(&self) {
        let (left, was_shut_down) = {
            let mut state = self.state();
            let was_shut_down = match state.phase {
                Phase::Ended => return,
                Phase::Closing(end) => end.is_some(),
                Phase::Open => false,
            };
            // Nobody is to queue an event behind the driver's back.
            state.phase = Phase::Closing(None);
            (state.backlog.drain(), was_shut_down)
        };
        if !was_shut_down && !left.is_empty() {
            warn_of_unsent(left.len());
        }
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
            self.hand_back(entry, Fate::Unsent);
        }
    }

    fn state(&self) -> MutexGuard<'_, State<E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Logs that events are left behind that nobody waited for.
fn warn_of_unsent(count: usize) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        polar.ingest.unsent = count,
        "the ingester ended with events that were not sent: await `Ingester::shutdown` before its runtime ends"
    );
    #[cfg(not(feature = "tracing"))]
    let _ = count;
}

impl<E> From<(Entry<E>, Obstacle)> for NotQueued<E> {
    fn from((entry, obstacle): (Entry<E>, Obstacle)) -> Self {
        Self {
            event: entry.event,
            obstacle,
        }
    }
}
