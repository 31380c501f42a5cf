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

/// Configures and starts a [`Metering`].
#[must_use = "a builder does nothing until it builds"]
pub struct MeteringBuilder {
    ingester: IngesterBuilder<UsageEvent>,
    meters: Request,
    #[cfg(feature = "outpost")]
    outpost: Option<OutpostOptions>,
}

impl MeteringBuilder {
    /// Creates a builder. `events` is the operation that ingests events, `meters` the one that lists the balances of
    /// customers' meters.
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

    /// Sets the maximum number of events in a request. Default: 500.
    pub fn max_events(self, count: usize) -> Self {
        self.ingester(|ingester| ingester.max_events(count))
    }

    /// Sets the maximum time that an event waits for its batch to fill. Default: one second.
    pub fn max_delay(self, delay: Duration) -> Self {
        self.ingester(|ingester| ingester.max_delay(delay))
    }

    /// Sets the capacity of the queue, as a number of events. Default: 10,000.
    ///
    /// [`track`](Metering::track) waits while the queue is full (backpressure).
    pub fn capacity(self, events: usize) -> Self {
        self.ingester(|ingester| ingester.capacity(events))
    }

    /// Sets the capacity of the queue in bytes of JSON. Default: 64 MiB.
    pub fn capacity_bytes(self, bytes: usize) -> Self {
        self.ingester(|ingester| ingester.capacity_bytes(bytes))
    }

    /// Sets options of all requests, such as timeouts and headers.
    ///
    /// A retry policy in the options applies to requests for balances. Events are always retried.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.meters.options(options.clone());
        self.ingester(|ingester| ingester.options(options))
    }

    /// Sets a function that is called for each undelivered event: see [`IngesterBuilder::on_undelivered`].
    pub fn on_undelivered(
        self,
        handler: impl Fn(Undelivered<UsageEvent>) + Send + Sync + 'static,
    ) -> Self {
        self.ingester(|ingester| ingester.on_undelivered(handler))
    }

    /// Computes balances locally with an Outpost, which counts the tracked events.
    ///
    /// It connects to Polar by WebSocket in the background, with the client's transport and credential. No telemetry is
    /// sent to Polar.
    #[cfg(feature = "outpost")]
    pub fn outpost(mut self, options: OutpostOptions) -> Self {
        self.outpost = Some(options);
        self
    }

    /// Configures a relay with the current settings: see [`IngesterBuilder::relay`].
    ///
    /// A relay sends the events of an [`Outbox`](crate::outbox::Outbox).
    #[cfg(feature = "postgres")]
    pub fn relay(self, database: Postgres) -> RelayBuilder {
        self.ingester.relay(database)
    }

    /// Stores events on disk until they are delivered: see [`IngesterBuilder::spool`].
    ///
    /// [`track`](Metering::track) returns when the event is stored, and waits while the disk budget is used up.
    #[cfg(feature = "spool")]
    pub fn spool(self, spool: Spool) -> Self {
        self.ingester(|ingester| ingester.spool(spool))
    }

    /// Builds the metering and its driver. The driver is a future that sends the events: spawn it.
    ///
    /// # Errors
    /// Returns [`Error::Configuration`] in these cases:
    /// - The client has no timer.
    /// - The thread of the spool cannot be started.
    /// - An Outpost is configured, and there is no tokio runtime or its options are invalid.
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
    /// The driver ends with the runtime: call [`shutdown`](Metering::shutdown) before that.
    ///
    /// # Errors
    /// Returns [`Error::Configuration`] if it is called outside of a tokio runtime, and in the cases of
    /// [`build`](Self::build).
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
