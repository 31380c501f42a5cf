//! Configuration of relays.

use std::fmt;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use super::event::StoredEvent;
use super::handle::{Control, Relay, RelayDriver};
use super::relay::{Limits, RelayLoop};
use super::table::Table;
use crate::Error;
use crate::ingest::{Event, IngesterBuilder, first_of};
use crate::postgres::Postgres;

impl<E: Event> IngesterBuilder<E> {
    /// Configures a relay, which sends the events of an [`Outbox`](super::Outbox), with the current settings: up to
    /// [`max_events`](Self::max_events) per request, at most [`capacity`](Self::capacity) leased at a time, and a query
    /// for new events every [`max_delay`](Self::max_delay). Rejected events stay in the table, and are not passed to
    /// [`on_undelivered`](Self::on_undelivered).
    pub fn relay(self, database: Postgres) -> RelayBuilder {
        RelayBuilder {
            ingester: self.with_events(),
            database,
            lease: Duration::from_secs(60),
            retention: Duration::ZERO,
        }
    }
}

/// Configures a [`Relay`].
#[must_use = "a builder does nothing until it builds"]
pub struct RelayBuilder {
    ingester: IngesterBuilder<StoredEvent>,
    database: Postgres,
    lease: Duration,
    retention: Duration,
}

impl RelayBuilder {
    /// Sets the time after which other relays take over the events of a relay that was killed. Default: 60 seconds;
    /// minimum: 100 milliseconds. A running relay renews its leases.
    pub fn lease(mut self, lease: Duration) -> Self {
        const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
        self.lease = lease.clamp(Duration::from_millis(100), LONGEST);
        self
    }

    /// Keeps delivered events in the table for this time, with the time of delivery in the column `settled_at`.
    /// Default: they are removed at once.
    pub fn keep_delivered(mut self, retention: Duration) -> Self {
        const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
        self.retention = retention.min(CENTURY);
        self
    }

    /// Builds the relay, and the driver that does its work: a future to spawn on a tokio runtime.
    ///
    /// # Errors
    /// [`Error::Configuration`] when the client has no timer.
    pub fn build(self) -> Result<(Relay, RelayDriver), Error> {
        let (batch, capacity, delay) = self.ingester.relay_limits();
        let limits = Limits {
            batch,
            capacity,
            // Zero would query the database without pause.
            interval: delay.max(Duration::from_millis(10)),
        };
        let ingester = self.ingester.max_delay(Duration::ZERO);
        // Undelivered events stay in the table.
        let ingester = ingester.on_undelivered(drop);
        let control = Arc::new(Control::new(ingester.clock().clone()));
        let (ingester, driver) = ingester.build()?;
        let table = Table::new(self.database, self.lease, self.retention);
        let relaying = Arc::clone(&control);
        let run = Box::pin(async move {
            let relaying = RelayLoop::new(relaying, table, ingester, limits).run();
            let sending = async {
                driver.await;
                // The outcomes of its last events are not recorded yet.
                pending().await
            };
            first_of(relaying, sending).await;
        });
        let driver = RelayDriver::new(Arc::clone(&control), run);
        Ok((Relay::new(control), driver))
    }

    /// Builds the relay, and spawns its driver on the current tokio runtime.
    ///
    /// # Errors
    /// [`Error::Configuration`] when there is no tokio runtime.
    pub fn start(self) -> Result<Relay, Error> {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            const REASON: &str = "there is no tokio runtime to spawn the relay's driver on";
            return Err(Error::configuration(REASON));
        };
        let (relay, driver) = self.build()?;
        runtime.spawn(driver);
        Ok(relay)
    }
}

impl fmt::Debug for RelayBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelayBuilder")
            .field("ingester", &self.ingester)
            .field("lease", &self.lease)
            .field("retention", &self.retention)
            .finish_non_exhaustive()
    }
}
