//! The client's own rate limit.
//!
//! A row of turns: each request takes the next one when it comes, and waits for it. So requests go in the order in which
//! they came, whichever task they are from. The well-known crates wake all that wait and let them race, or bring clocks
//! and maps that a single row has no use for.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);

/// How many requests a client and its clones may send.
///
/// Never more than that within any minute. After a rest, a tenth of them may go at once; the others are spread evenly.
/// Repeats count like any request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    interval: Duration,
    burst: u32,
}

impl RateLimit {
    /// This many requests a minute. Polar allows 500 in production and 100 in the sandbox. Zero counts as one.
    #[must_use]
    pub const fn per_minute(requests: u32) -> Self {
        let burst = if requests < 20 { 1 } else { requests / 10 };
        // What goes at once and what follows before the minute is over are the limit together.
        let spread = match requests {
            0 => 1,
            more => more - burst + 1,
        };
        let nanos = MINUTE.as_nanos().div_ceil(spread as u128);
        // At most a minute, which fits.
        let interval = Duration::from_nanos(nanos as u64);
        Self { interval, burst }
    }
}

/// The row in which requests wait for their turn.
#[derive(Debug)]
pub(super) struct Limiter {
    limit: RateLimit,
    /// The turn after the last one that was taken.
    next: Mutex<Option<Instant>>,
}

impl Limiter {
    pub(super) fn new(limit: RateLimit) -> Self {
        Self {
            limit,
            next: Mutex::new(None),
        }
    }

    /// Takes the next turn, if it comes within `patience`. Gives the wait until then.
    pub(super) fn take(&self, now: Instant, patience: Duration) -> Option<Duration> {
        let RateLimit { interval, burst } = self.limit;
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        // After a rest, turns of the past are still free, though not all of them.
        let saved = interval * (burst - 1);
        let earliest = now.checked_sub(saved).unwrap_or(now);
        let turn = next.map_or(earliest, |next| next.max(earliest));
        let wait = turn.saturating_duration_since(now);
        if wait > patience {
            return None;
        }
        *next = Some(turn + interval);
        Some(wait)
    }

    /// Nobody gets a turn before this time: the server has had enough.
    pub(super) fn pause(&self, until: Instant) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        *next = Some(next.map_or(until, |next| next.max(until)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOREVER: Duration = Duration::MAX;

    /// When requests go, in milliseconds after the first, if they come at these times.
    fn turns(limiter: &Limiter, start: Instant, times: &[u64]) -> Vec<u128> {
        let turn = |millis: &u64| {
            let now = start + Duration::from_millis(*millis);
            let wait = limiter.take(now, FOREVER)?;
            Some((now + wait - start).as_millis())
        };
        times.iter().filter_map(turn).collect()
    }

    #[test]
    fn turns_come_in_order_and_evenly_after_a_burst() {
        // 2 at once, and 18 more before the minute is over.
        let limiter = Limiter::new(RateLimit::per_minute(20));
        let start = Instant::now() + MINUTE;
        assert_eq!(turns(&limiter, start, &[0, 0, 0, 0]), [0, 0, 3157, 6315]);
        assert_eq!(
            turns(&limiter, start, &[60_000; 3]),
            [60_000, 60_000, 63_157]
        );
    }

    #[test]
    fn no_minute_has_more_than_the_limit() {
        for limit in [1, 2, 19, 20, 100, 500] {
            let limiter = Limiter::new(RateLimit::per_minute(limit));
            let start = Instant::now() + MINUTE;
            let turns = turns(&limiter, start, &vec![0; limit as usize * 3]);
            for (index, first) in turns.iter().enumerate() {
                let within = turns[index..].iter().filter(|turn| **turn < first + 60_000);
                assert!(within.count() <= limit as usize, "{limit}");
            }
        }
    }

    #[test]
    fn who_cannot_wait_takes_no_turn() {
        let limiter = Limiter::new(RateLimit::per_minute(1));
        let now = Instant::now() + MINUTE;
        assert_eq!(limiter.take(now, FOREVER), Some(Duration::ZERO));
        assert_eq!(limiter.take(now, MINUTE / 2), None);
        assert_eq!(limiter.take(now, FOREVER), Some(MINUTE));
    }

    #[test]
    fn a_pause_is_for_all() {
        let limiter = Limiter::new(RateLimit::per_minute(600));
        let now = Instant::now() + MINUTE;
        limiter.pause(now + MINUTE);
        assert_eq!(limiter.take(now, FOREVER), Some(MINUTE));
    }
}
