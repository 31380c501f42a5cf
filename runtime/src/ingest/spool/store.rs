//! Events on disk: opened, recovered, and changed by one thread.

use std::fs::{self, File};
use std::io;
use std::mem;
use std::path::PathBuf;

use super::database::{Contents, Database, Failure};
use super::folder::Folder;
use super::record::{Checkpoint, Record};
use super::scan;
use crate::ingest::spool_error::{SpoolError, SpoolErrorKind};
use crate::log;

/// The maximum number of events in a commit.
pub(super) const MAX_COMMIT: usize = 4096;

/// The size in bytes after which a commit takes no more events.
pub(super) const MAX_COMMIT_BYTES: usize = 8 << 20;

/// The minimum size of a file that is compacted on opening, if less than a quarter of it is in use.
const LARGE: u64 = 64 << 20;

/// The events and the damage that a [`Spool`](super::Spool) found in its folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recovered {
    /// The number of events that earlier processes did not deliver. They are sent before new ones.
    pub events: u64,
    /// Set if the file was damaged.
    pub damage: Option<Damage>,
}

/// The effect of a damaged file on its events.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Damage {
    /// The minimum number of lost events; `None` if the file does not show how many it contained.
    pub lost: Option<u64>,
    /// The damaged file, which is kept until another one is damaged.
    pub file: PathBuf,
}

/// An event on disk.
pub(super) struct Stored {
    pub(super) number: u64,
    pub(super) is_time_ours: bool,
    pub(super) json: Vec<u8>,
}

/// The events of a folder.
pub(super) struct Store {
    folder: Folder,
    is_durable: bool,
    /// `None` after a failure, until it is opened again.
    database: Option<Database>,
    contents: Contents,
    /// The highest number that a commit of this process had, whether or not it succeeded.
    highest: u64,
    /// Events of commits that failed. Their callers got them back, so they are removed if the file has them after all.
    refused: Vec<u64>,
}

impl Store {
    /// Opens the database of a folder, or creates one.
    pub(super) fn open(folder: Folder, is_durable: bool) -> Result<(Self, Recovered), SpoolError> {
        let mut store = Self {
            folder,
            is_durable,
            database: None,
            contents: Contents::default(),
            highest: 0,
            refused: Vec::new(),
        };
        let damage = store.reopen()?;
        let events = store.contents.checkpoint.live;
        Ok((store, Recovered { events, damage }))
    }

    /// Returns the number of stored events.
    pub(super) fn len(&self) -> u64 {
        self.contents.checkpoint.live
    }

    /// Returns the bytes that all events take.
    pub(super) fn bytes(&self) -> u64 {
        self.contents.bytes
    }

    /// Returns the highest number that is in use.
    pub(super) fn last(&self) -> u64 {
        self.contents.checkpoint.last
    }

    pub(super) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Adds and removes events in one commit. After a failure, none of the added ones is stored when this process uses the
    /// file again.
    pub(super) fn commit(
        &mut self,
        added: &[(u64, Vec<u8>)],
        removed: &[u64],
    ) -> Result<(), SpoolError> {
        let numbers = added.iter().map(|(number, _)| *number);
        self.highest = numbers.clone().fold(self.highest, u64::max);
        let outcome = self.ready().and_then(|()| self.apply(added, removed));
        if outcome.is_err() {
            self.refused.extend(numbers);
        }
        outcome
    }

    fn apply(&mut self, added: &[(u64, Vec<u8>)], removed: &[u64]) -> Result<(), SpoolError> {
        let before = self.contents;
        self.contents = self.with(|database| database.commit(before, added, removed))?;
        Ok(())
    }

    /// Reads events that follow a number, up to a count.
    pub(super) fn read_after(
        &mut self,
        number: u64,
        count: usize,
    ) -> Result<Vec<Stored>, SpoolError> {
        self.ready()?;
        self.with(|database| {
            let mut stored = Vec::new();
            database.read_after(number, count, |record| stored.extend(Stored::of(record)))?;
            Ok(stored)
        })
    }

    /// Opens the database again after a failure, as redb requires.
    fn ready(&mut self) -> Result<(), SpoolError> {
        match self.database {
            Some(_) => Ok(()),
            None => self.reopen().map(drop),
        }
    }

    /// Uses the database, and closes it after a failure.
    fn with<T>(
        &mut self,
        call: impl FnOnce(&mut Database) -> Result<T, Failure>,
    ) -> Result<T, SpoolError> {
        let Some(mut database) = self.database.take() else {
            return Err(self.failed("the database is closed"));
        };
        match call(&mut database) {
            Ok(value) => {
                self.database = Some(database);
                Ok(value)
            }
            Err(failure) => {
                drop(database);
                Err(self.error(failure))
            }
        }
    }

