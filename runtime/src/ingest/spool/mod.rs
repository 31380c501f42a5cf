//! Stores events on disk until they are delivered (feature `spool`).
//!
//! - A thread, the writer (`writer`), is the only one that accesses the disk. Callers send it commands (`command`)
//!   through a `handle`. After it has stored an event, it passes the event to the queue of the ingester (`send_queue`).
//! - `store` manages the events of a folder, which `folder` locks. They are records (`record`) in a `database`.
//! - `opening` recovers the records of a damaged file. `scan` finds them without the database.
//! - Events that the server rejects are stored with the reason (`rejection`).

mod command;
mod database;
mod disk;
mod folder;
mod handle;
mod oneshot;
mod opening;
mod options;
mod pending;
mod record;
mod recovered;
mod rejected_events;
mod rejection;
mod scan;
mod send_queue;
mod store;
mod writer;

use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use super::backlog::Limits;
use super::spool_error::SpoolError;
use crate::log;
use command::Command;
pub(super) use handle::SpoolHandle;
pub use options::{SpoolOptions, SpoolSync};
pub use recovered::{Damage, Recovered};
pub use rejection::RejectedEvent;
pub(super) use rejection::Rejection;
pub(super) use send_queue::{Reader, SendQueue};
use store::Store;
use writer::{Progress, Writer};

/// A folder on disk that stores events until they are delivered.
///
/// Pass it to [`IngesterBuilder::spool`](super::IngesterBuilder::spool), or to the builder of metering. Then
/// [`ingest`](super::Ingester::ingest) and `track` return when the event is stored on disk. An event is removed after
/// the server has stored it.
///
/// If a process crashes or is shut down, the next process that opens the folder sends the remaining events. They keep
/// their external IDs and timestamps, so the server stores each event once.
///
/// # Rejected events
/// Events that the server rejects or does not confirm stay on disk, with the reason. They count towards the disk
/// budget, and are not sent again automatically. [`Ingester::rejected`](super::Ingester::rejected) lists them,
/// [`retry_rejected`](super::Ingester::retry_rejected) sends them again, and
/// [`discard_rejected`](super::Ingester::discard_rejected) removes them.
///
/// # The folder
/// Only one process at a time can open a folder. Use a local disk, because network file systems often lock and sync
/// unreliably. The content is not encrypted. On Unix, only the user that created the folder can read it.
pub struct Spool {
    store: Store,
    sync: SpoolSync,
    budget: u64,
    recovered: Recovered,
}

impl Spool {
    /// Opens a folder with the default options: [`SpoolSync::Grouped`], and a disk budget of 1 GiB.
    ///
    /// The folder is created if it does not exist. Otherwise all of its content is read, on a separate thread. That
    /// takes seconds if it contains gigabytes.
    ///
    /// If the file is damaged, its readable events are copied to a new file, and the damaged one is kept as
    /// `damaged.redb`: see [`recovered`](Self::recovered).
    ///
    /// # Errors
    /// - [`SpoolErrorKind::InUse`](super::SpoolErrorKind::InUse) if the folder is already open.
    /// - [`Foreign`](super::SpoolErrorKind::Foreign) if it contains a file `events.redb` that is not a spool's.
    /// - [`Full`](super::SpoolErrorKind::Full) or [`Failed`](super::SpoolErrorKind::Failed) if it cannot be read or
    ///   written.
    pub async fn open(folder: impl Into<PathBuf>) -> Result<Self, SpoolError> {
        Self::options(folder).open().await
    }

    /// Returns options for opening a folder, such as the disk budget.
    pub fn options(folder: impl Into<PathBuf>) -> SpoolOptions {
        SpoolOptions::new(folder.into())
    }

    /// Returns which events were found when the folder was opened, and whether the file was damaged.
    #[must_use]
    pub fn recovered(&self) -> &Recovered {
        &self.recovered
    }

