//! Events on disk, until they are delivered (feature `spool`).
//!
//! `options` opens a folder, which `folder` locks. `store` keeps its events in a `database`, as records of a
//! self-describing layout (`record`), so that `scan` finds them in a damaged file. Events that the server rejects are kept
//! with the reason (`rejection`). Only the thread of `writer` uses the store: events reach it through `gate`, each with its
//! caller (`pending`), and from there the queue of the ingester.

mod database;
mod disk;
mod folder;
mod gate;
mod once;
mod options;
mod pending;
mod record;
mod rejection;
mod scan;
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
use gate::Command;
pub(super) use gate::Gate;
pub use options::{SpoolOptions, SpoolSync};
pub use rejection::RejectedEvent;
pub(super) use rejection::Rejection;
use store::Store;
pub use store::{Damage, Recovered};
pub(super) use writer::{Inlet, Reader};
use writer::{Progress, Writer};

/// A folder in which events are stored until they are delivered.
///
/// With [`IngesterBuilder::spool`](super::IngesterBuilder::spool) or in metering, it makes each event durable before
/// [`ingest`](super::Ingester::ingest) or `track` returns. Events that a process leaves behind, by a crash or a
/// shutdown, are sent by the next one that opens the folder. An event is removed when the server has stored it. An event
/// that is sent again after a crash has the same external ID and timestamp, so the server stores it once.
///
/// Events that the server rejects or does not confirm stay on disk, with the reason, and are not sent again on their own:
/// [`Ingester::rejected`](super::Ingester::rejected) lists them,
/// [`retry_rejected`](super::Ingester::retry_rejected) queues them again, and
/// [`discard_rejected`](super::Ingester::discard_rejected) removes them. They count towards the disk budget.
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
        let progress = Progress::start(&store);
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
        let run = move || {
            let (gate, inlet) = (Arc::clone(&writer.gate), Arc::clone(&writer.inlet));
            // The lock of the folder goes with it.
            let ended = catch_unwind(AssertUnwindSafe(|| writer.run()));
            if ended.is_err() {
                log::spool_failed(&gate.fail());
                inlet.failed();
            }
            gate.shut();
            gate.closed();
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

    /// A queue that panics.
    #[derive(Default)]
    struct Panicking {
        has_failed: AtomicBool,
    }

    impl Inlet<String> for Panicking {
        fn has_room(&self, _: usize) -> bool {
            true
        }

        fn offer(&self, _: Entry<String>) -> Result<(), Entry<String>> {
            panic!("as the test expects")
        }

        fn offered(&self, _: u64) {}

        fn lost(&self, _: Entry<String>) {}

        fn failed(&self) {
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
            slot: None,
            accepted: None,
        }
    }

    #[tokio::test]
    async fn callers_get_an_error_when_the_thread_of_the_spool_panics() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::options(folder.path()).open_blocking().unwrap();
        let (gate, unstarted) = spool.split(Limits::DEFAULT);
        let mut stored = pin!(gate.push(entry()));
        let mut waiting = pin!(gate.push(entry()));
        let mut context = Context::from_waker(Waker::noop());
        assert!(stored.as_mut().poll(&mut context).is_pending());
        assert!(waiting.as_mut().poll(&mut context).is_pending());

        let inlet = Arc::new(Panicking::default());
        let queue: Arc<dyn Inlet<String>> = inlet.clone();
        unstarted.start(queue, codec::from_slice).unwrap();
        // It was stored before the panic.
        assert!(stored.await.is_ok());
        gate.until_closed().await;
        assert!(inlet.has_failed.load(Ordering::Relaxed));
        for refused in [waiting.await, gate.push(entry()).await] {
            let Err((entry, NotQueuedReason::NotStored(error))) = refused else {
                panic!("no error");
            };
            assert_eq!(entry.event, "call");
            let source = std::error::Error::source(&error).unwrap();
            assert_eq!(source.to_string(), "its thread panicked");
        }
        let error = gate.rejected(0, 1).await.unwrap_err();
        assert!(std::error::Error::source(&error).is_some());

        // The next process sends both.
        let spool = Spool::options(folder.path()).open_blocking().unwrap();
        assert_eq!(spool.recovered().events, 2);
    }
}
