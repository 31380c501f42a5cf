//! `SpoolHandle`: passes events to the writer thread. Assigns their numbers, and enforces the disk budget.

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

/// The handle of the writer thread, which callers and the driver use. Shared with the writer thread, which reports its
/// progress here.
pub(in crate::ingest) struct SpoolHandle<E> {
    pub(super) commands: Sender<Command<E>>,
    pub(super) folder: PathBuf,
    /// The disk budget in bytes.
    budget: u64,
    /// Limits the number and the bytes of events in flight to the writer thread, as in a queue without a spool.
    limits: Limits,
    state: Mutex<State>,
    /// Wakes callers that wait for the disk budget, or for events in flight to be stored.
    room: Notify,
    /// Wakes callers that wait until the folder is closed.
    closed: Notify,
}

#[derive(Default)]
pub(super) struct State {
    /// Whether no more events are accepted.
    is_stopped: bool,
    /// Whether the writer thread has closed the folder.
    is_closed: bool,
    /// Whether the writer thread panicked.
    pub(super) has_panicked: bool,
    /// The number of the last accepted event.
    last: u64,
    /// The number of accepted events without a delivery outcome.
    events: usize,
    /// The bytes on disk of all events: accepted, rejected, and delivered ones that are not removed yet.
    bytes: u64,
    /// The number of rejected events on disk, and their bytes.
    rejected: u64,
    rejected_bytes: u64,
    /// The number of events in flight to the writer thread, and the bytes of their JSON.
    in_flight: usize,
    in_flight_bytes: usize,
    /// The number of events on disk that this version of the program cannot decode, and their bytes.
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

    /// Stores an event, and waits until it is stored. Waits for the disk budget before that.
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
            // One large event may have made room for several smaller ones, so the next caller tries as well.
            self.room.notify(1.additional());
        }
        self.outcome(outcome).await
    }

    /// Sends an event to the writer thread without waiting. `is_urgent` ignores the disk budget.
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

    /// Numbers an event, and sends it to the writer thread. The caller holds the lock, so that events arrive in the
    /// order of their numbers.
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
            // The writer thread has panicked, which is not recorded yet.
            Err(error) => match error.0 {
                Command::Add(addition) => match addition.event.into_entry() {
                    Some(entry) => Err((entry, NotQueuedReason::NotStored(self.panicked()))),
                    None => Ok(()),
                },
                _ => Ok(()),
            },
        }
    }

    /// Waits until an event is stored, or could not be stored.
    pub(super) async fn outcome(&self, outcome: oneshot::Receiver<Outcome<E>>) -> Outcome<E> {
        match outcome.receive().await {
            // The writer thread only drops events if it panics.
            Some(Err((entry, NotQueuedReason::Ended))) => {
                Err((entry, NotQueuedReason::NotStored(self.panicked())))
            }
            Some(outcome) => outcome,
            None => Ok(()),
        }
    }

    /// Checks whether an event of this size can be accepted now.
    fn admit(&self, state: &State, size: usize) -> Result<(), NotQueuedReason> {
        let bytes = footprint(HEAD + size);
        let is_within_budget = state.bytes == 0 || state.bytes + bytes <= self.budget;
        let is_within_memory = state.in_flight == 0
            || (state.in_flight < self.limits.capacity
                && state.in_flight_bytes + size <= self.limits.bytes);
        if is_within_budget && is_within_memory {
            return Ok(());
        }
        // Rejected and unreadable events use up the budget, so deliveries would not make room.
        let kept = state.rejected_bytes + state.unreadable_bytes;
        if kept > 0 && kept + bytes > self.budget {
            let error = SpoolError::new(&self.folder, SpoolErrorKind::FullOfRejected);
            return Err(NotQueuedReason::NotStored(error));
        }
        Err(NotQueuedReason::Full)
    }

    pub(super) fn panicked(&self) -> SpoolError {
        SpoolError::failed(&self.folder, "the thread that writes to it panicked")
    }

    /// Removes events that the server has stored, by their numbers.
    pub(in crate::ingest) fn remove(&self, numbers: Vec<u64>) {
        self.record_settled(numbers.len());
        // Fails if the writer thread has ended. The events then stay on disk, and the next process sends them again.
        let _ = self.commands.send(Command::Remove(numbers));
    }

    /// Keeps events as rejected ones, by their numbers.
    pub(in crate::ingest) fn reject(&self, rejected: Vec<(u64, Rejection)>) {
        self.record_settled(rejected.len());
        let _ = self.commands.send(Command::Reject(rejected));
    }

    /// Records that the delivery outcome of this many events is known, or that they could not be stored.
    pub(super) fn record_settled(&self, count: usize) {
        let mut state = self.state();
        state.events = state.events.saturating_sub(count);
    }

    /// Accepts no more events.
    pub(in crate::ingest) fn stop_accepting(&self) {
        self.state().is_stopped = true;
        self.room.notify(usize::MAX);
    }

    /// Closes the folder after all accepted events are stored.
    pub(in crate::ingest) fn close(&self) {
        self.stop_accepting();
        if self.commands.send(Command::Close).is_err() {
            self.record_closed();
        }
    }

    /// Waits until the folder is closed, so that another process can open it.
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

    /// Returns the number of accepted events without a delivery outcome.
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

    /// Records that events with these sizes are not in flight any more: they are stored, or could not be. Updates the
    /// counts from the store.
    pub(super) fn record_written(&self, sizes: impl Iterator<Item = usize>, store: &Store) {
        let mut count = 0;
        let mut state = self.state();
        for size in sizes {
            state.in_flight -= 1;
            state.in_flight_bytes -= size;
            count += 1;
        }
        // Includes the events that are still in flight.
        let in_flight = footprint(HEAD) * state.in_flight as u64 + 2 * state.in_flight_bytes as u64;
        state.bytes = store.bytes() + in_flight;
        state.rejected = store.rejected();
        state.rejected_bytes = store.rejected_bytes();
        drop(state);
        self.room.notify(count.additional());
    }

    /// Wakes callers after events were removed from disk.
    pub(super) fn notify_removed(&self, count: usize) {
        self.room.notify(count.additional());
    }

    /// Wakes callers after the number of rejected events has changed: those that wait may have to fail instead.
    pub(super) fn notify_rejected_changed(&self) {
        self.room.notify(usize::MAX);
    }

    /// Records that the writer thread panicked, and returns that as an error.
    pub(super) fn record_panic(&self) -> SpoolError {
        let error = self.panicked();
        let mut state = self.state();
        state.is_stopped = true;
        state.has_panicked = true;
        state.last_error = Some(Arc::new(error.clone()));
        error
    }

    /// Records that an event on disk cannot be decoded.
    pub(super) fn record_unreadable(&self, bytes: u64) {
        let mut state = self.state();
        state.unreadable += 1;
        state.unreadable_bytes += bytes;
        drop(state);
        self.room.notify(usize::MAX);
    }

    /// Records the error of the last disk access; `None` if it succeeded.
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
