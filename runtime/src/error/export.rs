//! Errors in CSV exports.

use std::fmt;

use crate::codec::DecodeError;

/// A row of an export that cannot be decoded.
#[derive(Debug)]
pub struct ExportError {
    row: u64,
    problem: Problem,
}

#[derive(Debug)]
#[cfg_attr(
    not(feature = "exports"),
    allow(dead_code, reason = "without exports, none fails")
)]
enum Problem {
    /// The whole row or the CSV syntax is invalid.
    Form(String),
    /// A cell is invalid for its column.
    Cell(DecodeError),
}

#[cfg(feature = "exports")]
impl ExportError {
    pub(crate) fn form(row: u64, message: String) -> Self {
        let problem = Problem::Form(message);
        Self { row, problem }
    }

    pub(crate) fn cell(row: u64, error: DecodeError) -> Self {
        let problem = Problem::Cell(error);
        Self { row, problem }
    }
}

impl ExportError {
    /// Returns the number of the row: 1 for the first row after the header, 0 for the header.
    #[must_use]
    pub fn row(&self) -> u64 {
        self.row
    }

    /// Returns the title of the column. `None` if the error is not about a single column.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        let Problem::Cell(error) = &self.problem else {
            return None;
        };
        // In paths, titles with spaces are quoted in brackets.
        let quoted = error.path().strip_prefix("[\"");
        let quoted = quoted.and_then(|title| title.strip_suffix("\"]"));
        Some(quoted.unwrap_or(error.path()))
    }
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}", self.row)?;
        if let Some(column) = self.column() {
            write!(f, ", column `{column}`")?;
        }
        match &self.problem {
            Problem::Form(message) => write!(f, ": {message}"),
            Problem::Cell(error) => write!(f, ": {}", error.message()),
        }
    }
}

impl std::error::Error for ExportError {}
