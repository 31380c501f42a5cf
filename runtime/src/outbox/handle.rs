//! The handle of a relay.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use event_listener::Event as Notify;

use crate::ingest::{self, first_of};
use crate::postgres::PostgresError;
use crate::time::Instant;
use crate::transport::{BoxFuture, Clock};

/// Stops and monitors a relay, which sends the events of the outbox. Cheap to clone.
///
/// Any number of relays, in any number of processes, can work on one table. Dropping this has no effect: a relay works
/// until [`shutdown`](Self::shutdown), or until its driver is dropped. The leased events of a relay that was not shut
/// down are sent by others when its [leases](super::RelayBuilder::lease) expire.
#[derive(Clone)]
pub struct Relay(Arc<Control>);

impl Relay {
    pub(super) fn new(control: Arc<Control>) -> Self {
        Self(control)
    }

    /// Leases no more events, sends the leased ones until `deadline` elapses, and releases the rest to other relays.
    /// Dropping the future does not undo the shutdown.
    pub async fn shutdown(&self, deadline: Duration) -> RelayStats {
        self.0.close(deadline);
        self.0.until_ended(deadline).await;
        self.stats()
    }

    /// Returns the statistics so far.
    #[must_use]
    pub fn stats(&self) -> RelayStats {
        self.0.state().stats.clone()
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

/// Statistics of an outbox [`Relay`] since its start: counts of events, and errors that are being retried.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RelayStats {
    /// LeasedRow events without a recorded outcome.
    pub leased: usize,
    /// Delivered events, including those that Polar already had.
    pub delivered: u64,
    /// Rejected events. They are in the table, with the reason.
    pub rejected: u64,
    /// The error of the last database access if it failed and is being retried.
    pub last_database_error: Option<Arc<PostgresError>>,
    /// The error of the last request to Polar if it failed and is being retried.
    pub last_send_error: Option<Arc<crate::Error>>,
}

/// The future of a relay, to be spawned. It completes after a [`shutdown`](Relay::shutdown).
#[must_use = "no event is sent unless the driver is spawned"]
pub struct RelayDriver {
    control: Arc<Control>,
    run: BoxFuture<'static, ()>,
}

impl RelayDriver {
    pub(super) fn new(control: Arc<Control>, run: BoxFuture<'static, ()>) -> Self {
        Self { control, run }
    }
}

impl Future for RelayDriver {
    type Output = RelayStats;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<RelayStats> {
        let driver = self.get_mut();
        // Tokio's clock panics outside of its runtime.
        let poll = match driver.control.clock.is_available() && !driver.control.has_ended() {
            true => driver.run.as_mut().poll(context),
            false => Poll::Ready(()),
        };
        poll.map(|()| {
            driver.control.end();
            driver.control.state().stats.clone()
        })
    }
}

impl Drop for RelayDriver {
    fn drop(&mut self) {
        self.control.end();
    }
}

impl fmt::Debug for RelayDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelayDriver")
            .field("stats", &self.control.state().stats)
            .finish_non_exhaustive()
    }
}

/// The additional time after a shutdown's deadline for recording the outcomes of events.
const GRACE: Duration = Duration::from_secs(10);

/// The shared state of a relay and its handles.
pub(super) struct Control {
    clock: Clock,
    state: Mutex<State>,
    /// Notifies of a shutdown, and of the end of the relay.
    closing: Notify,
}

#[derive(Default)]
struct State {
    phase: Phase,
    stats: RelayStats,
}

#[derive(Clone, Copy, Default)]
enum Phase {
    #[default]
    Open,
    /// The deadline; `None` to send everything.
    Closing(Option<Instant>),
    Ended,
}

impl Control {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            state: Mutex::default(),
            closing: Notify::new(),
        }
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(super) fn is_closed(&self) -> bool {
        !matches!(self.state().phase, Phase::Open)
    }

    /// Waits for a shutdown.
    pub(super) async fn closed(&self) {
        loop {
            let closing = self.closing.listen();
            if self.is_closed() {
                return;
            }
            closing.await;
        }
    }

    /// Returns the remaining time of the shutdown.
    pub(super) fn time_left(&self) -> Duration {
        match self.state().phase {
            Phase::Closing(Some(end)) => end.saturating_duration_since(self.clock.now()),
            Phase::Closing(None) => Duration::MAX,
            Phase::Open | Phase::Ended => Duration::ZERO,
        }
    }

    /// Records that the database works.
    pub(super) fn clear_database_error(&self) {
        self.state().stats.last_database_error = None;
    }

    pub(super) fn set_database_error(&self, error: PostgresError) {
        self.state().stats.last_database_error = Some(Arc::new(error));
    }

    /// Records the number of leased rows and the state of the ingester.
    pub(super) fn record_leased(&self, count: usize, sending: ingest::Stats) {
        let mut state = self.state();
        state.stats.leased = count;
        state.stats.last_send_error = sending.last_error;
    }

    pub(super) fn add_outcomes(&self, delivered: u64, rejected: u64) {
        let mut state = self.state();
        state.stats.delivered += delivered;
        state.stats.rejected += rejected;
    }

    /// Starts the shutdown. Only the first call has an effect.
    fn close(&self, deadline: Duration) {
        let mut state = self.state();
        if matches!(state.phase, Phase::Open) {
            state.phase = Phase::Closing(self.clock.now().checked_add(deadline));
        }
        drop(state);
        self.closing.notify(usize::MAX);
    }

    fn end(&self) {
        self.state().phase = Phase::Ended;
        self.closing.notify(usize::MAX);
    }

    fn has_ended(&self) -> bool {
        matches!(self.state().phase, Phase::Ended)
    }

    /// Waits for the end, but no longer than a polled driver needs.
    async fn until_ended(&self, deadline: Duration) {
        let ended = async {
            loop {
                let ending = self.closing.listen();
                if self.has_ended() {
                    return;
                }
                ending.await;
            }
        };
        match self.clock.available() {
            Some(clock) => {
                let overdue = clock.sleep(deadline.saturating_add(GRACE));
                first_of(ended, overdue).await;
            }
            None => ended.await,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
