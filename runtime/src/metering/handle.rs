//! What events are tracked with.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::balance::{self, Balance};
use super::customer::Customer;
use super::event::UsageEvent;
use crate::Error;
use crate::client::Request;
use crate::ingest::{Ended, Ingester, NotQueued, Report, Stats};
use crate::log;
use crate::time::Instant;

/// Tracks usage, and reads balances. Cheap to clone: clones share one queue.
#[derive(Clone, Debug)]
pub struct Metering {
    ingester: Ingester<UsageEvent>,
    meters: Arc<Request>,
}

impl Metering {
    pub(super) fn new(ingester: Ingester<UsageEvent>, meters: Request) -> Self {
        Self {
            ingester,
            meters: Arc::new(meters),
        }
    }

    /// Tracks an event: queues it, and waits for capacity when the queue is full. An event without an external ID gets a
    /// random UUID, one without a timestamp the current time. Dropping the future before it is ready tracks nothing.
    ///
    /// # Errors
    /// When the event is invalid or too large, or the metering was shut down. The event is in the error.
    pub async fn track(&self, event: impl Into<UsageEvent>) -> Result<(), NotQueued<UsageEvent>> {
        self.ingester.ingest(event).await
    }

    /// Tracks an event where nothing can wait: it is queued beyond the capacity. One that cannot be queued is logged.
    pub(super) fn track_now(&self, event: UsageEvent) {
        if let Err(error) = self.ingester.ingest_now(event) {
            log::usage_lost(&error);
        }
    }

    /// The time by the client's clock.
    pub(super) fn now(&self) -> Instant {
        self.ingester.now()
    }

    /// Returns what a meter has counted for a customer; `None` where it has counted nothing and nothing was credited. The
    /// member of a [`Customer`] does not matter: balances are those of customers.
    ///
    /// # Errors
    /// Those of `customer_meters:list`.
    pub async fn meter(
        &self,
        meter: impl Into<Uuid>,
        customer: impl Into<Customer>,
    ) -> Result<Option<Balance>, Error> {
        balance::ask(&self.meters, meter.into(), &customer.into()).await
    }

    /// Sends everything that was tracked so far, and waits until its delivery outcome is known, through outages. For
    /// handlers that are frozen between invocations.
    ///
    /// # Errors
    /// When the metering is shut down before that.
    pub async fn flush(&self) -> Result<(), Ended> {
        self.ingester.flush().await
    }

    /// Accepts no more events, and sends what is queued until `deadline` elapses. What is left then is returned.
    pub async fn shutdown(&self, deadline: Duration) -> Report<UsageEvent> {
        self.ingester.shutdown(deadline).await
    }

    /// Returns the counts so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.ingester.stats()
    }
}
