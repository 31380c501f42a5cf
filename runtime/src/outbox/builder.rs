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
    /// Configures a relay, which sends the events of an [`Outbox`](super::Outbox).
    ///
    /// The settings of this builder apply as follows:
    /// - [`max_events`](Self::max_events) is the maximum number of events in a request.
    /// - [`capacity`](Self::capacity) is the maximum number of leased events.
    /// - [`max_delay`](Self::max_delay) is the interval of queries for new events.
    /// - The [options](Self::options) apply to the requests.
    ///
    /// Rejected events stay in the table. They are not passed to [`on_undelivered`](Self::on_undelivered).
    pub fn relay(self, database: Postgres) -> RelayBuilder {
        RelayBuilder {
            ingester: self.with_events(),
            database,
            lease: Duration::from_secs(60),
            retention: Duration::ZERO,
        }
    }
}

/// Configures and starts a [`Relay`], which sends the events of an [`Outbox`](super::Outbox).
#[must_use = "a builder does nothing until it builds"]
pub struct RelayBuilder {
    ingester: IngesterBuilder<StoredEvent>,
    database: Postgres,
    lease: Duration,
    retention: Duration,
}

impl RelayBuilder {
    /// Sets how long a lease lasts: after this time, other relays send the events of a relay that was killed.
    ///
    /// Default: 60 seconds. Values are limited to the range from 100 milliseconds to 24 hours. A running relay renews
    /// its leases.
    pub fn lease(mut self, lease: Duration) -> Self {
        const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
        self.lease = lease.clamp(Duration::from_millis(100), LONGEST);
        self
    }

    /// Sets how long delivered events stay in the table. Default: zero, so that they are removed at once.
    ///
    /// The column `settled_at` contains the time of delivery.
    pub fn keep_delivered(mut self, retention: Duration) -> Self {
        const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
        self.retention = retention.min(CENTURY);
        self
    }

    /// Builds the handle of the relay and its driver. The driver is a future that sends the events: spawn it on a tokio
    /// runtime.
    ///
    /// # Errors
    /// Returns [`Error::Configuration`] if the client has no timer.
    pub fn build(self) -> Result<(Relay, RelayDriver), Error> {
        let (batch, capacity, delay) = self.ingester.relay_limits();
        let limits = Limits {
            batch,
            capacity,
            // With zero, the database would be queried without a pause.
            interval: delay.max(Duration::from_millis(10)),
        };
        let ingester = self.ingester.max_delay(Duration::ZERO);
        // Undelivered events stay in the table, so they are not needed in a report.
        let ingester = ingester.on_undelivered(drop);
        let control = Arc::new(Control::new(ingester.clock().clone()));
        let (ingester, driver) = ingester.build()?;
        let table = Table::new(self.database, self.lease, self.retention);
        let relaying = Arc::clone(&control);
        let run = Box::pin(async move {
            let relaying = RelayLoop::new(relaying, table, ingester, limits).run();
            let sending = async {
                driver.await;
                // Never completes: the relay still has to record the outcomes of the last events.
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
    /// Returns [`Error::Configuration`] if it is called outside of a tokio runtime.
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
