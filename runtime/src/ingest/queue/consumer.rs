//! The driver's side of the queue.

use std::sync::Arc;
use std::time::Duration;

use event_listener::{EventListener, IntoNotification};

use super::{Phase, Queue, State};
use crate::Error;
use crate::ingest::batch::Batch;
use crate::ingest::entry::Entry;
use crate::ingest::outcome::{DeliveryOutcome, Report, Stats};
use crate::ingest::select::first_of;
use crate::log;
use crate::time::Instant;

/// How long until a suspect is retried: it must not delay other events, and must not be forgotten.
const SUSPECT_DELAY: Duration = Duration::from_secs(60);

/// How long until a suspect is retried during a shutdown.
const SUSPECT_DELAY_AT_SHUTDOWN: Duration = Duration::from_secs(1);

/// The next step of the driver.
pub(in crate::ingest) enum Next<E> {
    /// Send this batch.
    Send(Batch<E>),
    /// Wait for a notification, or until the time has elapsed.
    Wait(EventListener, Option<Duration>),
    /// Complete.
    End,
}

impl<E> Queue<E> {
    /// Returns the next step of the driver. The queue counts events of a batch until they are [settled](Self::settle)
    /// or [put back](Self::put_back).
    pub(in crate::ingest) fn next(&self) -> Next<E> {
        let notified = self.work.listen();
        let mut state = self.state();
        let is_open = matches!(state.phase, Phase::Open);
        match state.backlog.next(self.clock.now(), !is_open) {
            Ok(batch) => Next::Send(batch),
            // Unless there are more on disk.
            Err(None) if !is_open && state.backlog.last() >= self.last(&state) => Next::End,
            Err(max_wait) => Next::Wait(notified, max_wait),
        }
    }

    /// Is notified when events are settled.
    #[cfg(feature = "postgres")]
    pub(in crate::ingest) fn progress(&self) -> EventListener {
        self.progress.listen()
    }

    /// Waits until a shutdown begins.
    pub(in crate::ingest) async fn closed(&self) {
        loop {
            let closing = self.closing.listen();
            if self.is_closed() {
                return;
            }
            closing.await;
        }
    }

    pub(in crate::ingest) fn is_closed(&self) -> bool {
        !matches!(self.state().phase, Phase::Open)
    }

    /// Waits until the deadline of a shutdown elapses.
    pub(in crate::ingest) async fn out_of_time(&self) {
        loop {
            let closing = self.closing.listen();
            let phase = self.state().phase;
            match phase {
                Phase::Closing(Some(end)) => {
                    let left = end.saturating_duration_since(self.clock.now());
                    if left.is_zero() {
                        return;
                    }
                    // Another shutdown may set an earlier deadline.
                    first_of(closing, self.clock.sleep(left)).await;
                }
                Phase::Ended => return,
                Phase::Open | Phase::Closing(None) => closing.await,
            }
        }
    }

    /// Records that the API responded to a request of this size.
    pub(in crate::ingest) fn responded(&self, size: usize) {
        let mut state = self.state();
        state.stats.requests += 1;
        state.stats.last_error = None;
        state.backlog.record_success(size);
    }

    /// Records that a request failed and is retried.
    pub(in crate::ingest) fn failed(&self, error: Arc<Error>) {
        let mut state = self.state();
        state.stats.requests += 1;
        state.stats.last_error = Some(error);
    }

    /// Records that a request of this size was too large.
    pub(in crate::ingest) fn record_too_large(&self, size: usize) {
        let now = self.clock.now();
        self.state().backlog.record_too_large(size, now);
    }

