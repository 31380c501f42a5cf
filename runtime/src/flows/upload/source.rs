//! The sources of uploads. A source is read twice: to compute its checksums, and to send it part by part.

#![cfg_attr(
    not(feature = "files"),
    allow(unused_variables, reason = "only files can fail to be read")
)]

use std::fmt;
#[cfg(feature = "files")]
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::plan::{Part, Plan};
use crate::Error;
use crate::checksum::{Hashing, Sums};

#[cfg(feature = "files")]
use super::file::{FileParts, Spool};

/// The number of bytes that are hashed before the task yields to others.
const STRIDE: usize = 1 << 20;

/// The content of a file to upload: bytes in memory, a local file, or a reader.
///
/// The API requires checksums before the first part is sent, so the source is read twice. A reader is copied to a
/// temporary file for that. Of files and readers, only the parts that are being sent are in memory.
pub struct UploadSource(pub(super) Kind);

pub(super) enum Kind {
    Bytes(Bytes),
    #[cfg(feature = "files")]
    Path(PathBuf),
    #[cfg(feature = "files")]
    Reader(Spool),
}

#[cfg(feature = "files")]
impl UploadSource {
    /// Creates a source from a reader, which must return exactly `len` bytes.
    ///
    /// The bytes are copied to an unnamed file in the system's folder for temporary files, which must have enough free
    /// space.
    pub fn reader(reader: impl tokio::io::AsyncRead + Send + 'static, len: u64) -> Self {
        Self(Kind::Reader(Spool::new(reader, len)))
    }
}

#[cfg(feature = "files")]
impl From<PathBuf> for UploadSource {
    fn from(path: PathBuf) -> Self {
        Self(Kind::Path(path))
    }
}

#[cfg(feature = "files")]
impl From<&Path> for UploadSource {
    fn from(path: &Path) -> Self {
        path.to_owned().into()
    }
}

impl From<Bytes> for UploadSource {
    fn from(bytes: Bytes) -> Self {
        Self(Kind::Bytes(bytes))
    }
}

impl From<Vec<u8>> for UploadSource {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<&'static [u8]> for UploadSource {
    fn from(bytes: &'static [u8]) -> Self {
        Bytes::from_static(bytes).into()
    }
}

impl fmt::Debug for UploadSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Bytes(bytes) => write!(f, "UploadSource({} bytes)", bytes.len()),
            #[cfg(feature = "files")]
            Kind::Path(_) => f.write_str("UploadSource(file)"),
            #[cfg(feature = "files")]
            Kind::Reader(_) => f.write_str("UploadSource(reader)"),
        }
    }
}

/// A source with its checksums, which is read in parts.
pub(super) struct Readable {
    pub(super) plan: Plan,
    pub(super) sums: Sums,
    content: Content,
}

#[derive(Clone)]
enum Content {
    Bytes(Bytes),
    #[cfg(feature = "files")]
    File(FileParts),
}

impl UploadSource {
    /// Reads the source to compute its checksums. Calls `on_read` with the number of bytes so far and the total.
    pub(super) async fn read(
        self,
        operation: &'static str,
        part_size: Option<u64>,
        mut on_read: impl FnMut(u64, u64) + Send,
    ) -> Result<Readable, Error> {
        match self.0 {
            Kind::Bytes(bytes) => {
                let plan = Plan::new(bytes.len() as u64, part_size);
                let sums = hash(&bytes, &plan, &mut on_read).await;
                Ok(Readable {
                    plan,
                    sums,
                    content: Content::Bytes(bytes),
                })
            }
            #[cfg(feature = "files")]
            Kind::Path(path) => {
                let file = FileParts::open(operation, path).await?;
                let plan = Plan::new(file.len(), part_size);
                let sums = file.hash(operation, &plan, &mut on_read).await?;
                Ok(Readable {
                    plan,
                    sums,
                    content: Content::File(file),
                })
            }
            #[cfg(feature = "files")]
            Kind::Reader(spool) => {
                let plan = Plan::new(spool.len(), part_size);
                let (file, sums) = spool.fill(operation, &plan, &mut on_read).await?;
                Ok(Readable {
                    plan,
                    sums,
                    content: Content::File(file),
                })
            }
        }
    }
}

impl Readable {
    /// Reads a part to send it.
    pub(super) async fn part(&self, operation: &'static str, part: Part) -> Result<Bytes, Error> {
        match &self.content {
            Content::Bytes(bytes) => {
                // Always succeeds, because the offsets are within the bytes.
                let position = |place: u64| usize::try_from(place).unwrap_or(usize::MAX);
                Ok(bytes.slice(position(part.start)..position(part.end)))
            }
            #[cfg(feature = "files")]
            Content::File(file) => file.part(operation, part).await,
        }
    }
}

/// Hashes bytes, and yields to other tasks after each [`STRIDE`].
async fn hash(bytes: &Bytes, plan: &Plan, on_read: &mut (impl FnMut(u64, u64) + Send)) -> Sums {
    let mut hashing = Hashing::new(plan.part_size());
    let mut read = 0;
    for stride in bytes.chunks(STRIDE) {
        hashing.update(stride);
        read += stride.len() as u64;
        on_read(read, plan.size());
        rest().await;
    }
    hashing.finish()
}

/// Yields to other tasks.
async fn rest() {
    let mut rested = false;
    std::future::poll_fn(|context| {
        if rested {
            return std::task::Poll::Ready(());
        }
        rested = true;
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}
