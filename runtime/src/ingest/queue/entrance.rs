//! The queue as those see it who ingest.

use std::time::Duration;

use event_listener::IntoNotification;

use super::{Phase, Queue};
use crate::ingest::backlog::Backlog;
use crate::ingest::entry::Entry;
use crate::ingest::outcome::{Ended, NotQueued, Obstacle};

impl<E> Queue<E> {
    /// Queues an event when there is room for it.
    pub(in crate::ingest) async fn push(&self, mut entry: Entry<E>) -> Result<(), NotQueued<E>> {
        loop {
            entry = match self.try_push(entry) {
                Err((entry, Obstacle::Full)) => entry,
                other => return other.map_err(NotQueued::from),
            };
            let room = self.room.listen();
            // There may have been room before the ear was at the door.
            entry = match self.try_push(entry) {
                Err((entry, Obstacle::Full)) => entry,
                other => return other.map_err(NotQueued::from),
            };
            room.await;
            entry = match self.try_push(entry) {
                Err((entry, Obstacle::Full)) => entry,
                other => {
                    // One event that is gone can make room for several that are smaller.
                    self.room.notify(1.additional());
                    return other.map_err(NotQueued::from);
                }
            };
        }
    }

    /// Queues an event if there is room for it now.
    pub(in crate::ingest) fn try_push(&self, entry: Entry<E>) -> Result<(), (Entry<E>, Obstacle)> {
        self.push_if(entry, Backlog::has_room)
    }

    /// Queues an event, whether there is room for it or not.
    #[cfg(feature = "metering")]
    pub(in crate::ingest) fn push_now(&self, entry: Entry<E>) -> Result<(), (Entry<E>, Obstacle)> {
        self.push_if(entry, |_, _| true)
    }

    fn push_if(
        &self,
        entry: Entry<E>,
        has_room: impl FnOnce(&Backlog<E>, usize) -> bool,
    ) -> Result<(), (Entry<E>, Obstacle)> {
        let mut state = self.state();
        if !matches!(state.phase, Phase::Open) {
            return Err((entry, Obstacle::Ended));
        }
        if !has_room(&state.backlog, entry.size) {
            return Err((entry, Obstacle::Full));
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
        let goal = self.state().backlog.want_all();
        self.work.notify(1);
        loop {
            let progress = self.progress.listen();
            {
                let state = self.state();
                if state.left.is_some_and(|left| left <= goal) {
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

    /// Takes no more events. The shortest time that was ever given counts.
    pub(in crate::ingest) fn close(&self, patience: Option<Duration>) {
        let end = patience.and_then(|patience| self.clock.now().checked_add(patience));
        let mut state = self.state();
        state.phase = match state.phase {
            Phase::Open => Phase::Closing(end),
            Phase::Closing(before) => Phase::Closing(before.into_iter().chain(end).min()),
            Phase::Ended => Phase::Ended,
        };
        if end.is_some() {
            state.backlog.retry_suspects(None);
        }
        drop(state);
        self.closing.notify(usize::MAX);
        self.work.notify(usize::MAX);
        self.room.notify(usize::MAX);
    }

    /// Waits for the end.
    pub(in crate::ingest) async fn ended(&self) {
        loop {
            let progress = self.progress.listen();
            if matches!(self.state().phase, Phase::Ended) {
                return;
            }
            progress.await;
        }
    }

    /// The last one who could ask for a report is gone: what is left is sent, however long it takes.
    pub(in crate::ingest) fn abandon(&self) {
        self.state().abandoned = true;
        self.close(None);
    }
}

impl<E> From<(Entry<E>, Obstacle)> for NotQueued<E> {
    fn from((entry, obstacle): (Entry<E>, Obstacle)) -> Self {
        Self {
            event: entry.event,
            obstacle,
        }
    }
}
