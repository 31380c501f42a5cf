//! The client's own rate limit.
//!
//! Requests wait in one row and go in the order in which they came, whichever task they are from. One that is given up
//! leaves the row, and those behind it move up. The well-known crates wake all that wait and let them race, or bring
//! clocks and maps that a single row has no use for.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use crate::transport::Clock;

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
    row: Mutex<Row>,
}

#[derive(Debug, Default)]
struct Row {
    /// The turn after the last one that was taken.
    next: Option<Instant>,
    waiting: VecDeque<Waiting>,
    tickets: u64,
}

#[derive(Debug)]
struct Waiting {
    ticket: u64,
    waker: Option<Waker>,
}

/// A place in the row. Leaves it when dropped.
struct Place<'a> {
    limiter: &'a Limiter,
    ticket: u64,
}

impl Limiter {
    pub(super) fn new(limit: RateLimit) -> Self {
        Self {
            limit,
            row: Mutex::default(),
        }
    }

    /// Waits for a turn and takes it. `None` if that would take, or takes, longer than `patience`.
    pub(super) async fn take_turn(&self, clock: &Clock, patience: Duration) -> Option<()> {
        let place = self.enter(clock.now(), patience)?;
        let turn = async {
            place.first().await;
            // The turn can move while it is waited for.
            while let Some(wait) = self.try_turn(clock.now()) {
                clock.sleep(wait).await;
            }
        };
        clock.within(patience, turn).await
    }

    /// Nobody gets a turn before this time: the server has had enough.
    pub(super) fn pause(&self, until: Instant) {
        let mut row = self.lock();
        row.next = Some(row.next.map_or(until, |next| next.max(until)));
    }

    /// A place at the end of the row, unless it is certain that its turn comes too late.
    fn enter(&self, now: Instant, patience: Duration) -> Option<Place<'_>> {
        let mut row = self.lock();
        let before = u32::try_from(row.waiting.len()).unwrap_or(u32::MAX);
        let turn = self.next_turn(&row, now) + self.limit.interval.saturating_mul(before);
        if turn.saturating_duration_since(now) > patience {
            return None;
        }
        row.tickets += 1;
        let ticket = row.tickets;
        let waker = None;
        row.waiting.push_back(Waiting { ticket, waker });
        Some(Place {
            limiter: self,
            ticket,
        })
    }

    /// Takes a turn, or says how long it is until then.
    fn try_turn(&self, now: Instant) -> Option<Duration> {
        let mut row = self.lock();
        let turn = self.next_turn(&row, now);
        if turn > now {
            return Some(turn - now);
        }
        row.next = Some(turn + self.limit.interval);
        None
    }

    /// The time of the next turn. After a rest, turns of the past are still free, though not all of them.
    fn next_turn(&self, row: &Row, now: Instant) -> Instant {
        let RateLimit { interval, burst } = self.limit;
        let saved = interval * (burst - 1);
        let earliest = now.checked_sub(saved).unwrap_or(now);
        row.next.map_or(earliest, |next| next.max(earliest))
    }

    fn lock(&self) -> MutexGuard<'_, Row> {
        self.row.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place<'_> {
    /// Waits until nobody is before this place.
    async fn first(&self) {
        std::future::poll_fn(|context| {
            let mut row = self.limiter.lock();
            let index = row.waiting.iter().position(|it| it.ticket == self.ticket);
            match index.filter(|index| *index > 0) {
                None => Poll::Ready(()),
                Some(index) => {
                    row.waiting[index].waker = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await;
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut row = self.limiter.lock();
        row.waiting.retain(|it| it.ticket != self.ticket);
        let first = row.waiting.front_mut().and_then(|it| it.waker.take());
        drop(row);
        if let Some(waker) = first {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When requests go, in milliseconds after the first, if they come at these times.
    fn turns(limiter: &Limiter, start: Instant, times: &[u64]) -> Vec<u128> {
        let turn = |millis: &u64| {
            let mut now = start + Duration::from_millis(*millis);
            while let Some(wait) = limiter.try_turn(now) {
                now += wait;
            }
            (now - start).as_millis()
        };
        times.iter().map(turn).collect()
    }

    #[test]
    fn turns_come_evenly_after_a_burst() {
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
    fn who_cannot_wait_does_not_stand_in_the_row() {
        let limiter = Limiter::new(RateLimit::per_minute(1));
        let now = Instant::now() + MINUTE;
        assert!(limiter.enter(now, Duration::ZERO).is_some());
        assert_eq!(limiter.try_turn(now), None);
        assert!(limiter.enter(now, MINUTE / 2).is_none());
        let first = limiter.enter(now, MINUTE);
        assert!(first.is_some());
        assert!(limiter.enter(now, MINUTE).is_none());
        drop(first);
        assert!(limiter.enter(now, MINUTE).is_some());
    }

    #[test]
    fn a_pause_is_for_all() {
        let limiter = Limiter::new(RateLimit::per_minute(600));
        let now = Instant::now() + MINUTE;
        limiter.pause(now + MINUTE);
        assert_eq!(limiter.try_turn(now), Some(MINUTE));
    }
}
