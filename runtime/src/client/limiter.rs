//! The client's own rate limit.
//!
//! Requests get their turns, which are times, in the order in which they come, whichever task they are from. Each waits
//! for its own: nobody waits for somebody who is not polled. One that is given up leaves the row, and those behind it
//! move up. The well-known crates wake all that wait and let them race, or bring clocks and maps that a single row has
//! no use for.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use crate::transport::{BoxFuture, Clock};

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
    taken: Option<Instant>,
    /// The turn after the last one that was given out.
    next: Option<Instant>,
    /// In the order of their turns.
    waiting: VecDeque<Waiting>,
    tickets: u64,
}

#[derive(Debug)]
struct Waiting {
    ticket: u64,
    turn: Instant,
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

    /// Waits for a turn and takes it. `None` if that would leave, or leaves, nothing of `patience`.
    pub(super) async fn take_turn(&self, clock: &Clock, patience: Duration) -> Option<()> {
        let place = self.enter(clock.now(), patience)?;
        let mut armed = None;
        let turn = std::future::poll_fn(|context| place.poll(clock, &mut armed, context));
        clock.within(patience, turn).await
    }

    /// Nobody gets a turn before this time: the server has had enough.
    pub(super) fn pause(&self, until: Instant) {
        let mut row = self.lock();
        self.put_off(&mut row, 0, until);
    }

    /// A place at the end of the row, unless its turn comes too late.
    fn enter(&self, now: Instant, patience: Duration) -> Option<Place<'_>> {
        let mut row = self.lock();
        let turn = self.next_turn(&row, now);
        if turn.saturating_duration_since(now) >= patience {
            return None;
        }
        row.tickets += 1;
        let ticket = row.tickets;
        self.append(&mut row, ticket, turn);
        Some(Place {
            limiter: self,
            ticket,
        })
    }

    /// Takes the turn of a place, or says when it comes.
    fn take(&self, ticket: u64, now: Instant) -> Result<(), Instant> {
        let mut row = self.lock();
        let Some(index) = row.waiting.iter().position(|it| it.ticket == ticket) else {
            return Ok(());
        };
        let Waiting { turn, .. } = row.waiting[index];
        if turn > now {
            return Err(turn);
        }
        let used = turn.max(self.earliest(now));
        if used > turn && row.taken.is_some_and(|taken| taken > turn) {
            // Missed: somebody behind has gone already.
            row.waiting.remove(index);
            let turn = self.next_turn(&row, now);
            if turn > now {
                self.append(&mut row, ticket, turn);
                return Err(turn);
            }
            row.next = Some(turn + self.limit.interval);
            row.taken = row.next;
            return Ok(());
        }
        row.waiting.remove(index);
        let after = used + self.limit.interval;
        row.taken = Some(row.taken.map_or(after, |taken| taken.max(after)));
        self.put_off(&mut row, index, after);
        Ok(())
    }

    /// Moves the turns from this place on to later times, as far as it takes for none to be before `start`.
    fn put_off(&self, row: &mut Row, index: usize, start: Instant) {
        let mut next = start;
        for waiting in row.waiting.iter_mut().skip(index) {
            waiting.turn = waiting.turn.max(next);
            next = waiting.turn + self.limit.interval;
        }
        row.next = Some(row.next.map_or(next, |given| given.max(next)));
    }

    fn append(&self, row: &mut Row, ticket: u64, turn: Instant) {
        row.waiting.push_back(Waiting {
            ticket,
            turn,
            waker: None,
        });
        row.next = Some(turn + self.limit.interval);
    }

    /// The time of the next turn that nobody has.
    fn next_turn(&self, row: &Row, now: Instant) -> Instant {
        let earliest = self.earliest(now);
        row.next.map_or(earliest, |next| next.max(earliest))
    }

    /// After a rest, turns of the past are still free, though not all of them.
    fn earliest(&self, now: Instant) -> Instant {
        let RateLimit { interval, burst } = self.limit;
        now.checked_sub(interval * (burst - 1)).unwrap_or(now)
    }

    fn lock(&self) -> MutexGuard<'_, Row> {
        self.row.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The turn that is waited for, and the wait.
