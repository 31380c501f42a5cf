//! Fetches files from a known URL.

#[cfg(feature = "files")]
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, StatusCode};

use crate::checksum::{Check, Sum};
use crate::client::{Address, ByteStream, Inspect, Storage, is_html};
use crate::error::{Error, StorageError};
#[cfg(feature = "files")]
use crate::flows::disk::TemporaryFile;
use crate::time::Instant;

/// The progress of a download.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DownloadProgress {
    /// The number of bytes that were received. Restarts from 0 if the file is fetched again after an error.
    pub received: u64,
    /// The total size in bytes. `None` if neither the API nor the storage reports it.
    pub total: Option<u64>,
}

/// A callback for the progress.
pub(super) type OnProgress = Arc<Mutex<dyn FnMut(DownloadProgress) + Send>>;

/// The URL of a file, and what is known about it.
pub(super) struct Located {
    pub(super) address: Address,
    /// The facts that the API reports about a file; `None` for documents.
    pub(super) known: Option<Known>,
}

/// The facts that the API reports about a file.
pub(super) struct Known {
    pub(super) size: u64,
    pub(super) sum: Option<Sum>,
    /// Whether the file itself is an HTML page.
    pub(super) is_html: bool,
}

/// The settings of a download.
pub(super) struct Fetch<'a> {
    pub(super) storage: &'a Storage,
    /// The deadline for the whole file.
    pub(super) end: Option<Instant>,
    pub(super) on_progress: Option<OnProgress>,
}

impl Fetch<'_> {
    /// Opens the file as a stream, whose bytes are verified.
    pub(super) async fn open(&self, located: &Located) -> Result<ByteStream, Error> {
        // The size of a file is known in advance. The size of a document is not, so it is limited.
        let limit = located.known.is_none().then(|| self.storage.body_limit());
        self.begin(located, limit).await
    }

    async fn begin(&self, located: &Located, limit: Option<usize>) -> Result<ByteStream, Error> {
        let (stream, headers) = self.storage.get(&located.address, self.remaining()).await?;
        let operation = stream.operation();
        let known = located.known.as_ref();
        if is_html(&headers) && !known.is_some_and(|known| known.is_html) {
            const REASON: &str = "the response is an HTML page instead of the file";
            return Err(mismatch(operation, REASON));
        }
        let total = known.map(|known| known.size).or_else(|| length(&headers));
        if let (Some(limit), Some(total)) = (limit, total)
            && total > limit as u64
        {
            return Err(Error::BodyTooLarge { operation, limit });
        }
        let mut verifier = Verifier {
            operation,
            check: known.map(|known| Check::new(known.size, known.sum)),
            limit,
            on_progress: self.on_progress.clone(),
            progress: DownloadProgress { received: 0, total },
        };
        verifier.report_progress();
        Ok(stream.inspected(verifier))
    }

    /// Reads the file into memory.
    pub(super) async fn collect(&self, located: &Located) -> Result<Bytes, Error> {
        let limit = Some(self.storage.body_limit());
        let mut stream = self.begin(located, limit).await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = stream.next().await {
            bytes.extend_from_slice(&chunk?);
        }
        Ok(bytes.into())
    }

    /// Writes the file to disk.
    #[cfg(feature = "files")]
    pub(super) async fn write_to(
        &self,
        located: &Located,
        operation: &'static str,
        target: &Path,
    ) -> Result<u64, Error> {
        let mut file = TemporaryFile::beside(operation, target).await?;
        let mut stream = self.open(located).await?;
        while let Some(chunk) = stream.next().await {
            file = file.write(&chunk?).await?;
        }
        file.finish(target).await
    }

    fn remaining(&self) -> Duration {
        match (self.storage.clock(), self.end) {
            (Some(clock), Some(end)) => end.saturating_duration_since(clock.now()),
            _ => Duration::MAX,
        }
    }
}

/// Verifies the bytes of a download and reports the progress.
struct Verifier {
    operation: &'static str,
    check: Option<Check>,
    limit: Option<usize>,
    on_progress: Option<OnProgress>,
    progress: DownloadProgress,
}

impl Verifier {
    fn report_progress(&mut self) {
        if let Some(callback) = &self.on_progress {
            let mut callback = callback.lock().unwrap_or_else(PoisonError::into_inner);
            callback(self.progress);
        }
    }
}

impl Inspect for Verifier {
    fn chunk(&mut self, chunk: &Bytes) -> Result<(), Error> {
        let operation = self.operation;
        self.progress.received += chunk.len() as u64;
        if let Some(limit) = self.limit
            && self.progress.received > limit as u64
        {
            return Err(Error::BodyTooLarge { operation, limit });
        }
        if let Some(check) = &mut self.check {
            let checked = check.update(chunk);
            checked.map_err(|reason| mismatch(operation, reason))?;
        }
        self.report_progress();
        Ok(())
    }

    fn end(&mut self) -> Result<(), Error> {
        let checked = self.check.take().map_or(Ok(()), Check::finish);
        checked.map_err(|reason| mismatch(self.operation, reason))
    }
}

/// Returns the length of a body from its headers. `None` if it is missing or the body is compressed.
fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn mismatch(operation: &'static str, reason: &str) -> Error {
    let error = StorageError::mismatch(operation, StatusCode::OK, reason);
    Error::storage_error(error)
}
