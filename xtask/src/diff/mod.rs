//! `cargo xtask spec diff`: compares two contracts, and classifies the differences.

mod json;
mod side;
mod text;
pub mod verify;

use std::fmt::{self, Display};
use std::path::Path;

use clap::{Args, ValueEnum};
use polar_codegen::compare::{Comparison, compare};
use polar_codegen::names;

pub use side::{Side, SideError};
pub(crate) use side::{default_version, revision};
use verify::{Pair, Verified};

/// What to compare, and how to print it.
#[derive(Debug, Args)]
#[command(after_help = EXIT_STATUS)]
pub struct Diff {
    /// The old side. One contract: a file or URL of a contract or published document, an API version in spec/ (2026-04), or
    /// a version in a git revision (v0.1.0:2026-04). All contracts: a git revision.
    #[arg(default_value = "HEAD")]
    pub from: String,
    /// The new side, in the same form. Default: all contracts in the working tree.
    pub to: Option<String>,
    /// How to print the differences.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Also check the classification with cargo-semver-checks and public-api, which compare the generated code. The first
    /// run installs cargo-semver-checks below target/, which takes some minutes.
    #[arg(long)]
    pub verify: bool,
    /// Check the classification of the pairs of small contracts in tests/inputs/compare/, instead of FROM and TO.
    #[arg(long, conflicts_with_all = ["verify", "from", "to", "format"])]
    pub verify_rules: bool,
}

const EXIT_STATUS: &str = "\
Exit status: 0 if code that uses the crate still compiles, 1 if it may not, 2 if the comparison failed \
or --verify finds an unknown disagreement.";

/// The output format of differences.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people; in color on a terminal, unless NO_COLOR is set.
    #[default]
    Text,
    /// For a changelog or a pull request.
    Markdown,
    /// For programs.
    Json,
}

/// Two contracts and their differences.
#[derive(Debug)]
pub struct Outcome {
    from: String,
    to: String,
    /// The differences.
    pub comparison: Comparison,
    pairs: Vec<Pair>,
}

impl Outcome {
    /// Compares the classification with the findings of tools that read the emitted code.
    ///
    /// # Errors
    /// A tool that cannot be installed, or emitted code that does not compile.
    pub fn verify(&self, root: &Path) -> Result<Verified, String> {
        verify::verify(&self.pairs, root)
    }

    /// Returns the output, with ANSI colors if the format has any.
    #[must_use]
    pub fn print(&self, format: Format) -> String {
        match format {
            Format::Text => text::write(self),
            Format::Markdown => self.comparison.to_markdown(),
            Format::Json => json::write(self),
        }
    }
}

/// Why contracts cannot be compared.
#[derive(Debug)]
pub enum Error {
    /// One side cannot be read.
    Side(SideError),
    /// One side is a single version of the API, which the other side does not contain.
    NoSuchVersion {
        /// The version.
        version: String,
        /// The side that does not contain it.
        of: String,
    },
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Side(error) => error.fmt(f),
            Self::NoSuchVersion { version, of } => {
                write!(f, "{of} has no version {version} to compare with")
            }
        }
    }
}

impl std::error::Error for Error {}

impl From<SideError> for Error {
    fn from(error: SideError) -> Self {
        Self::Side(error)
    }
}

/// Compares contracts of the workspace at `root`.
///
/// # Errors
/// Contracts that cannot be read, contracts that are rejected by the generator, and sides that cannot be compared.
pub fn run(what: &Diff, root: &Path) -> Result<Outcome, Error> {
    let from = Side::from_argument(&what.from, root)?;
    let to = match &what.to {
        Some(to) => Side::from_argument(to, root)?,
        None => Side::working_tree(root)?,
    };
    let comparison = side::compare(&from, &to)?;
    let pairs = side::pairs(&from, &to)?.into_iter().map(|(old, new)| Pair {
        name: names::version_module(&new.version),
        comparison: compare(old, new),
        old: old.clone(),
        new: new.clone(),
    });
    Ok(Outcome {
        pairs: pairs.collect(),
        from: from.name,
        to: to.name,
        comparison,
    })
}
