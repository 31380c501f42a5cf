//! Logs all `tracing` events of this crate. Without the feature `tracing`, the functions do nothing.
//!
//! Levels: `ERROR` for failures, `WARN` for problems that lead to failures if they persist, `DEBUG` for waits of normal
//! operation. The guide lists all events. Events about a call are in the span of the call, which names the operation.

#![cfg_attr(
    not(feature = "tracing"),
    allow(unused_variables, reason = "there is nowhere to log to")
)]

use std::fmt::Display;
use std::time::Duration;

use crate::Error;

/// Logs that a request is retried after a delay.
pub(crate) fn retry(failed: u32, delay: Duration, error: &Error) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        polar.operation = error.operation(),
        http.request.resend_count = failed,
        polar.delay = delay.as_secs_f64(),
        error.r#type = error_type(error),
        "retrying a request after a delay"
    );
}

/// Logs that a request is not retried because the retry budget of the client is exhausted.
pub(crate) fn budget_exhausted(error: &Error) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        polar.operation = error.operation(),
        error.r#type = error_type(error),
        "not retrying a request: the retry budget of the client is exhausted"
    );
}

/// Logs that a request is retried immediately with another token.
pub(crate) fn token_renewed(operation: &'static str) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        polar.operation = operation,
        "retrying a request with a new token: the last one was rejected"
    );
}

/// Logs that the token provider failed.
pub(crate) fn token_failed(operation: &'static str, error: &dyn Display) {
    #[cfg(feature = "tracing")]
    tracing::error!(
        polar.operation = operation,
        error = %error,
        "the token provider failed"
    );
}

/// Logs that all calls of a client pause, because the server's rate limit was exceeded.
pub(crate) fn paused(operation: &'static str, retry_after: Duration, max_pause: Duration) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        polar.operation = operation,
        polar.delay = retry_after.min(max_pause).as_secs_f64(),
        polar.retry_after = retry_after.as_secs_f64(),
        "the server's rate limit is reached: all calls of the client wait"
    );
}

/// Logs that a request waited because of the client's own rate limit.
pub(crate) fn rate_limited(operation: &'static str, waited: Duration) {
    #[cfg(feature = "tracing")]
    if !waited.is_zero() {
        tracing::debug!(
            polar.operation = operation,
            polar.delay = waited.as_secs_f64(),
            "a request waited for the client's own rate limit"
        );
    }
}

/// Logs that Redis failed, so the rate limit is not shared with other processes.
#[cfg(feature = "redis")]
pub(crate) fn shared_limit_failed(error: &dyn Display) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        error = %error,
        "Redis failed: the client uses the shared rate limit as its own"
    );
}

/// Logs that a document does not exist yet, and is requested again after a delay.
pub(crate) fn document_pending(operation: &'static str, delay: Duration) {
    #[cfg(feature = "tracing")]
    tracing::debug!(
        polar.operation = operation,
        polar.delay = delay.as_secs_f64(),
        "waiting for a document"
    );
}

/// Logs that a batch of events failed, and ingestion pauses.
#[cfg(feature = "ingest")]
pub(crate) fn ingestion_paused(failed: u32, delay: Duration, error: &Error) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        polar.failures = failed,
        polar.delay = delay.as_secs_f64(),
        error = %error,
        "a batch of events failed: ingestion pauses"
    );
}

/// Logs that the ingester was dropped without a shutdown while events were unsent.
#[cfg(feature = "ingest")]
pub(crate) fn events_unsent(count: usize) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        polar.ingest.unsent = count,
        "the ingester ended with events that were not sent: await `Ingester::shutdown` before its runtime ends"
    );
}

/// Logs that events could not be written to or read from disk.
#[cfg(feature = "spool")]
pub(crate) fn spool_failed(reason: &dyn std::error::Error) {
    #[cfg(feature = "tracing")]
    tracing::error!(
        error = %reason,
        error.source = reason.source().map(tracing::field::display),
        "the spool of events cannot be read or written: it is tried again"
    );
}

/// Logs that a file of a spool is damaged.
#[cfg(feature = "spool")]
pub(crate) fn spool_damaged(folder: &std::path::Path, lost: Option<u64>) {
    #[cfg(feature = "tracing")]
    tracing::error!(
        polar.spool.folder = %folder.display(),
        polar.spool.lost = lost,
        "the file of a spool was damaged: the events that can be read are sent"
    );
}

/// Logs that a stored event cannot be decoded as the event type that the ingester sends.
#[cfg(feature = "spool")]
pub(crate) fn spooled_event_unreadable(reason: &dyn Display) {
    #[cfg(feature = "tracing")]
    tracing::error!(
        error = %reason,
        "a stored event cannot be read by this version of the program: it stays in the spool"
    );
}

/// Logs that events were not delivered: the server rejected them or did not count them.
#[cfg(feature = "ingest")]
pub(crate) fn events_undelivered(count: usize, reason: &dyn Display) {
    #[cfg(feature = "tracing")]
    tracing::error!(
        polar.events = count,
        error = %reason,
        "events are not delivered: the server rejected them, or did not count them"
    );
}

/// Logs that usage which was tracked when a value was dropped is lost.
#[cfg(feature = "metering")]
pub(crate) fn usage_lost(reason: &dyn Display) {
    #[cfg(feature = "tracing")]
    tracing::error!(
        error = %reason,
        "a usage event was lost: the timer or byte counter that measured it was dropped, and it could not be queued"
    );
}

