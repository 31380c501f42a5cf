//! Why an import failed. Nothing has been written then.

use std::fmt;
use std::io;
use std::path::PathBuf;

use polar_codegen::Report;

use super::causes::by_cause;
use crate::codegen::CodegenError;

/// Why an import failed.
#[derive(Debug)]
pub enum Error {
    /// The server could not be reached, or broke off.
    Download {
        /// The document's URL.
        url: String,
        /// What happened, causes included.
        message: String,
    },
    /// The server answered, but not with a document.
    Status {
        /// The document's URL.
        url: String,
        /// The status of the response.
        status: u16,
    },
    /// The document is larger than any that makes sense.
    TooLarge {
        /// Where it is from.
        from: String,
        /// How much would be accepted, in bytes.
        limit: u64,
    },
    /// A page for people.
    Html {
        /// Where it is from.
        from: String,
    },
    /// Neither JSON nor YAML, or only the beginning of it.
    Syntax {
        /// Where it is from.
        from: String,
        /// What the parser says.
        message: String,
    },
    /// A document of another version than was asked for.
    OtherVersion {
        /// Where it is from.
        from: String,
        /// What was asked for.
        expected: String,
        /// What it says it is.
        found: String,
    },
    /// A document with things in it that this importer does not know how to keep.
    Document(Report),
    /// A file could not be read or written.
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Download { url, message } => write!(f, "{url}: cannot download: {message}"),
            Self::Status { url, status } => write!(f, "{url}: the server answered {status}"),
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
