//! The queue behind a spool: events are stored first, and queued from there.

use std::sync::Arc;

use super::{Phase, Queue};
use crate::ingest::backlog::Backlog;
use crate::ingest::entry::Entry;
use crate::ingest::outcome::{DeliveryOutcome, Stats};
use crate::ingest::spool::{Gate, Inlet, Rejection};
use crate::time::Instant;

impl<E> Queue<E> {
    /// Stores events before they are queued.
    pub(in crate::ingest) fn behind(mut self, gate: Arc<Gate<E>>) -> Self {
        self.gate = Some(gate);
        self
    }

    /// Waits until the folder is closed, if there is one.
    pub(in crate::ingest) async fn until_closed(&self) {
        if let Some(gate) = &self.gate {
            gate.until_closed().await;
        }
    }

    /// Returns the way to the disk, if there is one.
    pub(in crate::ingest) fn gate(&self) -> Option<&Gate<E>> {
        self.gate.as_deref()
    }

    /// Keeps undelivered events on disk, with the reason.
    pub(super) fn keep_rejected(gate: &Gate<E>, undelivered: &[(Entry<E>, DeliveryOutcome)]) {
        let rejected = undelivered
            .iter()
            .map(|(entry, outcome)| (entry.number, Rejection::of(outcome)));
        gate.reject(rejected.collect());
    }

    /// Returns the counts, with those of the spool.
    pub(super) fn with_spool(&self, mut stats: Stats) -> Stats {
        if let Some(gate) = &self.gate {
            stats.queued = gate.events();
            stats.spool = Some(gate.stats());
        }
        stats
    }
}

impl<E: Send> Inlet<E> for Queue<E> {
    fn has_room(&self, size: usize) -> bool {
        let state = self.state();
        !matches!(state.phase, Phase::Ended) && state.backlog.has_room(size)
    }

    fn offer(&self, entry: Entry<E>) -> Result<(), Entry<E>> {
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

    fn offered(&self, number: u64) {
        let mut state = self.state();
        if state.backlog.last() == number {
            return;
        }
        state.backlog.reach(number);
        drop(state);
        self.work.notify(1);
        self.progress.notify(usize::MAX);
    }

    fn lost(&self, entry: Entry<E>) {
        self.state().stats.unsent += 1;
        self.return_undelivered(entry, DeliveryOutcome::Unsent);
    }

    fn failed(&self) {
        {
            let mut state = self.state();
            let last = self.last(&state);
            let next = state.backlog.last() + 1;
            if next <= last {
                state.first_unsent = state.first_unsent.into_iter().chain([next]).min();
                state.backlog.reach(last);
            }
        }
        // The queued events are sent. Those on disk only are sent by the next process.
        self.close(None);
        self.progress.notify(usize::MAX);
    }

    fn now(&self) -> Instant {
        self.clock.now()
    }
}