/// Logs that Polar rejected the credential of the Outpost, which does not reconnect.
#[cfg(feature = "outpost")]
pub(crate) fn outpost_refused(error: &Error) {
    #[cfg(feature = "tracing")]
    tracing::error!(
        error = %error,
        "Polar refused the connection of the Outpost: balances are read from the API"
    );
}

/// Logs that the Outpost lost its connection, and reconnects after a delay.
#[cfg(feature = "outpost")]
pub(crate) fn outpost_disconnected(reason: &dyn Display, delay: Duration) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        error = %reason,
        polar.delay = delay.as_secs_f64(),
        "the Outpost is disconnected: balances are read from the API meanwhile"
    );
}

/// Logs that a message to the Outpost is invalid and is skipped.
#[cfg(feature = "outpost")]
pub(crate) fn outpost_invalid(reason: &str) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        error = reason,
        "a message to the Outpost is invalid and was skipped"
    );
}

/// Logs that a stored value of a reducer was computed by another definition of the reducer.
#[cfg(feature = "outpost")]
pub(crate) fn outpost_rule_changed(reducer: &str) {
    #[cfg(feature = "tracing")]
    tracing::info!(
        polar.reducer = reducer,
        "a meter has another definition: its balances are read from the API until the next snapshot"
    );
}

/// Logs that the Outpost lost its connection to Redis, and reconnects after a delay.
#[cfg(all(feature = "outpost", feature = "redis"))]
pub(crate) fn outpost_redis_disconnected(error: &dyn Display, delay: Duration) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        error = %error,
        polar.delay = delay.as_secs_f64(),
        "the Outpost is disconnected from Redis: balances are read from the API meanwhile"
    );
}

/// Logs that a Redis command of the Outpost failed.
#[cfg(all(feature = "outpost", feature = "redis"))]
pub(crate) fn outpost_redis_failed(error: &dyn Display) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        error = %error,
        "a command of the Outpost to Redis failed"
    );
}

/// Logs that buckets were not written, or that it is unknown whether they were written.
#[cfg(all(feature = "outpost", feature = "redis"))]
pub(crate) fn outpost_lost(count: usize) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        polar.outpost.lost = count,
        "usage may be missing in Redis until the next snapshot: the events themselves are sent"
    );
}

/// Logs that leases expired because they were not renewed in time.
#[cfg(all(feature = "outpost", feature = "redis"))]
pub(crate) fn outpost_leases_lost(count: usize) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        polar.outpost.lost = count,
        "Redis had lost reservations, and has them again: units may have been reserved twice meanwhile"
    );
}

/// Logs that a sum of the Outpost exceeds the largest double.
#[cfg(feature = "outpost")]
pub(crate) fn outpost_not_finite(reducer: &str) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        polar.reducer = reducer,
        "an event was not counted by the Outpost: the sum would not be finite"
    );
}

/// Logs that the database of an outbox failed, and that the relay tries again after a delay.
#[cfg(feature = "postgres")]
pub(crate) fn outbox_failing(delay: Duration, error: &dyn Display) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        polar.delay = delay.as_secs_f64(),
        error = %error,
        "the database of the outbox failed: its relay waits"
    );
}

/// Logs that events of an outbox were rejected.
#[cfg(feature = "postgres")]
pub(crate) fn outbox_rejected(count: u64) {
    #[cfg(feature = "tracing")]
    tracing::error!(
        polar.outbox.rejected = count,
        "usage events were rejected: they stay in the outbox, with the reason in the column `rejection`"
    );
}

/// Logs that the key of a webhook secret is too short to be secure.
#[cfg(feature = "webhooks")]
pub(crate) fn short_secret(shortest: usize) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        "a webhook secret has a key of less than {shortest} bytes, which can be guessed; reset the secret of the endpoint"
    );
}

/// Logs that the handler of a webhook event failed.
#[cfg(all(feature = "webhooks", feature = "tokio"))]
pub(crate) fn webhook_failed(id: &str, event_type: &str, message: &str, error: &dyn Display) {
    #[cfg(feature = "tracing")]
    tracing::error!(
        webhook.id = id,
        webhook.r#type = event_type,
        error = %error,
        "{message}"
    );
}

/// Logs that a visitor was not redirected, because the API did not create a session.
#[cfg(feature = "axum")]
pub(crate) fn route_failed(status: http::StatusCode, error: &Error) {
    #[cfg(feature = "tracing")]
    match status {
        http::StatusCode::INTERNAL_SERVER_ERROR => tracing::error!(
            http.response.status_code = status.as_u16(),
            error = %error,
            "a session for a visitor was rejected"
        ),
        _ => tracing::warn!(
            http.response.status_code = status.as_u16(),
            error = %error,
            "a session for a visitor was not created"
        ),
    }
}

/// Returns the value of the OpenTelemetry attribute `error.type`: the HTTP status, or the kind of error if there is no
/// status.
#[cfg(any(feature = "opentelemetry", feature = "tracing"))]
pub(crate) fn error_type(error: &Error) -> String {
    match error.status() {
        Some(status) => status.as_str().to_owned(),
        None => error.kind().to_owned(),
    }
}
