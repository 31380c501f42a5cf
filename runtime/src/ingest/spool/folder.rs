//! The folder of a spool, which one process can open at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::ingest::spool_error::{SpoolError, SpoolErrorKind};

/// The number of attempts to lock a folder, and the delay between them. Several are needed, because a forked child
/// process shares the lock of its parent until it executes its program.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(25);

/// A locked folder. It is unlocked when this is dropped, and by the operating system when the process ends.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Locks a folder. If it does not exist, creates it for this user only.
    pub(super) fn lock(path: &Path) -> Result<Self, SpoolError> {
        let io = |error| SpoolError::io(path, error);
        create(path).map_err(io)?;
        let lock = open(&path.join("lock")).map_err(io)?;
        for _ in 0..TRIES {
            match lock.try_lock() {
                Ok(()) => {
                    let path = path.to_owned();
                    return Ok(Self { path, _lock: lock });
                }
                Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
                Err(TryLockError::Error(error)) => return Err(io(error)),
            }
        }
        Err(SpoolError::new(path, SpoolErrorKind::InUse))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the path of the database.
    pub(super) fn events(&self) -> PathBuf {
        self.path.join("events.redb")
    }

    /// Returns the path of a new database while it is created.
    pub(super) fn new_events(&self) -> PathBuf {
        self.path.join("events.new")
    }

    /// Returns the path at which the last damaged database is kept.
    pub(super) fn damaged(&self) -> PathBuf {
        self.path.join("damaged.redb")
    }

    /// Replaces the database by the new one, atomically: if the process or the machine stops, one of the two is in
    /// place.
    pub(super) fn publish(&self) -> io::Result<()> {
        fs::rename(self.new_events(), self.events())?;
        self.sync()
    }

    /// Keeps the damaged database under another name. Replaces an earlier one.
    pub(super) fn keep_damaged(&self) -> io::Result<()> {
        remove(&self.damaged())?;
        // Some file systems have no hard links.
        fs::hard_link(self.events(), self.damaged())
            .or_else(|_| fs::copy(self.events(), self.damaged()).map(drop))
    }

    /// Removes the new database that an interrupted start has left.
    pub(super) fn clean(&self) -> io::Result<()> {
        remove(&self.new_events())
    }

    /// Syncs the folder, so that the rename of a file is durable.
    fn sync(&self) -> io::Result<()> {
        // Only on Unix, folders can be opened and synced as files.
        match cfg!(unix) {
            true => File::open(&self.path)?.sync_all(),
            false => Ok(()),
        }
    }
}

/// Opens a file for reading and writing. If it does not exist, creates it for this user only.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn create(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
