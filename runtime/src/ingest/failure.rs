//! Classifies failed requests by their cause.

use std::collections::BTreeMap;

use http::StatusCode;

use super::backlog::SMALLEST_CEILING;
use super::batch::Batch;
use super::event::Event;
use crate::error::{ApiError, Error, Location, RetrySafety, ValidationEntry};

/// The cause of a failed request: one of its events, its size, or the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The API rejected an event. It stored no event of the batch, and is available.
    Rejected,
    /// The API rejected the request as too large. The API is available.
    TooLarge,
    /// A gateway rejected the request as too large.
    TooLargeForGateway,
    /// The cause may be the server, or an event: one that makes the server fail, or that a firewall blocks.
    Ambiguous,
    /// The events were not read, so no event is the cause.
    Outage,
}

impl Failure {
    pub(super) fn of<E: Event>(error: &Error, batch: &Batch<E>) -> Self {
        let several = batch.entries.len() > 1;
        match error {
            Error::InvalidBody { .. } => Self::Rejected,
            Error::Api(response) if response.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                match response.is_from_api() {
                    true if several => Self::TooLarge,
                    true => Self::Rejected,
                    false if several && batch.size() > SMALLEST_CEILING => Self::TooLargeForGateway,
                    false => Self::Ambiguous,
                }
            }
            Error::Api(response) if is_rejection(response) || names_events::<E>(error) => {
                Self::Rejected
            }
            _ if is_unread(error) => Self::Outage,
            _ => Self::Ambiguous,
        }
    }
}

/// Returns whether a request failed before the server read its events.
fn is_unread(error: &Error) -> bool {
    let status = error.status();
    matches!(
        error,
        Error::Configuration { .. } | Error::InvalidRequest { .. } | Error::Token { .. }
    ) || error.retry_safety() == RetrySafety::Always
        || status == Some(StatusCode::UNAUTHORIZED)
        || status == Some(StatusCode::TOO_MANY_REQUESTS)
}

/// Returns whether the API rejected an event. A gateway may respond with the same status, and in JSON. But only the API
/// returns the version header of the request.
fn is_rejection(response: &ApiError) -> bool {
    let is_named = response.class().is_some() || !response.validation().is_empty();
    let status = response.status();
    (status == StatusCode::BAD_REQUEST || status == StatusCode::UNPROCESSABLE_ENTITY)
        && is_named
        && response.is_from_api()
}

/// Returns whether the response names invalid events by their index in the request. Only the API does so. The version
/// header is not required, because a proxy may have removed it.
fn names_events<E: Event>(error: &Error) -> bool {
    error.status() == Some(StatusCode::UNPROCESSABLE_ENTITY)
        && error.class() == Some("RequestValidationError")
        && !named::<E>(error).is_empty()
}

/// Returns the validation errors of a response, by the index of the event in the request.
pub(super) fn named<E: Event>(error: &Error) -> BTreeMap<usize, Vec<ValidationEntry>> {
    let mut named: BTreeMap<usize, Vec<ValidationEntry>> = BTreeMap::new();
    let entries = error.api().map(ApiError::validation);
    for entry in entries.into_iter().flatten() {
        let steps = entry.location.windows(2);
        let index = steps.filter_map(|steps| match steps {
            [Location::Key(key), Location::Index(index)] if key == E::LIST => Some(*index),
            _ => None,
        });
        let index = index.into_iter().next().map(usize::try_from);
        if let Some(Ok(index)) = index {
            named.entry(index).or_default().push(entry.clone());
        }
    }
    named
}
