//! The way of events to the writer thread: numbered, within the disk budget, in the order of their numbers.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use event_listener::{Event as Notify, IntoNotification as _};

use super::database::footprint;
use super::once::Once;
use super::record::{HEAD, Record};
use super::store::Store;
use crate::codec::{self, Encode};
use crate::ingest::backlog::Limits;
use crate::ingest::entry::{Entry, TimestampSource};
use crate::ingest::outcome::{NotQueuedReason, SpoolStats};
use crate::ingest::spool_error::SpoolError;

/// Whether an event is stored; otherwise the event and the reason.
pub(super) type Outcome<E> = Result<(), (Entry<E>, NotQueuedReason)>;

/// The result that the caller of an event awaits.
pub(super) type Ticket<E> = Once<Outcome<E>>;

/// A command for the writer.
pub(super) enum Command<E> {
    /// Stores an event.
    Add(Addition<E>),
    /// Removes events whose delivery outcome is known.
    Remove(Vec<u64>),
    /// Closes the folder.
    Close,
}

/// An event that is to be stored.
pub(super) struct Addition<E> {
    pub(super) entry: Entry<E>,
    pub(super) record: Vec<u8>,
    /// The caller that awaits the result, if any.
    pub(super) ticket: Option<Arc<Ticket<E>>>,
}

/// The way of events to the disk.
pub(in crate::ingest) struct Gate<E> {
    commands: Sender<Command<E>>,
    /// The disk budget in bytes.
    budget: u64,
    /// The maximum number of events and bytes that are in flight to the disk.
    limits: Limits,
    state: Mutex<State>,
    /// Wakes callers that wait for capacity.
    room: Notify,
    /// Wakes callers that wait until the folder is closed.
    closed: Notify,
}

#[derive(Default)]
struct State {
    is_shut: bool,
    is_closed: bool,
    /// The number of the last event.
    last: u64,
    /// Events that are stored or in flight, whose delivery outcome is unknown.
    events: usize,
    /// Their bytes on disk, including events that are not removed yet.
    bytes: u64,
    /// Events and bytes in flight to the disk.
    moving: usize,
    moving_bytes: usize,
    unreadable: usize,
    failing: Option<Arc<SpoolError>>,
}

impl<E> Gate<E> {
    pub(super) fn new(
        commands: Sender<Command<E>>,
        budget: u64,
        limits: Limits,
        store: &Store,
    ) -> Self {
        let state = State {
            last: store.last(),
            events: usize::try_from(store.len()).unwrap_or(usize::MAX),
            bytes: store.bytes(),
            ..State::default()
        };
        Self {
            commands,
            budget,
            limits,
            state: Mutex::new(state),
            room: Notify::new(),
            closed: Notify::new(),
        }
    }

    // ---- In ----------------------------------------------------------------------------------------------------------

    /// Stores an event once the disk budget allows it, and waits until it is stored.
    pub(in crate::ingest) async fn push(&self, mut entry: Entry<E>) -> Outcome<E>
    where
        E: Encode,
    {
        let ticket = Ticket::<E>::new();
        let mut has_waited = false;
        loop {
            let room = self.room.listen();
            entry = match self.try_push(entry, Some(&ticket), false) {
                Err((entry, NotQueuedReason::Full)) => entry,
                Err(refused) => return Err(refused),
                Ok(()) => break,
            };
            room.await;
            has_waited = true;
        }
        if has_waited {
            // A removed event can make room for several smaller ones.
            self.room.notify(1.additional());
        }
        ticket.take().await
    }

    /// Queues an event for storing without waiting, within the budget or regardless of it.
    pub(in crate::ingest) fn push_unawaited(&self, entry: Entry<E>, is_urgent: bool) -> Outcome<E>
    where
        E: Encode,
    {
        self.try_push(entry, None, is_urgent)
    }

