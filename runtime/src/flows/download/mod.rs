//! Downloads: where a file is, and what is there.

mod locate;
mod located;
mod wire;

use std::fmt;
#[cfg(feature = "files")]
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;

pub use located::DownloadProgress;

#[cfg(feature = "files")]
use super::disk;
use crate::client::{ByteStream, CallOptions, Operation, Request, Storage};
use crate::codec::{self, DecodeError, Encode};
use crate::error::Error;
use crate::time::Instant;
use crate::transport::{TransportError, TransportErrorKind};
use located::{Fetch, Located, OnProgress};
use wire::Listed;

/// How long to wait for a document when nothing else was said.
const PATIENCE: Duration = Duration::from_secs(120);

/// The most items that the API puts on a page.
const LONGEST_PAGE: i64 = 100;

/// A download that begins when it is asked for its bytes.
///
/// What is not there yet is waited for, at the pace that the server asks for. The bytes come from a storage, to which the
/// client's credential is not sent. A response of the storage that is no success, a part of the file, or a page in HTML where
/// the file is none, is an error.
#[must_use = "a download does nothing until its bytes are asked for"]
pub struct Download {
    request: Request,
    subject: Subject,
    patience: Duration,
    timeout: Option<Duration>,
    on_progress: Option<OnProgress>,
}

/// What is downloaded.
enum Subject {
    /// What the request answers the address of, and what makes it.
    Document { generate: Option<Box<Request>> },
    /// A file that has to be looked for, in the list that the request asks for.
    Listed(Uuid),
    /// A file whose address is known.
    File(Result<Located, DecodeError>),
}

impl Download {
    fn new(request: Request, subject: Subject) -> Self {
        Self {
            request,
            subject,
            patience: PATIENCE,
            timeout: None,
            on_progress: None,
        }
    }

    /// What a request answers the address of. For generated code.
    #[doc(hidden)]
    pub fn document(request: impl Into<Request>) -> Self {
        Self::new(request.into(), Subject::Document { generate: None })
    }

    /// The same, if another request has to make it first. For generated code.
    #[doc(hidden)]
    pub fn generated_by(mut self, request: impl Into<Request>) -> Self {
        let generate = Some(Box::new(request.into()));
        self.subject = Subject::Document { generate };
        self
    }

    /// A file that an operation has listed. For generated code.
    #[doc(hidden)]
    pub fn file(request: Request, file: &dyn Encode) -> Self {
        let listed = codec::from_slice::<Listed>(&codec::to_vec(file));
        Self::new(request, Subject::File(listed.and_then(Located::try_from)))
    }

    /// A file that has to be looked for in a list, by its id or by that of its item. For generated code.
    #[doc(hidden)]
    pub fn listed(list: impl Into<Request>, id: Uuid) -> Self {
        let mut request = list.into();
        request.query("limit", &LONGEST_PAGE);
        Self::new(request, Subject::Listed(id))
    }

    /// Ends the download with [`Error::Timeout`] when it is not complete after this time: the wait for a document, all
    /// attempts, and what the reader of a [`stream`](Self::stream) does between two pieces. 1 hour if neither this nor
    /// [`CallOptions::stream_timeout`] is set.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How long to wait for a document that is not there yet. 2 minutes if it is not set, and never longer than the
    /// [`timeout`](Self::timeout).
    pub fn wait_timeout(mut self, timeout: Duration) -> Self {
        self.patience = timeout;
        self
    }

    /// Tells how far the download is, when it begins and after each piece. It is called while the bytes are read, so it
    /// should be quick.
    pub fn on_progress(mut self, tell: impl FnMut(DownloadProgress) + Send + 'static) -> Self {
        self.on_progress = Some(Arc::new(Mutex::new(tell)));
        self
    }

    /// Sets how the calls to the API are sent, and how often the download is tried. The attempt timeout is also the
    /// longest time between two pieces. The body limit is that of [`bytes`](Self::bytes), and of documents also where they
    /// are streamed or written to a file; other files have the size that the API says.
    pub fn with(mut self, options: CallOptions) -> Self {
        if let Subject::Document {
            generate: Some(generate),
        } = &mut self.subject
        {
            generate.options(options.clone());
        }
        self.request.options(options);
        self
    }

    /// Returns the bytes as a stream of chunks. A connection that breaks after the first one ends the stream.
    ///
    /// # Errors
    /// Those of the calls, of the storage, [`Error::Timeout`] if a document is not there in time, and
    /// [`Error::BodyTooLarge`] if it is larger than the body limit of the client or of the options. The stream ends with an
    /// [`Error::Storage`] if the bytes are not those that the API knows.
    pub async fn stream(self) -> Result<ByteStream, Error> {
        let (job, subject) = self.begin();
        let work = async {
            let located = job.locate(subject).await?;
            let fetch = job.fetch();
            let attempt = || fetch.open(&located);
            job.storage.repeated(|| Box::pin(attempt())).await
        };
        job.run(work).await
    }

