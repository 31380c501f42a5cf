//! Errors of uploads.

use std::fmt;

use uuid::Uuid;

use super::Error;

/// A failed upload: the step that failed, and the progress.
///
/// A file that was created but not uploaded remains in the organization's list until it is deleted.
///
/// If the step [`UploadStep::Complete`] failed and its request [may have been sent](Error::may_have_been_sent), check
/// that list before you upload again: the file may be complete although the response was lost.
#[derive(Debug)]
pub struct UploadError {
    step: UploadStep,
    file_id: Option<Uuid>,
    stored: Vec<u32>,
    parts: u32,
    source: Error,
}

/// A step of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UploadStep {
    /// The source is read to compute its checksums. Nothing was sent yet.
    Read,
    /// The file is created with the API.
    Create,
    /// A part of the file is read again and sent to the storage. Contains the number of the part, from 1.
    Part(u32),
    /// The upload is completed with the API.
    Complete,
}

impl UploadError {
    pub(crate) fn new(
        step: UploadStep,
        file_id: Option<Uuid>,
        stored: Vec<u32>,
        parts: u32,
        source: Error,
    ) -> Self {
        Self {
            step,
            file_id,
            stored,
            parts,
            source,
        }
    }

    /// Returns the step that failed.
    #[must_use]
    pub fn step(&self) -> UploadStep {
        self.step
    }

    /// Returns the ID of the file. `None` if the file was not created.
    #[must_use]
    pub fn file_id(&self) -> Option<Uuid> {
        self.file_id
    }

    /// Returns the numbers of the stored parts, in ascending order. Parts that were in progress when another one failed
    /// are not included, although they may be stored.
    #[must_use]
    pub fn stored(&self) -> &[u32] {
        &self.stored
    }

    /// Returns the number of parts of the file; 0 if the upload failed before it was known.
    #[must_use]
    pub fn parts(&self) -> u32 {
        self.parts
    }

    /// Returns the cause.
    #[must_use]
    pub fn error(&self) -> &Error {
        &self.source
    }
}

impl fmt::Display for UploadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.step {
            UploadStep::Read => f.write_str("cannot read the source of the upload")?,
            UploadStep::Create => f.write_str("cannot create the file")?,
            UploadStep::Part(number) => write!(f, "cannot send part {number} of {}", self.parts)?,
            UploadStep::Complete => f.write_str("cannot complete the upload")?,
        }
        if let Some(id) = self.file_id {
            let stored = self.stored.len();
            write!(f, " of file {id}, of which {stored} parts are stored")?;
        }
        write!(f, ": {}", self.source)
    }
}

impl std::error::Error for UploadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.source)
    }
}
