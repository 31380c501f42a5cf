//! The trait of event types, which generated code implements.

use crate::codec::{Decode, Encode};
use crate::types::Timestamp;

/// An event that can be ingested. Generated code implements it for the events of the API.
pub trait Event: Encode + Send + 'static {
    /// The response to a batch.
    type Response: Decode + Send + 'static;

    /// The key of the list of events in the request body.
    const LIST: &'static str;

    /// The key of an event's timestamp.
    const TIME: &'static str;

    /// Returns the ID by which the server deduplicates events.
    fn external_id(&mut self) -> &mut Option<String>;

    /// Returns when the event happened.
    fn timestamp(&mut self) -> &mut Option<Timestamp>;

    /// Returns the counts of a response.
    fn counts(response: &Self::Response) -> Counts;
}

/// The server's counts for a batch of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// The number of stored events.
    pub accepted: i64,
    /// The number of events that the server had stored before.
    pub duplicates: i64,
}