    pub(super) fn close(&mut self) {
        self.database = None;
    }

    // ---- Opening -----------------------------------------------------------------------------------------------------

    /// Opens the database, and recovers the readable part of a damaged one.
    fn reopen(&mut self) -> Result<Option<Damage>, SpoolError> {
        self.close();
        self.io(self.folder.clean())?;
        let path = self.folder.events();
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return self.begin(),
            Err(error) => return self.io(Err(error)),
        };
        let (newest, is_ours) = self.io(scan::newest_tally(&file))?;
        if !is_ours && self.io(file.metadata())?.len() > 0 {
            return Err(SpoolError::new(self.folder.path(), SpoolErrorKind::Foreign));
        }
        let newest = newest.unwrap_or_default();
        let opened = self.read().and_then(|()| self.catch_up(newest));
        match opened.and_then(|()| self.compact()) {
            Ok(()) => Ok(None),
            Err(error) if error.is_damage() => self.salvage(newest).map(Some),
            Err(error) => Err(error),
        }
    }

    /// Opens the existing database, and verifies it.
    fn read(&mut self) -> Result<(), SpoolError> {
        let opened = Database::open(&self.folder.events(), self.is_durable);
        let (database, contents) = opened.map_err(|failure| self.error(failure))?;
        self.database = Some(database);
        self.contents = contents;
        Ok(())
    }

    /// Creates an empty database.
    fn begin(&mut self) -> Result<Option<Damage>, SpoolError> {
        self.contents = Contents::default();
        self.make(|_| Ok(()))?;
        self.publish()?;
        Ok(None)
    }

    /// Fills a new database.
    fn make(
        &mut self,
        fill: impl FnOnce(&mut Self) -> Result<(), SpoolError>,
    ) -> Result<(), SpoolError> {
        let database = Database::create(&self.folder.new_events(), true);
        self.database = Some(database.map_err(|failure| self.error(failure))?);
        let filled = fill(self).and_then(|()| self.apply(&[], &[]));
        self.close();
        filled
    }

    /// Replaces the database by the new one.
    fn publish(&mut self) -> Result<(), SpoolError> {
        self.io(self.folder.publish())?;
        self.read()?;
        self.skip_numbers()
    }

    /// Adds events that are in the file but not in the database: those of a commit that a kill interrupted, whose
    /// callers no longer wait, or those of a commit that a damaged header hides. Those of a commit that failed in this
    /// process stay out.
    fn catch_up(&mut self, newest: Checkpoint) -> Result<(), SpoolError> {
        let known = self.contents.checkpoint;
        if newest.commit > known.commit {
            // All of them are read first, since the file is written to afterwards. They belong to one commit.
            let mut hidden = Vec::new();
            let file = self.io(File::open(self.folder.events()))?;
            let scanned = scan::records(file, |record| match record {
                Record::Event { number, .. } if number > known.last => {
                    hidden.push((number, record.to_bytes()));
                }
                _ => {}
            });
            self.io(scanned)?;
            self.contents.checkpoint.commit = newest.commit;
            let refused = self.refused.clone();
            self.apply(&hidden, &refused)?;
        }
        self.contents.checkpoint.last = self.contents.checkpoint.last.max(newest.last);
        self.skip_numbers()
    }

    /// Numbers that an interrupted commit may have used are not used again: each stands for one event. Those that this
    /// process used are known, and those of refused events are removed.
    fn skip_numbers(&mut self) -> Result<(), SpoolError> {
        let last = &mut self.contents.checkpoint.last;
        *last = match self.highest {
            0 => *last + MAX_COMMIT as u64,
            highest => highest.max(*last),
        };
        let refused = mem::take(&mut self.refused);
        let outcome = self.apply(&[], &refused);
        if outcome.is_err() {
            self.refused = refused;
        }
        outcome
    }

    /// Creates a new database from the readable records.
    fn salvage(&mut self, newest: Checkpoint) -> Result<Damage, SpoolError> {
        self.contents = Contents::default();
        self.contents.checkpoint.commit = newest.commit;
        let damaged = self.folder.events();
        let mut found = 0;
        self.make(|store| {
            store.add_from(damaged.clone(), newest.first)?;
            // Events of a later commit than the newest readable checkpoint are not included in its counts.
            found = store.count_to(newest.last)?;
            store.contents.checkpoint.last = store.contents.checkpoint.last.max(newest.last);
            Ok(())
        })?;
        self.io(self.folder.keep_damaged())?;
        self.publish()?;
        let lost = newest.live.saturating_sub(found);
        let lost = (newest.commit > 0).then_some(lost);
        log::spool_damaged(self.folder.path(), lost);
        Ok(Damage {
            lost,
            file: self.folder.damaged(),
        })
    }

    /// Adds the events of a file from a number on.
    fn add_from(&mut self, file: PathBuf, first: u64) -> Result<(), SpoolError> {
        let file = self.io(File::open(file))?;
        let (mut added, mut bytes) = (Vec::new(), 0);
        let mut outcome = Ok(());
        let scanned = scan::records(file, |record| {
            if let Record::Event { number, .. } = record
                && number >= first
                && outcome.is_ok()
            {
                let record = record.to_bytes();
                bytes += record.len();
                added.push((number, record));
                if added.len() >= MAX_COMMIT || bytes >= MAX_COMMIT_BYTES {
                    bytes = 0;
                    outcome = self.apply(&mem::take(&mut added), &[]);
                }
            }
        });
        self.io(scanned)?;
        outcome?;
        self.apply(&added, &[])
    }

    /// Returns how many events have numbers up to this one.
    fn count_to(&mut self, last: u64) -> Result<u64, SpoolError> {
        self.with(|database| {
            let mut count = 0;
            database.read_after(0, usize::MAX, |record| {
                if let Record::Event { number, .. } = record {
                    count += u64::from(number <= last);
                }
            })?;
            Ok(count)
        })
    }

    /// Compacts a large file of which little is in use.
    fn compact(&mut self) -> Result<(), SpoolError> {
        let size = self.io(fs::metadata(self.folder.events()))?.len();
        if size > LARGE && self.contents.bytes < size / 4 {
            return self.with(Database::compact);
        }
        Ok(())
    }

    // ---- Errors ------------------------------------------------------------------------------------------------------

    fn io<T>(&self, outcome: io::Result<T>) -> Result<T, SpoolError> {
        outcome.map_err(|error| SpoolError::io(self.folder.path(), error))
    }

    fn failed(&self, reason: &'static str) -> SpoolError {
        SpoolError::failed(self.folder.path(), reason)
    }

    fn error(&self, failure: Failure) -> SpoolError {
        match failure {
            Failure::Io(error) => SpoolError::io(self.folder.path(), error),
            Failure::Damaged(reason) => SpoolError::damaged(self.folder.path(), reason),
        }
    }
}

