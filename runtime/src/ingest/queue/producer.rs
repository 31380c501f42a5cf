//! The producers' side of the queue.

use std::time::Duration;

use event_listener::IntoNotification;

use super::{Phase, Queue, State};
use crate::ingest::backlog::Backlog;
use crate::ingest::entry::Entry;
use crate::ingest::event::Event;
use crate::ingest::outcome::{Ended, NotQueued, NotQueuedReason};

impl<E: Event> Queue<E> {
    /// Queues an event, and waits for capacity when the queue is full. With a spool, the event is stored first.
    pub(in crate::ingest) async fn push(&self, entry: Entry<E>) -> Result<(), NotQueued<E>> {
        #[cfg(feature = "spool")]
        if let Some(spool) = &self.spool {
            return spool.push(entry).await.map_err(NotQueued::from);
        }
        self.push_to_memory(entry).await
    }

    /// Queues an event if there is capacity now. With a spool, it is stored soon.
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

    /// Queues an event regardless of the capacity. With a spool, it is stored soon.
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
            // Capacity may have become available before `listen`.
            entry = match self.push_if(entry, Backlog::has_room) {
                Err((entry, NotQueuedReason::Full)) => entry,
                other => return other.map_err(NotQueued::from),
            };
            room.await;
            entry = match self.push_if(entry, Backlog::has_room) {
                Err((entry, NotQueuedReason::Full)) => entry,
                other => {
                    // A settled event can make room for several smaller ones.
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

    /// Waits until everything that is queued now is settled.
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
        #[cfg(feature = "spool")]
        if let Some(spool) = &self.spool {
            spool.stop_accepting();
        }
        self.closing.notify(usize::MAX);
        self.work.notify(usize::MAX);
        self.room.notify(usize::MAX);
    }

    /// Returns the number of the last event that was accepted.
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

    /// Sends queued events without a deadline, after the last handle was dropped.
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
