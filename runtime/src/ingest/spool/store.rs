//! Events on disk: opened, recovered, and changed by one thread.

use std::fs::{self, File};
use std::io;
use std::mem;
use std::path::PathBuf;

use super::database::{Added, Changes, Contents, Database, Failure, Section};
use super::folder::Folder;
use super::record::{Checkpoint, Record};
use super::rejection::Rejection;
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
    /// The number of [rejected events](super::RejectedEvent). They are sent when they are
    /// [retried](crate::ingest::Ingester::retry_rejected).
    pub rejected: u64,
    /// Set if the file was damaged.
    pub damage: Option<Damage>,
}

/// The effect of a damaged file on its events, including rejected ones.
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
    /// Set for rejected events.
    pub(super) rejection: Option<Rejection>,
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
        let recovered = Recovered {
            events: store.len(),
            rejected: store.rejected(),
            damage,
        };
        Ok((store, recovered))
    }

    /// Returns the number of stored events that are to be sent.
    pub(super) fn len(&self) -> u64 {
        self.contents.checkpoint.live
    }

    /// Returns the number of rejected events.
    pub(super) fn rejected(&self) -> u64 {
        self.contents.checkpoint.rejected
    }

    /// Returns the bytes that all events take, including rejected ones.
    pub(super) fn bytes(&self) -> u64 {
        self.contents.bytes + self.contents.rejected_bytes
    }

    /// Returns the bytes that rejected events take.
    pub(super) fn rejected_bytes(&self) -> u64 {
        self.contents.rejected_bytes
    }

    /// Returns the highest number that is in use.
    pub(super) fn last(&self) -> u64 {
        self.contents.checkpoint.last
    }

    pub(super) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Returns whether an event is stored as a rejected one.
    pub(super) fn is_rejected(&mut self, number: u64) -> Result<bool, SpoolError> {
        let found = self.read_after(Section::Rejected, number.saturating_sub(1), 1)?;
        Ok(found.iter().any(|stored| stored.number == number))
    }

    /// Makes changes in one commit. After a failure, none of the added events is stored when this process uses the file
    /// again, except for rejected ones that are retried: they are stored in either way.
    pub(super) fn commit(&mut self, changes: &Changes<'_>) -> Result<(), SpoolError> {
        let numbers = changes.added.iter().map(|added| added.number);
        self.highest = numbers.fold(self.highest, u64::max);
        let outcome = self.ready().and_then(|()| self.apply(changes));
        if outcome.is_err() {
            let refused = changes.added.iter().filter(|added| added.retries.is_none());
            self.refused.extend(refused.map(|added| added.number));
        }
        outcome
    }

    fn apply(&mut self, changes: &Changes<'_>) -> Result<(), SpoolError> {
        let before = self.contents;
        self.contents = self.with(|database| database.commit(before, changes))?;
        Ok(())
    }

    /// Reads events that follow a number: up to a count, and fewer if they are large.
    pub(super) fn read_after(
        &mut self,
        section: Section,
        number: u64,
        count: usize,
    ) -> Result<Vec<Stored>, SpoolError> {
        self.ready()?;
        self.with(|database| {
            let (mut stored, mut bytes) = (Vec::new(), 0);
            database.read_after(section, number, |record| {
                let is_full = stored.len() >= count || bytes >= MAX_COMMIT_BYTES;
                if !is_full && let Some(found) = Stored::of(record) {
                    bytes += found.json.len();
                    stored.push(found);
                }
                !is_full
            })?;
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
        let filled = fill(self).and_then(|()| self.apply(&Changes::default()));
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
                    hidden.push(Added::copy(number, record));
                }
                _ => {}
            });
            self.io(scanned)?;
            self.contents.checkpoint.commit = newest.commit;
            let refused = self.refused.clone();
            let changes = Changes {
                added: &hidden,
                removed: &refused,
                ..Changes::default()
            };
            self.apply(&changes)?;
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
        let outcome = self.apply(&Changes {
            removed: &refused,
            ..Changes::default()
        });
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
            store.copy_from(damaged.clone(), Section::Events, newest.first)?;
            // Afterwards, since the file can contain copies of rejected events from before their rejection. Rejected events
            // that were retried or discarded can be found again, too.
            store.copy_from(damaged.clone(), Section::Rejected, newest.first_rejected)?;
            // Events of a later commit than the newest readable checkpoint are not included in its counts.
            found = store.count_to(newest.last)? + store.rejected();
            store.contents.checkpoint.last = store.contents.checkpoint.last.max(newest.last);
            Ok(())
        })?;
        self.io(self.folder.keep_damaged())?;
        self.publish()?;
        let lost = (newest.live + newest.rejected).saturating_sub(found);
        let lost = (newest.commit > 0).then_some(lost);
        log::spool_damaged(self.folder.path(), lost);
        Ok(Damage {
            lost,
            file: self.folder.damaged(),
        })
    }

    /// Adds the events of a section of a file from a number on.
    fn copy_from(&mut self, file: PathBuf, section: Section, first: u64) -> Result<(), SpoolError> {
        let file = self.io(File::open(file))?;
        let (mut found, mut bytes) = (Vec::new(), 0);
        let mut outcome = Ok(());
        let scanned = scan::records(file, |record| {
            let number = match (section, record) {
                (Section::Events, Record::Event { number, .. })
                | (Section::Rejected, Record::Rejected { number, .. })
                    if number >= first && outcome.is_ok() =>
                {
                    number
                }
                _ => return,
            };
            let copy = Added::copy(number, record);
            bytes += copy.record.len();
            found.push(copy);
            if found.len() >= MAX_COMMIT || bytes >= MAX_COMMIT_BYTES {
                bytes = 0;
                outcome = self.add(section, &mem::take(&mut found));
            }
        });
        self.io(scanned)?;
        outcome?;
        self.add(section, &found)
    }

    fn add(&mut self, section: Section, found: &[Added]) -> Result<(), SpoolError> {
        self.apply(&match section {
            Section::Events => Changes {
                added: found,
                ..Changes::default()
            },
            Section::Rejected => Changes {
                salvaged: found,
                ..Changes::default()
            },
        })
    }

    /// Returns how many events that are to be sent have numbers up to this one.
    fn count_to(&mut self, last: u64) -> Result<u64, SpoolError> {
        self.with(|database| {
            let mut count = 0;
            database.read_after(Section::Events, 0, |record| {
                let is_counted = matches!(record, Record::Event { number, .. } if number <= last);
                count += u64::from(is_counted);
                is_counted
            })?;
            Ok(count)
        })
    }

    /// Compacts a large file of which little is in use.
    fn compact(&mut self) -> Result<(), SpoolError> {
        let size = self.io(fs::metadata(self.folder.events()))?.len();
        if size > LARGE && self.bytes() < size / 4 {
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
                rejection: None,
            }),
            Record::Rejected {
                number,
                is_time_ours,
                payload,
            } => {
                let (rejection, json) = Rejection::read(payload)?;
                Some(Self {
                    number,
                    is_time_ours,
                    json: json.to_vec(),
                    rejection: Some(rejection),
                })
            }
            Record::Checkpoint(_) => None,
        }
    }
}

