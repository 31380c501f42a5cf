//! Local files as sources of uploads.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::io::{AsyncRead, ReadBuf};

use super::plan::{Part, Plan};
use crate::Error;
use crate::checksum::{Hashing, Sums};
use crate::flows::disk::blocking;

/// The number of bytes that are hashed or written per blocking task. A blocking task cannot be canceled, so it must be
/// short.
const BLOCKING_CHUNK: usize = 8 << 20;

/// The size of the buffer of a blocking task.
const BUFFER: usize = 256 << 10;

/// An open file that is read in parts. Renaming or replacing the file has no effect on the upload.
#[derive(Clone)]
pub(super) struct FileParts {
    file: Arc<Mutex<File>>,
    len: u64,
}

impl FileParts {
    pub(super) async fn open(operation: &'static str, path: PathBuf) -> Result<Self, Error> {
        blocking(operation, move || {
            // Checked before opening, because opening a pipe without a writer blocks forever.
            if !std::fs::metadata(&path)?.is_file() {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    "not a regular file, so its length is unknown: upload it with `UploadSource::reader`",
                ));
            }
            let file = File::open(path)?;
            Ok(Self {
                len: file.metadata()?.len(),
                file: Arc::new(Mutex::new(file)),
            })
        })
        .await
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Reads the whole file to compute its checksums.
    pub(super) async fn hash(
        &self,
        operation: &'static str,
        plan: &Plan,
        on_read: &mut (impl FnMut(u64, u64) + Send),
    ) -> Result<Sums, Error> {
        let mut hashing = Hashing::new(plan.part_size());
        let mut read = 0;
        while read < self.len {
            let file = Arc::clone(&self.file);
            let len = (self.len - read).min(BLOCKING_CHUNK as u64);
            hashing = blocking(operation, move || {
                hash(&file, read, len, &mut hashing)?;
                Ok(hashing)
            })
            .await?;
            read += len;
            on_read(read, self.len);
        }
        self.is_unchanged(operation).await?;
        Ok(hashing.finish())
    }

    /// Reads a part.
    pub(super) async fn part(&self, operation: &'static str, part: Part) -> Result<Bytes, Error> {
        self.is_unchanged(operation).await?;
        let file = Arc::clone(&self.file);
        blocking(operation, move || {
            let len = usize::try_from(part.end - part.start).map_err(io::Error::other)?;
            let mut bytes = vec![0; len];
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(part.start))?;
            file.read_exact(&mut bytes).map_err(shorter)?;
            Ok(bytes.into())
        })
        .await
    }

    /// Returns an error if the length of the file has changed since it was opened.
    async fn is_unchanged(&self, operation: &'static str) -> Result<(), Error> {
        let (file, len) = (Arc::clone(&self.file), self.len);
        blocking(operation, move || {
            let file = file.lock().unwrap_or_else(PoisonError::into_inner);
            match file.metadata()?.len() == len {
                true => Ok(()),
                false => Err(changed()),
            }
        })
        .await
    }
}

fn hash(file: &Mutex<File>, from: u64, len: u64, hashing: &mut Hashing) -> io::Result<()> {
    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
    file.seek(SeekFrom::Start(from))?;
    let mut left = (&mut *file).take(len);
    let mut buffer = vec![0; BUFFER];
    while left.limit() > 0 {
        match left.read(&mut buffer) {
            Ok(0) => return Err(changed()),
            Ok(count) => hashing.update(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn shorter(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => changed(),
        _ => error,
    }
}

fn changed() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the length of the file changed while it was read",
    )
}

/// A reader that is copied to a temporary file, so that its bytes can be read twice.
pub(super) struct Spool {
    reader: Pin<Box<dyn AsyncRead + Send>>,
    len: u64,
}

impl Spool {
    pub(super) fn new(reader: impl AsyncRead + Send + 'static, len: u64) -> Self {
        Self {
            reader: Box::pin(reader),
            len,
        }
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Copies the reader to an unnamed temporary file.
    pub(super) async fn fill(
        mut self,
        operation: &'static str,
        plan: &Plan,
        on_read: &mut (impl FnMut(u64, u64) + Send),
    ) -> Result<(FileParts, Sums), Error> {
        let mut file = blocking(operation, tempfile::tempfile).await?;
        let mut hashing = Hashing::new(plan.part_size());
        let (mut read, mut buffer) = (0, Vec::new());
        loop {
            let failed = |error| Error::file(operation, error);
            buffer = self.next(buffer).await.map_err(failed)?;
            read += buffer.len() as u64;
            if buffer.is_empty() {
                break;
            }
            if read > self.len {
                return Err(failed(other_length()));
            }
            (file, hashing, buffer) = blocking(operation, move || {
                hashing.update(&buffer);
                file.write_all(&buffer)?;
                buffer.clear();
                Ok((file, hashing, buffer))
            })
            .await?;
            on_read(read, self.len);
        }
        if read != self.len {
            return Err(Error::file(operation, other_length()));
        }
        let file = FileParts {
            file: Arc::new(Mutex::new(file)),
            len: self.len,
        };
        Ok((file, hashing.finish()))
    }

    /// Reads the next bytes of the reader. Returns an empty buffer at the end.
    async fn next(&mut self, mut buffer: Vec<u8>) -> io::Result<Vec<u8>> {
        buffer.resize(BUFFER, 0);
        let count = std::future::poll_fn(|context| {
            let mut room = ReadBuf::new(&mut buffer);
            let poll = self.reader.as_mut().poll_read(context, &mut room);
            poll.map_ok(|()| room.filled().len())
        })
        .await?;
        buffer.truncate(count);
        Ok(buffer)
    }
}

fn other_length() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the reader does not return the number of bytes that was specified",
    )
}
