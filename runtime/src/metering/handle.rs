//! `Metering`: tracks events, and reads balances.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::balance::{self, Balance};
use super::customer::Customer;
use super::event::UsageEvent;
#[cfg(feature = "outpost")]
use super::local;
use crate::Error;
use crate::client::Request;
#[cfg(feature = "outpost")]
use crate::ingest::Accepted;
use crate::ingest::{Ended, Ingester, NotQueued, Report, Stats};
#[cfg(feature = "spool")]
use crate::ingest::{RejectedEvent, SpoolError};
use crate::log;
#[cfg(feature = "outpost")]
use crate::outpost::{Hold, LocalBalance, Outpost};
use crate::time::Instant;

/// Tracks usage events of customers, and reads the balances of their meters.
///
/// Cheap to clone: all clones share one queue.
#[derive(Clone, Debug)]
pub struct Metering {
    ingester: Ingester<UsageEvent>,
    meters: Arc<Request>,
    #[cfg(feature = "outpost")]
    outpost: Option<Outpost>,
}

impl Metering {
    pub(super) fn new(ingester: Ingester<UsageEvent>, meters: Request) -> Self {
        Self {
            ingester,
            meters: Arc::new(meters),
            #[cfg(feature = "outpost")]
            outpost: None,
        }
    }

    /// Adds an Outpost, which also counts the tracked events.
    #[cfg(feature = "outpost")]
    pub(super) fn attach(self, outpost: Option<Outpost>) -> Self {
        Self { outpost, ..self }
    }

    #[cfg(feature = "outpost")]
    pub(super) fn outpost(&self) -> Option<&Outpost> {
        self.outpost.as_ref()
    }

    #[cfg(feature = "outpost")]
    pub(super) fn meters(&self) -> &Request {
        &self.meters
    }

    /// Tracks an event: queues it for sending. Waits for capacity while the queue is full (backpressure).
    ///
    /// An event without an external ID gets a random UUID. An event without a timestamp gets the current time.
    ///
    /// # Cancellation
    /// If the future is dropped while it waits for capacity, the event is not tracked. With a spool, the future then
    /// waits for the disk. If it is dropped at that point, the event is stored and sent nevertheless. Set an
    /// [external ID](UsageEvent::external_id) if you may track the event again, for example after a timeout: the server
    /// then stores it once.
    ///
    /// # Errors
    /// Returns [`NotQueued`], which contains the event, if the event is invalid or too large, if it cannot be written
    /// to the spool, or if the metering was shut down.
    pub async fn track(&self, event: impl Into<UsageEvent>) -> Result<(), NotQueued<UsageEvent>> {
        #[cfg(feature = "outpost")]
        if let Some(outpost) = &self.outpost {
            let then = |event: &UsageEvent| counted(outpost, event, None);
            return self.ingester.ingest_then(event.into(), then).await;
        }
        self.ingester.ingest(event).await
    }

    /// Tracks an event, and releases reserved units once the event is counted.
    #[cfg(feature = "outpost")]
    pub(super) async fn track_held(
        &self,
        event: UsageEvent,
        hold: Hold,
    ) -> Result<(), NotQueued<UsageEvent>> {
        match &self.outpost {
            Some(outpost) => {
                let then = |event: &UsageEvent| counted(outpost, event, Some(hold));
                self.ingester.ingest_then(event, then).await
            }
            None => self.ingester.ingest(event).await,
        }
    }

    /// Queues an event even if the queue is full, for callers that cannot wait, such as `Drop`. If the event cannot be
    /// queued, that is logged.
    pub(super) fn track_now(&self, event: UsageEvent) {
        #[cfg(feature = "outpost")]
        let tracked = match &self.outpost {
            Some(outpost) => {
                let then = |event: &UsageEvent| counted(outpost, event, None);
                self.ingester.ingest_now_then(event, then)
            }
            None => self.ingester.ingest_now(event),
        };
        #[cfg(not(feature = "outpost"))]
        let tracked = self.ingester.ingest_now(event);
        if let Err(error) = tracked {
            log::usage_lost(&error);
        }
    }

    /// Returns the current time of the client's clock.
    pub(super) fn now(&self) -> Instant {
        self.ingester.now()
    }

