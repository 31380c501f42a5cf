//! The queue as the driver sees it.

use std::sync::Arc;
use std::time::Duration;

use event_listener::{EventListener, IntoNotification};

use super::{Phase, Queue, State};
use crate::Error;
use crate::ingest::batch::Batch;
use crate::ingest::entry::Entry;
use crate::ingest::outcome::{Fate, Report, Stats};
use crate::ingest::select::first_of;
use crate::log;
use crate::time::Instant;

/// How long suspects wait until one is tried again. They are not to hold up the others, nor to be forgotten.
const SUSPENSION: Duration = Duration::from_secs(60);

/// The same, when a shutdown is waited for.
const SHORT_SUSPENSION: Duration = Duration::from_secs(1);

/// What the driver does next.
pub(in crate::ingest) enum Next<E> {
    /// Sends these.
    Send(Batch<E>),
    /// Waits for a sign of more work; if there is a time, until then.
    Wait(EventListener, Option<Duration>),
    /// Ends.
    End,
}

impl<E> Queue<E> {
    /// What the driver does next. Events that it gets are held until they are [settled](Self::settle) or
    /// [put back](Self::put_back).
    pub(in crate::ingest) fn next(&self) -> Next<E> {
        let sign = self.work.listen();
        let mut state = self.state();
        let is_open = matches!(state.phase, Phase::Open);
        match state.backlog.next(self.clock.now(), !is_open) {
            Ok(batch) => Next::Send(batch),
            Err(None) if !is_open => Next::End,
            Err(longest) => Next::Wait(sign, longest),
        }
    }

    /// Waits until there is a shutdown.
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

    /// Waits until a shutdown has no more time.
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
                    // Another shutdown may have less time.
                    first_of(closing, self.clock.sleep(left)).await;
                }
                Phase::Ended => return,
                Phase::Open | Phase::Closing(None) => closing.await,
            }
        }
    }

    /// A request with this many bytes was sent, and the API responded.
    pub(in crate::ingest) fn responded(&self, size: usize) {
        let mut state = self.state();
        state.stats.requests += 1;
        state.stats.failing = None;
        state.backlog.pass(size);
    }

    /// A request failed, and is sent again.
    pub(in crate::ingest) fn failed(&self, error: Arc<Error>) {
        let mut state = self.state();
        state.stats.requests += 1;
        state.stats.failing = Some(error);
    }

    /// A request with this many bytes was too large.
    pub(in crate::ingest) fn shrink(&self, size: usize) {
        let now = self.clock.now();
        self.state().backlog.shrink(size, now);
    }

    /// Lets go of events: it is known what became of them.
    pub(in crate::ingest) fn settle(&self, entries: &[Entry<E>], count: impl FnOnce(&mut Stats)) {
        let mut state = self.state();
        for entry in entries {
            state.backlog.settle(entry);
        }
        count(&mut state.stats);
        drop(state);
        self.room.notify(entries.len().additional());
        self.progress.notify(usize::MAX);
    }

    /// Hands back an event that is not delivered.
    pub(in crate::ingest) fn hand_back(&self, entry: Entry<E>, fate: Fate) {
        if !self.returns.hand_back(entry, fate) {
            self.state().stats.dropped += 1;
        }
    }

    /// Takes a batch back that is to be sent again.
    pub(in crate::ingest) fn put_back(&self, batch: Batch<E>) {
        let mut state = self.state();
        if matches!(state.phase, Phase::Ended) {
            drop(state);
            return self.leave(batch.into_entries().collect());
        }
        let retrial = self.retrial(&state, batch.asked);
        state.backlog.put_back(batch, retrial);
    }

    /// The server failed on this event alone. It is tried again behind all others.
    pub(in crate::ingest) fn suspect(&self, entry: Entry<E>, asked: Option<Duration>) {
        let mut state = self.state();
        let retrial = self.retrial(&state, asked);
        state.backlog.suspect(entry, retrial);
    }

    /// The server did not fail on a suspect any more.
    pub(in crate::ingest) fn release_suspects(&self) {
        self.state().backlog.release_suspects();
    }

    /// When a suspect is tried again: no sooner than the server asks.
    fn retrial(&self, state: &State<E>, asked: Option<Duration>) -> Option<Instant> {
        let suspension = match state.phase {
            Phase::Closing(Some(_)) => SHORT_SUSPENSION,
            _ => SUSPENSION,
        };
        let suspension = suspension.max(asked.unwrap_or_default());
        self.clock.now().checked_add(suspension)
    }

    /// The driver ends, or is given up. What is left is not delivered.
    pub(in crate::ingest) fn end(&self) {
        let (left, was_shut_down) = {
            let mut state = self.state();
            let was_shut_down = match state.phase {
                Phase::Ended => return,
                Phase::Closing(end) => end.is_some(),
                Phase::Open => false,
            };
            // Nobody is to queue an event behind the driver's back.
            state.phase = Phase::Closing(None);
            (state.backlog.drain(), was_shut_down)
        };
        if !was_shut_down && !left.is_empty() {
            log::events_unsent(left.len());
        }
        // Before the end is known: who waits for it may end the process.
        self.leave(left);
        self.state().phase = Phase::Ended;
        self.room.notify(usize::MAX);
        self.progress.notify(usize::MAX);
        self.closing.notify(usize::MAX);
    }

    /// What the driver has to report: the counts, and the events if nobody else can ask for them.
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

    /// Hands back what is not sent any more, in its order.
    fn leave(&self, mut left: Vec<Entry<E>>) {
        left.sort_by_key(|entry| entry.number);
        for slot in left.iter().filter_map(|entry| entry.slot.as_ref()) {
            slot.fill(Fate::Unsent);
        }
        if let Some(first) = left.first().map(|entry| entry.number) {
            let mut state = self.state();
            state.left = state.left.into_iter().chain([first]).min();
        }
        self.settle(&left, |stats| stats.unsent += left.len() as u64);
        for entry in left {
            self.hand_back(entry, Fate::Unsent);
        }
    }
}
