//! Options for opening a spool, and when it syncs.

use std::fmt;
use std::path::PathBuf;
use std::thread;

use super::Spool;
use super::folder::Folder;
use super::once::once;
use super::store::Store;
use crate::ingest::spool_error::SpoolError;

/// When events are synced to disk (`fsync`), rather than written to the operating system's cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SpoolSync {
    /// Each event is written and synced separately, one after the other. Slow: a disk syncs some hundred to some
    /// thousand times a second.
    Each,
    /// Events that arrive during a sync are written together and share the next one (group commit). Each caller waits
    /// for it, so no accepted event is lost in a power failure, and concurrent tasks share the cost.
    #[default]
    Grouped,
    /// Nothing is synced: an accepted event survives the end of the process, such as by `kill -9`, but not a power
    /// failure or a crash of the operating system, which can also damage the file.
    Off,
}

/// Configures and opens a [`Spool`].
#[derive(Clone)]
#[must_use = "options do nothing until the spool is opened"]
pub struct SpoolOptions {
    folder: PathBuf,
    sync: SpoolSync,
    budget: u64,
}

impl SpoolOptions {
    /// The default disk budget.
    const BUDGET: u64 = 1 << 30;

    pub(super) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            sync: SpoolSync::default(),
            budget: Self::BUDGET,
        }
    }

    /// Sets when events are synced; [`SpoolSync::Grouped`] by default.
    pub fn sync(mut self, sync: SpoolSync) -> Self {
        self.sync = sync;
        self
    }

    /// Sets the disk budget in bytes. Default: 1 GiB. An event takes about twice the bytes of its JSON. While the
    /// budget is used up, callers wait until delivered events are removed (backpressure).
    ///
    /// Rejected events count towards the budget. When they use it up, so that no delivery makes room, callers get
    /// [`SpoolErrorKind::FullOfRejected`](crate::ingest::SpoolErrorKind::FullOfRejected) instead of waiting.
    pub fn budget(mut self, bytes: u64) -> Self {
        self.budget = bytes;
        self
    }

    /// Opens the folder, creates it if it does not exist, and reads all of it, on a separate thread.
    ///
    /// # Errors
    /// Those of [`Spool::open`].
    pub async fn open(self) -> Result<Spool, SpoolError> {
        let (setter, opened) = once();
        let folder = self.folder.clone();
        let thread = thread::Builder::new().name("polar-spool-open".to_owned());
        let spawned = thread.spawn(move || setter.set(self.open_blocking()));
        spawned.map_err(|error| SpoolError::io(&folder, error))?;
        let panicked = || {
            Err(SpoolError::failed(
                &folder,
                "the thread that opens it panicked",
            ))
        };
        opened.get().await.unwrap_or_else(panicked)
    }

    pub(super) fn open_blocking(self) -> Result<Spool, SpoolError> {
        let folder = Folder::lock(&self.folder)?;
        let is_durable = self.sync != SpoolSync::Off;
        let (store, recovered) = Store::open(folder, is_durable)?;
        Ok(Spool {
            store,
            sync: self.sync,
            budget: self.budget,
            recovered,
        })
    }
}

impl fmt::Debug for SpoolOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpoolOptions")
            .field("folder", &self.folder)
            .field("sync", &self.sync)
            .field("budget", &self.budget)
            .finish()
    }
}
