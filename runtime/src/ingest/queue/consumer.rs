//! The methods of the queue for the driver.

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

/// The delay before a suspect is retried. It is long, because each retry delays other events.
const SUSPECT_DELAY: Duration = Duration::from_secs(60);

/// The delay before a suspect is retried during a shutdown.
const SUSPECT_DELAY_AT_SHUTDOWN: Duration = Duration::from_secs(1);

/// What the driver does next.
pub(in crate::ingest) enum Next<E> {
    /// Send this batch.
    Send(Batch<E>),
    /// Wait for a notification, up to this time if there is one.
    Wait(EventListener, Option<Duration>),
    /// Complete.
    End,
}

impl<E> Queue<E> {
    /// Returns what the driver does next.
    ///
    /// The events of a returned batch count as queued, until they are [settled](Self::settle) or
    /// [put back](Self::put_back).
    pub(in crate::ingest) fn next(&self) -> Next<E> {
        let notified = self.work.listen();
        let mut state = self.state();
        let is_open = matches!(state.phase, Phase::Open);
        match state.backlog.next(self.clock.now(), !is_open) {
            Ok(batch) => Next::Send(batch),
            // With a spool, more events may be on disk.
            Err(None) if !is_open && state.backlog.last() >= self.last(&state) => Next::End,
            Err(max_wait) => Next::Wait(notified, max_wait),
        }
    }

    /// Returns a listener that is notified when events get a delivery outcome.
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

    /// Records that a request failed with an error and is retried.
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

    /// Removes events whose delivery outcome is known, and updates the statistics with `count`.
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

    /// Settles events that the server rejected or did not confirm, and returns them as undelivered. With a spool, keeps
    /// them on disk.
    pub(in crate::ingest) fn give_up(
        &self,
        undelivered: Vec<(Entry<E>, DeliveryOutcome)>,
        count: impl FnOnce(&mut Stats),
    ) {
        // Before `settle`: after a flush, they must be among the rejected events.
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

    /// Removes delivered events from the spool, if there is one.
    #[cfg_attr(
        not(feature = "spool"),
        allow(
            unused_variables,
            reason = "without a spool, there is nothing to remove"
        )
    )]
    pub(in crate::ingest) fn remove(&self, numbers: Vec<u64>) {
        #[cfg(feature = "spool")]
        if let Some(spool) = &self.spool {
            spool.remove(numbers);
        }
    }

    /// Passes an undelivered event to the handler, or adds it to the report.
    pub(super) fn return_undelivered(&self, entry: Entry<E>, outcome: DeliveryOutcome) {
        if !self.dead_letters.return_undelivered(entry, outcome) {
            self.state().stats.dropped += 1;
        }
    }

    /// Returns a batch to the queue, to be retried. After the end, its events are unsent.
    pub(in crate::ingest) fn put_back(&self, batch: Batch<E>) {
        let mut state = self.state();
        if matches!(state.phase, Phase::Ended) {
            drop(state);
            return self.return_unsent(batch.into_entries().collect());
        }
        let retry_at = self.retry_at(&state, batch.retry_after);
        state.backlog.put_back(batch, retry_at);
    }

    /// Adds a suspect: an event that presumably makes requests fail.
    pub(in crate::ingest) fn suspect(&self, entry: Entry<E>, retry_after: Option<Duration>) {
        let mut state = self.state();
        let retry_at = self.retry_at(&state, retry_after);
        state.backlog.suspect(entry, retry_at);
    }

    /// Sends all suspects again soon, after the server accepted one.
    pub(in crate::ingest) fn release_suspects(&self) {
        self.state().backlog.release_suspects();
    }

    /// Returns when the next suspect is retried: after the delay, and not before `Retry-After`.
    fn retry_at(&self, state: &State<E>, retry_after: Option<Duration>) -> Option<Instant> {
        let delay = match state.phase {
            Phase::Closing(Some(_)) => SUSPECT_DELAY_AT_SHUTDOWN,
            _ => SUSPECT_DELAY,
        };
        let delay = delay.max(retry_after.unwrap_or_default());
        self.clock.now().checked_add(delay)
    }

    /// Ends the ingester. The remaining events are unsent.
    pub(in crate::ingest) fn end(&self) {
        let (left, was_shut_down) = {
            let mut state = self.state();
            let was_shut_down = match state.phase {
                Phase::Ended => return,
                Phase::Closing(end) => end.is_some(),
                Phase::Open => false,
            };
            // Not `Ended` yet, but no event can be queued any more.
            state.phase = Phase::Closing(None);
            (state.backlog.drain(), was_shut_down)
        };
        if !was_shut_down && !left.is_empty() && !self.is_spooled() {
            log::events_unsent(left.len());
        }
        // Before the phase is `Ended`: callers that wait for it may exit the process.
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

    /// Returns the report of the driver. It contains the undelivered events only if all clones of the ingester are
    /// dropped.
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

    /// Returns whether there is a spool.
    fn is_spooled(&self) -> bool {
        #[cfg(feature = "spool")]
        return self.spool.is_some();
        #[cfg(not(feature = "spool"))]
        false
    }

    /// Settles unsent events, and returns them as undelivered, in order. With a spool, they only stay on disk.
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
