//! `cargo xtask release`: prepares a release in the working tree, and checks it before publication.

mod check;
mod prepare;

use std::fmt;

use clap::Subcommand;
use polar_codegen::compare::Semver;

use crate::changes::FileError;
use crate::error::CodegenError;

pub use check::check;
pub use prepare::{Release, prepare, today};

/// The subcommands.
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
        /// The git tag of the release, such as v0.1.0. Must match the version of the workspace.
        tag: Option<String>,
    },
}

/// A prepared release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The previous version number.
    pub old: String,
    /// The version number of the release.
    pub new: String,
    /// The required level of the release, by the differences and by the entries of the changelog.
    pub semver: Semver,
}

/// Why a release cannot be prepared or published.
#[derive(Debug)]
pub enum Error {
    /// The content of files prevents the release. Contains all problems.
    Wrong(Vec<Problem>),
    /// The crate cannot be generated, or a file cannot be read or written.
    Codegen(CodegenError),
}

/// A problem in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, relative to the root, or another place such as the tag.
    pub place: String,
    /// The description of the problem.
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
