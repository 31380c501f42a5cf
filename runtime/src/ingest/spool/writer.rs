//! The writer thread: stores events on disk, and passes stored events to the queue.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;
use std::{iter, mem};

use super::command::{Addition, Command, Request};
use super::database::{Added, Changes, Section, footprint};
use super::handle::SpoolHandle;
use super::options::SpoolSync;
use super::record::HEAD;
use super::rejection::{RejectedEvent, Rejection};
use super::send_queue::{Reader, SendQueue};
use super::store::{MAX_COMMIT, MAX_COMMIT_BYTES, Store, Stored};
use crate::ingest::entry::{Entry, TimestampSource};
use crate::ingest::outcome::{DeliveryOutcome, NotQueuedReason, ReceiptState};
use crate::ingest::spool_error::SpoolError;
use crate::log;

/// The maximum number of events that are read from disk at a time.
const READ_BATCH: usize = 256;

/// The delay before a failed write or read is retried.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// The state of the writer thread.
pub(super) struct Writer<E> {
    pub(super) store: Store,
    pub(super) sync: SpoolSync,
    pub(super) commands: Receiver<Command<E>>,
    pub(super) handle: Arc<SpoolHandle<E>>,
    pub(super) queue: Arc<dyn SendQueue<E>>,
    pub(super) read: Reader<E>,
    pub(super) progress: Progress,
}

/// Which stored events are queued, and which changes of the store are still to be made.
#[derive(Default)]
pub(super) struct Progress {
    /// All events up to this number were queued, except for those that could not be stored or decoded.
    queued: u64,
    /// The number of the last event that was passed to the store.
    last: u64,
    /// Whether there are stored events that were not queued, because the queue was full. They have to be read from
    /// disk.
    is_behind: bool,
    /// The receipts of stored events that are not queued.
    receipts: Receipts,
    /// The numbers of delivered events that are still to be removed.
    removable: Vec<u64>,
    /// The numbers of events that are still to be kept as rejected ones.
    rejections: Vec<(u64, Rejection)>,
}

impl Progress {
    /// Returns the progress after the spool was opened: no event is queued.
    pub(super) fn start(store: &Store) -> Self {
        Self {
            last: store.last(),
            is_behind: store.len() > 0,
            ..Self::default()
        }
    }
}

/// The receipts of stored events that are not queued, by the numbers of the events.
///
/// When the writer ends, their events are unsent.
#[derive(Default)]
struct Receipts(HashMap<u64, Arc<ReceiptState>>);

impl Drop for Receipts {
    fn drop(&mut self) {
        for receipt in self.0.values() {
            receipt.resolve(DeliveryOutcome::Unsent);
        }
    }
}

/// The commands that are executed together: events that are stored with one commit, and the requests after it.
struct Group<E> {
    additions: Vec<Addition<E>>,
    bytes: usize,
    requests: Vec<Request<E>>,
    /// Whether the spool is closed afterwards.
    is_last: bool,
}

impl<E> Writer<E> {
    /// Executes commands until the spool is closed.
    pub(super) fn run(mut self) {
        self.queue_stored();
        loop {
            let group = self.group();
            self.write(group.additions);
            for request in group.requests {
                self.respond(request);
            }
            if group.is_last {
                break;
            }
            self.queue_stored();
        }
        self.store.close();
    }

    /// Waits for a command, and returns it with those that are already available. Returns an empty group if a retry is
    /// due.
    fn group(&mut self) -> Group<E> {
        let mut group = Group {
            additions: Vec::new(),
            bytes: 0,
            requests: Vec::new(),
            is_last: false,
        };
        let command = match self.needs_retry() {
            true => match self.commands.recv_timeout(RETRY_DELAY) {
                Err(RecvTimeoutError::Timeout) => return group,
                received => received.ok(),
            },
            false => self.commands.recv().ok(),
        };
        self.take(command.unwrap_or(Command::Close), &mut group);
        let max = match self.sync {
            SpoolSync::Each => 1,
            SpoolSync::Grouped | SpoolSync::Off => MAX_COMMIT,
        };
        while group.additions.len() < max
            && group.bytes < MAX_COMMIT_BYTES
            && let Ok(command) = self.commands.try_recv()
        {
            self.take(command, &mut group);
        }
        group
    }

