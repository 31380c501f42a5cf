//! The retry policy and the retry budget.
//!
//! Retries follow the standard mode of the AWS SDKs: few attempts, exponential backoff with full jitter, and a budget
//! that limits retries during an outage. The clones of a client share the budget. Crates for backoff support neither
//! `Retry-After` nor budgets.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::Error;
use crate::client::operation::Safety;
use crate::error::RetrySafety;

/// The maximum delay. The policy cannot exceed it.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Configures which failed attempts are retried, and after which delay.
///
/// Only transient errors are retried. If the server may have processed the request, it is retried only if the operation
/// is idempotent, or if the call is marked as idempotent with
/// [`CallOptions::assume_idempotent`](crate::client::CallOptions::assume_idempotent). A retry after a rate limit, or when no
/// connection was established, is always safe.
///
/// The delay is at least the `Retry-After` of the response. If that exceeds [`max_retry_after`](Self::max_retry_after)
/// or the remaining timeout of the call, the call fails immediately.
///
/// # Retries of `DELETE`
/// If a retry of a `DELETE` gets a 404, an earlier attempt has deleted the resource, and its response was lost. The
/// call then succeeds if the operation has no response body. Otherwise, it fails with the 404.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct RetryPolicy {
    attempts: u32,
    base_delay: Duration,
    max_delay: Duration,
    max_retry_after: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::new()
    }
}

impl RetryPolicy {
    /// Creates the default policy: up to three attempts, delays of up to 0.5 s, 1 s, 2 s, and so on up to 20 s, and a
    /// `Retry-After` of up to 60 s.
    pub const fn new() -> Self {
        Self {
            attempts: 3,
            base_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(20),
            max_retry_after: Duration::from_secs(60),
        }
    }

    /// Creates a policy without retries.
    pub const fn off() -> Self {
        Self::new().max_attempts(1)
    }

    /// Sets the maximum number of attempts, including the first one; 3 by default.
    pub const fn max_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Sets the maximum delay before the second attempt; 0.5 seconds by default. It doubles before each further
    /// attempt.
    pub const fn base_delay(mut self, delay: Duration) -> Self {
        self.base_delay = delay;
        self
    }

    /// Sets the maximum delay between two attempts; 20 seconds by default. A longer `Retry-After` is respected
    /// nevertheless.
    pub const fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// Sets the maximum `Retry-After` that is respected; 60 seconds by default.
    ///
    /// For a client with a [`RateLimit`](crate::client::RateLimit), it is also the maximum time for which a 429 pauses
    /// all calls. If the server asks for a longer pause, one call is then sent as a probe, and the others wait for its
    /// response.
    pub const fn max_retry_after(mut self, delay: Duration) -> Self {
        self.max_retry_after = delay;
        self
    }

    /// Returns the delay before the next attempt, after `failed` failures. `None` if there is no further attempt.
    pub(in crate::client) fn delay(
        &self,
        error: &Error,
        safety: Safety,
        failed: u32,
    ) -> Option<Duration> {
        let useful = match error.retry_safety() {
            RetrySafety::Never => false,
            RetrySafety::IfIdempotent => safety == Safety::Idempotent,
            RetrySafety::Always => true,
        };
        if !useful || failed >= self.attempts {
            return None;
        }
        // Jitter is added, so that clients with the same `Retry-After` do not all retry at the same time.
        let jitter = self.jitter(failed);
        match error.retry_after() {
            None => Some(jitter),
            Some(asked) => (asked <= self.longest_retry_after()).then(|| asked + jitter),
        }
    }

    /// Returns the maximum `Retry-After`.
    pub(in crate::client) fn longest_retry_after(&self) -> Duration {
        self.max_retry_after.min(DAY)
    }

    /// Returns a random delay after `failed` failures, for responses without `Retry-After`.
    pub(crate) fn jitter(&self, failed: u32) -> Duration {
        self.backoff(failed).mul_f64(fastrand::f64())
    }

    /// Returns the maximum delay after `failed` failures.
    fn backoff(&self, failed: u32) -> Duration {
        let factor = 1_u32.checked_shl(failed.saturating_sub(1));
        self.base_delay
            .saturating_mul(factor.unwrap_or(u32::MAX))
            .min(self.max_delay)
            .min(DAY)
    }
}

/// The retry budget, which all clones of a client share. Retries withdraw from it, successful calls refund it.
#[derive(Debug)]
pub(in crate::client) struct Budget(Mutex<u32>);

