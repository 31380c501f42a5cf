//! The queue with a spool: events are stored on disk before they are queued.

use std::sync::Arc;

use super::{Phase, Queue};
use crate::ingest::backlog::Backlog;
use crate::ingest::entry::Entry;
use crate::ingest::outcome::{DeliveryOutcome, Stats};
use crate::ingest::spool::{Rejection, SendQueue, SpoolHandle};
use crate::time::Instant;

impl<E> Queue<E> {
    /// Sets the spool, which stores events before they are queued.
    pub(in crate::ingest) fn with_spool(mut self, spool: Arc<SpoolHandle<E>>) -> Self {
        self.spool = Some(spool);
        self
    }

    /// Waits until the folder of the spool is closed. Returns at once if there is no spool.
    pub(in crate::ingest) async fn until_closed(&self) {
        if let Some(spool) = &self.spool {
            spool.until_closed().await;
        }
    }

    /// Returns the handle of the spool, if there is one.
    pub(in crate::ingest) fn spool(&self) -> Option<&SpoolHandle<E>> {
        self.spool.as_deref()
    }

    /// Stores undelivered events as rejected ones, with the reason.
    pub(super) fn keep_rejected(
        spool: &SpoolHandle<E>,
        undelivered: &[(Entry<E>, DeliveryOutcome)],
    ) {
        let rejected = undelivered
            .iter()
            .map(|(entry, outcome)| (entry.number, Rejection::of(outcome)));
        spool.reject(rejected.collect());
    }

    /// Adds the counts of the spool, if there is one.
    pub(super) fn add_spool_stats(&self, mut stats: Stats) -> Stats {
        if let Some(spool) = &self.spool {
            stats.queued = spool.events();
            stats.spool = Some(spool.stats());
        }
        stats
    }
}

impl<E: Send> SendQueue<E> for Queue<E> {
    fn has_room(&self, size: usize) -> bool {
        let state = self.state();
        !matches!(state.phase, Phase::Ended) && state.backlog.has_room(size)
    }

    fn try_push_stored(&self, entry: Entry<E>) -> Result<(), Entry<E>> {
        let mut state = self.state();
        if matches!(state.phase, Phase::Ended) || !Backlog::has_room(&state.backlog, entry.size) {
            return Err(entry);
        }
        let is_work = state.backlog.push(entry);
        drop(state);
        if is_work {
            self.work.notify(1);
        }
        Ok(())
    }

    fn set_queued_up_to(&self, number: u64) {
        let mut state = self.state();
        if state.backlog.last() == number {
            return;
        }
        state.backlog.reach(number);
        drop(state);
        self.work.notify(1);
        self.progress.notify(usize::MAX);
    }

    fn return_unstored(&self, entry: Entry<E>) {
        self.state().stats.unsent += 1;
        self.return_undelivered(entry, DeliveryOutcome::Unsent);
    }

    fn writer_panicked(&self) {
        {
            let mut state = self.state();
            let last = self.last(&state);
            let next = state.backlog.last() + 1;
            if next <= last {
                state.first_unsent = state.first_unsent.into_iter().chain([next]).min();
                state.backlog.reach(last);
            }
        }
        // Events that are already in memory are still sent. The next process sends those that are only on disk.
        self.close(None);
        self.progress.notify(usize::MAX);
    }

    fn now(&self) -> Instant {
        self.clock.now()
    }
}
