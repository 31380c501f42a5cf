//! Errors of a spool.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The error of a [`Spool`](super::Spool) that cannot be opened, read or written.
///
/// The message names the folder. It contains no event.
#[derive(Clone)]
pub struct SpoolError {
    folder: PathBuf,
    kind: SpoolErrorKind,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
    /// Whether the file is damaged. Otherwise the disk failed, and the file is intact.
    is_damage: bool,
}

/// The cause of a [`SpoolError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpoolErrorKind {
    /// The folder is already open, in another process or in this one.
    InUse,
    /// The folder contains a file `events.redb` that is not a spool's. The file is not changed.
    Foreign,
    /// The disk or its quota is full, or the file has the maximum size of the file system.
    Full,
    /// The disk budget is used up by events that are not sent, so that waiting would not help.
    ///
    /// These are [rejected events](super::RejectedEvent), and events that this version of the program cannot decode.
    /// [Retry](super::Ingester::retry_rejected) or [discard](super::Ingester::discard_rejected) the rejected ones.
    FullOfRejected,
    /// Another failure: of the disk, of the thread that writes to it, or because the ingester has ended. See
    /// [`source`](std::error::Error::source).
    Failed,
}

impl SpoolError {
    /// Returns the path of the spool's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the cause, for matching.
    #[must_use]
    pub fn kind(&self) -> SpoolErrorKind {
        self.kind
    }

    pub(super) fn new(folder: &Path, kind: SpoolErrorKind) -> Self {
        Self {
            folder: folder.to_owned(),
            kind,
            source: None,
            is_damage: false,
        }
    }

    pub(super) fn damaged(
        folder: &Path,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            is_damage: true,
            ..Self::failed(folder, source)
        }
    }

    pub(super) fn is_damage(&self) -> bool {
        self.is_damage
    }

    pub(super) fn failed(
        folder: &Path,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            source: Some(Arc::from(source.into())),
            ..Self::new(folder, SpoolErrorKind::Failed)
        }
    }

    pub(super) fn io(folder: &Path, source: io::Error) -> Self {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        let kind = match source.kind() {
            FileTooLarge | QuotaExceeded | StorageFull => SpoolErrorKind::Full,
            _ => SpoolErrorKind::Failed,
        };
        Self {
            kind,
            ..Self::failed(folder, source)
        }
    }
}

impl fmt::Display for SpoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folder = self.folder.display();
        match self.kind {
            SpoolErrorKind::InUse => write!(
                f,
                "the spool {folder} is in use: use a separate folder for each process"
            ),
            SpoolErrorKind::Foreign => write!(
                f,
                "the folder {folder} contains a file `events.redb` that is not a spool's: use another folder"
            ),
            SpoolErrorKind::Full => write!(f, "the disk of the spool {folder} is full"),
            SpoolErrorKind::FullOfRejected => write!(
                f,
                "rejected or unreadable events use up the disk budget of the spool {folder}: retry or discard the \
                 rejected events"
            ),
            SpoolErrorKind::Failed => write!(f, "the spool {folder} cannot be read or written"),
        }
    }
}

impl fmt::Debug for SpoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpoolError")
            .field("folder", &self.folder)
            .field("kind", &self.kind)
            .field("source", &self.source)
            .finish()
    }
}

impl std::error::Error for SpoolError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let source = self.source.as_deref()?;
        Some(source)
    }
}

/// Compares kind and folder, not the source.
impl PartialEq for SpoolError {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.folder == other.folder
    }
}