type Armed = Option<(Instant, BoxFuture<'static, ()>)>;

impl Place<'_> {
    fn poll(&self, clock: &Clock, armed: &mut Armed, context: &mut Context<'_>) -> Poll<()> {
        loop {
            let now = clock.now();
            let Err(turn) = self.limiter.take(self.ticket, now) else {
                return Poll::Ready(());
            };
            self.wake_with(context.waker());
            // The turn can move while it is waited for.
            let sleep = match armed {
                Some((until, sleep)) if *until == turn => sleep,
                _ => &mut armed.insert((turn, clock.sleep(turn - now))).1,
            };
            ready!(sleep.as_mut().poll(context));
            *armed = None;
        }
    }

    fn wake_with(&self, waker: &Waker) {
        let mut row = self.limiter.lock();
        let mut waiting = row.waiting.iter_mut();
        if let Some(waiting) = waiting.find(|it| it.ticket == self.ticket) {
            waiting.waker = Some(waker.clone());
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut row = self.limiter.lock();
        let Some(index) = row.waiting.iter().position(|it| it.ticket == self.ticket) else {
            return;
        };
        let Some(Waiting { turn, .. }) = row.waiting.remove(index) else {
            return;
        };
        // A turn of the past is lost.
        if row.taken.is_some_and(|taken| taken > turn) {
            return;
        }
        let mut free = turn;
        let mut wakers = Vec::new();
        for waiting in row.waiting.iter_mut().skip(index) {
            std::mem::swap(&mut waiting.turn, &mut free);
            wakers.extend(waiting.waker.take());
        }
        row.next = Some(free);
        drop(row);
        wakers.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    /// When requests go, in milliseconds after the first, if they come at these times.
    fn turns(limiter: &Limiter, start: Instant, times: &[u64]) -> Vec<u128> {
        let turn = |millis: &u64| {
            let mut now = start + Duration::from_millis(*millis);
            let place = limiter.enter(now, Duration::MAX).unwrap();
            while let Err(turn) = limiter.take(place.ticket, now) {
                now = turn;
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
        let patient = MINUTE + Duration::from_millis(1);
        assert!(limiter.enter(now, Duration::ZERO).is_none());
        let first = limiter.enter(now, patient).unwrap();
        assert_eq!(limiter.take(first.ticket, now), Ok(()));
        // Exactly then, nothing of the time is left.
        assert!(limiter.enter(now, MINUTE).is_none());
        let second = limiter.enter(now, patient);
        assert!(second.is_some());
        assert!(limiter.enter(now, patient).is_none());
        drop(second);
        assert!(limiter.enter(now, patient).is_some());
    }

    #[test]
    fn who_misses_a_turn_gets_another_and_holds_nobody_up() {
        let limiter = Limiter::new(RateLimit::per_minute(1));
        let now = Instant::now() + MINUTE;
        let hour = MINUTE * 60;
        let places: Vec<_> = (0..3).map(|_| limiter.enter(now, hour).unwrap()).collect();
        let take = |index: usize, minutes| {
            let turn = limiter.take(places[index].ticket, now + MINUTE * minutes);
            turn.map_err(|turn| (turn - now).as_secs() / 60)
        };
        // The first looks after the second has gone.
        assert_eq!(take(1, 1), Ok(()));
        assert_eq!(take(0, 1), Err(3));
        assert_eq!(take(2, 2), Ok(()));
        assert_eq!(take(0, 3), Ok(()));
    }

    #[test]
    fn who_is_late_puts_off_those_behind() {
        let limiter = Limiter::new(RateLimit::per_minute(1));
        let now = Instant::now() + MINUTE;
        let (first, second) = (
            limiter.enter(now, MINUTE).unwrap(),
            limiter.enter(now, MINUTE * 2).unwrap(),
        );
        let late = now + MINUTE / 4;
        assert_eq!(limiter.take(first.ticket, late), Ok(()));
        assert_eq!(
            limiter.take(second.ticket, now + MINUTE),
            Err(late + MINUTE)
        );
    }

    #[test]
    fn a_pause_is_for_all() {
        let limiter = Limiter::new(RateLimit::per_minute(600));
        let now = Instant::now() + MINUTE;
        let before = limiter.enter(now, MINUTE).unwrap();
        limiter.pause(now + MINUTE);
        assert_eq!(limiter.take(before.ticket, now), Err(now + MINUTE));
        let after = limiter.enter(now, MINUTE * 2).unwrap();
        let interval = limiter.limit.interval;
        assert_eq!(
            limiter.take(after.ticket, now),
            Err(now + MINUTE + interval)
        );
    }
}
