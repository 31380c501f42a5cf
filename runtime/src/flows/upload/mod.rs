//! Uploads: creates a file with the API, sends its parts to a file storage, and completes the upload with the API.

#[cfg(feature = "files")]
mod file;
mod in_flight;
mod new_file;
mod plan;
mod source;
mod wire;

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use uuid::Uuid;

pub use new_file::NewFile;
pub use source::UploadSource;

use crate::client::{Address, Call, CallOptions, Request, Storage};
use crate::codec::{Decode, DecodeError};
use crate::error::{Error, RawBody, UploadError, UploadStep};
use crate::transport::BoxFuture;
use in_flight::InFlight;
use plan::Part;
use source::Readable;
use wire::{Completion, CreatedFile, FileCreation, Multipart, PartAddress};

/// The default number of parts that are sent concurrently.
const PARALLEL: usize = 4;

/// The default timeout of an attempt to send a part. A part of 10 MiB then needs at least 280 kilobits per second.
const PART_TIMEOUT: Duration = Duration::from_secs(300);

/// The progress of an upload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UploadProgress {
    /// The number of bytes that were read to compute the checksums. Parts are sent only after the whole source was
    /// read.
    pub read: u64,
    /// The number of bytes that the storage has stored. It grows by whole parts.
    pub stored: u64,
    /// The total size in bytes.
    pub total: u64,
}

/// A file upload, which starts when it is awaited, and returns the uploaded file.
///
/// If the future is dropped before it completes, the file may already exist without content. If the upload fails,
/// [`Error::Upload`] contains the failed step and the progress.
#[must_use = "an upload does nothing until it is awaited"]
pub struct Upload<T> {
    job: Job,
    output: PhantomData<fn() -> T>,
}

impl<T> Upload<T> {
    /// Creates an upload from the requests that create the file and that complete the upload. For generated code.
    #[doc(hidden)]
    pub fn new(
        create: Request,
        mut complete: Request,
        file: NewFile,
        source: UploadSource,
    ) -> Self {
        // The completion is idempotent, although it is a POST: it names the upload and its parts, so a retry creates no
        // other file.
        complete.options(CallOptions::new().assume_idempotent());
        Self {
            job: Job {
                create,
                complete,
                file,
                source,
                parallel: PARALLEL,
                part_size: None,
                part_timeout: PART_TIMEOUT,
                on_progress: Box::new(|_| {}),
            },
            output: PhantomData,
        }
    }

    /// Sets the maximum number of parts that are in memory and sent concurrently; 4 by default, at least 1.
    pub fn parallel(mut self, parts: usize) -> Self {
        self.job.parallel = parts.max(1);
        self
    }

    /// Sets the part size in bytes; 10 MiB by default.
    ///
    /// The minimum is 5 MiB, the minimum of the storage; smaller values are raised to it. The API allows 10,000 parts
    /// per file, so the part size is raised for very large files.
    pub fn part_size(mut self, bytes: u64) -> Self {
        self.job.part_size = Some(bytes);
        self
    }

    /// Sets the timeout of an attempt to send a part; 5 minutes by default. All parts must be sent within an hour,
    /// because their URLs expire.
    pub fn part_timeout(mut self, timeout: Duration) -> Self {
        self.job.part_timeout = timeout;
        self
    }

    /// Sets a callback for the progress. It is called whenever the progress changes, and delays the upload until it
    /// returns.
    pub fn on_progress(mut self, callback: impl FnMut(UploadProgress) + Send + 'static) -> Self {
        self.job.on_progress = Box::new(callback);
        self
    }

    /// Sets options of the API calls. The retry policy also applies to the parts.
    pub fn with(mut self, options: CallOptions) -> Self {
        self.job.create.options(options.clone());
        self.job.complete.options(options);
        self
    }
}

impl<T: Decode + 'static> Upload<T> {
    /// Uploads the file. Equivalent to awaiting the upload.
    pub fn send(self) -> BoxFuture<'static, Result<T, Error>> {
        Box::pin(async move {
            let Ready { complete, state } = self.job.run().await?;
            let file = Call::json(complete).await;
            file.map_err(|error| state.failed(UploadStep::Complete, error))
        })
    }

    /// Uploads the file like [`send`](Self::send), but blocks the current thread.
    ///
    /// # Errors
    /// Those of the upload, and [`Error::Configuration`] inside an async task.
    #[cfg(feature = "blocking")]
    pub fn send_blocking(self) -> Result<T, Error> {
        crate::client::wait(self.job.create.operation(), self.send())
    }
}