    /// The bytes, in memory, up to the body limit of the client or of the options. If the connection breaks, they are
    /// fetched again.
    ///
    /// # Errors
    /// Those of [`stream`](Self::stream), and [`Error::BodyTooLarge`].
    pub async fn bytes(self) -> Result<Bytes, Error> {
        let (job, subject) = self.begin();
        let work = async {
            let located = job.locate(subject).await?;
            let fetch = job.fetch();
            let attempt = || fetch.collect(&located);
            job.storage.repeated(|| Box::pin(attempt())).await
        };
        job.run(work).await
    }

    /// Writes the bytes to a file, and gives their number. If the connection breaks, they are fetched again.
    ///
    /// They go to a temporary file beside it, which takes its place when it is whole: under this name there is never half
    /// a file, and what was there before stays when the download fails. It has the rights of a file that it replaces (on
    /// Unix). Only regular files are replaced: nothing is requested if there is a directory, a device, a pipe or a symbolic
    /// link under this name.
    ///
    /// # Errors
    /// Those of [`stream`](Self::stream), and [`Error::File`].
    #[cfg(feature = "files")]
    pub async fn to_file(self, path: impl AsRef<Path>) -> Result<u64, Error> {
        let (job, subject) = self.begin();
        let target = path.as_ref().to_owned();
        let work = async {
            disk::check_target(job.operation.id, &target).await?;
            let located = job.locate(subject).await?;
            let fetch = job.fetch();
            let attempt = || fetch.land(&located, job.operation.id, &target);
            job.storage.repeated(|| Box::pin(attempt())).await
        };
        job.run(work).await
    }

    /// [`bytes`](Self::bytes), which blocks this thread. Inside an async task it is an error.
    ///
    /// # Errors
    /// Those of [`bytes`](Self::bytes).
    #[cfg(feature = "blocking")]
    pub fn bytes_blocking(self) -> Result<Bytes, Error> {
        crate::client::wait(self.operation(), self.bytes())
    }

    /// [`to_file`](Self::to_file), which blocks this thread. Inside an async task it is an error.
    ///
    /// # Errors
    /// Those of [`to_file`](Self::to_file).
    #[cfg(all(feature = "blocking", feature = "files"))]
    pub fn to_file_blocking(self, path: impl AsRef<Path>) -> Result<u64, Error> {
        crate::client::wait(self.operation(), self.to_file(path))
    }

    #[cfg(feature = "blocking")]
    fn operation(&self) -> &'static Operation {
        self.request.operation()
    }

    /// The time begins to run.
    fn begin(self) -> (Job, Work) {
        let storage = Storage::of(&self.request);
        let timeout = self.timeout.unwrap_or_else(|| storage.stream_timeout());
        let end = storage
            .clock()
            .and_then(|clock| clock.now().checked_add(timeout));
        let job = Job {
            operation: self.request.operation(),
            storage,
            patience: self.patience.min(timeout),
            timeout,
            end,
            on_progress: self.on_progress,
        };
        (job, (self.request, self.subject))
    }
}

/// What is done, and by which request.
type Work = (Request, Subject);

/// A download that was begun.
struct Job {
    operation: &'static Operation,
    storage: Storage,
    patience: Duration,
    timeout: Duration,
    end: Option<Instant>,
    on_progress: Option<OnProgress>,
}

impl Job {
    /// Finds out where the bytes are, and waits until they are there.
    async fn locate(&self, (request, subject): Work) -> Result<Located, Error> {
        let operation = self.operation.id;
        match subject {
            Subject::File(located) => {
                located.map_err(|source| locate::unreadable(operation, source))
            }
            Subject::Listed(id) => locate::find(request, id).await,
            Subject::Document { generate } => {
                let waiting = locate::wait(request, generate, &self.storage, self.patience);
                let located = match self.storage.clock() {
                    Some(clock) => clock.within(self.patience, waiting).await,
                    None => Some(waiting.await),
                };
                located.unwrap_or_else(|| Err(locate::late(operation)))
            }
        }
    }

    fn fetch(&self) -> Fetch<'_> {
        Fetch {
            storage: &self.storage,
            end: self.end,
            on_progress: self.on_progress.clone(),
        }
    }

    /// Does the work in time, or not at all.
    async fn run<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let operation = self.operation.id;
        let work = async {
            let Some(clock) = self.storage.clock() else {
                return work.await;
            };
            let result = clock.within(self.timeout, work).await;
            result.unwrap_or_else(|| {
                const REASON: &str = "the download was not complete in time";
                let error = TransportError::new(TransportErrorKind::Timeout, REASON);
                Err(Error::transport(operation, error))
            })
        };
        self.storage.run(operation, work).await
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}
