//! Events on disk, until they are delivered (feature `spool`).
//!
//! `options` opens a folder, which `folder` locks. `store` keeps its events in a `database`, as records of a
//! self-describing layout (`record`), so that `scan` finds them in a damaged file. Only the thread of `writer` uses the
//! store: events reach it through `gate`, and from there the queue of the ingester.

mod database;
mod disk;
mod folder;
mod gate;
mod once;
mod options;
mod record;
mod scan;
mod store;
mod writer;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use super::backlog::Limits;
use super::spool_error::SpoolError;
use gate::Command;
pub(super) use gate::Gate;
pub use options::{SpoolOptions, SpoolSync};
use store::Store;
pub use store::{Damage, Recovered};
pub(super) use writer::{Inlet, Reader};
use writer::{Progress, Writer};

/// A folder in which events are stored until they are delivered.
///
/// With [`IngesterBuilder::spool`](super::IngesterBuilder::spool) or in metering, it makes each event durable before
/// [`ingest`](super::Ingester::ingest) or `track` returns. Events that a process leaves behind, by a crash or a
/// shutdown, are sent by the next one that opens the folder. An event is removed when its delivery outcome is known:
/// the server has stored it, or rejected it and the handler of [`on_undelivered`](super::IngesterBuilder::on_undelivered)
/// has returned. Without a handler, rejected events are in memory only, up to the capacity of the queue. An event that is
/// sent again after a crash has the same external ID and timestamp, so the server stores it once.
///
/// One process at a time can open a folder. Use a local disk: network file systems often lock and sync unreliably. The
/// content is not encrypted; on Unix, only the user that created it can read it.
pub struct Spool {
    store: Store,
    sync: SpoolSync,
    budget: u64,
    recovered: Recovered,
}

impl Spool {
    /// Opens a folder with the default options: [`SpoolSync::Grouped`], 1 GiB. The folder is created if it does not exist.
    ///
    /// Everything in it is read, on a separate thread: allow for seconds if it contains gigabytes. The readable events
    /// of a damaged file are kept, and the file as well, as `damaged.redb`: see [`recovered`](Self::recovered).
    ///
    /// # Errors
    /// [`SpoolErrorKind::InUse`](super::SpoolErrorKind::InUse) if another process has it open;
    /// [`Foreign`](super::SpoolErrorKind::Foreign) if it contains a file that is not a spool's;
    /// [`Full`](super::SpoolErrorKind::Full) and [`Failed`](super::SpoolErrorKind::Failed) if it cannot be read or written.
    pub async fn open(folder: impl Into<PathBuf>) -> Result<Self, SpoolError> {
        Self::options(folder).open().await
    }

    /// Returns options for opening a folder.
    pub fn options(folder: impl Into<PathBuf>) -> SpoolOptions {
        SpoolOptions::new(folder.into())
    }

    /// Returns the events and the damage that were found when the folder was opened.
    #[must_use]
    pub fn recovered(&self) -> &Recovered {
        &self.recovered
    }

    /// Splits the spool into the ends for callers and for the writer thread.
    pub(super) fn split<E>(self, limits: Limits) -> (Arc<Gate<E>>, Unstarted<E>) {
        let (sender, commands) = channel();
        let gate = Arc::new(Gate::new(sender, self.budget, limits, &self.store));
        let unstarted = Unstarted {
            spool: self,
            commands,
            gate: Arc::clone(&gate),
        };
        (gate, unstarted)
    }
}

impl fmt::Debug for Spool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spool")
            .field("folder", &self.store.folder().path())
            .field("sync", &self.sync)
            .field("budget", &self.budget)
            .field("recovered", &self.recovered)
            .finish_non_exhaustive()
    }
}

/// A spool whose thread is not started yet.
pub(super) struct Unstarted<E> {
    spool: Spool,
    commands: Receiver<Command<E>>,
    gate: Arc<Gate<E>>,
}

impl<E: Send + 'static> Unstarted<E> {
    /// Starts the thread that writes events, and queues them from disk.
    pub(super) fn start(self, inlet: Arc<dyn Inlet<E>>, read: Reader<E>) -> io::Result<()> {
        let store = self.spool.store;
        let progress = Progress {
            arrived: store.last(),
            is_behind: store.len() > 0,
            ..Progress::default()
        };
        let writer = Writer {
            store,
            sync: self.spool.sync,
            commands: self.commands,
            gate: self.gate,
            inlet,
            read,
            progress,
        };
        let thread = thread::Builder::new().name("polar-spool".to_owned());
        let closing = Closing(Arc::clone(&writer.gate));
        let run = move || {
            let _closing = closing;
            // The lock of the folder goes with it.
            writer.run();
        };
        thread.spawn(run).map(drop)
    }
}

/// Says that the folder is closed when the thread ends, also if it panics: nobody waits for it then.
struct Closing<E>(Arc<Gate<E>>);

impl<E> Drop for Closing<E> {
    fn drop(&mut self) {
        self.0.shut();
        self.0.closed();
    }
}