    /// Returns whether a write or read has failed, and has to be retried.
    fn needs_retry(&self) -> bool {
        self.is_unsettled() || self.can_queue_stored()
    }

    /// Returns whether there are events that are still to be removed or kept as rejected ones.
    fn is_unsettled(&self) -> bool {
        !(self.progress.removable.is_empty() && self.progress.rejections.is_empty())
    }

    /// Returns whether there are stored events that can be queued now.
    fn can_queue_stored(&self) -> bool {
        self.progress.is_behind && self.queue.has_room(0)
    }

    fn take(&mut self, command: Command<E>, group: &mut Group<E>) {
        match command {
            Command::Add(addition) => {
                group.bytes += addition.record.len();
                group.additions.push(addition);
            }
            Command::Remove(numbers) => self.progress.removable.extend(numbers),
            Command::Reject(rejected) => self.progress.rejections.extend(rejected),
            Command::Rejected(request) => group.requests.push(request),
            Command::Close => group.is_last = true,
        }
    }

    /// Stores events and makes all outstanding changes, with one commit. Notifies the callers of the events.
    fn write(&mut self, additions: Vec<Addition<E>>) {
        if additions.is_empty() && !self.is_unsettled() {
            return;
        }
        let sizes: Vec<usize> = additions.iter().map(|addition| addition.size).collect();
        if let Some(last) = additions.last() {
            self.progress.last = last.number;
        }
        let mut additions = self.without_outdated(additions);
        let progress = &mut self.progress;
        let added: Vec<_> = additions
            .iter_mut()
            .map(|addition| Added {
                number: addition.number,
                record: mem::take(&mut addition.record),
                retries: addition.retries,
            })
            .collect();
        let outcome = self.store.commit(&Changes {
            added: &added,
            removed: &progress.removable,
            rejected: &progress.rejections,
            ..Changes::default()
        });
        self.handle.record_written(sizes.into_iter(), &self.store);
        match outcome {
            Ok(()) => {
                self.handle.set_last_error(None);
                let removed = mem::take(&mut progress.removable);
                self.handle.notify_removed(removed.len());
                if !mem::take(&mut progress.rejections).is_empty() {
                    self.handle.notify_rejected_changed();
                }
                additions.into_iter().for_each(|added| self.stored(added));
            }
            Err(error) => {
                self.refuse(additions, error);
                self.remove_alone();
            }
        }
    }

    /// Filters out retries of rejected events that were discarded or retried by another caller meanwhile.
    fn without_outdated(&mut self, additions: Vec<Addition<E>>) -> Vec<Addition<E>> {
        let mut retried = HashSet::new();
        let (current, outdated): (Vec<_>, Vec<_>) =
            additions
                .into_iter()
                .partition(|addition| match addition.retries {
                    // If the store cannot be read, the commit fails as well.
                    Some(number) => {
                        retried.insert(number) && self.store.is_rejected(number).unwrap_or(true)
                    }
                    None => true,
                });
        self.handle.record_settled(outdated.len());
        for addition in outdated {
            addition.event.stored();
        }
        current
    }

    /// Removes delivered events in a commit of its own, after a commit has failed. On a full disk, that makes room.
    fn remove_alone(&mut self) {
        if self.progress.removable.is_empty() {
            return;
        }
        let outcome = self.store.commit(&Changes {
            removed: &self.progress.removable,
            ..Changes::default()
        });
        if outcome.is_ok() {
            let removed = mem::take(&mut self.progress.removable);
            self.handle.record_written(iter::empty(), &self.store);
            self.handle.notify_removed(removed.len());
        }
    }

