//! Uploads: a file is announced, its parts go to a storage, and then the API hears that they are there.

#[cfg(feature = "files")]
mod file;
mod flight;
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
use flight::Flight;
use plan::Part;
use source::Readable;
use wire::{Announced, Announcement, Completion, Multipart, PartAddress};

/// How many parts are on their way when nothing else was said.
const PARALLEL: usize = 4;

/// How long a part may take when nothing else was said: with ten megabytes, about 280 kilobits a second.
const PART_TIMEOUT: Duration = Duration::from_secs(300);

/// How far an upload is, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UploadProgress {
    /// How many were read for the checksums. Nothing is sent before all were.
    pub read: u64,
    /// How many are stored. It grows by whole parts.
    pub stored: u64,
    /// How many there are.
    pub total: u64,
}

/// An upload that begins when it is awaited, and gives the file.
///
/// Dropping it midway leaves the announced file behind, without its content. When it fails, [`Error::Upload`] tells how
/// far it came.
#[must_use = "an upload does nothing until it is awaited"]
pub struct Upload<T> {
    job: Job,
    output: PhantomData<fn() -> T>,
}

impl<T> Upload<T> {
    /// An upload that begins with one request and ends with another one. For generated code.
    #[doc(hidden)]
    pub fn new(
        create: Request,
        mut complete: Request,
        file: NewFile,
        source: UploadSource,
    ) -> Self {
        // The last step names one upload and its parts, so that a repeat makes no other file: at worst it is refused.
        complete.options(CallOptions::new().assume_safe());
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

    /// How many parts are on their way, and in memory, at a time. 4 if it is not set; 0 is 1.
    pub fn parallel(mut self, parts: usize) -> Self {
        self.job.parallel = parts.max(1);
        self
    }

    /// How many bytes a part has. 10 MiB if it is not set. It is raised to what storages take, 5 MiB, and to what makes
    /// no more than 10,000 parts of the file.
    pub fn part_size(mut self, bytes: u64) -> Self {
        self.job.part_size = Some(bytes);
        self
    }

    /// How long sending a part may take, each time it is tried. 5 minutes if it is not set. All parts have to be stored
    /// within the hour that their addresses live.
    pub fn part_timeout(mut self, timeout: Duration) -> Self {
        self.job.part_timeout = timeout;
        self
    }

    /// Tells how far the upload is, whenever that changes. It is called between two steps, so it should be quick.
    pub fn on_progress(mut self, tell: impl FnMut(UploadProgress) + Send + 'static) -> Self {
        self.job.on_progress = Box::new(tell);
        self
    }

    /// Sets how the calls to the API are sent, and how parts and the last step are retried.
    pub fn with(mut self, options: CallOptions) -> Self {
        self.job.create.options(options.clone());
        self.job.complete.options(options);
        self
    }
}

impl<T: Decode + 'static> Upload<T> {
    /// Uploads the file. Awaiting the value itself does the same.
    pub fn send(self) -> BoxFuture<'static, Result<T, Error>> {
        Box::pin(async move {
            let Ready { complete, state } = self.job.run().await?;
            let file = Call::json(complete).await;
            file.map_err(|error| state.failed(UploadStep::Complete, error))
        })
    }

    /// Uploads the file and blocks this thread until it is done. Inside an async task it is an error.
    ///
    /// # Errors
    /// Those of the upload.
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

/// An upload, whatever it gives.
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

/// All parts are there, and the API can be told.
struct Ready {
    complete: Request,
    state: State,
}

/// How far an upload came.
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

        let announcement = Announcement::new(&self.file, &source.plan, &source.sums);
        self.create.json_body(&announcement);
        let announced = announce(self.create).await;
        let announced = announced.map_err(|error| state.failed(UploadStep::Create, error))?;
        state.file_id = Some(announced.id);
        let Multipart { id, path, parts } = announced.upload;
        let addresses = addresses(operation, &source, parts);
        let addresses = addresses.map_err(|error| state.failed(UploadStep::Create, error))?;

        let mut etags = vec![String::new(); addresses.len()];
        let mut waiting = source.plan.parts().zip(&addresses);
        let mut flight = Flight::default();
        loop {
            while flight.len() < self.parallel
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
                flight.add(part, Box::pin(sent));
            }
            let Some((part, etag)) = flight.next().await else {
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
        drop(flight);

        let mut complete = self.complete;
        complete.path("id", &announced.id);
        complete.json_body(&Completion::new(&id, &path, etags, &source.sums));
        Ok(Ready { complete, state })
    }
}

async fn announce(create: Request) -> Result<Announced, Error> {
    Call::json(create).await
}

/// The address of each part, in the order of the parts.
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
                source: DecodeError::new("a part of the file has no address"),
                media_type: None,
                body: RawBody::default(),
            })
    });
    addresses.collect()
}

/// Reads a part and stores it. Gives its ETag.
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
