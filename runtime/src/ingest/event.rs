//! The trait of event types, which generated code implements.

use crate::codec::{Decode, Encode};
use crate::types::Timestamp;

/// A type of event that can be ingested. Generated code implements it for the event types of the API.
pub trait Event: Encode + Send + 'static {
    /// The response to a request that sends a batch of events.
    type Response: Decode + Send + 'static;

    /// The key of the list of events in the request body.
    const LIST: &'static str;

    /// The key of an event's timestamp.
    const TIME: &'static str;

    /// Returns the external ID, by which the server deduplicates events, for reading and setting it.
    fn external_id(&mut self) -> &mut Option<String>;

    /// Returns the time at which the event happened, for reading and setting it.
    fn timestamp(&mut self) -> &mut Option<Timestamp>;

    /// Returns how many events of the batch the server stored, by its response.
    fn counts(response: &Self::Response) -> Counts;
}

/// How many events of a batch were new to the server, and how many were duplicates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// The number of events that the server stored.
    pub accepted: i64,
    /// The number of events that the server had already stored. They are not stored again.
    pub duplicates: i64,
}
