//! The contract between the ingester and the generated event types.

use crate::codec::{Decode, Encode};
use crate::types::Timestamp;

/// An event that can be ingested. Generated code implements it for the events of the API.
pub trait Event: Encode + Send + 'static {
    /// The response to a batch.
    type Answer: Decode + Send + 'static;

    /// The key of the list of events in the request body.
    const LIST: &'static str;

    /// The key of an event's timestamp.
    const TIME: &'static str;

    /// The id by which the server recognizes an event that it already has.
    fn external_id(&mut self) -> &mut Option<String>;

    /// When the event happened.
    fn timestamp(&mut self) -> &mut Option<Timestamp>;

    /// The counts in a response.
    fn counts(answer: &Self::Answer) -> Counts;
}

/// What the server did with the events of a batch, by its own count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// How many it stored.
    pub accepted: i64,
    /// How many it had already.
    pub duplicates: i64,
}