    /// Removes events whose delivery outcome is known.
    pub(in crate::ingest) fn settle<'a>(
        &self,
        entries: impl ExactSizeIterator<Item = &'a Entry<E>>,
        count: impl FnOnce(&mut Stats),
    ) where
        E: 'a,
    {
        let settled = entries.len();
        let mut state = self.state();
        for entry in entries {
            state.backlog.settle(entry);
        }
        count(&mut state.stats);
        drop(state);
        self.room.notify(settled.additional());
        self.progress.notify(usize::MAX);
    }

    /// Gives up events that the server rejected or did not confirm: returns them to the caller, or keeps them on disk if
    /// there is a spool.
    pub(in crate::ingest) fn give_up(
        &self,
        undelivered: Vec<(Entry<E>, DeliveryOutcome)>,
        count: impl FnOnce(&mut Stats),
    ) {
        // First, so that they are among the rejected events after a flush.
        #[cfg(feature = "spool")]
        if let Some(spool) = &self.spool {
            Self::keep_rejected(spool, &undelivered);
        }
        self.settle(undelivered.iter().map(|(entry, _)| entry), count);
        for (entry, outcome) in undelivered {
            match self.is_spooled() {
                true => self.dead_letters.notify(entry, outcome),
                false => self.return_undelivered(entry, outcome),
            }
        }
    }

    /// Removes events from the disk, if there is a spool: the server has stored them.
    #[cfg_attr(
        not(feature = "spool"),
        allow(unused_variables, reason = "they are in memory only")
    )]
    pub(in crate::ingest) fn remove(&self, numbers: Vec<u64>) {
        #[cfg(feature = "spool")]
        if let Some(spool) = &self.spool {
            spool.remove(numbers);
        }
    }

    /// Returns an undelivered event to the caller.
    pub(super) fn return_undelivered(&self, entry: Entry<E>, outcome: DeliveryOutcome) {
        if !self.dead_letters.return_undelivered(entry, outcome) {
            self.state().stats.dropped += 1;
        }
    }

    /// Puts a batch back that is retried.
    pub(in crate::ingest) fn put_back(&self, batch: Batch<E>) {
        let mut state = self.state();
        if matches!(state.phase, Phase::Ended) {
            drop(state);
            return self.return_unsent(batch.into_entries().collect());
        }
        let retry_at = self.retry_at(&state, batch.retry_after);
        state.backlog.put_back(batch, retry_at);
    }

    /// Sets aside an event with which the server fails. It is retried after all others.
    pub(in crate::ingest) fn suspect(&self, entry: Entry<E>, retry_after: Option<Duration>) {
        let mut state = self.state();
        let retry_at = self.retry_at(&state, retry_after);
        state.backlog.suspect(entry, retry_at);
    }

    /// Queues the suspects again after the server accepted one.
    pub(in crate::ingest) fn release_suspects(&self) {
        self.state().backlog.release_suspects();
    }

    /// Returns when a suspect is retried: not before `Retry-After`.
    fn retry_at(&self, state: &State<E>, retry_after: Option<Duration>) -> Option<Instant> {
        let delay = match state.phase {
            Phase::Closing(Some(_)) => SUSPECT_DELAY_AT_SHUTDOWN,
            _ => SUSPECT_DELAY,
        };
        let delay = delay.max(retry_after.unwrap_or_default());
        self.clock.now().checked_add(delay)
    }

    /// Ends the ingester, and returns the remaining events to the caller.
    pub(in crate::ingest) fn end(&self) {
        let (left, was_shut_down) = {
            let mut state = self.state();
            let was_shut_down = match state.phase {
                Phase::Ended => return,
                Phase::Closing(end) => end.is_some(),
                Phase::Open => false,
            };
            // No event can be queued while the remaining ones are returned.
            state.phase = Phase::Closing(None);
            (state.backlog.drain(), was_shut_down)
        };
        if !was_shut_down && !left.is_empty() && !self.is_spooled() {
            log::events_unsent(left.len());
        }
        // Before `Ended` is visible, because the process may exit then.
        self.return_unsent(left);
        self.state().phase = Phase::Ended;
        #[cfg(feature = "spool")]
        if let Some(spool) = &self.spool {
            spool.close();
        }
        self.room.notify(usize::MAX);
        self.progress.notify(usize::MAX);
        self.closing.notify(usize::MAX);
    }

    /// Returns the driver's report: the counts, and the undelivered events if no handle is left to return them.
    pub(in crate::ingest) fn last_report(&self) -> Report<E> {
        let abandoned = self.state().abandoned;
        match abandoned {
            true => self.report(),
            false => Report {
                stats: self.stats(),
                undelivered: Vec::new(),
            },
        }
    }

    /// Returns whether events are on disk.
    fn is_spooled(&self) -> bool {
        #[cfg(feature = "spool")]
        return self.spool.is_some();
        #[cfg(not(feature = "spool"))]
        false
    }

    /// Returns unsent events to the caller, in their order. Those on disk stay there.
    fn return_unsent(&self, mut left: Vec<Entry<E>>) {
        left.sort_by_key(|entry| entry.number);
        for receipt in left.iter().filter_map(|entry| entry.receipt.as_ref()) {
            receipt.resolve(DeliveryOutcome::Unsent);
        }
        if let Some(first) = left.first().map(|entry| entry.number) {
            let mut state = self.state();
            state.first_unsent = state.first_unsent.into_iter().chain([first]).min();
        }
        if self.is_spooled() {
            return self.settle(left.iter(), |_| ());
        }
        self.settle(left.iter(), |stats| stats.unsent += left.len() as u64);
        for entry in left {
            self.return_undelivered(entry, DeliveryOutcome::Unsent);
        }
    }
}
