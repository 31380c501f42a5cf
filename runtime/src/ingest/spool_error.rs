//! Why a spool failed.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a [`Spool`](super::Spool) could not be opened, or an event could not be stored in it.
///
/// The message names the folder. It shows no event.
#[derive(Clone)]
pub struct SpoolError {
    folder: PathBuf,
    kind: SpoolErrorKind,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
    /// Whether the file is the cause, rather than the disk.
    is_damage: bool,
}

/// What kind of failure a [`SpoolError`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpoolErrorKind {
    /// Another process, or another spool of this one, has the folder open.
    InUse,
    /// The file in the folder was not written by a spool. It was not changed.
    Foreign,
    /// The disk or the quota is full, or a file is as large as it may be.
    Full,
    /// [Rejected events](super::RejectedEvent), and events that this version of the program cannot read, use up the disk
    /// budget, so that no delivery makes room.
    FullOfRejected,
    /// Reading, writing or syncing failed for another reason, which is the source.
    Failed,
}

impl SpoolError {
    /// Returns the folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the kind of failure.
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
                "the spool {folder} is in use: each process needs a folder of its own"
            ),
            SpoolErrorKind::Foreign => write!(
                f,
                "the folder {folder} contains a file `events.redb` that is not a spool's: use another folder"
            ),
            SpoolErrorKind::Full => write!(f, "the disk of the spool {folder} is full"),
            SpoolErrorKind::FullOfRejected => write!(
                f,
                "rejected or unreadable events use up the disk budget of the spool {folder}: retry or discard the \
                 rejected ones"
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

/// Of the same kind, about the same folder.
impl PartialEq for SpoolError {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.folder == other.folder
    }
}
