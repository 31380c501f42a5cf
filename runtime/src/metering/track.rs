//! `Track`: builds an event, and tracks it.

use super::event::UsageEvent;
use super::handle::Metering;
use super::metadata::{Cost, Llm, MetadataValue};
use crate::ingest::NotQueued;
use crate::time::Instant;
use crate::transport::BoxFuture;
use crate::types::Timestamp;

/// Builds an event of a customer, and tracks it when it is awaited. Returned by
/// [`CustomerMetering::track`](super::CustomerMetering::track).
#[derive(Clone, Debug)]
#[must_use = "the event is not tracked unless this is awaited"]
pub struct Track {
    metering: Metering,
    event: UsageEvent,
}

impl Track {
    pub(super) fn new(metering: Metering, event: UsageEvent) -> Self {
        Self { metering, event }
    }

    fn with(mut self, change: impl FnOnce(UsageEvent) -> UsageEvent) -> Self {
        self.event = change(self.event);
        self
    }

    /// Sets the name of the event, which meters filter by.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.event.name = name.into();
        self
    }

    /// Sets an entry of the metadata, which meters aggregate and filter by.
    pub fn metadata(self, key: impl Into<String>, value: impl Into<MetadataValue>) -> Self {
        self.with(|event| event.metadata(key, value))
    }

    /// Sets what the usage cost you: the metadata entry `_cost`.
    pub fn cost(self, cost: Cost) -> Self {
        self.with(|event| event.cost(cost))
    }

    /// Sets the call of a language model that the event is about: the metadata entry `_llm`.
    pub fn llm(self, llm: Llm) -> Self {
        self.with(|event| event.llm(llm))
    }

    /// Sets the time at which the usage happened. Default: the time at which it is tracked.
    pub fn timestamp(self, timestamp: Timestamp) -> Self {
        self.with(|event| event.timestamp(timestamp))
    }

    /// Sets the external ID, by which the server deduplicates events. Default: a random UUID.
    pub fn external_id(self, id: impl Into<String>) -> Self {
        self.with(|event| event.external_id(id))
    }

    /// Sets the parent event, by its ID at Polar or its external ID.
    pub fn parent_id(self, id: impl Into<String>) -> Self {
        self.with(|event| event.parent_id(id))
    }

    /// Tracks the event: see [`Metering::track`]. The same as awaiting this.
    ///
    /// # Errors
    /// Those of [`Metering::track`].
    pub async fn send(self) -> Result<(), NotQueued<UsageEvent>> {
        self.metering.track(self.event).await
    }

    /// Returns the current time of the client's clock.
    pub(super) fn now(&self) -> Instant {
        self.metering.now()
    }

    /// Tracks the event without waiting, even if the queue is full.
    pub(super) fn send_now(self) {
        self.metering.track_now(self.event);
    }
}

/// Tracks the event, like [`send`](Track::send).
impl IntoFuture for Track {
    type Output = Result<(), NotQueued<UsageEvent>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
