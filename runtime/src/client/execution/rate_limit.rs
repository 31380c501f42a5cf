//! Waits for the client's own rate limit, and reports responses to it.

use std::time::Duration;

use super::attempt::Sending;
use crate::client::responses::Reply;
use crate::error::Error;
use crate::log;
use crate::time::Instant;
use crate::transport::TransportErrorKind;

/// Waits until the rate limit permits the request. Returns the time slot of the request; `None` without a rate limit.
pub(super) async fn acquire(
    sending: &Sending<'_>,
    max_wait: Duration,
) -> Result<Option<Instant>, Error> {
    let shared = &sending.request.shared;
    let (Some(limiter), Some(clock)) = (&shared.limiter, &sending.clock) else {
        return Ok(None);
    };
    let start = clock.now();
    let slot = limiter.acquire(clock, max_wait).await;
    #[cfg(feature = "redis")]
    let slot = match (slot, &shared.shared_limiter) {
        (Some(slot), Some(shared_limiter)) => {
            // Boxed, so that the futures of calls without a rate limit stay small.
            let rest = max_wait.saturating_sub(slot.saturating_duration_since(start));
            let slot = Box::pin(shared_limiter.acquire(clock, rest));
            slot.await.map(|()| clock.now())
        }
        (slot, _) => slot,
    };
    match slot {
        Some(slot) => {
            let waited = slot.saturating_duration_since(start);
            log::rate_limited(sending.request.operation.id, waited);
            Ok(Some(slot))
        }
        None => {
            const FULL: &str =
                "the timeout elapses before the client's own rate limit permits the request";
            Err(sending.failure(TransportErrorKind::NotSent, FULL))
        }
    }
}

/// Reports the outcome of an attempt to the rate limit, which pauses after a 429. The maximum pause is that of the
/// client's policy and not of the call, because other calls pause as well.
pub(super) fn report(sending: &Sending<'_>, slot: Option<Instant>, outcome: &Result<Reply, Error>) {
    let shared = &sending.request.shared;
    let (Some(limiter), Some(clock)) = (&shared.limiter, &sending.clock) else {
        return;
    };
    match outcome {
        Err(error) if error.is_rate_limited() => {
            if let Some(retry_after) = error.retry_after() {
                let policy = shared.options.retry.unwrap_or_default();
                let max_pause = policy.longest_retry_after();
                log::paused(sending.request.operation.id, retry_after, max_pause);
                limiter.pause(clock.now(), retry_after, max_pause);
                #[cfg(feature = "redis")]
                if let Some(shared_limiter) = &shared.shared_limiter {
                    shared_limiter.pause(retry_after.min(max_pause));
                }
            }
        }
        Err(error) if !is_past_rate_limit(error) => {}
        _ => {
            if let Some(slot) = slot {
                limiter.passed(slot, clock.now());
            }
        }
    }
}

/// Returns whether an error shows that the API processed the request, so that no rate limit was exceeded. False without
/// a response, and for an error that a gateway may have sent.
fn is_past_rate_limit(error: &Error) -> bool {
    match error.status().map(|status| status.as_u16()) {
        Some(408 | 502..=504) => false,
        // A 429 with an error class is an error of the operation. Without a class, the body may have been lost.
        Some(429) => error.class().is_some(),
        Some(_) => true,
        // The response was a success, but cannot be decoded or is too large.
        None => matches!(error, Error::Decode { .. } | Error::BodyTooLarge { .. }),
    }
}
