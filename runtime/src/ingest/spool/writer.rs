//! The thread that writes events to disk, and queues them from there.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::gate::{Addition, Command, Gate};
use super::options::SpoolSync;
use super::store::{MAX_COMMIT, MAX_COMMIT_BYTES, Store, Stored};
use crate::codec::DecodeError;
use crate::ingest::entry::{Entry, TimestampSource};
use crate::ingest::outcome::{DeliveryOutcome, NotQueuedReason, Slot};
use crate::ingest::spool_error::SpoolError;
use crate::log;
use crate::time::Instant;

/// How many events are read from disk at a time.
const PAGE: usize = 256;

/// How long to wait before what failed is done again.
const PAUSE: Duration = Duration::from_secs(1);

/// Where stored events are queued to be sent.
pub(in crate::ingest) trait Inlet<E>: Send + Sync {
    /// Whether another event may be queued.
    fn has_room(&self, size: usize) -> bool;

    /// Queues an event, or returns it when the queue is full or has ended.
    fn offer(&self, entry: Entry<E>) -> Result<(), Entry<E>>;

    /// All events up to this number were queued.
    fn offered(&self, number: u64);

    /// An event could not be stored, and no caller waits for it.
    fn lost(&self, entry: Entry<E>);

    /// The time by the client's clock.
    fn now(&self) -> Instant;
}

/// Reads an event.
pub(in crate::ingest) type Reader<E> = fn(&[u8]) -> Result<E, DecodeError>;

pub(super) struct Writer<E> {
    pub(super) store: Store,
    pub(super) sync: SpoolSync,
    pub(super) commands: Receiver<Command<E>>,
    pub(super) gate: Arc<Gate<E>>,
    pub(super) inlet: Arc<dyn Inlet<E>>,
    pub(super) read: Reader<E>,
    pub(super) progress: Progress,
}

/// How far events got.
#[derive(Default)]
pub(super) struct Progress {
    /// All events up to this number are queued, unless they could not be stored or read.
    pub(super) queued: u64,
    /// The number of the last event that arrived here.
    pub(super) arrived: u64,
    /// Whether stored events have to be read, since they were not queued when they arrived.
    pub(super) is_behind: bool,
    /// Receipts of events that are not queued.
    pub(super) slots: HashMap<u64, Arc<Slot>>,
    /// Events that are to be removed.
    pub(super) removable: Vec<u64>,
}

/// What is written in one commit.
struct Group<E> {
    additions: Vec<Addition<E>>,
    bytes: usize,
    is_last: bool,
}

impl<E> Writer<E> {
    /// Writes until the spool is closed.
    pub(super) fn run(mut self) {
        self.queue_stored();
        loop {
            let group = self.group();
            let is_last = group.is_last;
            self.write(group);
            if is_last {
                break;
            }
            self.queue_stored();
        }
        self.store.close();
        for slot in self.progress.slots.into_values() {
            slot.fill(DeliveryOutcome::Unsent);
        }
    }

    /// Waits for something to write, and takes what else there is. Nothing, if something is to be done again.
    fn group(&mut self) -> Group<E> {
        let mut group = Group {
            additions: Vec::new(),
            bytes: 0,
            is_last: false,
        };
        let command = match self.is_waiting() {
            true => match self.commands.recv_timeout(PAUSE) {
                Err(RecvTimeoutError::Timeout) => return group,
                received => received.ok(),
            },
            false => self.commands.recv().ok(),
        };
        self.take(command.unwrap_or(Command::Close), &mut group);
        let most = match self.sync {
            SpoolSync::Each => 1,
            SpoolSync::Grouped | SpoolSync::Off => MAX_COMMIT,
        };
        while group.additions.len() < most
            && group.bytes < MAX_COMMIT_BYTES
            && let Ok(command) = self.commands.try_recv()
        {
            self.take(command, &mut group);
        }
        group
    }

    /// Whether something failed that is to be done again.
    fn is_waiting(&self) -> bool {
        !self.progress.removable.is_empty() || self.is_stuck()
    }

    /// Whether there are stored events that could be queued, and were not.
    fn is_stuck(&self) -> bool {
        self.progress.is_behind && self.inlet.has_room(0)
    }

