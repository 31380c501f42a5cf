//! Rejections: why and when the server rejected or did not confirm an event. They are stored with the event.

use std::fmt;

use crate::ingest::entry::TimestampSource;
use crate::ingest::outcome::DeliveryOutcome;
use crate::time::system_time;
use crate::types::Timestamp;

/// The maximum length of a reason in bytes.
const MAX_REASON: usize = 4096;

/// The length in bytes of the fields before the reason: time, status, whether the event is unconfirmed, length of the
/// reason.
const HEAD: usize = 8 + 2 + 1 + 2;

/// The maximum length in bytes of the rejection that is stored before the event.
pub(super) const MAX_LENGTH: usize = HEAD + MAX_REASON;

/// An event in a [`Spool`](super::Spool) that the server rejected or did not confirm.
///
/// It stays on disk until it is [retried](crate::ingest::Ingester::retry_rejected) or
/// [discarded](crate::ingest::Ingester::discard_rejected).
#[non_exhaustive]
pub struct RejectedEvent<E> {
    /// The number of the event, unique in its folder. An event that is retried gets a new number.
    pub number: u64,
    /// The event as it was sent, with its external ID and timestamp.
    pub event: E,
    /// When the event was rejected, by the clock of the machine that sent it.
    pub rejected_at: Timestamp,
    /// The HTTP status of the response that rejected the event. `None` if the event is unconfirmed, or was rejected
    /// before it was sent.
    pub status: Option<u16>,
    /// Whether the event is [unconfirmed](DeliveryOutcome::Unconfirmed) rather than rejected.
    pub is_unconfirmed: bool,
    /// The validation errors of this event; if there are none, the error of its request. At most 4 KiB.
    pub reason: String,
    pub(super) timestamp_source: TimestampSource,
}

/// Omits the event, which contains customer data.
impl<E> fmt::Debug for RejectedEvent<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RejectedEvent")
            .field("number", &self.number)
            .field("rejected_at", &self.rejected_at)
            .field("status", &self.status)
            .field("is_unconfirmed", &self.is_unconfirmed)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

/// Why and when the server rejected an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::ingest) struct Rejection {
    pub(super) at: Timestamp,
    pub(super) status: Option<u16>,
    pub(super) is_unconfirmed: bool,
    pub(super) reason: String,
}

impl Rejection {
    /// Creates a rejection from a delivery outcome, at the current time.
    pub(in crate::ingest) fn of(outcome: &DeliveryOutcome) -> Self {
        let status = match outcome {
            DeliveryOutcome::Rejected { error, .. } => error.status(),
            _ => None,
        };
        let mut reason = outcome.reason();
        let mut end = reason.len().min(MAX_REASON);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        reason.truncate(end);
        Self {
            at: system_time().into(),
            status: status.map(|status| status.as_u16()),
            is_unconfirmed: matches!(outcome, DeliveryOutcome::Unconfirmed { .. }),
            reason,
        }
    }

    /// Returns the payload of a record: the rejection, followed by the JSON of the event.
    pub(super) fn to_payload(&self, json: &[u8]) -> Vec<u8> {
        let length = u16::try_from(self.reason.len()).unwrap_or(u16::MAX);
        let mut payload = Vec::with_capacity(HEAD + self.reason.len() + json.len());
        payload.extend_from_slice(&self.at.timestamp_micros().to_le_bytes());
        payload.extend_from_slice(&self.status.unwrap_or(0).to_le_bytes());
        payload.push(u8::from(self.is_unconfirmed));
        payload.extend_from_slice(&length.to_le_bytes());
        payload.extend_from_slice(self.reason.as_bytes());
        payload.extend_from_slice(json);
        payload
    }

    /// Splits the payload of a record into the rejection and the JSON of the event. Returns `None` if it is invalid.
    pub(super) fn read(payload: &[u8]) -> Option<(Self, &[u8])> {
        let (at, rest) = payload.split_first_chunk()?;
        let (status, rest) = rest.split_first_chunk()?;
        let (is_unconfirmed, rest) = rest.split_first()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (reason, json) = rest.split_at_checked(u16::from_le_bytes(*length).into())?;
        let status = u16::from_le_bytes(*status);
        let rejection = Self {
            at: Timestamp::from_timestamp_micros(i64::from_le_bytes(*at))?,
            status: (status != 0).then_some(status),
            is_unconfirmed: *is_unconfirmed != 0,
            reason: String::from_utf8(reason.to_vec()).ok()?,
        };
        Some((rejection, json))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::*;
    use crate::ingest::event::Counts;

    #[test]
    fn a_rejection_is_read_as_it_was_written() {
        let counts = Counts {
            accepted: 1,
            duplicates: 0,
        };
        let unconfirmed = DeliveryOutcome::Unconfirmed { sent: 2, counts };
        let now = Timestamp::from_timestamp_micros(system_time_micros()).unwrap();
        let rejection = Rejection {
            at: now,
            ..Rejection::of(&unconfirmed)
        };
        assert!(rejection.is_unconfirmed && rejection.status.is_none());
        let rejected = Rejection {
            status: Some(422),
            is_unconfirmed: false,
            reason: "ungültig".to_owned(),
            ..rejection.clone()
        };
        for rejection in [rejection, rejected] {
            let payload = rejection.to_payload(b"{}");
            assert_eq!(
                Rejection::read(&payload),
                Some((rejection.clone(), b"{}".as_slice()))
            );
            for end in 0..payload.len() - 2 {
                assert_eq!(Rejection::read(&payload[..end]), None, "{end}");
            }
        }
    }

    fn system_time_micros() -> i64 {
        Timestamp::from(system_time()).timestamp_micros()
    }
}