    /// Notifies the caller that its event is stored. Queues the event, unless earlier events have to be queued first.
    fn stored(&mut self, addition: Addition<E>) {
        let Some(entry) = addition.event.stored() else {
            return;
        };
        let (number, receipt) = (entry.number, entry.receipt.clone());
        if !self.progress.is_behind {
            match self.queue.try_push_stored(entry) {
                Ok(()) => self.progress.queued = number,
                Err(_) => self.progress.is_behind = true,
            }
        }
        if self.progress.is_behind
            && let Some(receipt) = receipt
        {
            self.progress.receipts.0.insert(number, receipt);
        }
    }

    /// Returns events that could not be stored to their callers.
    fn refuse(&mut self, additions: Vec<Addition<E>>, error: SpoolError) {
        self.handle.record_settled(additions.len());
        log::spool_failed(&error);
        self.handle.set_last_error(Some(Arc::new(error.clone())));
        for addition in additions {
            // The failed commit may be in the file nevertheless. Then the event of a retry has to be queued from disk.
            self.progress.is_behind |= addition.retries.is_some();
            let reason = NotQueuedReason::NotStored(error.clone());
            if let Some(entry) = addition.event.refuse(reason) {
                self.queue.return_unstored(entry);
            }
        }
    }

    /// Lists or discards rejected events, and sends the result to the caller.
    fn respond(&mut self, request: Request<E>) {
        match request {
            Request::List {
                after,
                limit,
                result,
            } => {
                let events = self.rejected(after, limit);
                result.send(events);
            }
            Request::Discard { numbers, result } => {
                let before = self.store.rejected();
                let outcome = self.store.commit(&Changes {
                    discarded: &numbers,
                    ..Changes::default()
                });
                self.handle.record_written(iter::empty(), &self.store);
                self.handle.notify_rejected_changed();
                result.send(outcome.map(|()| before.saturating_sub(self.store.rejected())));
            }
        }
    }

    /// Returns up to `limit` rejected events whose numbers follow `after`. Skips those that cannot be decoded.
    fn rejected(
        &mut self,
        mut after: u64,
        limit: usize,
    ) -> Result<Vec<RejectedEvent<E>>, SpoolError> {
        let mut events = Vec::new();
        while events.is_empty() {
            let stored = self.store.read_after(Section::Rejected, after, limit)?;
            let Some(last) = stored.last() else {
                break;
            };
            after = last.number;
            for stored in stored {
                match (stored.rejection, (self.read)(&stored.json)) {
                    (Some(rejection), Ok(event)) => events.push(RejectedEvent {
                        number: stored.number,
                        event,
                        rejected_at: rejection.at,
                        status: rejection.status,
                        is_unconfirmed: rejection.is_unconfirmed,
                        reason: rejection.reason,
                        timestamp_source: timestamp_source(stored.has_assigned_timestamp),
                    }),
                    (_, Err(error)) => log::spooled_event_unreadable(&error),
                    (None, Ok(_)) => {}
                }
            }
        }
        Ok(events)
    }

    /// Reads stored events from disk, and queues them until the queue is full.
    fn queue_stored(&mut self) {
        while self.progress.is_behind && self.queue.has_room(0) {
            let page =
                match self
                    .store
                    .read_after(Section::Events, self.progress.queued, READ_BATCH)
                {
                    Ok(page) => page,
                    Err(error) => {
                        log::spool_failed(&error);
                        return self.handle.set_last_error(Some(Arc::new(error)));
                    }
                };
            self.progress.is_behind = !page.is_empty();
            for stored in page {
                if !self.push_stored(stored) {
                    return;
                }
            }
        }
        if !self.progress.is_behind {
            self.progress.queued = self.progress.queued.max(self.progress.last);
            self.queue.set_queued_up_to(self.progress.queued);
        }
    }

