//! The error of codegen.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use polar_codegen::Report;

use crate::changes::FileError;

/// Why nothing was generated or written.
#[derive(Debug)]
pub enum CodegenError {
    /// The input is invalid. `generated/` is unchanged.
    Input(Report),
    /// A file cannot be read, written or removed. All earlier changes were undone.
    File(PathBuf, io::Error),
}

impl fmt::Display for CodegenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(report) => report.fmt(f),
            Self::File(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for CodegenError {}

impl From<FileError> for CodegenError {
    fn from(FileError(path, error): FileError) -> Self {
        Self::File(path, error)
    }
}

/// Returns a function that converts an I/O error of this file.
pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> CodegenError {
    let path = path.to_owned();
    move |error| CodegenError::File(path, error)
}
