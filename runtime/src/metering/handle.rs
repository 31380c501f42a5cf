//! What events are tracked with.

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

/// Tracks usage, and reads balances. Cheap to clone: clones share one queue.
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

    /// Counts what is tracked locally, too.
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

    /// Tracks an event: queues it, and waits for capacity when the queue is full. An event without an external ID gets a
    /// random UUID, one without a timestamp the current time.
    ///
    /// Dropping the future while it waits for capacity tracks nothing. With a spool, the future also waits for the disk: an
    /// event that is on its way to the disk is stored, counted and sent although the future is dropped. To track it again
    /// after a timeout, give it an [external ID](UsageEvent::external_id), so that the server stores it once.
    ///
    /// # Errors
    /// When the event is invalid or too large, or the metering was shut down. The event is in the error.
    pub async fn track(&self, event: impl Into<UsageEvent>) -> Result<(), NotQueued<UsageEvent>> {
        #[cfg(feature = "outpost")]
        if let Some(outpost) = &self.outpost {
            let then = |event: &UsageEvent| counted(outpost, event, None);
            return self.ingester.ingest_then(event.into(), then).await;
        }
        self.ingester.ingest(event).await
    }

    /// Tracks an event, and gives reserved units back when it is counted.
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

    /// Tracks an event where nothing can wait: it is queued beyond the capacity. One that cannot be queued is logged.
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

    /// Returns the time by the client's clock.
    pub(super) fn now(&self) -> Instant {
        self.ingester.now()
    }

    /// Returns what a meter has counted for a customer; `None` where it has counted nothing and nothing was credited. The
    /// member of a [`Customer`] does not matter: balances are those of customers.
    ///
    /// With an Outpost (feature `outpost`) the balance is computed locally where that is possible
    /// ([`Balance::source`] says so), and includes the events that were tracked just now. While the API cannot be reached
    /// either, the last local balance is returned, with its age.
    ///
    /// # Errors
    /// Those of `customer_meters:list`.
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

    /// The local balance, or else the API's. While neither can be had, the last local one is better than none.
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

    /// Sends everything that was tracked so far, and waits until its delivery outcome is known, through outages. For
    /// handlers that are frozen between invocations.
    ///
    /// # Errors
    /// When the metering is shut down before that.
    pub async fn flush(&self) -> Result<(), Ended> {
        self.ingester.flush().await?;
        #[cfg(feature = "outpost")]
        if let Some(outpost) = &self.outpost {
            outpost.settled().await;
        }
        Ok(())
    }

    /// Accepts no more events, and sends what is queued until `deadline` elapses. What is left then is returned.
    pub async fn shutdown(&self, deadline: Duration) -> Report<UsageEvent> {
        let report = self.ingester.shutdown(deadline).await;
        #[cfg(feature = "outpost")]
        if let Some(outpost) = &self.outpost {
            outpost.close().await;
        }
        report
    }

    /// Returns rejected and unconfirmed events of the spool with numbers above `after`, up to `limit`: see
    /// [`Ingester::rejected`].
    ///
    /// # Errors
    /// When the disk fails, or the metering was shut down.
    #[cfg(feature = "spool")]
    pub async fn rejected(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<RejectedEvent<UsageEvent>>, SpoolError> {
        self.ingester.rejected(after, limit).await
    }

    /// Queues all rejected and unconfirmed events of the spool again, and returns how many they were: see
    /// [`Ingester::retry_rejected`]. The local balances of an Outpost do not count them again.
    ///
    /// # Errors
    /// When the disk fails, or the metering was shut down.
    #[cfg(feature = "spool")]
    pub async fn retry_rejected(&self) -> Result<u64, SpoolError> {
        self.ingester.retry_rejected().await
    }

    /// Removes rejected and unconfirmed events with these numbers from the spool, and returns how many they were: see
    /// [`Ingester::discard_rejected`].
    ///
    /// # Errors
    /// When the disk fails, or the metering was shut down.
    #[cfg(feature = "spool")]
    pub async fn discard_rejected(&self, numbers: impl Into<Vec<u64>>) -> Result<u64, SpoolError> {
        self.ingester.discard_rejected(numbers).await
    }

    /// Returns the counts so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.ingester.stats()
    }
}

/// Counts an event locally when it is accepted, and then gives reserved units back: at no time are more available.
#[cfg(feature = "outpost")]
fn counted(outpost: &Outpost, event: &UsageEvent, hold: Option<Hold>) -> Accepted {
    let recording = outpost.prepare((&event.customer).into(), event);
    let outpost = outpost.clone();
    Box::new(move || {
        outpost.record(recording);
        drop(hold);
    })
}
