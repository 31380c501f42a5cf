//! What a failed request says about its events.

use std::collections::BTreeMap;

use http::StatusCode;

use super::backlog::SMALLEST_CEILING;
use super::batch::Batch;
use super::event::Event;
use crate::error::{ApiError, Error, Location, Repeat, ValidationEntry};

/// What a failed request says about its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The API rejects an event. It works, and stored none of the batch.
    Rejected,
    /// The API finds the request too large. It works.
    TooLarge,
    /// Something between client and API finds the request too large.
    TooLargeForGateway,
    /// It failed, and an event may be the reason: one that the server fails on, or that a firewall blocks.
    Doubtful,
    /// Nothing: the request was not read.
    Outage,
}

impl Verdict {
    pub(super) fn of<E: Event>(error: &Error, batch: &Batch<E>) -> Self {
        let several = batch.entries.len() > 1;
        match error {
            Error::InvalidBody { .. } => Self::Rejected,
            Error::Api(response) if response.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                match response.is_from_api() {
                    true if several => Self::TooLarge,
                    true => Self::Rejected,
                    false if several && batch.size() > SMALLEST_CEILING => Self::TooLargeForGateway,
                    false => Self::Doubtful,
                }
            }
            Error::Api(response) if is_rejection(response) || names_events::<E>(error) => {
                Self::Rejected
            }
            _ if is_unread(error) => Self::Outage,
            _ => Self::Doubtful,
        }
    }
}

/// Whether a request failed before anybody read its events.
fn is_unread(error: &Error) -> bool {
    let status = error.status();
    matches!(
        error,
        Error::Configuration { .. } | Error::InvalidRequest { .. } | Error::Token { .. }
    ) || error.repeat() == Repeat::Always
        || status == Some(StatusCode::UNAUTHORIZED)
        || status == Some(StatusCode::TOO_MANY_REQUESTS)
}

/// Whether the API rejects an event. What is in between may respond with any status and in JSON, but does not repeat the
/// version as the API does.
fn is_rejection(response: &ApiError) -> bool {
    let is_named = response.class().is_some() || !response.validation().is_empty();
    let status = response.status();
    (status == StatusCode::BAD_REQUEST || status == StatusCode::UNPROCESSABLE_ENTITY)
        && is_named
        && response.is_from_api()
}

/// Whether the API rejects events of the request by their positions. Nothing in between does, so it need not repeat the
/// version: a proxy may have removed that header.
fn names_events<E: Event>(error: &Error) -> bool {
    error.status() == Some(StatusCode::UNPROCESSABLE_ENTITY)
        && error.class() == Some("RequestValidationError")
        && !named::<E>(error).is_empty()
}

/// The events that a response names, by their position, with what it says about each.
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
