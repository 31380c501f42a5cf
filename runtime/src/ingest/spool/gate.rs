//! The way of events to the writer thread: numbered, within the disk budget, in the order of their numbers.

use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use event_listener::{Event as Notify, IntoNotification as _};

use super::database::footprint;
use super::once::{Getter, Setter, once};
use super::pending::{Outcome, Pending};
use super::record::{HEAD, Record};
use super::rejection::{RejectedEvent, Rejection};
use super::store::Store;
use crate::codec::{self, Encode};
use crate::ingest::backlog::Limits;
use crate::ingest::entry::{Entry, TimestampSource};
use crate::ingest::outcome::{NotQueuedReason, SpoolStats};
use crate::ingest::spool_error::{SpoolError, SpoolErrorKind};
use crate::time::Instant;

/// How many rejected events are retried at a time.
const RETRIED_TOGETHER: usize = 256;

/// A command for the writer.
pub(super) enum Command<E> {
    /// Stores an event.
    Add(Addition<E>),
    /// Removes events that the server has stored.
    Remove(Vec<u64>),
    /// Keeps events as rejected ones.
    Reject(Vec<(u64, Rejection)>),
    /// Does something with rejected events.
    Rejected(Request<E>),
    /// Closes the folder.
    Close,
}

/// A command about rejected events, with the caller that awaits the result.
pub(super) enum Request<E> {
    /// Returns those that follow a number, up to a count.
    List {
        after: u64,
        limit: usize,
        result: Setter<Result<Vec<RejectedEvent<E>>, SpoolError>>,
    },
    /// Removes those with these numbers, and returns how many they were.
    Discard {
        numbers: Vec<u64>,
        result: Setter<Result<u64, SpoolError>>,
    },
}

/// An event that is to be stored.
pub(super) struct Addition<E> {
    pub(super) number: u64,
    /// The size of the event as JSON.
    pub(super) size: usize,
    pub(super) record: Vec<u8>,
    /// The number of the rejected event that is sent again as this one.
    pub(super) retries: Option<u64>,
    pub(super) event: Pending<E>,
}

/// The way of events to the disk.
pub(in crate::ingest) struct Gate<E> {
    commands: Sender<Command<E>>,
    folder: PathBuf,
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
    /// Whether the writer panicked.
    has_panicked: bool,
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
    moving: usize,
    moving_bytes: usize,
    /// Events on disk that this version of the program cannot read, and their bytes.
    unreadable: usize,
    unreadable_bytes: u64,
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

    // ---- In ----------------------------------------------------------------------------------------------------------

