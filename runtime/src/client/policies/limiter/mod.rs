//! The client's own rate limit.
//!
//! Each request is assigned a time slot, in the order of arrival, across all tasks. A request waits only for its own
//! slot, so a task that is not polled does not delay others. If a request is dropped, later ones move to earlier slots.
//!
//! If the server asks for a pause that is longer than the maximum, the client pauses for the maximum, and then sends
//! one request as a probe. The others wait for its response.
//!
//! Other crates for rate limits were not suitable. Some wake all waiting requests, which then compete. Others support
//! several clocks and keys, which a single queue does not need.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use crate::time::Instant;
use crate::transport::{BoxFuture, Clock};

const MINUTE: Duration = Duration::from_secs(60);

/// The maximum number of requests per minute that a client and its clones send.
///
/// The limit is not exceeded within any period of one minute. After an idle period, a tenth of the requests may be sent
/// at once; the others are distributed evenly. Retries count as requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    interval: Duration,
    burst: u32,
}

impl RateLimit {
    /// Creates a limit of `requests` per minute. Polar allows 500 in production and 100 in the sandbox. Zero is treated
    /// as one.
    #[must_use]
    pub const fn per_minute(requests: u32) -> Self {
        let burst = if requests < 20 { 1 } else { requests / 10 };
        // The requests of a burst, and those of the following minute, add up to the limit.
        let spread = match requests {
            0 => 1,
            more => more - burst + 1,
        };
        let nanos = MINUTE.as_nanos().div_ceil(spread as u128);
        // At most a minute in nanoseconds, which fits.
        let interval = Duration::from_nanos(nanos as u64);
        Self { interval, burst }
    }

    /// Returns the time between two slots.
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

/// The queue of requests that wait for their time slots.
#[derive(Debug)]
pub(in crate::client) struct Limiter {
    limit: RateLimit,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    /// The earliest time of the slot after the last used one.
    taken: Option<Instant>,
    /// The earliest time of the slot after the last assigned one.
    next: Option<Instant>,
    /// The waiting requests, in the order of their slots.
    waiting: VecDeque<Waiting>,
    tickets: u64,
    probe: Option<Probe>,
}

/// The state from the beginning of a pause that is shorter than the server asked for. When the pause ends, one request
/// at a time is sent as a probe, to find out whether the rate limit still applies.
#[derive(Clone, Copy, Debug)]
struct Probe {
    /// The time at which the client's pause ends. It may be in the future.
    start: Instant,
    /// The time after which another probe is sent if the last one got no response.
    gap: Duration,
    /// The time at which the last probe was sent; `None` if none was sent yet.
    sent: Option<Instant>,
}

#[derive(Debug)]
struct Waiting {
    ticket: u64,
    slot: Instant,
    waker: Option<Waker>,
}

/// The position of a request in the queue. Dropping it removes the request from the queue.
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

    /// Waits for a time slot and uses it. Returns the time of the slot; `None` if it is not within `max_wait`.
    pub(in crate::client) async fn acquire(
        &self,
        clock: &Clock,
        max_wait: Duration,
    ) -> Option<Instant> {
        let position = self.enter(clock.now(), max_wait)?;
        let mut armed = None;
        let slot = std::future::poll_fn(|context| position.poll(clock, &mut armed, context));
        clock.within(max_wait, slot).await?;
        Some(clock.now())
    }

