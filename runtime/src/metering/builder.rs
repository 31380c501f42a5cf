//! Configuration of metering.

use std::fmt;
use std::time::Duration;

use super::event::UsageEvent;
use super::handle::Metering;
use crate::Error;
use crate::client::{CallOptions, Request};
#[cfg(feature = "spool")]
use crate::ingest::Spool;
use crate::ingest::{Driver, IngesterBuilder, Undelivered};
#[cfg(feature = "postgres")]
use crate::outbox::RelayBuilder;
#[cfg(feature = "outpost")]
use crate::outpost::{Outpost, OutpostOptions};
#[cfg(feature = "postgres")]
use crate::postgres::Postgres;

/// Configures a [`Metering`]: how events are batched and queued.
#[must_use = "a builder does nothing until it builds"]
pub struct MeteringBuilder {
    ingester: IngesterBuilder<UsageEvent>,
    meters: Request,
    #[cfg(feature = "outpost")]
    outpost: Option<OutpostOptions>,
}

impl MeteringBuilder {
    /// Creates a builder with the operations that ingest events and read balances.
    pub fn new(events: impl Into<Request>, meters: impl Into<Request>) -> Self {
        Self {
            ingester: IngesterBuilder::new(events.into()),
            meters: meters.into(),
            #[cfg(feature = "outpost")]
            outpost: None,
        }
    }

    fn ingester(
        mut self,
        set: impl FnOnce(IngesterBuilder<UsageEvent>) -> IngesterBuilder<UsageEvent>,
    ) -> Self {
        self.ingester = set(self.ingester);
        self
    }

    /// Sets the maximum number of events per request. Default: 500.
    pub fn max_events(self, count: usize) -> Self {
        self.ingester(|ingester| ingester.max_events(count))
    }

    /// Sets the maximum delay between tracking and sending an event. Default: one second.
    pub fn max_delay(self, delay: Duration) -> Self {
        self.ingester(|ingester| ingester.max_delay(delay))
    }

    /// Sets the maximum number of events in memory. Default: 10,000. `track` waits for capacity when the queue is full
    /// (backpressure).
    pub fn capacity(self, events: usize) -> Self {
        self.ingester(|ingester| ingester.capacity(events))
    }

    /// Sets the maximum size of all queued events, in bytes of JSON. Default: 64 MiB.
    pub fn capacity_bytes(self, bytes: usize) -> Self {
        self.ingester(|ingester| ingester.capacity_bytes(bytes))
    }

    /// Sets how events are sent and balances are read: timeouts, headers. Events are always retried.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.meters.options(options.clone());
        self.ingester(|ingester| ingester.options(options))
    }

    /// Calls a function for each event that was not delivered, as
    /// [`IngesterBuilder::on_undelivered`] describes.
    pub fn on_undelivered(
        self,
        handler: impl Fn(Undelivered<UsageEvent>) + Send + Sync + 'static,
    ) -> Self {
        self.ingester(|ingester| ingester.on_undelivered(handler))
    }

    /// Computes balances locally: connects to Polar by WebSocket, and counts tracked events. The connection is made in
    /// the background, with the client's transport and credential; no telemetry is sent to Polar.
    #[cfg(feature = "outpost")]
    pub fn outpost(mut self, options: OutpostOptions) -> Self {
        self.outpost = Some(options);
        self
    }

    /// Configures a relay, which sends the events of an [`Outbox`](crate::outbox::Outbox), with the current settings:
    /// see [`IngesterBuilder::relay`].
    #[cfg(feature = "postgres")]
    pub fn relay(self, database: Postgres) -> RelayBuilder {
        self.ingester.relay(database)
    }

    /// Stores events on disk until they are delivered: `track` returns when the event is durable, and waits while the
    /// disk budget is used up. See [`IngesterBuilder::spool`].
    #[cfg(feature = "spool")]
    pub fn spool(self, spool: Spool) -> Self {
        self.ingester(|ingester| ingester.spool(spool))
    }

    /// Builds the metering, and the driver that sends its events: a future to spawn.
    ///
    /// # Errors
    /// [`Error::Configuration`] when the client has no timer, and when there is an Outpost but no tokio runtime.
    pub fn build(self) -> Result<(Metering, Driver<UsageEvent>), Error> {
        #[cfg(feature = "outpost")]
        let outpost = self.start_outpost()?;
        let (ingester, driver) = self.ingester.build()?;
        let metering = Metering::new(ingester, self.meters);
        #[cfg(feature = "outpost")]
        let metering = metering.attach(outpost);
        Ok((metering, driver))
    }

    #[cfg(feature = "outpost")]
    fn start_outpost(&self) -> Result<Option<Outpost>, Error> {
        let options = self.outpost.clone();
        let start = |options| Outpost::start(options, &self.meters);
        options.map(start).transpose()
    }

    /// Builds the metering, and spawns its driver on the current tokio runtime.
    ///
    /// The driver lives as long as the runtime: call [`shutdown`](Metering::shutdown) before that ends.
    ///
    /// # Errors
    /// [`Error::Configuration`] when there is no tokio runtime.
    #[cfg(feature = "reqwest")]
    pub fn start(self) -> Result<Metering, Error> {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            const REASON: &str = "no tokio runtime to spawn the ingester's driver on: call `start` within one, or spawn the driver of `build`";
            return Err(Error::configuration(REASON));
        };
        let (metering, driver) = self.build()?;
        runtime.spawn(driver);
        Ok(metering)
    }
}

impl fmt::Debug for MeteringBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeteringBuilder")
            .field("ingester", &self.ingester)
            .finish_non_exhaustive()
    }
}