impl Stored {
    fn of(record: Record<'_>) -> Option<Self> {
        match record {
            Record::Event {
                number,
                is_time_ours,
                json,
            } => Some(Self {
                number,
                is_time_ours,
                json: json.to_vec(),
            }),
            Record::Checkpoint(_) => None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::super::disk::faults;
    use super::*;

    /// Enough for several pages.
    const EVENTS: u64 = 40;

    fn record(number: u64) -> (u64, Vec<u8>) {
        let json = format!(r#"{{"name":"call","number":{number},"pad":"{:500}"}}"#, "");
        let record = Record::Event {
            number,
            is_time_ours: false,
            json: json.as_bytes(),
        };
        (number, record.to_bytes())
    }

    fn records(numbers: impl IntoIterator<Item = u64>) -> Vec<(u64, Vec<u8>)> {
        numbers.into_iter().map(record).collect()
    }

    fn open(path: &std::path::Path) -> Store {
        let (store, recovered) = Store::open(Folder::lock(path).unwrap(), false).unwrap();
        assert_eq!(recovered.damage, None);
        store
    }

    fn numbers(store: &mut Store) -> Vec<u64> {
        let stored = store.read_after(0, usize::MAX).unwrap();
        stored.iter().map(|stored| stored.number).collect()
    }

    #[test]
    fn events_of_a_commit_that_failed_are_never_stored() {
        let mut failures = 0;
        for changes in 0.. {
            let folder = tempfile::tempdir().unwrap();
            let mut store = open(folder.path());
            let first = store.last() + 1;
            let refused = first + EVENTS;
            store.commit(&records(first..refused), &[]).unwrap();

            faults::after(Some(changes));
            let outcome = store.commit(&records(refused..refused + EVENTS), &[first]);
            if faults::after(None) {
                assert!(failures > 2, "{failures}");
                break;
            }
            // What redb does after the commit can fail without consequences.
            let is_refused = outcome.is_err();
            failures += u32::from(is_refused);

            let next = refused + EVENTS;
            store.commit(&records([next]), &[first]).unwrap();
            let mut expected: Vec<u64> = (first + 1..refused).collect();
            if !is_refused {
                expected.extend(refused..next);
            }
            expected.push(next);
            assert_eq!(numbers(&mut store), expected, "{changes}");
            drop(store);
            assert_eq!(numbers(&mut open(folder.path())), expected, "{changes}");
        }
    }
}
