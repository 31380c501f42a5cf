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

/// Configures and starts an [`Ingester`].
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
    /// Creates a builder with the default settings. `request` is the operation that ingests events.
    ///
    /// By default, a batch is sent when it has 500 events, or when its oldest event is one second old. The queue has
    /// capacity for 10,000 events and 64 MiB.
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

    /// Sets the maximum number of events in a request. Default: 500.
    ///
    /// A batch of this size is sent at once. Regardless of this setting, a request contains at most 8 MiB of events.
    pub fn max_events(mut self, count: usize) -> Self {
        self.limits.batch = count.max(1);
        self
    }

    /// Sets the maximum time that an event waits for its batch to fill. Default: one second.
    ///
    /// A longer delay means fewer requests. The API allows 500 requests per minute, its sandbox 100.
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.limits.delay = delay;
        self
    }

    /// Sets the capacity of the queue, as a number of events. Default: 10,000.
    ///
    /// Events that are being sent count as queued. [`ingest`](Ingester::ingest) waits while the queue is full
    /// (backpressure).
    pub fn capacity(mut self, events: usize) -> Self {
        self.limits.capacity = events.max(1);
        self
    }

    /// Sets the capacity of the queue in bytes of JSON. Default: 64 MiB.
    ///
    /// In memory, events take a few times the size of their JSON. An event that is larger than this limit is accepted
    /// when the queue is empty.
    pub fn capacity_bytes(mut self, bytes: usize) -> Self {
        self.limits.bytes = bytes;
        self
    }

    /// Sets options of the requests, such as timeouts and headers.
    ///
    /// A retry policy in the options has no effect, because the ingester has its own retries.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.request.options(options);
        self
    }

    /// Sets a function that is called for each undelivered event, for example to log or store it.
    ///
    /// The driver calls the function as soon as the event is known to be undelivered, so it must return quickly. If it
    /// panics, the event is dropped and counted in [`Stats::dropped`](super::Stats::dropped).
    ///
    /// Without this function, undelivered events are returned in the [`Report`](super::Report): see
    /// [`Report::undelivered`](super::Report::undelivered).
    ///
    /// With a `Spool`, rejected and unconfirmed events also stay on disk, whatever the function does with them. If the
    /// process is killed, the function may not have been called for the latest ones.
    pub fn on_undelivered(
        mut self,
        handler: impl Fn(Undelivered<E>) + Send + Sync + 'static,
    ) -> Self {
        self.handler = Some(Box::new(handler));
        self
    }

    /// Stores events on disk until they are delivered.
    ///
    /// [`ingest`](Ingester::ingest) returns when the event is stored, and waits while the disk budget is used up
    /// ([`SpoolOptions::budget`](super::SpoolOptions::budget)). Undelivered events of earlier processes are sent first.
    /// Up to [`capacity`](Self::capacity) and [`capacity_bytes`](Self::capacity_bytes), the stored events are also in
    /// memory.
    ///
    /// Events that are unsent after a [`shutdown`](Ingester::shutdown) stay on disk, for the next process. Events that
    /// the server rejects or does not confirm also stay on disk, until they are [retried](Ingester::retry_rejected) or
    /// [discarded](Ingester::discard_rejected).
    ///
    /// The event type must implement [`Decode`], as `UsageEvent` of metering does.
    #[cfg(feature = "spool")]
    pub fn spool(mut self, spool: Spool) -> Self
    where
        E: Decode,
    {
        self.spool = Some((spool, crate::codec::from_slice));
        self
    }

    /// Builds the ingester and its driver. The driver is a future that sends the events: spawn it.
    ///
    /// # Errors
    /// Returns [`Error::Configuration`] if the client has no timer, or if the thread of the `Spool` cannot be started.
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
    /// The driver ends with the runtime: call [`shutdown`](Ingester::shutdown) before that.
    ///
    /// # Errors
    /// Returns [`Error::Configuration`] if it is called outside of a tokio runtime, and in the cases of
    /// [`build`](Self::build).
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

/// Connects the queue with the spool, if there is one, and starts the thread that writes to it.
#[cfg(feature = "spool")]
fn spooled<E: Event>(
    queue: Queue<E>,
    spool: Option<(Spool, Reader<E>)>,
    limits: Limits,
) -> Result<Arc<Queue<E>>, Error> {
    let Some((spool, read)) = spool else {
        return Ok(Arc::new(queue));
    };
    let (handle, unstarted) = spool.split(limits);
    let queue = Arc::new(queue.with_spool(handle));
    let destination = Arc::clone(&queue);
    unstarted.start(destination, read).map_err(|error| {
        Error::configuration(format!("the spool's thread cannot be started: {error}"))
    })?;
    Ok(queue)
}

/// Methods for the relay of an outbox.
#[cfg(feature = "postgres")]
impl<E: Event> IngesterBuilder<E> {
    /// Returns a builder with the same settings for another event type.
    pub(crate) fn with_events<F: Event>(self) -> IngesterBuilder<F> {
        IngesterBuilder {
            limits: self.limits,
            ..IngesterBuilder::new(self.request)
        }
    }

    /// Returns the maximum number of events in a request, the capacity of the queue, and the maximum delay.
    pub(crate) fn relay_limits(&self) -> (usize, usize, Duration) {
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

/// Returns the request that sends events, without the other settings.
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