    /// Returns the balance of a customer's meter.
    ///
    /// Returns `None` if the customer is unknown, or has neither usage nor credits of this meter. The member of a
    /// [`Customer`] is ignored: balances belong to customers.
    ///
    /// With an Outpost (feature `outpost`), the balance is computed locally if possible, and includes all events that
    /// were tracked before. Otherwise it is read from the API. If that fails with a transient error, the last local
    /// balance is returned. [`Balance::source`] and [`Balance::age`] show where the balance comes from, and how old it
    /// is.
    ///
    /// # Errors
    /// Those of the operation `customer_meters:list`.
    pub async fn meter(
        &self,
        meter: impl Into<Uuid>,
        customer: impl Into<Customer>,
    ) -> Result<Option<Balance>, Error> {
        let (meter, customer) = (meter.into(), customer.into());
        #[cfg(feature = "outpost")]
        if let Some(outpost) = &self.outpost {
            return self.read(outpost, meter, &customer).await;
        }
        balance::fetch(&self.meters, meter, &customer).await
    }

    /// Returns the local balance, or else that of the API. If the API fails as well, returns the last local balance.
    #[cfg(feature = "outpost")]
    async fn read(
        &self,
        outpost: &Outpost,
        meter: Uuid,
        customer: &Customer,
    ) -> Result<Option<Balance>, Error> {
        let identity = customer.into();
        match outpost.read(&identity, meter).await {
            LocalBalance::Known(reading, age) => return Ok(Some(local::balance(reading, age))),
            LocalBalance::NoCustomer => return Ok(None),
            LocalBalance::Unknown => {}
        }
        let response = balance::fetch(&self.meters, meter, customer).await;
        match (response, outpost.last(&identity, meter)) {
            (Err(error), LocalBalance::Known(reading, age)) if error.is_retryable() => {
                Ok(Some(local::balance(reading, age)))
            }
            (response, _) => response,
        }
    }

    /// Sends all tracked events now, and waits until their delivery outcomes are known.
    ///
    /// It has no timeout of its own: during an outage, it waits until the outage ends. Call it at the end of a
    /// serverless function, which is frozen between invocations.
    ///
    /// # Errors
    /// Returns [`Ended`] if the metering ends before all of these events have an outcome.
    pub async fn flush(&self) -> Result<(), Ended> {
        self.ingester.flush().await?;
        #[cfg(feature = "outpost")]
        if let Some(outpost) = &self.outpost {
            outpost.settled().await;
        }
        Ok(())
    }

    /// Stops accepting events, sends the queued ones until `deadline` elapses, and returns the final report.
    ///
    /// The report contains the events that are still unsent then: see [`Ingester::shutdown`].
    pub async fn shutdown(&self, deadline: Duration) -> Report<UsageEvent> {
        let report = self.ingester.shutdown(deadline).await;
        #[cfg(feature = "outpost")]
        if let Some(outpost) = &self.outpost {
            outpost.close().await;
        }
        report
    }

    /// Returns a page of the rejected and unconfirmed events in the spool, the oldest first.
    ///
    /// The page starts after the event with the number `after`, and has up to `limit` events: see
    /// [`Ingester::rejected`].
    ///
    /// # Errors
    /// Returns an error if the disk fails, or if the metering was shut down.
    #[cfg(feature = "spool")]
    pub async fn rejected(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<RejectedEvent<UsageEvent>>, SpoolError> {
        self.ingester.rejected(after, limit).await
    }

    /// Queues all rejected and unconfirmed events in the spool again, and returns their number.
    ///
    /// An Outpost does not count them again. For everything else, see [`Ingester::retry_rejected`].
    ///
    /// # Errors
    /// Returns an error if the disk fails, or if the metering was shut down.
    #[cfg(feature = "spool")]
    pub async fn retry_rejected(&self) -> Result<u64, SpoolError> {
        self.ingester.retry_rejected().await
    }

    /// Removes the rejected and unconfirmed events with these numbers from the spool, and returns how many were
    /// removed.
    ///
    /// See [`Ingester::discard_rejected`].
    ///
    /// # Errors
    /// Returns an error if the disk fails, or if the metering was shut down.
    #[cfg(feature = "spool")]
    pub async fn discard_rejected(&self, numbers: impl Into<Vec<u64>>) -> Result<u64, SpoolError> {
        self.ingester.discard_rejected(numbers).await
    }

    /// Returns the current counts of events and requests.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.ingester.stats()
    }
}

/// Returns a function that counts an accepted event, and then releases reserved units. In this order, no more units are
/// available in between.
#[cfg(feature = "outpost")]
fn counted(outpost: &Outpost, event: &UsageEvent, hold: Option<Hold>) -> Accepted {
    let recording = outpost.prepare((&event.customer).into(), event);
    let outpost = outpost.clone();
    Box::new(move || {
        outpost.record(recording);
        drop(hold);
    })
}
