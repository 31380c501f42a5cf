//! The database of a spool: redb, with every read verified.
//!
//! Every commit has two phases, because redb then rejects a database whose last commit is damaged. With one phase, it
//! would assume that a power failure interrupted the commit, and return to the one before.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redb::{
    Builder, Database as Redb, DatabaseError, ReadableDatabase as _, ReadableTable as _,
    StorageError, Table, TableDefinition, WriteTransaction,
};

use super::disk::Disk;
use super::record::{Checkpoint, Record};

/// The records of events by their numbers, and of the checkpoint by the number 0.
const TABLE: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("polar_events");

/// The key of the checkpoint.
const CHECKPOINT: u64 = 0;

/// The maximum memory of redb's page cache.
const CACHE: usize = 8 << 20;

/// Why a database cannot be used.
#[derive(Debug)]
pub(super) enum Failure {
    /// The file is damaged.
    Damaged(Box<dyn std::error::Error + Send + Sync>),
    /// The operating system could not read or write it.
    Io(io::Error),
}

/// A database that was verified when it was opened.
pub(super) struct Database {
    /// `None` while it is dropped.
    redb: Option<Redb>,
    is_frozen: Arc<AtomicBool>,
}

/// What a database holds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Contents {
    pub(super) checkpoint: Checkpoint,
    /// The bytes of all events, by [`footprint`].
    pub(super) bytes: u64,
}

/// Returns the bytes on disk that a record takes: pages are half full at worst, and larger records take a power of two
/// of them.
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

    /// Opens a database, and verifies all of it.
    pub(super) fn open(path: &Path, is_durable: bool) -> Result<(Self, Contents), Failure> {
        let mut database = Self::create(path, is_durable)?;
        let contents = database.using(|redb| {
            // Whether redb repaired it is irrelevant: it does after each kill. The checkpoint shows whether everything
            // is present.
            redb.check_integrity()?;
            count(redb)
        })?;
        Ok((database, contents))
    }

    /// Calls redb. After a failure, nothing more is written, so that everything that can be read is preserved.
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

    /// Adds and removes events in one commit. Returns the contents after it.
    pub(super) fn commit(
        &mut self,
        before: Contents,
        added: &[(u64, Vec<u8>)],
        removed: &[u64],
    ) -> Result<Contents, Failure> {
        self.using(|redb| {
            let mut transaction = redb.begin_write()?;
            transaction.set_two_phase_commit(true);
            let changed = change(&transaction, before, added, removed)?;
            transaction.commit()?;
            Ok(changed)
        })
    }

    /// Reads events that follow a number, up to a count.
    pub(super) fn read_after(
        &mut self,
        number: u64,
        count: usize,
        mut each: impl FnMut(Record<'_>),
    ) -> Result<(), Failure> {
        self.using(|redb| {
            let transaction = redb.begin_read()?;
            let table = transaction.open_table(TABLE)?;
            let following = table.range(number.saturating_add(1)..)?;
            for entry in following.take(count) {
                let (_, value) = entry?;
                match Record::read(value.value()) {
                    Ok((record, _)) => each(record),
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

/// Closes the database, which could panic on a damaged one.
impl Drop for Database {
    fn drop(&mut self) {
        let redb = self.redb.take();
        let _ = guarded(|| {
            drop(redb);
            Ok(())
        });
    }
}

/// Reads all records.
fn count(redb: &Redb) -> Result<Contents, Failure> {
    let transaction = redb.begin_read()?;
    let table = transaction.open_table(TABLE)?;
    let mut contents = Contents::default();
    let (mut live, mut has_tally) = (0, false);
    for entry in table.range(CHECKPOINT..)? {
        let (key, value) = entry?;
        match (key.value(), Record::read(value.value())) {
            (CHECKPOINT, Ok((Record::Checkpoint(checkpoint), _))) => {
                contents.checkpoint = checkpoint;
                has_tally = true;
            }
            (key, Ok((Record::Event { number, .. }, _))) if key == number => {
                live += 1;
                contents.bytes += footprint(value.value().len());
            }
            _ => return Err(Failure::damaged("a record is damaged")),
        }
    }
    match has_tally && live == contents.checkpoint.live {
        true => Ok(contents),
        false => Err(Failure::damaged("records are missing")),
    }
}

/// Makes the changes of a commit.
fn change(
    transaction: &WriteTransaction,
    before: Contents,
    added: &[(u64, Vec<u8>)],
    removed: &[u64],
) -> Result<Contents, Failure> {
    let mut table = transaction.open_table(TABLE)?;
    let Contents {
        mut checkpoint,
        mut bytes,
    } = before;
    checkpoint.commit += 1;
    for (number, record) in added {
        bytes += footprint(record.len());
        checkpoint.last = checkpoint.last.max(*number);
        match table.insert(number, record.as_slice())? {
            None => checkpoint.live += 1,
            Some(same) => bytes = bytes.saturating_sub(footprint(same.value().len())),
        }
    }
    for number in removed {
        if let Some(record) = table.remove(number)? {
            checkpoint.live = checkpoint.live.saturating_sub(1);
            bytes = bytes.saturating_sub(footprint(record.value().len()));
        }
    }
    checkpoint.first = first(&table)?.unwrap_or(checkpoint.last + 1);
    table.insert(
        CHECKPOINT,
        Record::Checkpoint(checkpoint).to_bytes().as_slice(),
    )?;
    Ok(Contents { checkpoint, bytes })
}

/// Returns the lowest number of an event.
fn first(table: &Table<'_, u64, &[u8]>) -> Result<Option<u64>, Failure> {
    let entry = table.range(CHECKPOINT + 1..)?.next().transpose()?;
    Ok(entry.map(|(key, _)| key.value()))
}

/// Calls redb, which panics on some damaged files.
fn guarded<T>(call: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    let outcome = catch_unwind(AssertUnwindSafe(call));
    outcome.unwrap_or_else(|_| Err(Failure::damaged("its pages are inconsistent")))
}

impl Failure {
    fn damaged(reason: &'static str) -> Self {
        Self::Damaged(reason.into())
    }
}

/// A file that ends too early is damaged; all other errors of the operating system are about the disk.
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

from! { DatabaseError, StorageError, redb::TransactionError, redb::TableError, redb::CommitError, redb::CompactionError }