    /// Pauses after a 429 response: assigns no slots for `retry_after`, but at most for `max_pause`. If `retry_after`
    /// is longer than `max_pause`, one request is then sent as a probe.
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
        // If no probe was sent yet, the response belongs to a request that was sent before the pause. It does not
        // shorten the pause.
        match queue.probe.and_then(|probe| probe.sent) {
            Some(sent) => self.reschedule(queue, sent, until),
            None => self.postpone(&mut queue, 0, until),
        }
    }

    /// Records that the request in this slot got a response other than a 429 of the rate limit. If it was a probe, the
    /// waiting requests are sent.
    pub(in crate::client) fn passed(&self, slot: Instant, now: Instant) {
        let queue = self.lock();
        let Some(probe) = queue.probe.filter(|probe| slot >= probe.start) else {
            return;
        };
        self.reschedule(queue, probe.sent.unwrap_or(now), now);
    }

    /// Ends probing after the response to a probe, which was sent at the time `sent`. The waiting requests are assigned
    /// new slots at the usual intervals, none of which is before `start`.
    fn reschedule(&self, mut queue: MutexGuard<'_, Queue>, sent: Instant, start: Instant) {
        queue.probe = None;
        let after = sent + self.limit.interval;
        queue.taken = Some(after);
        let mut next = after.max(start);
        let mut wakers = Vec::new();
        for waiting in &mut queue.waiting {
            waiting.slot = next;
            next += self.limit.interval;
            wakers.extend(waiting.waker.take());
        }
        queue.next = Some(next);
        drop(queue);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Adds a request to the end of the queue. `None` if its slot is not within `max_wait`.
    fn enter(&self, now: Instant, max_wait: Duration) -> Option<QueuePosition<'_>> {
        let mut queue = self.lock();
        let slot = self.next_slot(&queue, now);
        let soonest = self.soonest(&queue, slot, now);
        if soonest.saturating_duration_since(now) >= max_wait {
            return None;
        }
        queue.tickets += 1;
        let ticket = queue.tickets;
        self.append(&mut queue, ticket, slot);
        Some(QueuePosition {
            limiter: self,
            ticket,
        })
    }

    /// Uses the slot of a request. If it is in the future, returns its time as `Err`.
    fn take(&self, ticket: u64, now: Instant) -> Result<(), Instant> {
        let mut queue = self.lock();
        let Some(index) = queue.waiting.iter().position(|it| it.ticket == ticket) else {
            return Ok(());
        };
        let Waiting { slot, .. } = queue.waiting[index];
        if slot > now {
            return Err(slot);
        }
        if let Some(probe) = &mut queue.probe {
            probe.sent = Some(now);
        }
        let used = slot.max(self.earliest(now));
        if used > slot && queue.taken.is_some_and(|taken| taken > slot) {
            // The request missed its slot, and a later request has already been sent. It is assigned a new slot.
            queue.waiting.remove(index);
            let slot = self.next_slot(&queue, now);
            if slot > now {
                self.append(&mut queue, ticket, slot);
                return Err(slot);
            }
            queue.next = Some(slot + self.spacing(&queue));
            queue.taken = queue.next;
            return Ok(());
        }
        queue.waiting.remove(index);
        let after = used + self.spacing(&queue);
        queue.taken = Some(queue.taken.map_or(after, |taken| taken.max(after)));
        self.postpone(&mut queue, index, after);
        Ok(())
    }

    /// Postpones the slots from this index on as far as necessary, so that none is before `start`.
    fn postpone(&self, queue: &mut Queue, index: usize, start: Instant) {
        let (spacing, mut next) = (self.spacing(queue), start);
        for waiting in queue.waiting.iter_mut().skip(index) {
            waiting.slot = waiting.slot.max(next);
            next = waiting.slot + spacing;
        }
        queue.next = Some(queue.next.map_or(next, |given| given.max(next)));
    }

    fn append(&self, queue: &mut Queue, ticket: u64, slot: Instant) {
        queue.waiting.push_back(Waiting {
            ticket,
            slot,
            waker: None,
        });
        queue.next = Some(slot + self.spacing(queue));
    }

    /// Returns the minimum time between two slots.
    fn spacing(&self, queue: &Queue) -> Duration {
        let gap = queue.probe.map_or(Duration::ZERO, |probe| probe.gap);
        self.limit.interval.max(gap)
    }

    /// Returns the earliest time that a slot can be moved to, because a successful probe moves slots forward.
    fn soonest(&self, queue: &Queue, slot: Instant, now: Instant) -> Instant {
        let Some(probe) = queue.probe else {
            return slot;
        };
        let ahead = u32::try_from(queue.waiting.len()).unwrap_or(u32::MAX);
        let wait = self.limit.interval.saturating_mul(ahead);
        let soonest = probe.start.max(now).checked_add(wait);
        soonest.map_or(slot, |soonest| soonest.min(slot))
    }

    /// Returns the time of the next free slot.
    fn next_slot(&self, queue: &Queue, now: Instant) -> Instant {
        let earliest = self.earliest(now);
        queue.next.map_or(earliest, |next| next.max(earliest))
    }

    /// Returns the earliest time of a slot. It is in the past, so that some requests can be sent at once after an idle
    /// period.
    fn earliest(&self, now: Instant) -> Instant {
        let RateLimit { interval, burst } = self.limit;
        now.checked_sub(interval * (burst - 1)).unwrap_or(now)
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time of the slot that is awaited, and the future of its timer.
type Armed = Option<(Instant, BoxFuture<'static, ()>)>;

impl QueuePosition<'_> {
    fn poll(&self, clock: &Clock, armed: &mut Armed, context: &mut Context<'_>) -> Poll<()> {
        loop {
            let now = clock.now();
            let Err(slot) = self.limiter.take(self.ticket, now) else {
                return Poll::Ready(());
            };
            self.wake_with(context.waker());
            // The slot can be moved while it is awaited.
            let sleep = match armed {
                Some((until, sleep)) if *until == slot => sleep,
                _ => &mut armed.insert((slot, clock.sleep(slot - now))).1,
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
        let Some(Waiting { slot, .. }) = queue.waiting.remove(index) else {
            return;
        };
        // A slot before the last used one cannot be assigned again.
        if queue.taken.is_some_and(|taken| taken > slot) {
            return;
        }
        let mut free = slot;
        let mut wakers = Vec::new();
        for waiting in queue.waiting.iter_mut().skip(index) {
            std::mem::swap(&mut waiting.slot, &mut free);
            wakers.extend(waiting.waker.take());
        }
        queue.next = Some(free);
        drop(queue);
        wakers.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests;
