//! Delays between connection attempts.

use std::time::Duration;

/// Exponential backoff with jitter.
#[derive(Debug)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Backoff {
    pub(super) const fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            failures: 0,
        }
    }

    /// Resets the delay after a successful connection.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    /// Returns the next delay. It is random between half and all of the backoff, so that clients do not reconnect
    /// simultaneously.
    pub(super) fn next(&mut self) -> Duration {
        let factor = 1_u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        self.failures = self.failures.saturating_add(1).min(31);
        let delay = self.first.saturating_mul(factor).min(self.longest);
        delay.mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_begin_again() {
        let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));
        for _ in 0..2 {
            for expected in [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0] {
                let wait = backoff.next().as_secs_f64();
                assert!((expected / 2.0..=expected).contains(&wait), "{wait}");
            }
            (0..100).for_each(|_| assert!(backoff.next() <= Duration::from_secs(30)));
            backoff.reset();
        }
    }
}
