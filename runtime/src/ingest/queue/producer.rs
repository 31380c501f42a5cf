//! The producers' side of the queue.

use std::time::Duration;

use event_listener::IntoNotification;

use super::{Phase, Queue};
use crate::ingest::backlog::Backlog;
use crate::ingest::entry::Entry;
use crate::ingest::outcome::{Ended, NotQueued, NotQueuedReason};

impl<E> Queue<E> {
    /// Queues an event, and waits for capacity when the queue is full.
    pub(in crate::ingest) async fn push(&self, mut entry: Entry<E>) -> Result<(), NotQueued<E>> {
        loop {
            entry = match self.try_push(entry) {
                Err((entry, NotQueuedReason::Full)) => entry,
                other => return other.map_err(NotQueued::from),
            };
            let room = self.room.listen();
            // Capacity may have become available before `listen`.
            entry = match self.try_push(entry) {
                Err((entry, NotQueuedReason::Full)) => entry,
                other => return other.map_err(NotQueued::from),
            };
            room.await;
            entry = match self.try_push(entry) {
                Err((entry, NotQueuedReason::Full)) => entry,
                other => {
                    // A settled event can make room for several smaller ones.
                    self.room.notify(1.additional());
                    return other.map_err(NotQueued::from);
                }
            };
        }
    }

    /// Queues an event if there is capacity now.
    pub(in crate::ingest) fn try_push(
        &self,
        entry: Entry<E>,
    ) -> Result<(), (Entry<E>, NotQueuedReason)> {
        self.push_if(entry, Backlog::has_room)
    }

    /// Queues an event regardless of the capacity.
    #[cfg(feature = "metering")]
    pub(in crate::ingest) fn push_now(
        &self,
        entry: Entry<E>,
    ) -> Result<(), (Entry<E>, NotQueuedReason)> {
        self.push_if(entry, |_, _| true)
    }

    fn push_if(
        &self,
        entry: Entry<E>,
        has_room: impl FnOnce(&Backlog<E>, usize) -> bool,
    ) -> Result<(), (Entry<E>, NotQueuedReason)> {
        let mut state = self.state();
        if !matches!(state.phase, Phase::Open) {
            return Err((entry, NotQueuedReason::Ended));
        }
        if !has_room(&state.backlog, entry.size) {
            return Err((entry, NotQueuedReason::Full));
        }
        let is_work = state.backlog.push(entry);
        drop(state);
        if is_work {
            self.work.notify(1);
        }
        Ok(())
    }

    /// Waits until everything that is queued now is settled.
    pub(in crate::ingest) async fn flush(&self) -> Result<(), Ended> {
        let goal = self.state().backlog.flush_all();
        self.work.notify(1);
        loop {
            let progress = self.progress.listen();
            {
                let state = self.state();
                if state.first_unsent.is_some_and(|left| left <= goal) {
                    return Err(Ended);
                }
                if state.backlog.is_settled(goal) {
                    return Ok(());
                }
                if matches!(state.phase, Phase::Ended) {
                    return Err(Ended);
                }
            }
            progress.await;
        }
    }

    /// Stops accepting events. The earliest deadline applies.
    pub(in crate::ingest) fn close(&self, deadline: Option<Duration>) {
        let end = deadline.and_then(|deadline| self.clock.now().checked_add(deadline));
        let mut state = self.state();
        state.phase = match state.phase {
            Phase::Open => Phase::Closing(end),
            Phase::Closing(before) => Phase::Closing(before.into_iter().chain(end).min()),
            Phase::Ended => Phase::Ended,
        };
        if end.is_some() {
            state.backlog.schedule_suspects(None);
        }
        drop(state);
        self.closing.notify(usize::MAX);
        self.work.notify(usize::MAX);
        self.room.notify(usize::MAX);
    }

    /// Waits until the ingester has ended.
    pub(in crate::ingest) async fn ended(&self) {
        loop {
            let progress = self.progress.listen();
            if matches!(self.state().phase, Phase::Ended) {
                return;
            }
            progress.await;
        }
    }

    /// The last handle was dropped: queued events are sent without a deadline.
    pub(in crate::ingest) fn abandon(&self) {
        self.state().abandoned = true;
        self.close(None);
    }
}

impl<E> From<(Entry<E>, NotQueuedReason)> for NotQueued<E> {
    fn from((entry, reason): (Entry<E>, NotQueuedReason)) -> Self {
        Self {
            event: entry.event,
            reason,
        }
    }
}
