//! What those who ingest and the driver share, and how they wait for each other.

mod entrance;
mod exit;

use std::sync::{Mutex, MutexGuard, PoisonError};

use event_listener::Event as Bell;

use super::backlog::{Backlog, Limits};
use super::outcome::{Report, Stats};
use super::returns::{Handler, Returns};
use crate::time::Instant;
use crate::transport::Clock;

pub(super) use exit::Next;

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

    /// The counts, and the events that nobody was given yet.
    pub(super) fn report(&self) -> Report<E> {
        Report {
            stats: self.stats(),
            undelivered: self.returns.take(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State<E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
