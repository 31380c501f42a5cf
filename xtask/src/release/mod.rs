//! `cargo xtask release`: a release is prepared in the working tree, and checked before it is published.

pub(crate) mod changelog;
mod check;
mod prepare;
mod wrap;

use std::fmt;

use clap::Subcommand;
use polar_codegen::compare::Semver;

use crate::changes::FileError;
use crate::codegen::CodegenError;

pub use check::check;
pub use prepare::{Release, prepare, today};

/// What to do with a release.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Make a release of the entries under Unreleased: add a dated section to the changelog, and set the version number.
    ///
    /// `cargo xtask update` does the same for releases of new contracts.
    Prepare {
        /// The version number, such as 0.1.0. Default: the next one, which is breaking if an entry under Unreleased begins
        /// with `**Breaking:**`.
        version: Option<String>,
    },
    /// Check that the working tree can be published as a release, and print its release notes.
    Check {
        /// The tag of the release, such as v0.1.0.
        tag: Option<String>,
    },
}

/// The release that was prepared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The version number before.
    pub old: String,
    /// The version number of the release.
    pub new: String,
    /// What it has to be by the differences, and by what the changelog already says of it.
    pub semver: Semver,
}

/// Why a release cannot be prepared, or is none.
#[derive(Debug)]
pub enum Error {
    /// Files that are not what they should be.
    Wrong(Vec<Problem>),
    /// Nothing can be generated, or a file could not be read or written.
    Codegen(CodegenError),
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, relative to the root, or another place such as the tag.
    pub place: String,
    /// What is wrong.
    pub message: String,
}

impl Problem {
    fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong(problems) => {
                let lines = problems.iter();
                let lines = lines.map(|Problem { place, message }| format!("{place}: {message}"));
                f.write_str(&lines.collect::<Vec<_>>().join("\n"))
            }
            Self::Codegen(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Wrong(vec![problem])
    }
}

impl From<CodegenError> for Error {
    fn from(error: CodegenError) -> Self {
        Self::Codegen(error)
    }
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        Self::Codegen(error.into())
    }
}
