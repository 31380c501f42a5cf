//! Opening the database of a spool, and recovering the readable part of a damaged one.

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

/// The minimum size of a file that is compacted on opening, if less than a quarter of it is in use.
const LARGE: u64 = 64 << 20;

impl Store {
    /// Opens the database, and recovers the readable part of a damaged one.
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
        let resolved = fill(self).and_then(|()| self.apply(&Changes::default()));
        self.close();
        resolved
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
}