    /// Queues an event that was read from disk. Returns `false` if the queue is full.
    fn push_stored(&mut self, stored: Stored) -> bool {
        let number = stored.number;
        match (self.read)(&stored.json) {
            Ok(event) => {
                let receipt = self.progress.receipts.0.remove(&number);
                let entry = Entry {
                    event,
                    number,
                    size: stored.json.len(),
                    since: self.queue.now(),
                    timestamp_source: timestamp_source(stored.has_assigned_timestamp),
                    receipt,
                    accepted: None,
                };
                if let Err(entry) = self.queue.try_push_stored(entry) {
                    let receipt = entry.receipt.map(|receipt| (number, receipt));
                    self.progress.receipts.0.extend(receipt);
                    return false;
                }
            }
            Err(error) => {
                // The event stays on disk, for a version of the program that can decode it.
                self.handle
                    .record_unreadable(footprint(HEAD + stored.json.len()));
                log::spooled_event_unreadable(&error);
            }
        }
        self.progress.queued = number;
        true
    }
}

fn timestamp_source(has_assigned_timestamp: bool) -> TimestampSource {
    match has_assigned_timestamp {
        true => TimestampSource::Ingester,
        false => TimestampSource::Caller,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use std::sync::mpsc;

    use super::super::disk::faults;
    use super::super::folder::Folder;
    use super::*;
    use crate::codec;
    use crate::ingest::backlog::Limits;
    use crate::time::Instant;

    /// A queue that accepts every event, and drops it.
    struct Taking;

    impl SendQueue<String> for Taking {
        fn has_room(&self, _: usize) -> bool {
            true
        }

        fn try_push_stored(&self, _: Entry<String>) -> Result<(), Entry<String>> {
            Ok(())
        }

        fn set_queued_up_to(&self, _: u64) {}

        fn return_unstored(&self, _: Entry<String>) {}

        fn writer_panicked(&self) {}

        fn now(&self) -> Instant {
            Instant::now()
        }
    }

    fn writer(folder: &std::path::Path) -> (Writer<String>, Arc<SpoolHandle<String>>) {
        let (store, _) = Store::open(Folder::lock(folder).unwrap(), false).unwrap();
        let (sender, commands) = mpsc::channel();
        let limits = Limits {
            batch: 10,
            delay: Duration::ZERO,
            capacity: 10,
            bytes: 1000,
        };
        let handle = Arc::new(SpoolHandle::new(sender, 3_000, limits, &store));
        let writer = Writer {
            progress: Progress::start(&store),
            store,
            sync: SpoolSync::Grouped,
            commands,
            handle: handle.clone(),
            queue: Arc::new(Taking),
            read: |json| codec::from_slice(json),
        };
        (writer, handle)
    }

    fn push(handle: &SpoolHandle<String>, event: &str) -> Result<(), NotQueuedReason> {
        let entry = Entry {
            event: event.to_owned(),
            number: 0,
            size: event.len() + 2,
            since: Instant::now(),
            timestamp_source: TimestampSource::Caller,
            receipt: None,
            accepted: None,
        };
        let outcome = handle.push_unawaited(entry, false);
        outcome.map_err(|(_, reason)| reason)
    }

    #[test]
    fn delivered_events_are_removed_although_others_cannot_be_stored() {
        let folder = tempfile::tempdir().unwrap();
        let (mut writer, handle) = writer(folder.path());
        push(&handle, "first").unwrap();
        let group = writer.group();
        writer.write(group.additions);
        assert_eq!(writer.store.len(), 1);

        handle.remove(vec![handle.last()]);
        push(&handle, "second").unwrap();
        let group = writer.group();
        faults::after(Some(0));
        writer.write(group.additions);
        assert!(!faults::after(None), "no change failed");
        assert!(handle.stats().last_error.is_some());
        assert_eq!((writer.store.len(), handle.events()), (0, 0));
    }

    #[test]
    fn events_that_cannot_be_read_do_not_make_callers_wait() {
        let folder = tempfile::tempdir().unwrap();
        let (mut writer, handle) = writer(folder.path());
        push(&handle, &"a".repeat(900)).unwrap();
        let group = writer.group();
        writer.write(group.additions);
        writer.read = |_| codec::from_slice(b"1");
        writer.progress = Progress::start(&writer.store);
        writer.queue_stored();
        assert_eq!(handle.stats().unreadable, 1);

        let refused = push(&handle, &"b".repeat(900));
        assert!(
            matches!(refused, Err(NotQueuedReason::NotStored(_))),
            "{refused:?}"
        );
    }
}
