//! `CustomerMetering`: metering of one customer.

use uuid::Uuid;

use super::balance::Balance;
use super::customer::Customer;
use super::event::UsageEvent;
use super::handle::Metering;
use super::measure::{ByteCounter, UsageTimer};
use super::metadata::{Llm, TokenUsage};
use super::track::Track;
use crate::Error;

impl Metering {
    /// Returns a handle that tracks and reads the usage of one customer.
    ///
    /// Pass a string for an external ID, a UUID for an ID at Polar, or a [`Customer`] with a member.
    #[must_use]
    pub fn customer(&self, customer: impl Into<Customer>) -> CustomerMetering {
        CustomerMetering {
            metering: self.clone(),
            customer: customer.into(),
        }
    }
}

/// Tracks and reads the usage of one customer. Returned by [`Metering::customer`]. Cheap to clone.
#[derive(Clone, Debug)]
pub struct CustomerMetering {
    metering: Metering,
    customer: Customer,
}

impl CustomerMetering {
    /// Creates an event of the customer. Await it to track it: `customer.track("call").metadata("units", 5).await?`.
    pub fn track(&self, name: impl Into<String>) -> Track {
        Track::new(self.metering.clone(), self.event(name))
    }

    /// Creates an event for a call of a language model. Await it to track it.
    ///
    /// Its name is `llm`; change it with [`name`](Track::name). The call is the metadata entry `_llm`. Set what the
    /// call cost you with [`cost`](Track::cost).
    pub fn llm(
        &self,
        vendor: impl Into<String>,
        model: impl Into<String>,
        usage: TokenUsage,
    ) -> Track {
        self.track("llm").llm(Llm::new(vendor, model, usage))
    }

    /// Starts a timer. When it is dropped or [finished](UsageTimer::finish), it tracks an event with the elapsed time
    /// in the metadata entry `seconds`.
    pub fn timer(&self, name: impl Into<String>) -> UsageTimer {
        UsageTimer::start(self.track(name))
    }

    /// Wraps a reader, stream or HTTP body, and counts its bytes. When the wrapper is dropped or
    /// [finished](ByteCounter::finish), it tracks an event with their number in the metadata entry `bytes`.
    pub fn count_bytes<T>(&self, name: impl Into<String>, inner: T) -> ByteCounter<T> {
        ByteCounter::new(self.track(name), inner)
    }

    /// Returns the balance of a meter of this customer: see [`Metering::meter`].
    ///
    /// # Errors
    /// Those of the operation `customer_meters:list`.
    pub async fn meter(&self, meter: impl Into<Uuid>) -> Result<Option<Balance>, Error> {
        self.metering.meter(meter, &self.customer).await
    }

    #[cfg(feature = "outpost")]
    pub(super) fn metering(&self) -> &Metering {
        &self.metering
    }

    #[cfg(feature = "outpost")]
    pub(super) fn bound_to(&self) -> &Customer {
        &self.customer
    }

    fn event(&self, name: impl Into<String>) -> UsageEvent {
        UsageEvent::new(name, self.customer.clone())
    }
}