    /// Splits the spool into the handle for callers and the writer, whose thread is not started yet.
    pub(super) fn split<E>(self, limits: Limits) -> (Arc<SpoolHandle<E>>, Unstarted<E>) {
        let (sender, commands) = channel();
        let handle = Arc::new(SpoolHandle::new(sender, self.budget, limits, &self.store));
        let unstarted = Unstarted {
            spool: self,
            commands,
            handle: Arc::clone(&handle),
        };
        (handle, unstarted)
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

/// A spool whose writer thread is not started yet.
pub(super) struct Unstarted<E> {
    spool: Spool,
    commands: Receiver<Command<E>>,
    handle: Arc<SpoolHandle<E>>,
}

impl<E: Send + 'static> Unstarted<E> {
    /// Starts the writer thread. It passes stored events to `queue`, and decodes them with `read`.
    pub(super) fn start(self, queue: Arc<dyn SendQueue<E>>, read: Reader<E>) -> io::Result<()> {
        let store = self.spool.store;
        let progress = Progress::start(&store);
        let writer = Writer {
            store,
            sync: self.spool.sync,
            commands: self.commands,
            handle: self.handle,
            queue,
            read,
            progress,
        };
        let thread = thread::Builder::new().name("polar-spool".to_owned());
        let run = move || {
            let (handle, queue) = (Arc::clone(&writer.handle), Arc::clone(&writer.queue));
            // Also unlocks the folder: `run` consumes the writer.
            let ended = catch_unwind(AssertUnwindSafe(|| writer.run()));
            if ended.is_err() {
                log::spool_failed(&handle.record_panic());
                queue.writer_panicked();
            }
            handle.stop_accepting();
            handle.record_closed();
        };
        thread.spawn(run).map(drop)
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]
mod tests {
    use std::pin::pin;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::{Context, Waker};

    use super::super::entry::{Entry, TimestampSource};
    use super::super::outcome::NotQueuedReason;
    use super::*;
    use crate::codec;
    use crate::time::Instant;

    /// A queue that panics when an event is queued.
    #[derive(Default)]
    struct Panicking {
        has_failed: AtomicBool,
    }

    impl SendQueue<String> for Panicking {
        fn has_room(&self, _: usize) -> bool {
            true
        }

        fn try_push_stored(&self, _: Entry<String>) -> Result<(), Entry<String>> {
            panic!("as the test expects")
        }

        fn set_queued_up_to(&self, _: u64) {}

        fn return_unstored(&self, _: Entry<String>) {}

        fn writer_panicked(&self) {
            self.has_failed.store(true, Ordering::Relaxed);
        }

        fn now(&self) -> Instant {
            Instant::now()
        }
    }

    fn entry() -> Entry<String> {
        Entry {
            event: "call".to_owned(),
            number: 0,
            size: 6,
            since: Instant::now(),
            timestamp_source: TimestampSource::Caller,
            receipt: None,
            accepted: None,
        }
    }

    #[tokio::test]
    async fn callers_get_an_error_when_the_thread_of_the_spool_panics() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::options(folder.path()).open_blocking().unwrap();
        let (handle, unstarted) = spool.split(Limits::DEFAULT);
        let mut stored = pin!(handle.push(entry()));
        let mut waiting = pin!(handle.push(entry()));
        let mut context = Context::from_waker(Waker::noop());
        assert!(stored.as_mut().poll(&mut context).is_pending());
        assert!(waiting.as_mut().poll(&mut context).is_pending());

        let panicking = Arc::new(Panicking::default());
        let queue: Arc<dyn SendQueue<String>> = panicking.clone();
        unstarted.start(queue, codec::from_slice).unwrap();
        // The first event was stored before the panic.
        assert!(stored.await.is_ok());
        handle.until_closed().await;
        assert!(panicking.has_failed.load(Ordering::Relaxed));
        for refused in [waiting.await, handle.push(entry()).await] {
            let Err((entry, NotQueuedReason::NotStored(error))) = refused else {
                panic!("no error");
            };
            assert_eq!(entry.event, "call");
            let source = std::error::Error::source(&error).unwrap();
            assert_eq!(source.to_string(), "the thread that writes to it panicked");
        }
        let error = handle.rejected(0, 1).await.unwrap_err();
        assert!(std::error::Error::source(&error).is_some());

        // Both events are in the file, so the next process sends them.
        let spool = Spool::options(folder.path()).open_blocking().unwrap();
        assert_eq!(spool.recovered().events, 2);
    }
}
