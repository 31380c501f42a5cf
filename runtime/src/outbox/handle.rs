//! `Relay` and its driver.

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

/// The handle of a running relay: stops and monitors it. A relay sends the events of an [`Outbox`](super::Outbox).
///
/// Cheap to clone. Dropping the handle has no effect: the relay runs until [`shutdown`](Self::shutdown) is called, or
/// its driver is dropped. If it ends without a shutdown, other relays send its leased events when its
/// [leases](super::RelayBuilder::lease) have expired.
#[derive(Clone)]
pub struct Relay(Arc<Control>);

impl Relay {
    pub(super) fn new(control: Arc<Control>) -> Self {
        Self(control)
    }

    /// Stops leasing events, sends the leased ones until `deadline` elapses, and releases the rest to other relays.
    ///
    /// It returns the final statistics, up to ten seconds after the deadline: recording the outcomes in the database
    /// takes additional time. Dropping the future does not cancel the shutdown.
    pub async fn shutdown(&self, deadline: Duration) -> RelayStats {
        self.0.close(deadline);
        self.0.until_ended(deadline).await;
        self.stats()
    }

    /// Returns the current statistics.
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

/// Counts of a [`Relay`]'s events since its start, and the errors that it is retrying.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RelayStats {
    /// The number of events that are leased now: their outcomes are not recorded in the database yet.
    pub leased: usize,
    /// The number of delivered events, including those that Polar had already stored.
    pub delivered: u64,
    /// The number of rejected events. They stay in the table, with the reason in the column `rejection`.
    pub rejected: u64,
    /// The error of the last database access, if that failed and is being retried. `None` while the database works.
    pub last_database_error: Option<Arc<PostgresError>>,
    /// The error of the last request to Polar, if that failed and is being retried. `None` while requests succeed.
    pub last_send_error: Option<Arc<crate::Error>>,
}

/// The future that runs a [`Relay`]: spawn it. It completes after a [`shutdown`](Relay::shutdown), and returns the
/// final statistics.
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

/// The time after the deadline of a shutdown in which the driver can record the outcomes of events.
const GRACE: Duration = Duration::from_secs(10);

/// The state that a relay shares with its handles.
pub(super) struct Control {
    clock: Clock,
    state: Mutex<State>,
    /// Notified when a shutdown begins, and when the relay ends.
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
    /// Until this deadline; `None` if it is too far in the future to be represented.
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

    /// Waits until a shutdown begins.
    pub(super) async fn closed(&self) {
        loop {
            let closing = self.closing.listen();
            if self.is_closed() {
                return;
            }
            closing.await;
        }
    }

    /// Returns the time until the deadline of the shutdown.
    pub(super) fn time_left(&self) -> Duration {
        match self.state().phase {
            Phase::Closing(Some(end)) => end.saturating_duration_since(self.clock.now()),
            Phase::Closing(None) => Duration::MAX,
            Phase::Open | Phase::Ended => Duration::ZERO,
        }
    }

    /// Records that the last database access succeeded.
    pub(super) fn clear_database_error(&self) {
        self.state().stats.last_database_error = None;
    }

    pub(super) fn set_database_error(&self, error: PostgresError) {
        self.state().stats.last_database_error = Some(Arc::new(error));
    }

    /// Records the number of leased rows, and the last error of the ingester.
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

    /// Begins a shutdown. Only the first call has an effect.
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

    /// Waits until the relay has ended, but at most for `deadline` and [`GRACE`]: if the driver is not polled, the
    /// relay never ends. Without a clock, there is no limit.
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
