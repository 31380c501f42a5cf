//! An event that is about to be tracked.

use super::event::UsageEvent;
use super::handle::Metering;
use super::metadata::{Cost, Llm, MetadataValue};
use crate::ingest::NotQueued;
use crate::time::Instant;
use crate::transport::BoxFuture;
use crate::types::Timestamp;

/// An event that is tracked when it is awaited.
#[derive(Clone, Debug)]
#[must_use = "the event is tracked when this is awaited"]
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

    /// Sets the name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.event.name = name.into();
        self
    }

    /// Sets a value of the metadata.
    pub fn metadata(self, key: impl Into<String>, value: impl Into<MetadataValue>) -> Self {
        self.with(|event| event.metadata(key, value))
    }

    /// Sets what the usage cost you (`_cost`).
    pub fn cost(self, cost: Cost) -> Self {
        self.with(|event| event.cost(cost))
    }

    /// Sets the call of a language model (`_llm`).
    pub fn llm(self, llm: Llm) -> Self {
        self.with(|event| event.llm(llm))
    }

    /// Sets the timestamp. Default: the time of the call.
    pub fn timestamp(self, timestamp: Timestamp) -> Self {
        self.with(|event| event.timestamp(timestamp))
    }

    /// Sets the external ID, by which the server deduplicates events. Default: a random UUID.
    pub fn external_id(self, id: impl Into<String>) -> Self {
        self.with(|event| event.external_id(id))
    }

    /// Sets the parent event, by Polar's ID or your own.
    pub fn parent_id(self, id: impl Into<String>) -> Self {
        self.with(|event| event.parent_id(id))
    }

    /// Tracks the event: see [`Metering::track`].
    ///
    /// # Errors
    /// When the event is invalid or too large, or the metering was shut down. The event is in the error.
    pub async fn send(self) -> Result<(), NotQueued<UsageEvent>> {
        self.metering.track(self.event).await
    }

    /// Returns the time by the client's clock.
    pub(super) fn now(&self) -> Instant {
        self.metering.now()
    }

    /// Tracks the event where nothing can wait.
    pub(super) fn send_now(self) {
        self.metering.track_now(self.event);
    }
}

/// Awaiting it tracks the event.
impl IntoFuture for Track {
    type Output = Result<(), NotQueued<UsageEvent>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
