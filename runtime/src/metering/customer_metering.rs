//! Metering of one customer.

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
    /// Returns a handle bound to a customer: by a string, your own ID; by a UUID, Polar's; with a member, a [`Customer`].
    #[must_use]
    pub fn customer(&self, customer: impl Into<Customer>) -> CustomerMetering {
        CustomerMetering {
            metering: self.clone(),
            customer: customer.into(),
        }
    }
}

/// A [`Metering`] bound to a customer. Cheap to clone.
#[derive(Clone, Debug)]
pub struct CustomerMetering {
    metering: Metering,
    customer: Customer,
}

impl CustomerMetering {
    /// Creates an event of the customer. Add metadata, then await it to track it.
    pub fn track(&self, name: impl Into<String>) -> Track {
        Track::new(self.metering.clone(), self.event(name))
    }

    /// Creates an event `llm` with the call of a language model (`_llm`). Set its cost with [`cost`](Track::cost), and
    /// its name with [`name`](Track::name).
    pub fn llm(
        &self,
        vendor: impl Into<String>,
        model: impl Into<String>,
        usage: TokenUsage,
    ) -> Track {
        self.track("llm").llm(Llm::new(vendor, model, usage))
    }

    /// Starts a timer that tracks an event with the elapsed `seconds` when it is dropped or finished.
    pub fn timer(&self, name: impl Into<String>) -> UsageTimer {
        UsageTimer::start(self.track(name))
    }

    /// Wraps a reader, stream or HTTP body: counts the bytes that pass, and tracks an event with their number, `bytes`,
    /// when the wrapper is dropped or finished.
    pub fn count_bytes<T>(&self, name: impl Into<String>, inner: T) -> ByteCounter<T> {
        ByteCounter::new(self.track(name), inner)
    }

    /// Returns the balance of a meter of the customer: see [`Metering::meter`].
    ///
    /// # Errors
    /// Those of `customer_meters:list`.
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
