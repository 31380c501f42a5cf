//! Options for opening a spool.

use std::fmt;
use std::path::PathBuf;
use std::thread;

use super::Spool;
use super::folder::Folder;
use super::oneshot;
use super::store::Store;
use crate::ingest::spool_error::SpoolError;

/// When events are synced to disk (`fsync`): whether they survive a power failure, and at what cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SpoolSync {
    /// Each event is written and synced separately. Slow: a disk syncs a few hundred to a few thousand times a second.
    Each,
    /// Events that arrive during a sync are written together, with one sync for all of them (group commit).
    ///
    /// Each caller waits for the sync of its event, so no accepted event is lost in a power failure.
    #[default]
    Grouped,
    /// Nothing is synced. Accepted events survive the end of the process, even by `kill -9`. They may be lost in a
    /// power failure or a crash of the operating system, which can also damage the file.
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
    /// The default disk budget in bytes.
    const BUDGET: u64 = 1 << 30;

    pub(super) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            sync: SpoolSync::default(),
            budget: Self::BUDGET,
        }
    }

    /// Sets when events are synced to disk. Default: [`SpoolSync::Grouped`].
    pub fn sync(mut self, sync: SpoolSync) -> Self {
        self.sync = sync;
        self
    }

    /// Sets the disk budget: the maximum size of all stored events, in bytes. Default: 1 GiB.
    ///
    /// An event takes about twice the size of its JSON. While the budget is used up, callers wait until delivered
    /// events are removed (backpressure).
    ///
    /// Rejected events count towards the budget. If they use it up, callers do not wait but get
    /// [`SpoolErrorKind::FullOfRejected`](crate::ingest::SpoolErrorKind::FullOfRejected).
    pub fn budget(mut self, bytes: u64) -> Self {
        self.budget = bytes;
        self
    }

    /// Opens the folder with these options, like [`Spool::open`].
    ///
    /// # Errors
    /// Those of [`Spool::open`].
    pub async fn open(self) -> Result<Spool, SpoolError> {
        let (sender, opened) = oneshot::channel();
        let folder = self.folder.clone();
        let thread = thread::Builder::new().name("polar-spool-open".to_owned());
        let spawned = thread.spawn(move || sender.send(self.open_blocking()));
        spawned.map_err(|error| SpoolError::io(&folder, error))?;
        let panicked = || {
            Err(SpoolError::failed(
                &folder,
                "the thread that opens the folder panicked",
            ))
        };
        opened.receive().await.unwrap_or_else(panicked)
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
