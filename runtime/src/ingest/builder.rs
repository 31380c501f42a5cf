//! Configuration of ingesters.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::backlog::Limits;
use super::dead_letters::Handler;
use super::driver::Driver;
use super::event::Event;
use super::handle::Ingester;
use super::outcome::Undelivered;
use super::queue::Queue;
#[cfg(feature = "spool")]
use super::spool::{Reader, Spool};
use crate::Error;
use crate::client::{CallOptions, Request, RetryPolicy};
#[cfg(feature = "spool")]
use crate::codec::Decode;
#[cfg(feature = "postgres")]
use crate::transport::Clock;

/// Configures an [`Ingester`].
#[must_use = "a builder does nothing until it builds"]
pub struct IngesterBuilder<E> {
    request: Request,
    limits: Limits,
    handler: Option<Handler<E>>,
    #[cfg(feature = "spool")]
    spool: Option<(Spool, Reader<E>)>,
    events: PhantomData<fn(E)>,
}

impl<E: Event> IngesterBuilder<E> {
    /// Creates a builder with the defaults: batches of up to 500 events or one second, and a queue of up to 10,000
    /// events and 64 MiB.
    pub fn new(request: Request) -> Self {
        Self {
            request,
            limits: Limits::DEFAULT,
            handler: None,
            #[cfg(feature = "spool")]
            spool: None,
            events: PhantomData,
        }
    }

    /// Sets the maximum number of events of a request; 500 by default. A full batch is sent at once. A request has at
    /// most 8 MiB of events, regardless of this setting.
    pub fn max_events(mut self, count: usize) -> Self {
        self.limits.batch = count.max(1);
        self
    }

    /// Sets the maximum time that an event waits for its batch to fill; one second by default. A longer delay makes
    /// fewer requests. The API allows 500 requests per minute, and its sandbox 100.
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.limits.delay = delay;
        self
    }

    /// Sets the capacity of the queue, including events that are being sent; 10,000 events by default. `ingest` waits
    /// for capacity when the queue is full (backpressure).
    pub fn capacity(mut self, events: usize) -> Self {
        self.limits.capacity = events.max(1);
        self
    }

    /// Sets the capacity of the queue in bytes of JSON; 64 MiB by default. In memory, events take a few times as much.
    pub fn capacity_bytes(mut self, bytes: usize) -> Self {
        self.limits.bytes = bytes;
        self
    }

    /// Sets options of the requests, such as timeouts and headers. The ingester has its own retries, so a retry policy
    /// in the options has no effect.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.request.options(options);
        self
    }

    /// Calls a function for each event that was not delivered, as soon as that is known, for example to log or store
    /// it.
    ///
    /// The driver calls it, so it must return quickly. If it panics, the event is dropped and counted
    /// ([`Stats::dropped`](super::Stats::dropped)). Without a handler, the events are in the [`Report`](super::Report):
    /// all unsent ones, and of the rejected ones the first, up to the capacity of the queue.
    ///
    /// With a `Spool`, rejected and unconfirmed events stay on disk, whether or not the handler returns, and are not in the
    /// report. If the process is killed, the handler may not have been called for the last of them.
    pub fn on_undelivered(
        mut self,
        handler: impl Fn(Undelivered<E>) + Send + Sync + 'static,
    ) -> Self {
        self.handler = Some(Box::new(handler));
        self
    }

    /// Stores events on disk until they are delivered: [`ingest`](Ingester::ingest) returns when the event is durable, and
    /// waits while the disk budget is used up. [`capacity`](Self::capacity) and [`capacity_bytes`](Self::capacity_bytes) say
    /// how many of them are in memory as well. Events that earlier processes left are sent first.
    ///
    /// The type of the events has to be one that is read as well as written: `UsageEvent`, the event of metering.
    ///
    /// Events that are left by a [`shutdown`](Ingester::shutdown) stay on disk, and are not returned as undelivered. Events
    /// that the server rejects or does not confirm stay there as well, until they are
    /// [retried](Ingester::retry_rejected) or [discarded](Ingester::discard_rejected).
    #[cfg(feature = "spool")]
    pub fn spool(mut self, spool: Spool) -> Self
    where
        E: Decode,
    {
        self.spool = Some((spool, crate::codec::from_slice));
        self
    }

    /// Builds the ingester, and the driver that sends its events: a future to spawn.
    ///
    /// # Errors
    /// [`Error::Configuration`] when the client has no timer, or the spool's thread cannot be started.
    pub fn build(mut self) -> Result<(Ingester<E>, Driver<E>), Error> {
        let clock = self.request.clock().clone();
        if !clock.exists() {
            const REASON: &str = "the ingester needs a timer: set one on the client, or enable the feature `reqwest`";
            return Err(Error::configuration(REASON));
        }
        self.request
            .options(CallOptions::new().retry(RetryPolicy::off()));
        let queue = Queue::new(self.limits, clock, self.handler);
        #[cfg(feature = "spool")]
        let queue = spooled(queue, self.spool, self.limits)?;
        #[cfg(not(feature = "spool"))]
        let queue = Arc::new(queue);
        let driver = Driver::new(Arc::clone(&queue), self.request);
        Ok((Ingester::new(queue), driver))
    }

    /// Builds the ingester, and spawns its driver on the current tokio runtime.
    ///
    /// The driver lives as long as the runtime: call [`shutdown`](Ingester::shutdown) before that ends.
    ///
    /// # Errors
    /// [`Error::Configuration`] when there is no tokio runtime.
    #[cfg(feature = "reqwest")]
    pub fn start(self) -> Result<Ingester<E>, Error> {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            const REASON: &str = "no tokio runtime to spawn the ingester's driver on: call `start` within one, or spawn the driver of `build`";
            return Err(Error::configuration(REASON));
        };
        let (ingester, driver) = self.build()?;
        runtime.spawn(driver);
        Ok(ingester)
    }
}

/// Stores events before they are queued, if there is a spool.
#[cfg(feature = "spool")]
fn spooled<E: Event>(
    queue: Queue<E>,
    spool: Option<(Spool, Reader<E>)>,
    limits: Limits,
) -> Result<Arc<Queue<E>>, Error> {
    let Some((spool, read)) = spool else {
        return Ok(Arc::new(queue));
    };
    let (gate, unstarted) = spool.split(limits);
    let queue = Arc::new(queue.behind(gate));
    let inlet = Arc::clone(&queue);
    unstarted.start(inlet, read).map_err(|error| {
        Error::configuration(format!("the spool's thread cannot be started: {error}"))
    })?;
    Ok(queue)
}

/// For the relay of an outbox, which sends events of its own type.
#[cfg(feature = "postgres")]
impl<E: Event> IngesterBuilder<E> {
    /// Returns the same settings for other events.
    pub(crate) fn with_events<F: Event>(self) -> IngesterBuilder<F> {
        IngesterBuilder {
            limits: self.limits,
            ..IngesterBuilder::new(self.request)
        }
    }

    /// Returns the maximum size of a batch, the capacity, and the longest time that an event waits for others.
    pub(crate) fn pace(&self) -> (usize, usize, Duration) {
        let Limits {
            batch,
            capacity,
            delay,
            ..
        } = self.limits;
        (batch, capacity, delay)
    }

    pub(crate) fn clock(&self) -> &Clock {
        self.request.clock()
    }
}

/// Returns the request that sends events.
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
