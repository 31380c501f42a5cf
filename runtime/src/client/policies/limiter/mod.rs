//! The client's own rate limit.
//!
//! Each request gets a turn: the time at which it may be sent. Turns are assigned in the order of arrival, across all
//! tasks. A request waits for its own turn only, so a task that is not polled delays no other. If a request is dropped,
//! later ones move up. If the server asked for a longer pause than the client makes, the first request after the pause
//! is a probe. Other crates for rate limits wake all waiting requests and let them race, or support clocks and keys
//! that a single queue does not need.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use crate::time::Instant;
use crate::transport::{BoxFuture, Clock};

const MINUTE: Duration = Duration::from_secs(60);

/// How many requests a client and its clones may send.
///
/// The limit is never exceeded within any minute. After an idle period, a tenth of the requests may be sent at once;
/// the others are spread evenly. Retries count like any request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    interval: Duration,
    burst: u32,
}

impl RateLimit {
    /// Returns a limit of requests per minute. Polar allows 500 in production and 100 in the sandbox. Zero counts as one.
    #[must_use]
    pub const fn per_minute(requests: u32) -> Self {
        let burst = if requests < 20 { 1 } else { requests / 10 };
        // The requests of the burst and those spread over the following minute add up to the limit.
        let spread = match requests {
            0 => 1,
            more => more - burst + 1,
        };
        let nanos = MINUTE.as_nanos().div_ceil(spread as u128);
        // At most a minute in nanoseconds, which fits.
        let interval = Duration::from_nanos(nanos as u64);
        Self { interval, burst }
    }

    /// Returns the time between two requests.
    #[cfg(feature = "redis")]
    pub(in crate::client) fn interval(&self) -> Duration {
        self.interval
    }

    /// Returns how many requests may be sent at once after an idle period.
    #[cfg(feature = "redis")]
    pub(in crate::client) fn burst(&self) -> u32 {
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
    /// The earliest time at which the turn after the last used one can start.
    taken: Option<Instant>,
    /// The earliest time at which the turn after the last assigned one can start.
    next: Option<Instant>,
    /// In the order of their turns.
    waiting: VecDeque<Waiting>,
    tickets: u64,
    probe: Option<Probe>,
}

/// State while the server asked for a longer pause than clients make. One request at a time is sent to find out whether
/// the rate limit still applies.
#[derive(Clone, Copy, Debug)]
struct Probe {
    /// The time at which the client's pause ended.
    start: Instant,
    /// The time after which another probe is sent if the last one got no response.
    gap: Duration,
    /// The time at which the last probe was sent.
    sent: Option<Instant>,
}

#[derive(Debug)]
struct Waiting {
    ticket: u64,
    turn: Instant,
    waker: Option<Waker>,
}

/// A position in the queue. Dropping it leaves the queue.
struct QueuePosition<'a> {
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

    /// Waits for a turn and uses it. Returns the time of the turn; `None` if it is not within `max_wait`.
    pub(in crate::client) async fn take_turn(
        &self,
        clock: &Clock,
        max_wait: Duration,
    ) -> Option<Instant> {
        let position = self.enter(clock.now(), max_wait)?;
        let mut armed = None;
        let turn = std::future::poll_fn(|context| position.poll(clock, &mut armed, context));
        clock.within(max_wait, turn).await?;
        Some(clock.now())
    }

    /// Pauses after a response with 429: no turn is assigned for `retry_after`, up to `max_pause`. If it is longer, one
    /// request is then sent as a probe, and the others wait for its outcome.
    pub(in crate::client) fn pause(
        &self,
        now: Instant,
        retry_after: Duration,
        max_pause: Duration,
    ) {
        let Some(until) = now.checked_add(retry_after.min(max_pause)) else {
            return;
        };
        let mut queue = self.lock();
        if retry_after > max_pause {
            queue.probe = Some(Probe {
                start: until,
                gap: max_pause,
                sent: None,
            });
            return self.postpone(&mut queue, 0, until);
        }
        // If no probe was sent yet, this is the response to a request from before the pause. It does not shorten the
        // pause.
        match queue.probe.and_then(|probe| probe.sent) {
            Some(sent) => self.reschedule(queue, sent, until),
            None => self.postpone(&mut queue, 0, until),
        }
    }

    /// Records that the request with this turn got no 429 response. If it was a probe, the waiting requests continue.
    pub(in crate::client) fn passed(&self, turn: Instant, now: Instant) {
        let queue = self.lock();
        let Some(probe) = queue.probe.filter(|probe| turn >= probe.start) else {
            return;
        };
        self.reschedule(queue, probe.sent.unwrap_or(now), now);
    }

    /// Ends probing after the response to the probe that was sent at `sent`. The waiting requests are sent after it at
    /// the usual intervals, and none of them before `start`.
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

    /// Returns a place at the end of the queue, unless its turn is too late.
    fn enter(&self, now: Instant, max_wait: Duration) -> Option<QueuePosition<'_>> {
        let mut queue = self.lock();
        let turn = self.next_turn(&queue, now);
        let soonest = self.soonest(&queue, turn, now);
        if soonest.saturating_duration_since(now) >= max_wait {
            return None;
        }
        queue.tickets += 1;
        let ticket = queue.tickets;
        self.append(&mut queue, ticket, turn);
        Some(QueuePosition {
            limiter: self,
            ticket,
        })
    }

    /// Uses the turn of a place. If it is not due yet, returns the time of the turn.
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
            // It missed its turn, and a later request has already been sent.
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

    /// Postpones the turns of this place and later ones as far as necessary, so that none is before `start`.
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

    /// Returns the time between two turns.
    fn spacing(&self, queue: &Queue) -> Duration {
        let gap = queue.probe.map_or(Duration::ZERO, |probe| probe.gap);
        self.limit.interval.max(gap)
    }

    /// Returns the earliest time at which a turn may come: if the probe succeeds, turns are brought forward.
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

    /// Returns the earliest time of a turn. After an idle period, some turns in the past are still available.
    fn earliest(&self, now: Instant) -> Instant {
        let RateLimit { interval, burst } = self.limit;
        now.checked_sub(interval * (burst - 1)).unwrap_or(now)
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The turn that is waited for, and the future of its timer.
type Armed = Option<(Instant, BoxFuture<'static, ()>)>;

impl QueuePosition<'_> {
    fn poll(&self, clock: &Clock, armed: &mut Armed, context: &mut Context<'_>) -> Poll<()> {
        loop {
            let now = clock.now();
            let Err(turn) = self.limiter.take(self.ticket, now) else {
                return Poll::Ready(());
            };
            self.wake_with(context.waker());
            // The turn can change while it is awaited.
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

impl Drop for QueuePosition<'_> {
    fn drop(&mut self) {
        let mut queue = self.limiter.lock();
        let Some(index) = queue.waiting.iter().position(|it| it.ticket == self.ticket) else {
            return;
        };
        let Some(Waiting { turn, .. }) = queue.waiting.remove(index) else {
            return;
        };
        // A turn before the last used one is lost.
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
