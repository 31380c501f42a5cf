//! Errors of an import. No file is written if an import fails.

use std::fmt;
use std::io;
use std::path::PathBuf;

use polar_codegen::Report;

use super::causes::by_cause;
use crate::error::CodegenError;

/// Why an import failed.
#[derive(Debug)]
pub enum Error {
    /// The server cannot be reached, or the connection broke.
    Download {
        /// The URL of the document.
        url: String,
        /// The error with its sources.
        message: String,
    },
    /// The server responded with an error status.
    Status {
        /// The URL of the document.
        url: String,
        /// The status of the response.
        status: u16,
    },
    /// The document exceeds the size limit.
    TooLarge {
        /// The file or URL.
        from: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// The response is an HTML page.
    Html {
        /// The file or URL.
        from: String,
    },
    /// The document is neither JSON nor YAML, or is incomplete.
    Syntax {
        /// The file or URL.
        from: String,
        /// The message of the parser.
        message: String,
    },
    /// The document is of another version than requested.
    OtherVersion {
        /// The file or URL.
        from: String,
        /// The requested version.
        expected: String,
        /// The version that the document states.
        found: String,
    },
    /// The document contains keys that the importer does not support.
    Document(Report),
    /// A file cannot be read or written.
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        error: io::Error,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Download { url, message } => write!(f, "{url}: cannot download: {message}"),
            Self::Status { url, status } => write!(f, "{url}: the server responded with {status}"),
            Self::TooLarge { from, limit } => write!(f, "{from}: larger than {limit} bytes"),
            Self::Html { from } => write!(f, "{from}: an HTML page, not an OpenAPI document"),
            Self::Syntax { from, message } => write!(f, "{from}: {message}"),
            Self::OtherVersion {
                from,
                expected,
                found,
            } => write!(f, "{from}: expected version {expected}, found {found}"),
            Self::Document(report) => f.write_str(&by_cause(report)),
            Self::Io { path, error } => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for Error {}

impl From<Report> for Error {
    fn from(report: Report) -> Self {
        Self::Document(report)
    }
}

impl From<CodegenError> for Error {
    fn from(error: CodegenError) -> Self {
        match error {
            CodegenError::Input(report) => Self::Document(report),
            CodegenError::File(path, error) => Self::Io { path, error },
        }
    }
}
