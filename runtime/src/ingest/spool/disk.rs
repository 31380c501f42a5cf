//! The file of a database, as a storage backend of redb.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redb::backends::FileBackend;
use redb::{DatabaseError, StorageBackend, StorageError};

use super::folder;

/// The file of a database.
#[derive(Debug)]
pub(super) struct Disk {
    file: FileBackend,
    /// Whether data is synced to disk. Otherwise it survives the end of the process, but not that of the operating
    /// system.
    is_durable: bool,
    /// Whether writes fail, so that the file stays as it is.
    is_frozen: Arc<AtomicBool>,
}

impl Disk {
    pub(super) fn open(
        path: &Path,
        is_durable: bool,
        is_frozen: &Arc<AtomicBool>,
    ) -> Result<Self, DatabaseError> {
        let file = folder::open(path).map_err(StorageError::Io)?;
        Ok(Self {
            file: FileBackend::new(file)?,
            is_durable,
            is_frozen: Arc::clone(is_frozen),
        })
    }

    fn check(&self) -> io::Result<()> {
        match self.is_frozen.load(Ordering::Relaxed) {
            true => Err(io::ErrorKind::ReadOnlyFilesystem.into()),
            false => Ok(()),
        }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.check()?;
        #[cfg(test)]
        faults::next()?;
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        #[cfg(test)]
        faults::next()?;
        match self.is_durable {
            true => self.file.sync_data(),
            false => Ok(()),
        }
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.check()?;
        #[cfg(test)]
        faults::next()?;
        self.file.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }
}

/// Failures of the disk, for tests.
#[cfg(test)]
pub(super) mod faults {
    use std::cell::Cell;
    use std::io;

    thread_local! {
        static LEFT: Cell<Option<u32>> = const { Cell::new(None) };
    }

    /// Lets this many changes on this thread succeed, and the next one fail; `None` for no failure. Returns whether the
    /// previously requested failure did not occur.
    pub(in crate::ingest::spool) fn after(changes: Option<u32>) -> bool {
        LEFT.replace(changes).is_some()
    }

    pub(super) fn next() -> io::Result<()> {
        match LEFT.get() {
            Some(0) => {
                LEFT.set(None);
                Err(io::Error::other("the disk failed"))
            }
            left => {
                LEFT.set(left.map(|left| left - 1));
                Ok(())
            }
        }
    }
}
