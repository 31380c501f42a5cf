//! Prepares events before they are queued or stored: sets missing properties, and validates them.

use chrono::SubsecRound;
use uuid::Uuid;

use super::backlog::MAX_BODY;
use super::entry::TimestampSource;
use super::event::Event;
use super::outcome::{NotQueued, NotQueuedReason};
use crate::codec;
use crate::time::system_time;
use crate::types::Timestamp;

/// A valid event with an external ID and a timestamp. They stay the same however often the event is sent.
pub(crate) struct Prepared<E> {
    pub(crate) event: E,
    /// The JSON of the event, as it is sent.
    pub(crate) json: Vec<u8>,
    pub(crate) timestamp_source: TimestampSource,
}

/// Sets the external ID and the timestamp of an event if they are missing, and validates the event.
pub(crate) fn prepare<E: Event>(mut event: E) -> Result<Prepared<E>, NotQueued<E>> {
    let id = event.external_id();
    if id.as_ref().is_none_or(String::is_empty) {
        *id = Some(Uuid::new_v4().to_string());
    }
    // Without a timestamp, the server would assign the time at which it stores the event.
    let mut timestamp_source = TimestampSource::Caller;
    event.timestamp().get_or_insert_with(|| {
        timestamp_source = TimestampSource::Ingester;
        Timestamp::from(system_time()).trunc_subsecs(6)
    });
    if let Err(violations) = codec::validate(&event) {
        let reason = NotQueuedReason::Invalid(violations);
        return Err(NotQueued { event, reason });
    }
    let json = codec::to_vec(&event);
    if json.len() > MAX_BODY {
        let reason = NotQueuedReason::TooLarge;
        return Err(NotQueued { event, reason });
    }
    Ok(Prepared {
        event,
        json,
        timestamp_source,
    })
}
