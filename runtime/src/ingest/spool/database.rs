//! The database of a spool: a redb file whose records are verified whenever they are read.
//!
//! Every commit has two phases, so that redb reports an error if the last commit is damaged. With one phase, redb would
//! assume that the commit was interrupted by a power failure, and silently return to the previous one.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redb::{
    AccessGuard, Builder, Database as Redb, DatabaseError, ReadOnlyTable, ReadTransaction,
    ReadableDatabase as _, ReadableTable as _, StorageError, Table, TableDefinition, TableError,
    WriteTransaction,
};

use super::disk::Disk;
use super::record::{Checkpoint, Record};
use super::rejection::Rejection;

/// A table of records, by the numbers of their events.
type Records<'a> = Table<'a, u64, &'static [u8]>;

/// The table of the events that are to be sent. Key 0 has the checkpoint.
const EVENTS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("polar_events");

/// The table of rejected events. The first rejection creates it.
const REJECTED: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("polar_rejected");

/// The key of the checkpoint.
const CHECKPOINT: u64 = 0;

/// The maximum size of redb's page cache in bytes.
const CACHE: usize = 8 << 20;

/// Why a database cannot be used.
#[derive(Debug)]
pub(super) enum Failure {
    /// The file is damaged.
    Damaged(Box<dyn std::error::Error + Send + Sync>),
    /// The operating system could not read or write the file.
    Io(io::Error),
}

/// A database that was verified when it was opened.
pub(super) struct Database {
    /// `None` while the database is dropped.
    redb: Option<Redb>,
    /// Set after a failure: nothing is written any more.
    is_frozen: Arc<AtomicBool>,
}

/// The number and size of the events in a database.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Contents {
    pub(super) checkpoint: Checkpoint,
    /// The bytes on disk of the events that are to be sent, by [`footprint`].
    pub(super) bytes: u64,
    /// The bytes on disk of the rejected events, by [`footprint`].
    pub(super) rejected_bytes: u64,
}

/// The changes that a commit makes.
#[derive(Clone, Copy, Default)]
pub(super) struct Changes<'a> {
    /// Events to add to those that are to be sent.
    pub(super) added: &'a [Added],
    /// The numbers of delivered events, which are removed.
    pub(super) removed: &'a [u64],
    /// The numbers of events that become rejected ones.
    pub(super) rejected: &'a [(u64, Rejection)],
    /// Rejected events of a damaged database, which are added.
    pub(super) salvaged: &'a [Added],
    /// The numbers of rejected events that are removed.
    pub(super) discarded: &'a [u64],
}

/// A record that is added.
pub(super) struct Added {
    pub(super) number: u64,
    pub(super) record: Vec<u8>,
    /// The number of the rejected event that this event retries; `None` for a new event.
    pub(super) retries: Option<u64>,
}

impl Added {
    /// Creates an addition from an existing record.
    pub(super) fn copy(number: u64, record: Record<'_>) -> Self {
        Self {
            number,
            record: record.to_bytes(),
            retries: None,
        }
    }
}

/// Which of the two tables is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Events,
    Rejected,
}

/// Returns the maximum number of bytes on disk for a record of this size: pages are at least half full, and larger
/// records take a number of pages that is a power of two.
pub(super) fn footprint(record: usize) -> u64 {
    2 * (record as u64 + 64)
}

impl Database {
    /// Creates an empty database.
    pub(super) fn create(path: &Path, is_durable: bool) -> Result<Self, Failure> {
        let is_frozen = Arc::default();
        guarded(|| {
            let disk = Disk::open(path, is_durable, &is_frozen)?;
            let redb = Builder::new()
                .set_cache_size(CACHE)
                .create_with_backend(disk)?;
            Ok(redb)
        })
        .map(|redb| Self {
            redb: Some(redb),
            is_frozen,
        })
    }

    /// Opens a database, verifies all of it, and counts its events.
    pub(super) fn open(path: &Path, is_durable: bool) -> Result<(Self, Contents), Failure> {
        let mut database = Self::create(path, is_durable)?;
        let contents = database.using(|redb| {
            // The result is ignored: redb repairs the file after each kill of the process. The checkpoint shows whether
            // records are missing.
            redb.check_integrity()?;
            count(redb)
        })?;
        Ok((database, contents))
    }

    /// Calls redb. After a failure, nothing is written any more, so that the readable part of the file is preserved.
    fn using<T>(
        &mut self,
        call: impl FnOnce(&mut Redb) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let outcome = guarded(|| match &mut self.redb {
            Some(redb) => call(redb),
            None => Err(Failure::damaged("it is closed")),
        });
        if outcome.is_err() {
            self.is_frozen.store(true, Ordering::Relaxed);
        }
        outcome
    }

