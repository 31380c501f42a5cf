//! The loop of a relay: leases rows, sends their events, and records the outcomes.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use super::event::StoredEvent;
use super::handle::Control;
use super::leased_rows::{LeasedRows, Recorded};
use super::table::Table;
use crate::client::RetryPolicy;
use crate::ingest::{Ingester, NotQueuedReason, TimestampSource, first_of};
use crate::log;
use crate::postgres::PostgresError;
use crate::time::Instant;

/// The backoff while the database fails.
const BACKOFF: RetryPolicy = RetryPolicy::new().max_delay(Duration::from_secs(30));

/// The timeout for each database access during a shutdown.
const GRACE: Duration = Duration::from_secs(5);

/// How often delivered events whose retention has elapsed are removed.
const CLEANUP_INTERVAL: Duration = Duration::from_secs(60);

/// How many rows a relay leases, and how often it queries for rows.
pub(super) struct Limits {
    /// The maximum number of rows that one statement leases.
    pub(super) batch: usize,
    /// The maximum number of leased rows.
    pub(super) capacity: usize,
    /// The interval of queries for new rows.
    pub(super) interval: Duration,
}

/// A running relay: its leased rows and its next tasks.
pub(super) struct RelayLoop {
    control: Arc<Control>,
    table: Table,
    ingester: Ingester<StoredEvent>,
    limits: Limits,
    rows: LeasedRows,
    /// Leased rows that wait for capacity of the ingester.
    waiting: VecDeque<(i64, StoredEvent, TimestampSource)>,
    next_query: Instant,
    next_renewal: Instant,
    next_cleanup: Instant,
}

impl RelayLoop {
    pub(super) fn new(
        control: Arc<Control>,
        table: Table,
        ingester: Ingester<StoredEvent>,
        limits: Limits,
    ) -> Self {
        let now = control.clock().now();
        Self {
            control,
            table,
            ingester,
            limits,
            rows: LeasedRows::default(),
            waiting: VecDeque::new(),
            next_query: now,
            next_renewal: now,
            next_cleanup: now,
        }
    }

    /// Runs until a shutdown, and then sends the leased events.
    pub(super) async fn run(mut self) {
        let mut failed = 0;
        while !self.control.is_closed() {
            let progress = self.ingester.progress();
            let pause = match self.run_due_tasks().await {
                Ok(pause) => {
                    failed = 0;
                    self.control.clear_database_error();
                    pause
                }
                Err(error) => {
                    failed += 1;
                    let delay = BACKOFF.jitter(failed);
                    log::outbox_failing(delay, &error);
                    self.control.set_database_error(error);
                    let sleep = self.control.clock().sleep(delay);
                    first_of(sleep, self.control.closed()).await;
                    continue;
                }
            };
            let leased = self.rows.len() + self.waiting.len();
            self.control.record_leased(leased, self.ingester.stats());
            if !pause.is_zero() {
                let sleep = self.control.clock().sleep(pause);
                first_of(first_of(progress, sleep), self.control.closed()).await;
            }
        }
        self.end().await;
    }

    /// Runs all tasks that are due. Returns the time until the next task is due, unless an event gets its delivery
    /// outcome before.
    async fn run_due_tasks(&mut self) -> Result<Duration, PostgresError> {
        self.rows.collect_outcomes();
        // Before `record`, so that the leases are renewed even if outcomes cannot be recorded.
        self.renew().await?;
        self.record().await?;
        self.send_waiting();
        let now = self.now();
        if now >= self.next_cleanup {
            self.table.clean_up().await?;
            self.next_cleanup = now + CLEANUP_INTERVAL;
        }
        let room = self.limits.capacity.saturating_sub(self.rows.len());
        if room == 0 || !self.waiting.is_empty() {
            return Ok(self.limits.interval);
        }
        let until_query = self.next_query.saturating_duration_since(now);
        if !until_query.is_zero() {
            return Ok(until_query);
        }
        let limit = room.min(self.limits.batch);
        let count = self.lease(limit).await?;
        self.send_waiting();
        // The table probably has more rows.
        if count == limit {
            return Ok(Duration::ZERO);
        }
        self.next_query = self.now() + self.limits.interval;
        Ok(self.limits.interval)
    }

    async fn lease(&mut self, limit: usize) -> Result<usize, PostgresError> {
        let leased = self.table.lease(limit).await?;
        let count = leased.len();
        for row in leased {
            // This relay still had the row: its own lease had expired.
            if self.rows.contains(row.id) {
                continue;
            }
            match StoredEvent::parse(&row.event) {
                Some(event) => self
                    .waiting
                    .push_back((row.id, event, row.timestamp_source)),
                None => self.rows.mark_rejected(
                    row.id,
                    "not an event: `external_id` or `timestamp` is missing or invalid",
                ),
            }
        }
        Ok(count)
    }

    /// Passes leased rows to the ingester, until its queue is full.
    fn send_waiting(&mut self) {
        while let Some((id, event, source)) = self.waiting.pop_front() {
            match self.ingester.try_relay(event, source) {
                Ok(receipt) => self.rows.send(id, receipt),
                Err(refused) => match refused.reason {
                    NotQueuedReason::Full => {
                        self.waiting.push_front((id, refused.event, source));
                        return;
                    }
                    NotQueuedReason::Ended => self.rows.mark_unsent(id),
                    _ => self.rows.mark_rejected(id, &refused.to_string()),
                },
            }
        }
    }

    async fn record(&mut self) -> Result<(), PostgresError> {
        let outcome = self.rows.record(&self.table).await;
        let Recorded {
            delivered,
            rejected,
        } = self.rows.take_recorded();
        if rejected > 0 {
            log::outbox_rejected(rejected);
        }
        self.control.add_outcomes(delivered, rejected);
        outcome
    }

    /// Renews the leases if a third of their duration has elapsed.
    async fn renew(&mut self) -> Result<(), PostgresError> {
        let now = self.now();
        if now < self.next_renewal {
            return Ok(());
        }
        let waiting = self.waiting.iter().map(|(id, ..)| *id);
        let ids: Vec<i64> = self.rows.ids().chain(waiting).collect();
        if !ids.is_empty() {
            self.table.renew(&ids).await?;
        }
        self.next_renewal = now + self.table.lease_time() / 3;
        Ok(())
    }

    /// Sends the leased events until the deadline of the shutdown, and releases the rest to other relays.
    async fn end(&mut self) {
        for (id, ..) in self.waiting.drain(..) {
            self.rows.mark_unsent(id);
        }
        let clock = self.control.clock().clone();
        {
            let ingester = self.ingester.clone();
            let mut shutdown = pin!(ingester.shutdown(self.control.time_left()));
            let tick = self.table.lease_time() / 3;
            while clock.within(tick, shutdown.as_mut()).await.is_none() {
                self.rows.collect_outcomes();
                // An error is ignored: outcomes that are not recorded here are recorded below. If that fails as well,
                // another relay sends the events again.
                let _ = clock.within(GRACE, self.record()).await;
                let _ = clock.within(GRACE, self.renew()).await;
            }
        }
        self.rows.collect_outcomes();
        match clock.within(GRACE, self.record()).await {
            Some(Ok(())) => {}
            Some(Err(error)) => self.control.set_database_error(error),
            None => self.control.set_database_error(PostgresError::Timeout),
        }
        self.control
            .record_leased(self.rows.len(), self.ingester.stats());
    }

    fn now(&self) -> Instant {
        self.control.clock().now()
    }
}
