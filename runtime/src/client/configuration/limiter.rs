//! The client's own rate limit.
//!
//! Requests get their turns, which are times, in the order in which they come, whichever task they are from. Each waits
//! for its own: a task that is not polled delays no other. A request that is dropped leaves the queue, and those behind it
//! move up. After a pause that was cut short, one of them goes ahead as a probe. The well-known crates wake all that wait
//! and let them race, or bring clocks and maps that a single row has no use for.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use crate::time::Instant;
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

    /// The time between two requests.
    #[cfg(feature = "redis")]
    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    /// How many requests may go at once after a rest.
    #[cfg(feature = "redis")]
    pub(super) fn burst(&self) -> u32 {
        self.burst
    }
}

/// The row in which requests wait for their turn.
#[derive(Debug)]
pub(in crate::client) struct Limiter {
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
    probe: Option<Probe>,
}

/// The server asked for a longer pause than clients make. One request at a time finds out whether it still means it.
#[derive(Clone, Copy, Debug)]
struct Probe {
    /// The end of the pause that was made.
    start: Instant,
    /// The time after which another request goes, if no response to the last one came.
    gap: Duration,
    /// When the last one went.
    sent: Option<Instant>,
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
    pub(in crate::client) fn new(limit: RateLimit) -> Self {
        Self {
            limit,
            row: Mutex::default(),
        }
    }

    /// Waits for a turn and takes it. Returns when that was; `None` if that would leave, or leaves, nothing of `patience`.
    pub(in crate::client) async fn take_turn(
        &self,
        clock: &Clock,
        patience: Duration,
    ) -> Option<Instant> {
        let place = self.enter(clock.now(), patience)?;
        let mut armed = None;
        let turn = std::future::poll_fn(|context| place.poll(clock, &mut armed, context));
        clock.within(patience, turn).await?;
        Some(clock.now())
    }

    /// The server's rate limit is exceeded: no request gets a turn for as long as it asks, up to `longest`. If it asks for
    /// longer, one request probes then whether it still has, and the others wait for its outcome.
    pub(in crate::client) fn pause(&self, now: Instant, asked: Duration, longest: Duration) {
        let Some(until) = now.checked_add(asked.min(longest)) else {
            return;
        };
        let mut row = self.lock();
        if asked > longest {
            row.probe = Some(Probe {
                start: until,
                gap: longest,
                sent: None,
            });
            return self.put_off(&mut row, 0, until);
        }
        // Before a probe has gone, this is about a request from before the pause, which ends no sooner for it.
        match row.probe.and_then(|probe| probe.sent) {
            Some(sent) => self.respace(row, sent, until),
            None => self.put_off(&mut row, 0, until),
        }
    }

    /// A request whose turn was taken at `turn` did not meet a rate limit. If it was a probe, the others go on.
    pub(in crate::client) fn passed(&self, turn: Instant, now: Instant) {
        let row = self.lock();
        let Some(probe) = row.probe.filter(|probe| turn >= probe.start) else {
            return;
        };
        self.respace(row, probe.sent.unwrap_or(now), now);
    }

    /// The probe that was sent at `sent` got its response: the others are sent at the usual intervals after it, none before `start`.
    fn respace(&self, mut row: MutexGuard<'_, Row>, sent: Instant, start: Instant) {
        row.probe = None;
        let after = sent + self.limit.interval;
        row.taken = Some(after);
        let mut next = after.max(start);
        let mut wakers = Vec::new();
        for waiting in &mut row.waiting {
            waiting.turn = next;
            next += self.limit.interval;
            wakers.extend(waiting.waker.take());
        }
        row.next = Some(next);
        drop(row);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// A place at the end of the row, unless its turn comes too late.
    fn enter(&self, now: Instant, patience: Duration) -> Option<Place<'_>> {
        let mut row = self.lock();
        let turn = self.next_turn(&row, now);
        let soonest = self.soonest(&row, turn, now);
        if soonest.saturating_duration_since(now) >= patience {
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
        if let Some(probe) = &mut row.probe {
            probe.sent = Some(now);
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
            row.next = Some(turn + self.spacing(&row));
            row.taken = row.next;
            return Ok(());
        }
        row.waiting.remove(index);
        let after = used + self.spacing(&row);
        row.taken = Some(row.taken.map_or(after, |taken| taken.max(after)));
        self.put_off(&mut row, index, after);
        Ok(())
    }

    /// Moves the turns from this place on to later times, as far as it takes for none to be before `start`.
    fn put_off(&self, row: &mut Row, index: usize, start: Instant) {
        let (spacing, mut next) = (self.spacing(row), start);
        for waiting in row.waiting.iter_mut().skip(index) {
            waiting.turn = waiting.turn.max(next);
            next = waiting.turn + spacing;
        }
        row.next = Some(row.next.map_or(next, |given| given.max(next)));
    }

    fn append(&self, row: &mut Row, ticket: u64, turn: Instant) {
        row.waiting.push_back(Waiting {
            ticket,
            turn,
            waker: None,
        });
        row.next = Some(turn + self.spacing(row));
    }

    /// The time between two turns.
    fn spacing(&self, row: &Row) -> Duration {
        let gap = row.probe.map_or(Duration::ZERO, |probe| probe.gap);
        self.limit.interval.max(gap)
    }

    /// When the turn may come at the soonest, if a probe brings it forward.
    fn soonest(&self, row: &Row, turn: Instant, now: Instant) -> Instant {
        let Some(probe) = row.probe else {
            return turn;
        };
        let ahead = u32::try_from(row.waiting.len()).unwrap_or(u32::MAX);
        let wait = self.limit.interval.saturating_mul(ahead);
        let soonest = probe.start.max(now).checked_add(wait);
        soonest.map_or(turn, |soonest| soonest.min(turn))
    }

    /// Returns the time of the next free turn.
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
mod tests;