    /// Makes changes in one commit. Returns the contents after the commit.
    pub(super) fn commit(
        &mut self,
        before: Contents,
        changes: &Changes<'_>,
    ) -> Result<Contents, Failure> {
        self.using(|redb| {
            let mut transaction = redb.begin_write()?;
            transaction.set_two_phase_commit(true);
            let changed = change(&transaction, before, changes)?;
            transaction.commit()?;
            Ok(changed)
        })
    }

    /// Calls `each` for the records whose numbers follow `number`, until it returns `false`.
    pub(super) fn read_after(
        &mut self,
        section: Section,
        number: u64,
        mut each: impl FnMut(Record<'_>) -> bool,
    ) -> Result<(), Failure> {
        self.using(|redb| {
            let transaction = redb.begin_read()?;
            let Some(table) = open(&transaction, section)? else {
                return Ok(());
            };
            for entry in table.range(number.saturating_add(1)..)? {
                let (_, value) = entry?;
                match Record::read(value.value()) {
                    Ok((record, _)) if each(record) => {}
                    Ok(_) => break,
                    Err(_) => return Err(Failure::damaged("a record is damaged")),
                }
            }
            Ok(())
        })
    }

    /// Returns unused space to the file system.
    pub(super) fn compact(&mut self) -> Result<(), Failure> {
        self.using(|redb| {
            redb.compact()?;
            Ok(())
        })
    }
}

/// Closes the database. redb may panic if the file is damaged.
impl Drop for Database {
    fn drop(&mut self) {
        let redb = self.redb.take();
        let _ = guarded(|| {
            drop(redb);
            Ok(())
        });
    }
}

/// Opens a table. Returns `None` if it does not exist yet.
fn open(
    transaction: &ReadTransaction,
    section: Section,
) -> Result<Option<ReadOnlyTable<u64, &'static [u8]>>, Failure> {
    let definition = match section {
        Section::Events => EVENTS,
        Section::Rejected => REJECTED,
    };
    match transaction.open_table(definition) {
        Ok(table) => Ok(Some(table)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Reads and counts all records. Compares their number with the checkpoint.
fn count(redb: &Redb) -> Result<Contents, Failure> {
    let transaction = redb.begin_read()?;
    let mut checkpoint = None;
    let mut tally = |section| -> Result<Tally, Failure> {
        let mut tally = Tally::default();
        let Some(table) = open(&transaction, section)? else {
            return Ok(tally);
        };
        for entry in table.range(CHECKPOINT..)? {
            let (key, value) = entry?;
            match (section, key.value(), Record::read(value.value())) {
                (Section::Events, CHECKPOINT, Ok((Record::Checkpoint(found), _))) => {
                    checkpoint = Some(found);
                }
                (Section::Events, key, Ok((Record::Event { number, .. }, _)))
                | (Section::Rejected, key, Ok((Record::Rejected { number, .. }, _)))
                    if key == number =>
                {
                    tally.count += 1;
                    tally.bytes += footprint(value.value().len());
                }
                _ => return Err(Failure::damaged("a record is damaged")),
            }
        }
        Ok(tally)
    };
    let (events, rejected) = (tally(Section::Events)?, tally(Section::Rejected)?);
    match checkpoint {
        Some(checkpoint)
            if events.count == checkpoint.live && rejected.count == checkpoint.rejected =>
        {
            Ok(Contents {
                checkpoint,
                bytes: events.bytes,
                rejected_bytes: rejected.bytes,
            })
        }
        _ => Err(Failure::damaged("records are missing")),
    }
}

/// Makes the changes of a commit.
fn change(
    transaction: &WriteTransaction,
    before: Contents,
    changes: &Changes<'_>,
) -> Result<Contents, Failure> {
    let mut table = transaction.open_table(EVENTS)?;
    let mut checkpoint = before.checkpoint;
    let mut events = Tally {
        count: checkpoint.live,
        bytes: before.bytes,
    };
    checkpoint.commit += 1;
    for Added { number, record, .. } in changes.added {
        checkpoint.last = checkpoint.last.max(*number);
        events.put(&mut table, *number, record)?;
    }
    for number in changes.removed {
        events.take(&mut table, *number)?;
    }
    let mut rejected = Tally {
        count: checkpoint.rejected,
        bytes: before.rejected_bytes,
    };
    if changes.concern_rejected() {
        let mut others = transaction.open_table(REJECTED)?;
        change_rejected(
            changes,
            (&mut table, &mut events),
            (&mut others, &mut rejected),
        )?;
        checkpoint.first_rejected = first(&others)?.unwrap_or(checkpoint.last + 1);
    }
    checkpoint.first = first(&table)?.unwrap_or(checkpoint.last + 1);
    checkpoint.live = events.count;
    checkpoint.rejected = rejected.count;
    table.insert(
        CHECKPOINT,
        Record::Checkpoint(checkpoint).to_bytes().as_slice(),
    )?;
    Ok(Contents {
        checkpoint,
        bytes: events.bytes,
        rejected_bytes: rejected.bytes,
    })
}

/// Makes the changes of a commit that concern rejected events. Afterwards, each event is in only one of the two tables.
fn change_rejected(
    changes: &Changes<'_>,
    (table, events): (&mut Records<'_>, &mut Tally),
    (others, rejected): (&mut Records<'_>, &mut Tally),
) -> Result<(), Failure> {
    for (number, rejection) in changes.rejected {
        let Some(stored) = events.take(table, *number)? else {
            continue;
        };
        let Ok((
            Record::Event {
                has_assigned_timestamp,
                json,
                ..
            },
            _,
        )) = Record::read(stored.value())
        else {
            return Err(Failure::damaged("a record is damaged"));
        };
        let record = Record::Rejected {
            number: *number,
            has_assigned_timestamp,
            payload: &rejection.to_payload(json),
        };
        rejected.put(others, *number, &record.to_bytes())?;
    }
    for Added { number, record, .. } in changes.salvaged {
        events.take(table, *number)?;
        rejected.put(others, *number, record)?;
    }
    let retried = changes.added.iter().filter_map(|added| added.retries);
    for number in retried.chain(changes.discarded.iter().copied()) {
        rejected.take(others, number)?;
    }
    Ok(())
}

impl Changes<'_> {
    fn concern_rejected(&self) -> bool {
        let is_empty =
            self.rejected.is_empty() && self.salvaged.is_empty() && self.discarded.is_empty();
        !is_empty || self.added.iter().any(|added| added.retries.is_some())
    }
}

/// The number of records in a table, and their bytes by [`footprint`].
#[derive(Default)]
struct Tally {
    count: u64,
    bytes: u64,
}

impl Tally {
    fn put(&mut self, table: &mut Records<'_>, number: u64, record: &[u8]) -> Result<(), Failure> {
        self.bytes += footprint(record.len());
        match table.insert(number, record)? {
            None => self.count += 1,
            Some(same) => self.bytes = self.bytes.saturating_sub(footprint(same.value().len())),
        }
        Ok(())
    }

    fn take<'a>(
        &mut self,
        table: &'a mut Records<'_>,
        number: u64,
    ) -> Result<Option<AccessGuard<'a, &'static [u8]>>, Failure> {
        let taken = table.remove(number)?;
        if let Some(record) = &taken {
            self.count = self.count.saturating_sub(1);
            self.bytes = self.bytes.saturating_sub(footprint(record.value().len()));
        }
        Ok(taken)
    }
}

/// Returns the lowest number of an event in a table.
fn first(table: &Records<'_>) -> Result<Option<u64>, Failure> {
    let entry = table.range(CHECKPOINT + 1..)?.next().transpose()?;
    Ok(entry.map(|(key, _)| key.value()))
}

/// Calls redb, and converts a panic to an error: redb panics on some damaged files.
fn guarded<T>(call: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    let outcome = catch_unwind(AssertUnwindSafe(call));
    outcome.unwrap_or_else(|_| Err(Failure::damaged("its pages are inconsistent")))
}

impl Failure {
    fn damaged(reason: &'static str) -> Self {
        Self::Damaged(reason.into())
    }
}

/// If the file ends too early or has invalid data, it is damaged. All other I/O errors are failures of the disk.
impl From<redb::Error> for Failure {
    fn from(error: redb::Error) -> Self {
        use io::ErrorKind::{InvalidData, UnexpectedEof};
        match error {
            redb::Error::Io(error) if !matches!(error.kind(), InvalidData | UnexpectedEof) => {
                Self::Io(error)
            }
            error => Self::Damaged(error.into()),
        }
    }
}

macro_rules! from {
    ($($error:ty),*) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                redb::Error::from(error).into()
            }
        })*
    };
}

from! { DatabaseError, StorageError, redb::TransactionError, TableError, redb::CommitError, redb::CompactionError }