impl Added {
    /// Copies the record of an event.
    fn copy(number: u64, record: Record<'_>) -> Self {
        Self {
            number,
            record: record.to_bytes(),
            retries: None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::super::disk::faults;
    use super::*;
    use crate::time::system_time;

    /// Enough for several pages.
    const EVENTS: u64 = 40;

    fn record(number: u64) -> Added {
        let json = format!(r#"{{"name":"call","number":{number},"pad":"{:500}"}}"#, "");
        let record = Record::Event {
            number,
            is_time_ours: false,
            json: json.as_bytes(),
        };
        Added::copy(number, record)
    }

    fn commit(
        store: &mut Store,
        added: impl IntoIterator<Item = u64>,
        removed: &[u64],
    ) -> Result<(), SpoolError> {
        let added: Vec<Added> = added.into_iter().map(record).collect();
        store.commit(&Changes {
            added: &added,
            removed,
            ..Changes::default()
        })
    }

    fn open(path: &std::path::Path) -> Store {
        let (store, recovered) = Store::open(Folder::lock(path).unwrap(), false).unwrap();
        assert_eq!(recovered.damage, None);
        store
    }

    fn numbers(store: &mut Store) -> Vec<u64> {
        let stored = store.read_after(Section::Events, 0, usize::MAX).unwrap();
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
            commit(&mut store, first..refused, &[]).unwrap();

            faults::after(Some(changes));
            let outcome = commit(&mut store, refused..refused + EVENTS, &[first]);
            if faults::after(None) {
                assert!(failures > 2, "{failures}");
                break;
            }
            // What redb does after the commit can fail without consequences.
            let is_refused = outcome.is_err();
            failures += u32::from(is_refused);

            let next = refused + EVENTS;
            commit(&mut store, [next], &[first]).unwrap();
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

    /// Returns the numbers of all events on disk, with those of rejected ones.
    fn all_numbers(store: &mut Store) -> (Vec<u64>, Vec<u64>) {
        let rejected = store.read_after(Section::Rejected, 0, usize::MAX).unwrap();
        let rejected = rejected.iter().map(|stored| stored.number).collect();
        (numbers(store), rejected)
    }

    #[test]
    fn no_rejected_event_is_lost_whenever_the_disk_fails() {
        let rejection = Rejection {
            at: system_time().into(),
            status: Some(422),
            is_unconfirmed: false,
            reason: "no such customer".to_owned(),
        };
        for changes in 0.. {
            let folder = tempfile::tempdir().unwrap();
            let mut store = open(folder.path());
            let first = store.last() + 1;
            let (middle, next) = (first + EVENTS / 2, first + EVENTS);
            commit(&mut store, first..next, &[]).unwrap();

            faults::after(Some(changes));
            let rejected: Vec<_> = (first..middle)
                .map(|number| (number, rejection.clone()))
                .collect();
            let outcome = store.commit(&Changes {
                rejected: &rejected,
                ..Changes::default()
            });
            if outcome.is_ok() {
                let retried = Added {
                    retries: Some(first),
                    ..record(next)
                };
                let _ = store.commit(&Changes {
                    added: &[retried],
                    ..Changes::default()
                });
            }
            let has_failed = !faults::after(None);
            drop(store);

            let mut store = open(folder.path());
            let (events, rejected) = all_numbers(&mut store);
            if !has_failed {
                assert_eq!(events, (middle..=next).collect::<Vec<_>>());
                assert_eq!(rejected, (first + 1..middle).collect::<Vec<_>>());
                break;
            }
            let mut all = [events, rejected].concat();
            // If its retry was interrupted, an event can be in both tables. The server stores it once.
            all.iter_mut()
                .filter(|number| **number == next)
                .for_each(|number| *number = first);
            all.sort_unstable();
            all.dedup();
            assert_eq!(all, (first..next).collect::<Vec<_>>(), "{changes}");
        }
    }
}
