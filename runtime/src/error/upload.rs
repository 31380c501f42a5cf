//! How far an upload came.

use std::fmt;

use uuid::Uuid;

use super::Error;

/// Why an upload failed, and how far it came.
///
/// A file that was announced stays in the organization's list as one that is not uploaded, until it is deleted. Where the
/// last step failed ([`UploadStep::Complete`]) and [may have been sent](Error::may_have_been_sent), look at the list before
/// that: the file may be whole, and only the response lost.
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
    /// Reading the file for the first time, to know its checksums. Nothing was sent.
    Read,
    /// Announcing the file.
    Create,
    /// Sending the part of this number, counted from 1, or reading it again to send it.
    Part(u32),
    /// Saying that all parts are there.
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

    /// The step that failed.
    #[must_use]
    pub fn step(&self) -> UploadStep {
        self.step
    }

    /// The file, if it was announced.
    #[must_use]
    pub fn file_id(&self) -> Option<Uuid> {
        self.file_id
    }

    /// The numbers of the parts that are stored, from the lowest. Parts that were on their way when another one failed
    /// may be stored as well.
    #[must_use]
    pub fn stored(&self) -> &[u32] {
        &self.stored
    }

    /// How many parts the file has; 0 if that was not known yet.
    #[must_use]
    pub fn parts(&self) -> u32 {
        self.parts
    }

    /// What went wrong.
    #[must_use]
    pub fn error(&self) -> &Error {
        &self.source
    }
}

impl fmt::Display for UploadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.step {
            UploadStep::Read => f.write_str("cannot read what is to be uploaded")?,
            UploadStep::Create => f.write_str("cannot announce the file")?,
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
