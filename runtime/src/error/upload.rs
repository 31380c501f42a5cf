//! Errors of uploads.

use std::fmt;

use uuid::Uuid;

use super::Error;

/// Why an upload failed, and how far it got.
///
/// A file that was created but not uploaded stays in the organization's list until it is deleted. If the last step
/// failed ([`UploadStep::Complete`]) and [may have been sent](Error::may_have_been_sent), check the list first: the
/// file may be complete, and only the response lost.
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
    /// Reading the source to compute its checksums. Nothing was sent.
    Read,
    /// Creating the file at the API.
    Create,
    /// Sending the part with this number, from 1, or reading the source again for it.
    Part(u32),
    /// Completing the upload at the API.
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

    /// Returns the ID of the file, if it was created.
    #[must_use]
    pub fn file_id(&self) -> Option<Uuid> {
        self.file_id
    }

    /// Returns the numbers of the stored parts in ascending order. Parts that were being sent when another one failed
    /// may be stored as well.
    #[must_use]
    pub fn stored(&self) -> &[u32] {
        &self.stored
    }

    /// Returns the number of parts; 0 if it was not known yet.
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