    /// Stores an event once the disk budget allows it, and waits until it is stored.
    pub(in crate::ingest) async fn push(&self, mut entry: Entry<E>) -> Outcome<E>
    where
        E: Encode,
    {
        let mut has_waited = false;
        let outcome = loop {
            let room = self.room.listen();
            let (caller, outcome) = once();
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
        caller: Option<Setter<Outcome<E>>>,
        is_urgent: bool,
    ) -> Outcome<E>
    where
        E: Encode,
    {
        let state = self.state();
        if !is_urgent
            && !state.is_shut
            && let Err(reason) = self.admit(&state, entry.size)
        {
            return Err((entry, reason));
        }
        self.send(state, entry, caller, None)
    }

    /// Sends an event to the writer. Under the lock, so that numbers arrive in order.
    fn send(
        &self,
        mut state: MutexGuard<'_, State>,
        mut entry: Entry<E>,
        caller: Option<Setter<Outcome<E>>>,
        retries: Option<u64>,
    ) -> Outcome<E>
    where
        E: Encode,
    {
        if state.is_shut {
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
                state.moving += 1;
                state.moving_bytes += size;
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
    async fn outcome(&self, outcome: Getter<Outcome<E>>) -> Outcome<E> {
        match outcome.get().await {
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
        let is_within_memory = state.moving == 0
            || (state.moving < self.limits.capacity
                && state.moving_bytes + size <= self.limits.bytes);
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

    fn panicked(&self) -> SpoolError {
        SpoolError::failed(&self.folder, "its thread panicked")
    }

    /// Removes events that the server has stored.
    pub(in crate::ingest) fn remove(&self, numbers: Vec<u64>) {
        self.settled(numbers.len());
        // Without a writer they stay stored, and the next process sends them again.
        let _ = self.commands.send(Command::Remove(numbers));
    }

    /// Keeps events that the server rejected as such.
    pub(in crate::ingest) fn reject(&self, rejected: Vec<(u64, Rejection)>) {
        self.settled(rejected.len());
        let _ = self.commands.send(Command::Reject(rejected));
    }

    /// Records that the delivery outcome of events is known, or that they will not be stored.
    pub(super) fn settled(&self, count: usize) {
        let mut state = self.state();
        state.events = state.events.saturating_sub(count);
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
            rejected: state.rejected,
            unreadable: state.unreadable,
            failing: state.failing.clone(),
        }
    }

    // ---- Rejected events ---------------------------------------------------------------------------------------------

    /// Returns rejected events that follow a number, up to a count.
    pub(in crate::ingest) async fn rejected(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<RejectedEvent<E>>, SpoolError> {
        let (result, events) = once();
        let request = Request::List {
            after,
            limit,
            result,
        };
        self.request(request, events).await
    }

    /// Removes rejected events, and returns how many they were.
    pub(in crate::ingest) async fn discard_rejected(
        &self,
        numbers: Vec<u64>,
    ) -> Result<u64, SpoolError> {
        let (result, count) = once();
        self.request(Request::Discard { numbers, result }, count)
            .await
    }

    /// Queues all rejected events again, each with a new number, and returns how many they were. Those that are discarded
    /// or retried by another call meanwhile are not queued again.
    pub(in crate::ingest) async fn retry_rejected(&self, now: Instant) -> Result<u64, SpoolError>
    where
        E: Encode,
    {
        // Those that are rejected again meanwhile have higher numbers.
        let last = self.last();
        let (mut after, mut count) = (0, 0);
        loop {
            let events = self.rejected(after, RETRIED_TOGETHER).await?;
            let mut outcomes = Vec::new();
            for rejected in events.into_iter().take_while(|event| event.number <= last) {
                after = rejected.number;
                outcomes.push(self.retry(rejected, now)?);
            }
            if outcomes.is_empty() {
                return Ok(count);
            }
            for outcome in outcomes {
                let outcome = self.outcome(outcome).await;
                outcome.map_err(|refused| self.not_retried(refused))?;
                count += 1;
            }
        }
    }

    /// Queues a rejected event regardless of the budget: it is on disk already.
    fn retry(
        &self,
        rejected: RejectedEvent<E>,
        now: Instant,
    ) -> Result<Getter<Outcome<E>>, SpoolError>
    where
        E: Encode,
    {
        let (caller, outcome) = once();
        let entry = Entry {
            number: 0,
            size: codec::to_vec(&rejected.event).len(),
            event: rejected.event,
            since: now,
            timestamp_source: rejected.timestamp_source,
            slot: None,
            accepted: None,
        };
        let sent = self.send(self.state(), entry, Some(caller), Some(rejected.number));
        sent.map_err(|refused| self.not_retried(refused))?;
        Ok(outcome)
    }

    fn not_retried(&self, (_, reason): (Entry<E>, NotQueuedReason)) -> SpoolError {
        match reason {
            NotQueuedReason::NotStored(error) => error,
            _ => self.ended(),
        }
    }

    async fn request<T>(
        &self,
        request: Request<E>,
        result: Getter<Result<T, SpoolError>>,
    ) -> Result<T, SpoolError> {
        // A request that cannot be sent is dropped, and with it the other end of the result.
        let _ = self.commands.send(Command::Rejected(request));
        let result = result.get().await;
        result.unwrap_or_else(|| Err(self.ended()))
    }

    fn ended(&self) -> SpoolError {
        match self.state().has_panicked {
            true => self.panicked(),
            false => SpoolError::failed(&self.folder, "the ingester has ended"),
        }
    }

    // ---- The writer --------------------------------------------------------------------------------------------------

    /// Records that events are stored, or will not be, and what is on disk.
    pub(super) fn arrived(&self, sizes: impl Iterator<Item = usize>, store: &Store) {
        let mut count = 0;
        let mut state = self.state();
        for size in sizes {
            state.moving -= 1;
            state.moving_bytes -= size;
            count += 1;
        }
        // With those that follow.
        let moving = footprint(HEAD) * state.moving as u64 + 2 * state.moving_bytes as u64;
        state.bytes = store.bytes() + moving;
        state.rejected = store.rejected();
        state.rejected_bytes = store.rejected_bytes();
        drop(state);
        self.room.notify(count.additional());
    }

    /// Records that events were removed from the disk.
    pub(super) fn removed(&self, count: usize) {
        self.room.notify(count.additional());
    }

    /// Records that there are more or fewer rejected events, on which the wait for room depends.
    pub(super) fn rejected_changed(&self) {
        self.room.notify(usize::MAX);
    }

    /// Records that the writer panicked.
    pub(super) fn fail(&self) -> SpoolError {
        let error = self.panicked();
        let mut state = self.state();
        state.is_shut = true;
        state.has_panicked = true;
        state.failing = Some(Arc::new(error.clone()));
        error
    }

    /// Records that an event on disk cannot be read.
    pub(super) fn unreadable(&self, bytes: u64) {
        let mut state = self.state();
        state.unreadable += 1;
        state.unreadable_bytes += bytes;
        drop(state);
        self.room.notify(usize::MAX);
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
