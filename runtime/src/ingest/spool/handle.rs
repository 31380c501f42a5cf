//! The way of events to the writer thread: numbered, within the disk budget, in the order of their numbers.

use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use event_listener::{Event as Notify, IntoNotification as _};

use super::command::{Addition, Command};
use super::database::footprint;
use super::oneshot;
use super::pending::{Outcome, Pending};
use super::record::{HEAD, Record};
use super::rejection::Rejection;
use super::store::Store;
use crate::codec::{self, Encode};
use crate::ingest::backlog::Limits;
use crate::ingest::entry::{Entry, TimestampSource};
use crate::ingest::outcome::{NotQueuedReason, SpoolStats};
use crate::ingest::spool_error::{SpoolError, SpoolErrorKind};

/// The way of events to the disk.
pub(in crate::ingest) struct SpoolHandle<E> {
    pub(super) commands: Sender<Command<E>>,
    pub(super) folder: PathBuf,
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
pub(super) struct State {
    is_stopped: bool,
    is_closed: bool,
    /// Whether the writer panicked.
    pub(super) has_panicked: bool,
    /// The number of the last event.
    last: u64,
    /// Events that are stored or in flight, whose delivery outcome is unknown.
    events: usize,
    /// Their bytes on disk, including events that are not removed yet, and rejected ones.
    bytes: u64,
    /// Rejected events on disk, and their bytes.
    rejected: u64,
    rejected_bytes: u64,
    /// Events and bytes in flight to the disk.
    in_flight: usize,
    in_flight_bytes: usize,
    /// Events on disk that this version of the program cannot read, and their bytes.
    unreadable: usize,
    unreadable_bytes: u64,
    last_error: Option<Arc<SpoolError>>,
}

impl<E> SpoolHandle<E> {
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
            rejected: store.rejected(),
            rejected_bytes: store.rejected_bytes(),
            ..State::default()
        };
        Self {
            commands,
            folder: store.folder().path().to_owned(),
            budget,
            limits,
            state: Mutex::new(state),
            room: Notify::new(),
            closed: Notify::new(),
        }
    }

    /// Stores an event once the disk budget allows it, and waits until it is stored.
    pub(in crate::ingest) async fn push(&self, mut entry: Entry<E>) -> Outcome<E>
    where
        E: Encode,
    {
        let mut has_waited = false;
        let outcome = loop {
            let room = self.room.listen();
            let (caller, outcome) = oneshot::channel();
            entry = match self.try_push(entry, Some(caller), false) {
                Ok(()) => break outcome,
                Err((entry, NotQueuedReason::Full)) => entry,
                Err(refused) => return Err(refused),
            };
            room.await;
            has_waited = true;
        };
        if has_waited {
            // A removed event can make room for several smaller ones.
            self.room.notify(1.additional());
        }
        self.outcome(outcome).await
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
        entry: Entry<E>,
        caller: Option<oneshot::Sender<Outcome<E>>>,
        is_urgent: bool,
    ) -> Outcome<E>
    where
        E: Encode,
    {
        let state = self.state();
        if !is_urgent
            && !state.is_stopped
            && let Err(reason) = self.admit(&state, entry.size)
        {
            return Err((entry, reason));
        }
        self.send(state, entry, caller, None)
    }

    /// Sends an event to the writer. Under the lock, so that numbers arrive in order.
    pub(super) fn send(
        &self,
        mut state: MutexGuard<'_, State>,
        mut entry: Entry<E>,
        caller: Option<oneshot::Sender<Outcome<E>>>,
        retries: Option<u64>,
    ) -> Outcome<E>
    where
        E: Encode,
    {
        if state.is_stopped {
            let reason = match state.has_panicked {
                true => NotQueuedReason::NotStored(self.panicked()),
                false => NotQueuedReason::Ended,
            };
            return Err((entry, reason));
        }
        let (number, size) = (state.last + 1, entry.size);
        entry.number = number;
        let addition = Addition {
            number,
            size,
            record: record(&entry),
            retries,
            event: Pending::new(entry, caller),
        };
        match self.commands.send(Command::Add(addition)) {
            Ok(()) => {
                state.last = number;
                state.events += 1;
                state.bytes += footprint(HEAD + size);
                state.in_flight += 1;
                state.in_flight_bytes += size;
                Ok(())
            }
            // The writer has just panicked.
            Err(error) => match error.0 {
                Command::Add(addition) => match addition.event.into_entry() {
                    Some(entry) => Err((entry, NotQueuedReason::NotStored(self.panicked()))),
                    None => Ok(()),
                },
                _ => Ok(()),
            },
        }
    }

    /// Waits until an event is stored.
    pub(super) async fn outcome(&self, outcome: oneshot::Receiver<Outcome<E>>) -> Outcome<E> {
        match outcome.receive().await {
            // The writer stores everything that it gets, unless it panics.
            Some(Err((entry, NotQueuedReason::Ended))) => {
                Err((entry, NotQueuedReason::NotStored(self.panicked())))
            }
            Some(outcome) => outcome,
            None => Ok(()),
        }
    }

    /// Returns whether an event of this size may be stored now.
    fn admit(&self, state: &State, size: usize) -> Result<(), NotQueuedReason> {
        let bytes = footprint(HEAD + size);
        let is_within_budget = state.bytes == 0 || state.bytes + bytes <= self.budget;
        let is_within_memory = state.in_flight == 0
            || (state.in_flight < self.limits.capacity
                && state.in_flight_bytes + size <= self.limits.bytes);
        if is_within_budget && is_within_memory {
            return Ok(());
        }
        // No delivery makes room.
        let kept = state.rejected_bytes + state.unreadable_bytes;
        if kept > 0 && kept + bytes > self.budget {
            let error = SpoolError::new(&self.folder, SpoolErrorKind::FullOfRejected);
            return Err(NotQueuedReason::NotStored(error));
        }
        Err(NotQueuedReason::Full)
    }

    pub(super) fn panicked(&self) -> SpoolError {
        SpoolError::failed(&self.folder, "its thread panicked")
    }

    /// Removes events that the server has stored.
    pub(in crate::ingest) fn remove(&self, numbers: Vec<u64>) {
        self.record_settled(numbers.len());
        // Without a writer they stay stored, and the next process sends them again.
        let _ = self.commands.send(Command::Remove(numbers));
    }

    /// Keeps events that the server rejected as such.
    pub(in crate::ingest) fn reject(&self, rejected: Vec<(u64, Rejection)>) {
        self.record_settled(rejected.len());
        let _ = self.commands.send(Command::Reject(rejected));
    }

    /// Records that the delivery outcome of events is known, or that they will not be stored.
    pub(super) fn record_settled(&self, count: usize) {
        let mut state = self.state();
        state.events = state.events.saturating_sub(count);
    }

    /// Accepts no more events.
    pub(in crate::ingest) fn stop_accepting(&self) {
        self.state().is_stopped = true;
        self.room.notify(usize::MAX);
    }

    /// Closes the folder as soon as everything that was accepted is stored.
    pub(in crate::ingest) fn close(&self) {
        self.stop_accepting();
        if self.commands.send(Command::Close).is_err() {
            self.record_closed();
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
            rejected: state.rejected,
            unreadable: state.unreadable,
            last_error: state.last_error.clone(),
        }
    }

    /// Records that events are stored, or will not be, and what is on disk.
    pub(super) fn record_written(&self, sizes: impl Iterator<Item = usize>, store: &Store) {
        let mut count = 0;
        let mut state = self.state();
        for size in sizes {
            state.in_flight -= 1;
            state.in_flight_bytes -= size;
            count += 1;
        }
        // With those that follow.
        let in_flight = footprint(HEAD) * state.in_flight as u64 + 2 * state.in_flight_bytes as u64;
        state.bytes = store.bytes() + in_flight;
        state.rejected = store.rejected();
        state.rejected_bytes = store.rejected_bytes();
        drop(state);
        self.room.notify(count.additional());
    }

    /// Records that events were removed from the disk.
    pub(super) fn notify_removed(&self, count: usize) {
        self.room.notify(count.additional());
    }

    /// Records that there are more or fewer rejected events, on which the wait for room depends.
    pub(super) fn notify_rejected_changed(&self) {
        self.room.notify(usize::MAX);
    }

    /// Records that the writer panicked.
    pub(super) fn record_panic(&self) -> SpoolError {
        let error = self.panicked();
        let mut state = self.state();
        state.is_stopped = true;
        state.has_panicked = true;
        state.last_error = Some(Arc::new(error.clone()));
        error
    }

    /// Records that an event on disk cannot be read.
    pub(super) fn record_unreadable(&self, bytes: u64) {
        let mut state = self.state();
        state.unreadable += 1;
        state.unreadable_bytes += bytes;
        drop(state);
        self.room.notify(usize::MAX);
    }

    /// Records that the disk failed, or works again.
    pub(super) fn set_last_error(&self, error: Option<Arc<SpoolError>>) {
        self.state().last_error = error;
    }

    pub(super) fn record_closed(&self) {
        self.state().is_closed = true;
        self.closed.notify(usize::MAX);
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn record<E: Encode>(entry: &Entry<E>) -> Vec<u8> {
    let record = Record::Event {
        number: entry.number,
        has_assigned_timestamp: entry.timestamp_source == TimestampSource::Ingester,
        json: &codec::to_vec(&entry.event),
    };
    record.to_bytes()
}
