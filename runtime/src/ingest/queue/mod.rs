//! The queue between callers and the driver.

mod consumer;
mod producer;
#[cfg(feature = "spool")]
mod spooled;

#[cfg(feature = "spool")]
use std::sync::Arc;
use std::sync::{Mutex, MutexGuard, PoisonError};

use event_listener::Event as Notify;

use super::backlog::{Backlog, Limits};
use super::dead_letters::{DeadLetters, Handler};
use super::outcome::{Report, Stats};
#[cfg(feature = "spool")]
use super::spool::SpoolHandle;
use crate::time::Instant;
use crate::transport::Clock;

pub(super) use consumer::Next;

/// The queue between callers (producers) and the driver (consumer). They share it, and notify each other through it.
pub(super) struct Queue<E> {
    clock: Clock,
    dead_letters: DeadLetters<E>,
    /// The spool, which stores events before they are queued; `None` if events are in memory only.
    #[cfg(feature = "spool")]
    spool: Option<Arc<SpoolHandle<E>>>,
    state: Mutex<State<E>>,
    /// Wakes the driver: a batch may be due.
    work: Notify,
    /// Wakes callers that wait for capacity.
    room: Notify,
    /// Notified when events get a delivery outcome, and when the ingester ends.
    progress: Notify,
    /// Notified when a shutdown begins.
    closing: Notify,
}

struct State<E> {
    backlog: Backlog<E>,
    phase: Phase,
    /// The lowest number of an event that was unsent when the ingester ended.
    first_unsent: Option<u64>,
    /// Whether all clones of the ingester are dropped, so that only the driver can return the report.
    abandoned: bool,
    stats: Stats,
}

/// The state of the ingester's lifecycle.
#[derive(Clone, Copy)]
enum Phase {
    /// Events are accepted.
    Open,
    /// Queued events are sent until this deadline; `None` for all of them.
    Closing(Option<Instant>),
    /// Nothing is sent any more.
    Ended,
}

impl<E> Queue<E> {
    pub(super) fn new(limits: Limits, clock: Clock, handler: Option<Handler<E>>) -> Self {
        Self {
            clock,
            dead_letters: DeadLetters::new(handler, limits.capacity),
            #[cfg(feature = "spool")]
            spool: None,
            state: Mutex::new(State {
                backlog: Backlog::new(limits),
                phase: Phase::Open,
                first_unsent: None,
                abandoned: false,
                stats: Stats::default(),
            }),
            work: Notify::new(),
            room: Notify::new(),
            progress: Notify::new(),
            closing: Notify::new(),
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
        let stats = Stats {
            queued: state.backlog.len(),
            ..state.stats.clone()
        };
        #[cfg(feature = "spool")]
        let stats = self.add_spool_stats(stats);
        stats
    }

    /// Returns the report, with the undelivered events that no earlier report contained.
    pub(super) fn report(&self) -> Report<E> {
        Report {
            stats: self.stats(),
            undelivered: self.dead_letters.take(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State<E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