impl<T: Decode + 'static> IntoFuture for Upload<T> {
    type Output = Result<T, Error>;
    type IntoFuture = BoxFuture<'static, Result<T, Error>>;

    fn into_future(self) -> Self::IntoFuture {
        self.send()
    }
}

impl<T> fmt::Debug for Upload<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("file", &self.job.file)
            .field("source", &self.job.source)
            .field("parallel", &self.job.parallel)
            .field("part_size", &self.job.part_size)
            .finish_non_exhaustive()
    }
}

/// The data of an upload, without the type that it returns.
struct Job {
    create: Request,
    complete: Request,
    file: NewFile,
    source: UploadSource,
    parallel: usize,
    part_size: Option<u64>,
    part_timeout: Duration,
    on_progress: Box<dyn FnMut(UploadProgress) + Send>,
}

/// An upload whose parts are all stored, so that it can be completed.
struct Ready {
    complete: Request,
    state: State,
}

/// The state of an upload.
#[derive(Default)]
struct State {
    file_id: Option<Uuid>,
    parts: u32,
    stored: Vec<u32>,
}

impl State {
    fn failed(&self, step: UploadStep, error: Error) -> Error {
        let mut stored = self.stored.clone();
        stored.sort_unstable();
        let error = UploadError::new(step, self.file_id, stored, self.parts, error);
        Error::Upload(Box::new(error))
    }
}

impl Job {
    async fn run(self) -> Result<Ready, Error> {
        let storage = Storage::of(&self.create);
        let operation = self.create.operation().id;
        storage.run(operation, self.send(&storage)).await
    }

    async fn send(mut self, storage: &Storage) -> Result<Ready, Error> {
        let operation = self.create.operation().id;
        let (mut state, mut progress) = (State::default(), UploadProgress::default());
        let source = self.source;
        let on_read = |read, total| {
            (progress.read, progress.total) = (read, total);
            (self.on_progress)(progress);
        };
        let source = source.read(operation, self.part_size, on_read).await;
        let source = source.map_err(|error| state.failed(UploadStep::Read, error))?;
        state.parts = source.plan.count();

        let creation = FileCreation::new(&self.file, &source.plan, &source.sums);
        self.create.json_body(&creation);
        let created = create_file(self.create).await;
        let created = created.map_err(|error| state.failed(UploadStep::Create, error))?;
        state.file_id = Some(created.id);
        let Multipart { id, path, parts } = created.upload;
        let addresses = addresses(operation, &source, parts);
        let addresses = addresses.map_err(|error| state.failed(UploadStep::Create, error))?;

        let mut etags = vec![String::new(); addresses.len()];
        let mut waiting = source.plan.parts().zip(&addresses);
        let mut in_flight = InFlight::default();
        loop {
            while in_flight.len() < self.parallel
                && let Some((part, address)) = waiting.next()
            {
                let sent = send_part(
                    storage,
                    operation,
                    &source,
                    part,
                    address,
                    self.part_timeout,
                );
                in_flight.add(part, Box::pin(sent));
            }
            let Some((part, etag)) = in_flight.next().await else {
                break;
            };
            let step = UploadStep::Part(part.number);
            let etag = etag.map_err(|error| state.failed(step, error))?;
            if let Some(place) = etags.get_mut(part.index()) {
                *place = etag;
            }
            state.stored.push(part.number);
            progress.stored += part.len();
            (self.on_progress)(progress);
        }
        drop(in_flight);

        let mut complete = self.complete;
        complete.path("id", &created.id);
        complete.json_body(&Completion::new(&id, &path, etags, &source.sums));
        Ok(Ready { complete, state })
    }
}

async fn create_file(create: Request) -> Result<CreatedFile, Error> {
    Call::json(create).await
}

/// Returns the URL of each part, in order.
fn addresses(
    operation: &'static str,
    source: &Readable,
    parts: Vec<PartAddress>,
) -> Result<Vec<Address>, Error> {
    let mut found: BTreeMap<i64, Address> = parts.into_iter().map(PartAddress::into_pair).collect();
    let addresses = source.plan.parts().map(|part| {
        found
            .remove(&i64::from(part.number))
            .ok_or_else(|| Error::Decode {
                operation,
                source: DecodeError::new("a part of the file has no URL"),
                media_type: None,
                body: RawBody::default(),
            })
    });
    addresses.collect()
}

/// Reads and stores a part. Returns its ETag.
async fn send_part(
    storage: &Storage,
    operation: &'static str,
    source: &Readable,
    part: Part,
    address: &Address,
    timeout: Duration,
) -> Result<String, Error> {
    let bytes = source.part(operation, part).await?;
    storage.put(address, bytes, timeout).await
}
