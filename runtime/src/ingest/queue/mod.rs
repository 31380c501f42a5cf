//! The queue between callers and the driver, and how they notify each other.

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

/// The queue between callers (producers) and the driver (consumer).
pub(super) struct Queue<E> {
    clock: Clock,
    dead_letters: DeadLetters<E>,
    /// The way to the disk, if events are stored there before they are queued.
    #[cfg(feature = "spool")]
    spool: Option<Arc<SpoolHandle<E>>>,
    state: Mutex<State<E>>,
    /// A batch may be due.
    work: Notify,
    /// There is capacity.
    room: Notify,
    /// Events were settled, or the ingester ended.
    progress: Notify,
    /// A shutdown began.
    closing: Notify,
}

struct State<E> {
    backlog: Backlog<E>,
    phase: Phase,
    /// The number of the first event that was unsent at the end.
    first_unsent: Option<u64>,
    /// All handles are dropped, so only the driver can return the report.
    abandoned: bool,
    stats: Stats,
}

/// The lifecycle of an ingester.
#[derive(Clone, Copy)]
enum Phase {
    Open,
    /// Until this deadline; `None` waits until everything is sent.
    Closing(Option<Instant>),
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

    /// Returns the counts, and the undelivered events that were not returned yet.
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
