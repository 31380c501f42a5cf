//! Classification of failed requests.

use std::collections::BTreeMap;

use http::StatusCode;

use super::backlog::SMALLEST_CEILING;
use super::batch::Batch;
use super::event::Event;
use crate::error::{ApiError, Error, Location, RetrySafety, ValidationEntry};

/// What a failed request says about its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The API rejected an event. It is available, and stored no event of the batch.
    Rejected,
    /// The API rejected the request as too large. It is available.
    TooLarge,
    /// A gateway rejected the request as too large.
    TooLargeForGateway,
    /// The server or an event can be the cause: one that makes the server fail, or that a firewall blocks.
    Ambiguous,
    /// The request was not processed, so no event is the cause.
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

/// Returns whether a request failed before its events were read.
fn is_unread(error: &Error) -> bool {
    let status = error.status();
    matches!(
        error,
        Error::Configuration { .. } | Error::InvalidRequest { .. } | Error::Token { .. }
    ) || error.retry_safety() == RetrySafety::Always
        || status == Some(StatusCode::UNAUTHORIZED)
        || status == Some(StatusCode::TOO_MANY_REQUESTS)
}

/// Returns whether the API rejected an event. A gateway may respond with any status and in JSON, but does not repeat
/// the version header as the API does.
fn is_rejection(response: &ApiError) -> bool {
    let is_named = response.class().is_some() || !response.validation().is_empty();
    let status = response.status();
    (status == StatusCode::BAD_REQUEST || status == StatusCode::UNPROCESSABLE_ENTITY)
        && is_named
        && response.is_from_api()
}

/// Returns whether the API rejected events by their index in the request. Only the API does so, so the version header
/// is not needed: a proxy may have removed it.
fn names_events<E: Event>(error: &Error) -> bool {
    error.status() == Some(StatusCode::UNPROCESSABLE_ENTITY)
        && error.class() == Some("RequestValidationError")
        && !named::<E>(error).is_empty()
}

/// Returns the validation errors of a response by the index of their event.
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
