//! Downloads: locates a file, and fetches it.

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

/// The default time to wait until a document exists.
const WAIT_TIMEOUT: Duration = Duration::from_secs(120);

/// The API's maximum page size.
const MAX_PAGE_SIZE: i64 = 100;

/// A file download, which starts when [`bytes`](Self::bytes), [`stream`](Self::stream) or `to_file` is called.
///
/// Documents, such as invoices, are generated on demand. The download requests a document until it exists, at the
/// interval that the server asks for.
///
/// The bytes are fetched from a file storage, without the client's credential. The download fails if the storage
/// responds with an error, with only a part of the file, or with an HTML page in place of another file.
#[must_use = "a download does nothing until its bytes are requested"]
pub struct Download {
    request: Request,
    content: Content,
    wait_timeout: Duration,
    timeout: Option<Duration>,
    on_progress: Option<OnProgress>,
}

/// What a download fetches.
enum Content {
    /// A document whose URL the request returns, and the request that generates it.
    Document { generate: Option<Box<Request>> },
    /// A file that is in the list that the request returns.
    Listed(Uuid),
    /// A file with a known URL.
    File(Result<Located, DecodeError>),
}

impl Download {
    fn new(request: Request, content: Content) -> Self {
        Self {
            request,
            content,
            wait_timeout: WAIT_TIMEOUT,
            timeout: None,
            on_progress: None,
        }
    }

    /// Creates the download of a document. The response to the request contains its URL. For generated code.
    #[doc(hidden)]
    pub fn document(request: impl Into<Request>) -> Self {
        Self::new(request.into(), Content::Document { generate: None })
    }

    /// Sets a request that asks the API to generate the document. For generated code.
    #[doc(hidden)]
    pub fn generated_by(mut self, request: impl Into<Request>) -> Self {
        let generate = Some(Box::new(request.into()));
        self.content = Content::Document { generate };
        self
    }

    /// Creates the download of a file that a list returned. For generated code.
    #[doc(hidden)]
    pub fn file(request: Request, file: &dyn Encode) -> Self {
        let listed = codec::from_slice::<Listed>(&codec::to_vec(file));
        Self::new(request, Content::File(listed.and_then(Located::try_from)))
    }

    /// Creates the download of a file by its ID, or by the ID of the list item that contains it. The download searches
    /// the list. For generated code.
    #[doc(hidden)]
    pub fn listed(list: impl Into<Request>, id: Uuid) -> Self {
        let mut request = list.into();
        request.query("limit", &MAX_PAGE_SIZE);
        Self::new(request, Content::Listed(id))
    }

    /// Sets the total timeout, after which the download fails with [`Error::Timeout`].
    ///
    /// The timeout covers the wait for a document, all attempts, and the time that the reader of a
    /// [`stream`](Self::stream) takes between chunks. By default, it is [`CallOptions::stream_timeout`], or 1 hour.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets how long to wait until a document exists; 2 minutes by default. The total [`timeout`](Self::timeout) also
    /// covers this wait.
    pub fn wait_timeout(mut self, timeout: Duration) -> Self {
        self.wait_timeout = timeout;
        self
    }

    /// Sets a callback for the progress. It is called at the start and after each chunk, and delays the download until
    /// it returns.
    pub fn on_progress(mut self, callback: impl FnMut(DownloadProgress) + Send + 'static) -> Self {
        self.on_progress = Some(Arc::new(Mutex::new(callback)));
        self
    }

    /// Sets options of the API calls. The retry policy also applies to the download.
    ///
    /// The attempt timeout is also the maximum time between two chunks. The body limit applies to
    /// [`bytes`](Self::bytes). For documents, it also applies to the other methods, because their size is not known in
    /// advance.
    pub fn with(mut self, options: CallOptions) -> Self {
        if let Content::Document {
            generate: Some(generate),
        } = &mut self.content
        {
            generate.options(options.clone());
        }
        self.request.options(options);
        self
    }

    /// Returns the bytes as a stream of chunks. If the connection breaks after the first chunk, the stream ends with an
    /// error.
    ///
    /// # Errors
    /// Errors of the API calls and of the storage; [`Error::Timeout`] if a document does not exist before the deadline;
    /// [`Error::BodyTooLarge`] if a document exceeds the body limit. The stream ends with an [`Error::Storage`] if the
    /// bytes do not match the checksum that the API reported.
    pub async fn stream(self) -> Result<ByteStream, Error> {
        let (job, content) = self.begin();
        let work = async {
            let located = job.locate(content).await?;
            let fetch = job.fetch();
            let attempt = || fetch.open(&located);
            job.storage.with_retries(|| Box::pin(attempt())).await
        };
        job.run(work).await
    }

