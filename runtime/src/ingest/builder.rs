//! How ingesters are set up.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::backlog::Limits;
use super::driver::Driver;
use super::event::Event;
use super::handle::Ingester;
use super::outcome::Undelivered;
use super::queue::Queue;
use super::returns::Handler;
use crate::Error;
use crate::client::{CallOptions, Request, RetryPolicy};

/// Sets up an [`Ingester`].
#[must_use = "a builder does nothing until it builds"]
pub struct IngesterBuilder<E> {
    request: Request,
    limits: Limits,
    handler: Option<Handler<E>>,
    events: PhantomData<fn(E)>,
}

impl<E: Event> IngesterBuilder<E> {
    /// The defaults: up to 500 events a request, which wait for up to a second, and a queue of up to 10,000 events and 64 MiB.
    pub fn new(request: Request) -> Self {
        Self {
            request,
            limits: Limits::DEFAULT,
            handler: None,
            events: PhantomData,
        }
    }

    /// Sends up to this many events in a request. They are sent at once when there are as many. The events of a
    /// request have no more than 8 MiB, whatever is said here.
    pub fn max_events(mut self, count: usize) -> Self {
        self.limits.batch = count.max(1);
        self
    }

    /// Sends events after this time, also when there are few. A longer one makes fewer requests; the API allows for 500 a
    /// minute, and its sandbox for 100.
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.limits.delay = delay;
        self
    }

    /// Sets the capacity of the queue, events that are being sent included. `ingest` waits while it is full.
    pub fn capacity(mut self, events: usize) -> Self {
        self.limits.capacity = events.max(1);
        self
    }

    /// Holds up to this many bytes of events, as JSON; in memory they take a few times as much.
    pub fn capacity_bytes(mut self, bytes: usize) -> Self {
        self.limits.bytes = bytes;
        self
    }

    /// Sets how requests are sent: timeouts, headers. Repeats are the ingester's own, and not set here.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.request.options(options);
        self
    }

    /// Hands over each event that is not delivered, as soon as that is known: to log it, or to keep it for another day.
    /// The function is called by the driver, and must not take long. If it panics, the event is gone, and counted
    /// ([`Stats::dropped`](super::Stats::dropped)). Without one, they are in the [`Report`](super::Report): of the refused
    /// ones the first, as many as the queue holds.
    pub fn on_undelivered(
        mut self,
        handler: impl Fn(Undelivered<E>) + Send + Sync + 'static,
    ) -> Self {
        self.handler = Some(Box::new(handler));
        self
    }

    /// Makes an ingester, and the driver that sends its events: a future that has to be spawned.
    ///
    /// # Errors
    /// [`Error::Configuration`] when the client has no timer to wait with.
    pub fn build(mut self) -> Result<(Ingester<E>, Driver<E>), Error> {
        let clock = self.request.clock().clone();
        if !clock.exists() {
            const REASON: &str =
                "an ingester waits between requests: set a timer, or enable the feature `reqwest`";
            return Err(Error::configuration(REASON));
        }
        self.request
            .options(CallOptions::new().retry(RetryPolicy::off()));
        let queue = Arc::new(Queue::new(self.limits, clock, self.handler));
        let driver = Driver::new(Arc::clone(&queue), self.request);
        Ok((Ingester::new(queue), driver))
    }

    /// Makes an ingester, and spawns its driver on the tokio runtime that this is called on.
    ///
    /// The driver lives as long as the runtime. [`shutdown`](Ingester::shutdown) before that runtime ends.
    ///
    /// # Errors
    /// [`Error::Configuration`] when there is no tokio runtime.
    #[cfg(feature = "reqwest")]
    pub fn start(self) -> Result<Ingester<E>, Error> {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            const REASON: &str = "there is no tokio runtime to spawn the ingester's driver on";
            return Err(Error::configuration(REASON));
        };
        let (ingester, driver) = self.build()?;
        runtime.spawn(driver);
        Ok(ingester)
    }
}

/// The request that sends events.
#[cfg(feature = "metering")]
impl<E> From<IngesterBuilder<E>> for Request {
    fn from(builder: IngesterBuilder<E>) -> Self {
        builder.request
    }
}

impl<E> fmt::Debug for IngesterBuilder<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IngesterBuilder")
            .field("request", &self.request)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