    fn try_push(
        &self,
        mut entry: Entry<E>,
        ticket: Option<&Arc<Ticket<E>>>,
        is_urgent: bool,
    ) -> Outcome<E>
    where
        E: Encode,
    {
        let bytes = footprint(HEAD + entry.size);
        let mut state = self.state();
        if state.is_shut {
            return Err((entry, NotQueuedReason::Ended));
        }
        if !is_urgent && !self.has_room(&state, entry.size) {
            return Err((entry, NotQueuedReason::Full));
        }
        state.last += 1;
        state.events += 1;
        state.bytes += bytes;
        state.moving += 1;
        state.moving_bytes += entry.size;
        entry.number = state.last;
        let addition = Addition {
            record: record(&entry),
            entry,
            ticket: ticket.cloned(),
        };
        // Under the lock, so that numbers arrive in order.
        let sent = self.commands.send(Command::Add(addition));
        drop(state);
        match sent {
            Err(error) => match error.0 {
                Command::Add(addition) => Err((addition.entry, NotQueuedReason::Ended)),
                _ => Ok(()),
            },
            Ok(()) => Ok(()),
        }
    }

    fn has_room(&self, state: &State, size: usize) -> bool {
        let is_within_budget =
            state.bytes == 0 || state.bytes + footprint(HEAD + size) <= self.budget;
        let is_within_memory = state.moving == 0
            || (state.moving < self.limits.capacity
                && state.moving_bytes + size <= self.limits.bytes);
        is_within_budget && is_within_memory
    }

    /// Removes events whose delivery outcome is known.
    pub(in crate::ingest) fn remove(&self, numbers: Vec<u64>) {
        {
            let mut state = self.state();
            state.events = state.events.saturating_sub(numbers.len());
        }
        // Without a writer they stay stored, and the next process sends them again.
        let _ = self.commands.send(Command::Remove(numbers));
    }

    /// Accepts no more events.
    pub(in crate::ingest) fn shut(&self) {
        self.state().is_shut = true;
        self.room.notify(usize::MAX);
    }

    /// Closes the folder as soon as everything that was accepted is stored.
    pub(in crate::ingest) fn close(&self) {
        self.shut();
        if self.commands.send(Command::Close).is_err() {
            self.closed();
        }
    }

    /// Waits until another process can open the folder.
    pub(in crate::ingest) async fn until_closed(&self) {
        loop {
            let closed = self.closed.listen();
            if self.state().is_closed {
                return;
            }
            closed.await;
        }
    }

    /// Returns the number of the last accepted event.
    pub(in crate::ingest) fn last(&self) -> u64 {
        self.state().last
    }

    /// Returns how many events are accepted and without a known delivery outcome.
    pub(in crate::ingest) fn events(&self) -> usize {
        self.state().events
    }

    pub(in crate::ingest) fn stats(&self) -> SpoolStats {
        let state = self.state();
        SpoolStats {
            bytes: state.bytes,
            budget: self.budget,
            unreadable: state.unreadable,
            failing: state.failing.clone(),
        }
    }

    // ---- The writer --------------------------------------------------------------------------------------------------

    /// Records that events are stored, or will not be.
    pub(super) fn arrived(&self, entries: impl Iterator<Item = usize>, bytes_on_disk: u64) {
        let mut count = 0;
        let mut state = self.state();
        for size in entries {
            state.moving -= 1;
            state.moving_bytes -= size;
            count += 1;
        }
        // With those that follow.
        let moving = footprint(HEAD) * state.moving as u64 + 2 * state.moving_bytes as u64;
        state.bytes = bytes_on_disk + moving;
        drop(state);
        self.room.notify(count.additional());
    }

    /// Records that events will not be stored.
    pub(super) fn refused(&self, count: usize) {
        let mut state = self.state();
        state.events = state.events.saturating_sub(count);
    }

    /// Records that events were removed from the disk.
    pub(super) fn removed(&self, count: usize) {
        self.room.notify(count.additional());
    }

    pub(super) fn unreadable(&self) {
        self.state().unreadable += 1;
    }

    /// Records that the disk failed, or works again.
    pub(super) fn failing(&self, error: Option<Arc<SpoolError>>) {
        self.state().failing = error;
    }

    pub(super) fn closed(&self) {
        self.state().is_closed = true;
        self.closed.notify(usize::MAX);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn record<E: Encode>(entry: &Entry<E>) -> Vec<u8> {
    let record = Record::Event {
        number: entry.number,
        is_time_ours: entry.timestamp_source == TimestampSource::Ingester,
        json: &codec::to_vec(&entry.event),
    };
    record.to_bytes()
}
