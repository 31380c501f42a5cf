//! `Store`: the events of a folder. Only the writer thread accesses it.

use std::io;

use super::database::{Changes, Contents, Database, Failure, Section};
use super::folder::Folder;
use super::record::Record;
use super::recovered::Recovered;
use super::rejection::Rejection;
use crate::ingest::spool_error::SpoolError;

/// The maximum number of events in one commit.
pub(super) const MAX_COMMIT: usize = 4096;

/// The size in bytes from which on a commit gets no more events, and a read returns no more.
pub(super) const MAX_COMMIT_BYTES: usize = 8 << 20;

/// An event that was read from disk.
pub(super) struct Stored {
    pub(super) number: u64,
    /// Whether the ingester set the timestamp.
    pub(super) has_assigned_timestamp: bool,
    pub(super) json: Vec<u8>,
    /// `None` if the event is to be sent.
    pub(super) rejection: Option<Rejection>,
}

/// The events of a folder, and the database that contains them.
pub(super) struct Store {
    pub(super) folder: Folder,
    pub(super) is_durable: bool,
    /// `None` after a failure, until the database is opened again.
    pub(super) database: Option<Database>,
    pub(super) contents: Contents,
    /// The highest number in any commit of this process, including failed ones.
    pub(super) highest: u64,
    /// The numbers of new events in failed commits. They were returned to their callers. The file may contain them
    /// nevertheless; then they are removed.
    pub(super) refused: Vec<u64>,
}

impl Store {
    /// Opens the database of a folder, or creates it.
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

    /// Returns the number of events that are to be sent.
    pub(super) fn len(&self) -> u64 {
        self.contents.checkpoint.live
    }

    /// Returns the number of rejected events.
    pub(super) fn rejected(&self) -> u64 {
        self.contents.checkpoint.rejected
    }

    /// Returns the bytes on disk of all events, including rejected ones.
    pub(super) fn bytes(&self) -> u64 {
        self.contents.bytes + self.contents.rejected_bytes
    }

    /// Returns the bytes on disk of rejected events.
    pub(super) fn rejected_bytes(&self) -> u64 {
        self.contents.rejected_bytes
    }

    /// Returns the highest number of any event so far. Later events need higher ones.
    pub(super) fn last(&self) -> u64 {
        self.contents.checkpoint.last
    }

    pub(super) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Returns whether there is a rejected event with this number.
    pub(super) fn is_rejected(&mut self, number: u64) -> Result<bool, SpoolError> {
        let found = self.read_after(Section::Rejected, number.saturating_sub(1), 1)?;
        Ok(found.iter().any(|stored| stored.number == number))
    }

    /// Makes changes in one commit.
    ///
    /// After a failure, the file may contain the commit or not. New events of the commit are removed when this process
    /// uses the file again. Rejected events that were retried are not: they are still rejected, or to be sent.
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

    pub(super) fn apply(&mut self, changes: &Changes<'_>) -> Result<(), SpoolError> {
        let before = self.contents;
        self.contents = self.with(|database| database.commit(before, changes))?;
        Ok(())
    }

    /// Returns up to `count` events whose numbers follow `number`, or fewer if they are large.
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

    /// Opens the database if it is closed. After a failure, redb requires that it is opened again.
    fn ready(&mut self) -> Result<(), SpoolError> {
        match self.database {
            Some(_) => Ok(()),
            None => self.reopen().map(drop),
        }
    }

    /// Calls a function with the database. Closes the database if the function fails.
    pub(super) fn with<T>(
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

    pub(super) fn io<T>(&self, outcome: io::Result<T>) -> Result<T, SpoolError> {
        outcome.map_err(|error| SpoolError::io(self.folder.path(), error))
    }

    fn failed(&self, reason: &'static str) -> SpoolError {
        SpoolError::failed(self.folder.path(), reason)
    }

    pub(super) fn error(&self, failure: Failure) -> SpoolError {
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
                has_assigned_timestamp,
                json,
            } => Some(Self {
                number,
                has_assigned_timestamp,
                json: json.to_vec(),
                rejection: None,
            }),
            Record::Rejected {
                number,
                has_assigned_timestamp,
                payload,
            } => {
                let (rejection, json) = Rejection::read(payload)?;
                Some(Self {
                    number,
                    has_assigned_timestamp,
                    json: json.to_vec(),
                    rejection: Some(rejection),
                })
            }
            Record::Checkpoint(_) => None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::super::database::Added;
    use super::super::disk::faults;
    use super::*;
    use crate::time::system_time;

    /// Enough events for several pages of the database.
    const EVENTS: u64 = 40;

    fn record(number: u64) -> Added {
        let json = format!(r#"{{"name":"call","number":{number},"pad":"{:500}"}}"#, "");
        let record = Record::Event {
            number,
            has_assigned_timestamp: false,
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
            // A failure after the commit has no consequences.
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

    /// Returns the numbers of the events that are to be sent, and those of the rejected events.
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
            // If its retry was interrupted, an event may be in both tables. The server stores it once.
            all.iter_mut()
                .filter(|number| **number == next)
                .for_each(|number| *number = first);
            all.sort_unstable();
            all.dedup();
            assert_eq!(all, (first..next).collect::<Vec<_>>(), "{changes}");
        }
    }
}