    /// Downloads the file into memory. If the connection breaks, the file is fetched again.
    ///
    /// The maximum size is the [body limit](CallOptions::body_limit), 64 MiB by default.
    ///
    /// # Errors
    /// Those of [`stream`](Self::stream), and [`Error::BodyTooLarge`] if the file exceeds the limit.
    pub async fn bytes(self) -> Result<Bytes, Error> {
        let (job, content) = self.begin();
        let work = async {
            let located = job.locate(content).await?;
            let fetch = job.fetch();
            let attempt = || fetch.collect(&located);
            job.storage.with_retries(|| Box::pin(attempt())).await
        };
        job.run(work).await
    }

    /// Downloads the file to a local path, and returns its size in bytes. If the connection breaks, the file is fetched
    /// again.
    ///
    /// The bytes are written to a temporary file in the same folder. When it is complete, it replaces the target. The
    /// target is never incomplete, and is unchanged if the download fails. On Unix, the permissions of a replaced file
    /// are preserved.
    ///
    /// Only regular files are replaced. If the target is a directory, device, pipe or symbolic link, the method returns
    /// an error and sends no request.
    ///
    /// # Errors
    /// Those of [`stream`](Self::stream), and [`Error::File`] if the file cannot be written.
    #[cfg(feature = "files")]
    pub async fn to_file(self, path: impl AsRef<Path>) -> Result<u64, Error> {
        let (job, content) = self.begin();
        let target = path.as_ref().to_owned();
        let work = async {
            disk::check_target(job.operation.id, &target).await?;
            let located = job.locate(content).await?;
            let fetch = job.fetch();
            let attempt = || fetch.write_to(&located, job.operation.id, &target);
            job.storage.with_retries(|| Box::pin(attempt())).await
        };
        job.run(work).await
    }

    /// Downloads the file into memory like [`bytes`](Self::bytes), but blocks the current thread.
    ///
    /// # Errors
    /// Those of [`bytes`](Self::bytes), and [`Error::Configuration`] inside an async task.
    #[cfg(feature = "blocking")]
    pub fn bytes_blocking(self) -> Result<Bytes, Error> {
        crate::client::wait(self.operation(), self.bytes())
    }

    /// Downloads the file to a local path like [`to_file`](Self::to_file), but blocks the current thread.
    ///
    /// # Errors
    /// Those of [`to_file`](Self::to_file), and [`Error::Configuration`] inside an async task.
    #[cfg(all(feature = "blocking", feature = "files"))]
    pub fn to_file_blocking(self, path: impl AsRef<Path>) -> Result<u64, Error> {
        crate::client::wait(self.operation(), self.to_file(path))
    }

    #[cfg(feature = "blocking")]
    fn operation(&self) -> &'static Operation {
        self.request.operation()
    }

    /// Computes the deadline of the download.
    fn begin(self) -> (Job, Work) {
        let storage = Storage::of(&self.request);
        let timeout = self.timeout.unwrap_or_else(|| storage.stream_timeout());
        let end = storage
            .clock()
            .and_then(|clock| clock.now().checked_add(timeout));
        let job = Job {
            operation: self.request.operation(),
            storage,
            wait_timeout: self.wait_timeout.min(timeout),
            timeout,
            end,
            on_progress: self.on_progress,
        };
        (job, (self.request, self.content))
    }
}

/// A request, and what its response is used for.
type Work = (Request, Content);

/// A download in progress.
struct Job {
    operation: &'static Operation,
    storage: Storage,
    wait_timeout: Duration,
    timeout: Duration,
    end: Option<Instant>,
    on_progress: Option<OnProgress>,
}

impl Job {
    /// Locates the bytes of the download. Waits until a document exists.
    async fn locate(&self, (request, content): Work) -> Result<Located, Error> {
        let operation = self.operation.id;
        match content {
            Content::File(located) => {
                located.map_err(|source| locate::unreadable(operation, source))
            }
            Content::Listed(id) => locate::find(request, id).await,
            Content::Document { generate } => {
                let waiting = locate::wait(request, generate, &self.storage, self.wait_timeout);
                let located = match self.storage.clock() {
                    Some(clock) => clock.within(self.wait_timeout, waiting).await,
                    None => Some(waiting.await),
                };
                located.unwrap_or_else(|| Err(locate::timed_out(operation)))
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

    /// Runs the future until the deadline.
    async fn run<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let operation = self.operation.id;
        let work = async {
            let Some(clock) = self.storage.clock() else {
                return work.await;
            };
            let result = clock.within(self.timeout, work).await;
            result.unwrap_or_else(|| {
                const REASON: &str = "the download was not complete before the deadline";
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
