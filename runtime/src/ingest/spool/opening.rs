//! Opens the database of a spool. Recovers the readable records of a damaged one.

use std::fs::{self, File};
use std::io;
use std::mem;
use std::path::PathBuf;

use super::database::{Added, Changes, Contents, Database, Section};
use super::record::{Checkpoint, Record};
use super::recovered::Damage;
use super::scan;
use super::store::{MAX_COMMIT, MAX_COMMIT_BYTES, Store};
use crate::ingest::spool_error::{SpoolError, SpoolErrorKind};
use crate::log;

/// The size in bytes from which on a file is compacted on opening, if less than a quarter of it is in use.
const LARGE: u64 = 64 << 20;

impl Store {
    /// Opens the database. Creates it if it does not exist, and recovers it if it is damaged.
    pub(super) fn reopen(&mut self) -> Result<Option<Damage>, SpoolError> {
        self.close();
        self.io(self.folder.clean())?;
        let path = self.folder.events();
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return self.begin(),
            Err(error) => return self.io(Err(error)),
        };
        let (newest, is_ours) = self.io(scan::newest_checkpoint(&file))?;
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

    /// Opens an existing database, and verifies all of it.
    fn read(&mut self) -> Result<(), SpoolError> {
        let opened = Database::open(&self.folder.events(), self.is_durable);
        let (database, contents) = opened.map_err(|failure| self.error(failure))?;
        self.database = Some(database);
        self.contents = contents;
        Ok(())
    }

    /// Creates an empty database, and opens it.
    fn begin(&mut self) -> Result<Option<Damage>, SpoolError> {
        self.contents = Contents::default();
        self.make(|_| Ok(()))?;
        self.publish()?;
        Ok(None)
    }

    /// Creates a new database next to the current one, and fills it.
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

    /// Replaces the current database by the new one, and opens it.
    fn publish(&mut self) -> Result<(), SpoolError> {
        self.io(self.folder.publish())?;
        self.read()?;
        self.skip_numbers()
    }

    /// Adds events that are in the file but not in the database.
    ///
    /// They belong to a commit that was interrupted when the process was killed, or that is hidden by a damaged header.
    /// Events of commits that failed in this process are not added: they were returned to their callers.
    fn catch_up(&mut self, newest: Checkpoint) -> Result<(), SpoolError> {
        let known = self.contents.checkpoint;
        if newest.commit > known.commit {
            // All of them are read before the file is written to. They fit into memory, because they belong to one
            // commit.
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

    /// Makes sure that no number is used for two events, and removes the refused events.
    ///
    /// An interrupted commit of an earlier process may have used numbers that are unknown, so as many numbers as a
    /// commit has are skipped. The numbers that this process used are known.
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

    /// Creates a new database from the readable records of a damaged one, and keeps the damaged file.
    fn salvage(&mut self, newest: Checkpoint) -> Result<Damage, SpoolError> {
        self.contents = Contents::default();
        self.contents.checkpoint.commit = newest.commit;
        let damaged = self.folder.events();
        let mut found = 0;
        self.make(|store| {
            store.copy_from(damaged.clone(), Section::Events, newest.first)?;
            // After the events that are to be sent, because the file may contain older copies of rejected events from
            // before their rejection. Rejected events that were retried or discarded may be found again as well.
            store.copy_from(damaged.clone(), Section::Rejected, newest.first_rejected)?;
            // `newest` does not count the events of later commits, so they are not counted as found either.
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

    /// Copies the events of a section of a damaged file, from this number on.
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

    /// Returns the number of events that are to be sent whose numbers do not exceed `last`.
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

    /// Compacts the file if it is large and little of it is in use.
    fn compact(&mut self) -> Result<(), SpoolError> {
        let size = self.io(fs::metadata(self.folder.events()))?.len();
        if size > LARGE && self.bytes() < size / 4 {
            return self.with(Database::compact);
        }
        Ok(())
    }
}
