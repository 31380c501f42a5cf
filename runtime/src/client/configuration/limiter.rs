//! The client's own rate limit.
//!
//! Requests get their turns, which are times, in the order in which they come, whichever task they are from. Each waits
//! for its own: a task that is not polled delays no other. A request that is dropped leaves the queue, and those behind it
//! move up. After a pause that was cut short, one of them goes ahead as a probe. The well-known crates wake all that wait
//! and let them race, or bring clocks and maps that a single queue has no use for.

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

/// The queue in which requests wait for their turn.
#[derive(Debug)]
pub(in crate::client) struct Limiter {
    limit: RateLimit,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
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

/// A place in the queue. Leaves it when dropped.
struct Place<'a> {
    limiter: &'a Limiter,
    ticket: u64,
}

impl Limiter {
    pub(in crate::client) fn new(limit: RateLimit) -> Self {
        Self {
            limit,
            queue: Mutex::default(),
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
        let mut queue = self.lock();
        if asked > longest {
            queue.probe = Some(Probe {
                start: until,
                gap: longest,
                sent: None,
            });
            return self.postpone(&mut queue, 0, until);
        }
        // Before a probe has gone, this is about a request from before the pause, which ends no sooner for it.
        match queue.probe.and_then(|probe| probe.sent) {
            Some(sent) => self.reschedule(queue, sent, until),
            None => self.postpone(&mut queue, 0, until),
        }
    }

    /// A request whose turn was taken at `turn` did not meet a rate limit. If it was a probe, the others go on.
    pub(in crate::client) fn passed(&self, turn: Instant, now: Instant) {
        let queue = self.lock();
        let Some(probe) = queue.probe.filter(|probe| turn >= probe.start) else {
            return;
        };
        self.reschedule(queue, probe.sent.unwrap_or(now), now);
    }

    /// The probe that was sent at `sent` got its response: the others are sent at the usual intervals after it, none before `start`.
    fn reschedule(&self, mut queue: MutexGuard<'_, Queue>, sent: Instant, start: Instant) {
        queue.probe = None;
        let after = sent + self.limit.interval;
        queue.taken = Some(after);
        let mut next = after.max(start);
        let mut wakers = Vec::new();
        for waiting in &mut queue.waiting {
            waiting.turn = next;
            next += self.limit.interval;
            wakers.extend(waiting.waker.take());
        }
        queue.next = Some(next);
        drop(queue);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// A place at the end of the queue, unless its turn comes too late.
    fn enter(&self, now: Instant, patience: Duration) -> Option<Place<'_>> {
        let mut queue = self.lock();
        let turn = self.next_turn(&queue, now);
        let soonest = self.soonest(&queue, turn, now);
        if soonest.saturating_duration_since(now) >= patience {
            return None;
        }
        queue.tickets += 1;
        let ticket = queue.tickets;
        self.append(&mut queue, ticket, turn);
        Some(Place {
            limiter: self,
            ticket,
        })
    }

    /// Takes the turn of a place, or says when it comes.
    fn take(&self, ticket: u64, now: Instant) -> Result<(), Instant> {
        let mut queue = self.lock();
        let Some(index) = queue.waiting.iter().position(|it| it.ticket == ticket) else {
            return Ok(());
        };
        let Waiting { turn, .. } = queue.waiting[index];
        if turn > now {
            return Err(turn);
        }
        if let Some(probe) = &mut queue.probe {
            probe.sent = Some(now);
        }
        let used = turn.max(self.earliest(now));
        if used > turn && queue.taken.is_some_and(|taken| taken > turn) {
            // Missed: somebody behind has gone already.
            queue.waiting.remove(index);
            let turn = self.next_turn(&queue, now);
            if turn > now {
                self.append(&mut queue, ticket, turn);
                return Err(turn);
            }
            queue.next = Some(turn + self.spacing(&queue));
            queue.taken = queue.next;
            return Ok(());
        }
        queue.waiting.remove(index);
        let after = used + self.spacing(&queue);
        queue.taken = Some(queue.taken.map_or(after, |taken| taken.max(after)));
        self.postpone(&mut queue, index, after);
        Ok(())
    }

    /// Moves the turns from this place on to later times, as far as it takes for none to be before `start`.
    fn postpone(&self, queue: &mut Queue, index: usize, start: Instant) {
        let (spacing, mut next) = (self.spacing(queue), start);
        for waiting in queue.waiting.iter_mut().skip(index) {
            waiting.turn = waiting.turn.max(next);
            next = waiting.turn + spacing;
        }
        queue.next = Some(queue.next.map_or(next, |given| given.max(next)));
    }

    fn append(&self, queue: &mut Queue, ticket: u64, turn: Instant) {
        queue.waiting.push_back(Waiting {
            ticket,
            turn,
            waker: None,
        });
        queue.next = Some(turn + self.spacing(queue));
    }

    /// The time between two turns.
    fn spacing(&self, queue: &Queue) -> Duration {
        let gap = queue.probe.map_or(Duration::ZERO, |probe| probe.gap);
        self.limit.interval.max(gap)
    }

    /// When the turn may come at the soonest, if a probe brings it forward.
    fn soonest(&self, queue: &Queue, turn: Instant, now: Instant) -> Instant {
        let Some(probe) = queue.probe else {
            return turn;
        };
        let ahead = u32::try_from(queue.waiting.len()).unwrap_or(u32::MAX);
        let wait = self.limit.interval.saturating_mul(ahead);
        let soonest = probe.start.max(now).checked_add(wait);
        soonest.map_or(turn, |soonest| soonest.min(turn))
    }

    /// Returns the time of the next free turn.
    fn next_turn(&self, queue: &Queue, now: Instant) -> Instant {
        let earliest = self.earliest(now);
        queue.next.map_or(earliest, |next| next.max(earliest))
    }

    /// After a rest, turns of the past are still free, though not all of them.
    fn earliest(&self, now: Instant) -> Instant {
        let RateLimit { interval, burst } = self.limit;
        now.checked_sub(interval * (burst - 1)).unwrap_or(now)
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
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
        let mut queue = self.limiter.lock();
        let mut waiting = queue.waiting.iter_mut();
        if let Some(waiting) = waiting.find(|it| it.ticket == self.ticket) {
            waiting.waker = Some(waker.clone());
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut queue = self.limiter.lock();
        let Some(index) = queue.waiting.iter().position(|it| it.ticket == self.ticket) else {
            return;
        };
        let Some(Waiting { turn, .. }) = queue.waiting.remove(index) else {
            return;
        };
        // A turn of the past is lost.
        if queue.taken.is_some_and(|taken| taken > turn) {
            return;
        }
        let mut free = turn;
        let mut wakers = Vec::new();
        for waiting in queue.waiting.iter_mut().skip(index) {
            std::mem::swap(&mut waiting.turn, &mut free);
            wakers.extend(waiting.waker.take());
        }
        queue.next = Some(free);
        drop(queue);
        wakers.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests;