    fn take(&mut self, command: Command<E>, group: &mut Group<E>) {
        match command {
            Command::Add(addition) => {
                group.bytes += addition.record.len();
                group.additions.push(addition);
            }
            Command::Remove(numbers) => self.progress.removable.extend(numbers),
            Command::Close => group.is_last = true,
        }
    }

    /// Writes a group, and tells who waits for it.
    fn write(&mut self, group: Group<E>) {
        if group.additions.is_empty() && self.progress.removable.is_empty() {
            return;
        }
        let mut additions = group.additions;
        let records: Vec<_> = additions
            .iter_mut()
            .map(|addition| (addition.entry.number, mem::take(&mut addition.record)))
            .collect();
        let outcome = self.store.commit(&records, &self.progress.removable);
        let sizes = additions.iter().map(|addition| addition.entry.size);
        self.gate.arrived(sizes, self.store.bytes());
        if let Some(last) = additions.last() {
            self.progress.arrived = last.entry.number;
        }
        match outcome {
            Ok(()) => {
                self.gate.failing(None);
                let removed = mem::take(&mut self.progress.removable);
                self.gate.removed(removed.len());
                additions.into_iter().for_each(|added| self.stored(added));
            }
            Err(error) => self.refuse(additions, error),
        }
    }

    /// Tells the caller of an event that it is stored, and queues it unless others come first.
    fn stored(&mut self, addition: Addition<E>) {
        let mut entry = addition.entry;
        if let Some(accepted) = entry.accepted.take() {
            accepted();
        }
        let (number, slot) = (entry.number, entry.slot.clone());
        if !self.progress.is_behind {
            match self.inlet.offer(entry) {
                Ok(()) => self.progress.queued = number,
                Err(_) => self.progress.is_behind = true,
            }
        }
        if self.progress.is_behind
            && let Some(slot) = slot
        {
            self.progress.slots.insert(number, slot);
        }
        if let Some(ticket) = addition.ticket {
            ticket.set(Ok(()));
        }
    }

    /// Returns events that could not be stored.
    fn refuse(&self, additions: Vec<Addition<E>>, error: SpoolError) {
        self.gate.refused(additions.len());
        log::spool_failed(&error);
        let error = Arc::new(error);
        self.gate.failing(Some(Arc::clone(&error)));
        for addition in additions {
            match addition.ticket {
                Some(ticket) => {
                    let reason = NotQueuedReason::NotStored(SpoolError::clone(&error));
                    ticket.set(Err((addition.entry, reason)));
                }
                None => self.inlet.lost(addition.entry),
            }
        }
    }

    /// Queues stored events while there is room for them.
    fn queue_stored(&mut self) {
        while self.progress.is_behind && self.inlet.has_room(0) {
            let page = match self.store.read_after(self.progress.queued, PAGE) {
                Ok(page) => page,
                Err(error) => {
                    log::spool_failed(&error);
                    return self.gate.failing(Some(Arc::new(error)));
                }
            };
            self.progress.is_behind = !page.is_empty();
            for stored in page {
                if !self.offer(stored) {
                    return;
                }
            }
        }
        if !self.progress.is_behind {
            self.progress.queued = self.progress.queued.max(self.progress.arrived);
            self.inlet.offered(self.progress.queued);
        }
    }

    /// Queues a stored event. Whether the next one may follow.
    fn offer(&mut self, stored: Stored) -> bool {
        let number = stored.number;
        match (self.read)(&stored.json) {
            Ok(event) => {
                let slot = self.progress.slots.remove(&number);
                let entry = Entry {
                    event,
                    number,
                    size: stored.json.len(),
                    since: self.inlet.now(),
                    timestamp_source: match stored.is_time_ours {
                        true => TimestampSource::Ingester,
                        false => TimestampSource::Caller,
                    },
                    slot,
                    accepted: None,
                };
                if let Err(entry) = self.inlet.offer(entry) {
                    let slot = entry.slot.map(|slot| (number, slot));
                    self.progress.slots.extend(slot);
                    return false;
                }
            }
            Err(error) => {
                // It stays on disk, for a version of the program that can read it.
                self.gate.unreadable();
                log::spooled_event_unreadable(&error);
            }
        }
        self.progress.queued = number;
        true
    }
}