/// The units of a full budget: 100 retries. The numbers are those of the AWS SDKs.
const CAPACITY: u32 = 500;
/// The units that a retry costs.
const COST: u32 = 5;
/// The units that a retry after a timeout costs.
const COST_OF_TIMEOUT: u32 = 10;
/// The units that a call that succeeds without a retry adds.
const REWARD: u32 = 1;

impl Default for Budget {
    fn default() -> Self {
        Self(Mutex::new(CAPACITY))
    }
}

impl Budget {
    /// Withdraws the cost of a retry after this error, and returns the cost. `None` if the budget is exhausted.
    pub(in crate::client) fn pay(&self, error: &Error) -> Option<u32> {
        let price = match error.is_timeout() {
            true => COST_OF_TIMEOUT,
            false => COST,
        };
        self.change(|left| left.checked_sub(price)).then_some(price)
    }

    /// Refunds the budget after a successful call: the cost of its last retry, or a small reward if it had none.
    pub(in crate::client) fn refund(&self, paid: Option<u32>) {
        self.change(|left| Some(left.saturating_add(paid.unwrap_or(REWARD)).min(CAPACITY)));
    }

    fn change(&self, change: impl FnOnce(u32) -> Option<u32>) -> bool {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match change(*left) {
            Some(changed) => {
                *left = changed;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;
    use crate::transport::{TransportError, TransportErrorKind};

    fn failure(kind: TransportErrorKind) -> Error {
        Error::transport("things:get", TransportError::new(kind, "x"))
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let policy = RetryPolicy::new();
        let waits = [1, 2, 3, 6, 7, 40, u32::MAX].map(|failed| policy.backoff(failed).as_millis());
        assert_eq!(waits, [500, 1000, 2000, 16_000, 20_000, 20_000, 20_000]);
    }

    #[test]
    fn waits_are_spread_over_the_whole_range() {
        let policy = RetryPolicy::new();
        let connect = failure(TransportErrorKind::Connect);
        let delays: Vec<Duration> = (0..1000)
            .map(|_| policy.delay(&connect, Safety::NotIdempotent, 1).unwrap())
            .collect();
        assert!(delays.iter().all(|delay| delay.as_millis() <= 500));
        assert!(delays.iter().any(|delay| delay.as_millis() < 50));
        assert!(delays.iter().any(|delay| delay.as_millis() > 450));
    }

    #[test]
    fn a_call_with_unknown_outcome_is_retried_only_if_idempotent() {
        let policy = RetryPolicy::new();
        for (kind, idempotent, not_idempotent) in [
            (TransportErrorKind::Connect, true, true),
            (TransportErrorKind::NotSent, true, true),
            (TransportErrorKind::Interrupted, true, false),
            (TransportErrorKind::Timeout, true, false),
            (TransportErrorKind::Unavailable, false, false),
        ] {
            let error = failure(kind);
            let repeated = |safety| policy.delay(&error, safety, 1).is_some();
            assert_eq!(
                (
                    repeated(Safety::Idempotent),
                    repeated(Safety::NotIdempotent)
                ),
                (idempotent, not_idempotent),
                "{kind:?}"
            );
            assert!(policy.delay(&error, Safety::Idempotent, 3).is_none());
            assert!(
                RetryPolicy::off()
                    .delay(&error, Safety::Idempotent, 1)
                    .is_none()
            );
        }
    }

    #[test]
    fn the_budget_is_spent_and_earned_back() {
        let budget = Budget::default();
        let (broken, late) = (
            failure(TransportErrorKind::Interrupted),
            failure(TransportErrorKind::Timeout),
        );
        assert_eq!(
            (budget.pay(&late), budget.pay(&broken)),
            (Some(10), Some(5))
        );
        for _ in 0..97 {
            assert_eq!(budget.pay(&broken), Some(5));
        }
        assert_eq!(budget.pay(&broken), None);
        budget.refund(Some(5));
        assert_eq!(budget.pay(&late), None);
        assert_eq!(budget.pay(&broken), Some(5));
        for _ in 0..5 {
            budget.refund(None);
        }
        assert_eq!(budget.pay(&broken), Some(5));
        for _ in 0..10_000 {
            budget.refund(None);
        }
        assert_eq!(*budget.0.lock().unwrap(), CAPACITY);
    }
}
