//! The methods of the queue for callers.

use std::time::Duration;

use event_listener::IntoNotification;

use super::{Phase, Queue, State};
use crate::ingest::backlog::Backlog;
use crate::ingest::entry::Entry;
use crate::ingest::event::Event;
use crate::ingest::outcome::{Ended, NotQueued, NotQueuedReason};

impl<E: Event> Queue<E> {
    /// Queues an event. Waits for capacity while the queue is full. With a spool, waits until the event is stored.
    pub(in crate::ingest) async fn push(&self, entry: Entry<E>) -> Result<(), NotQueued<E>> {
        #[cfg(feature = "spool")]
        if let Some(spool) = &self.spool {
            return spool.push(entry).await.map_err(NotQueued::from);
        }
        self.push_to_memory(entry).await
    }

    /// Queues an event if there is capacity. With a spool, it is stored later.
    pub(in crate::ingest) fn try_push(
        &self,
        entry: Entry<E>,
    ) -> Result<(), (Entry<E>, NotQueuedReason)> {
        #[cfg(feature = "spool")]
        if let Some(spool) = &self.spool {
            return spool.push_unawaited(entry, false);
        }
        self.push_if(entry, Backlog::has_room)
    }

    /// Queues an event even if the queue is full. With a spool, it is stored later.
    #[cfg(feature = "metering")]
    pub(in crate::ingest) fn push_now(
        &self,
        entry: Entry<E>,
    ) -> Result<(), (Entry<E>, NotQueuedReason)> {
        #[cfg(feature = "spool")]
        if let Some(spool) = &self.spool {
            return spool.push_unawaited(entry, true);
        }
        self.push_if(entry, |_, _| true)
    }
}

impl<E> Queue<E> {
    async fn push_to_memory(&self, mut entry: Entry<E>) -> Result<(), NotQueued<E>> {
        loop {
            entry = match self.push_if(entry, Backlog::has_room) {
                Err((entry, NotQueuedReason::Full)) => entry,
                other => return other.map_err(NotQueued::from),
            };
            let room = self.room.listen();
            // Tried again, because capacity may have become available before `listen`.
            entry = match self.push_if(entry, Backlog::has_room) {
                Err((entry, NotQueuedReason::Full)) => entry,
                other => return other.map_err(NotQueued::from),
            };
            room.await;
            entry = match self.push_if(entry, Backlog::has_room) {
                Err((entry, NotQueuedReason::Full)) => entry,
                other => {
                    // One large event may have made room for several smaller ones, so the next caller tries as well.
                    self.room.notify(1.additional());
                    return other.map_err(NotQueued::from);
                }
            };
        }
    }

    fn push_if(
        &self,
        mut entry: Entry<E>,
        has_room: impl FnOnce(&Backlog<E>, usize) -> bool,
    ) -> Result<(), (Entry<E>, NotQueuedReason)> {
        let mut state = self.state();
        if !matches!(state.phase, Phase::Open) {
            return Err((entry, NotQueuedReason::Ended));
        }
        if !has_room(&state.backlog, entry.size) {
            return Err((entry, NotQueuedReason::Full));
        }
        let accepted = entry.accepted.take();
        let is_work = state.backlog.push(entry);
        drop(state);
        if let Some(accepted) = accepted {
            accepted();
        }
        if is_work {
            self.work.notify(1);
        }
        Ok(())
    }

    /// Sends all queued events now, and waits until they have a delivery outcome.
    pub(in crate::ingest) async fn flush(&self) -> Result<(), Ended> {
        let goal = {
            let mut state = self.state();
            let goal = self.last(&state);
            state.backlog.flush_until(goal);
            goal
        };
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

    /// Stops accepting events. If it is called again, the earliest deadline applies.
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
        #[cfg(feature = "spool")]
        if let Some(spool) = &self.spool {
            spool.stop_accepting();
        }
        self.closing.notify(usize::MAX);
        self.work.notify(usize::MAX);
        self.room.notify(usize::MAX);
    }

    /// Returns the number of the last accepted event. With a spool, it may not be stored yet.
    pub(super) fn last(&self, state: &State<E>) -> u64 {
        #[cfg(feature = "spool")]
        if let Some(spool) = &self.spool {
            return spool.last();
        }
        state.backlog.last()
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

    /// Closes the queue without a deadline, after the last clone of the ingester was dropped.
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
