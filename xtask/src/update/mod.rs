//! `cargo xtask update`: imports the documents that Polar publishes, generates the crate, and prepares a release: version
//! number and changelog.
//!
//! All files are computed in memory, and compared with the last commit. Then either all files are written or none.

mod committed;
mod summary;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use clap::Args;
use polar_codegen::Report;
use polar_codegen::compare::{self, Comparison};
use polar_codegen::versions::Versions;

use crate::changes::{self, Changes, FileError};
use crate::codegen::{self, Plan};
use crate::diff::SideError;
use crate::error::CodegenError;
use crate::progress::step;
use crate::release::{self, Prepared, Release};
use crate::spec::{self, Contract, Folder, Origin};
use crate::{files, report};
use committed::Committed;

/// The source of the documents, and whether to write.
#[derive(Debug, Clone, Default, Args)]
pub struct Update {
    /// Read the documents from a folder instead of downloading them: YYYY-MM.openapi.json for each version in
    /// spec/versions.yaml.
    #[arg(long, value_name = "FOLDER")]
    pub from: Option<PathBuf>,
    /// Write nothing. Print the names of the files that would be written.
    #[arg(long)]
    pub check: bool,
}

/// The result of an update.
#[derive(Debug)]
pub struct Outcome {
    /// What was done to the contract of each version.
    pub contracts: Vec<ContractOutcome>,
    /// The differences of the crate since the last commit.
    pub comparison: Comparison,
    /// The prepared release. `None` if there is no difference for users.
    pub release: Option<Prepared>,
    /// Entries that docs.yaml lacks for items that are new since the last commit.
    pub to_be_described: BTreeSet<String>,
    /// Messages about corrections that a version no longer needs.
    pub notes: Vec<String>,
    /// The files that are written.
    pub written: Vec<String>,
    /// The files that are removed.
    pub removed: Vec<String>,
}

/// What was done to the contract of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractOutcome {
    /// `YYYY-MM`.
    pub version: String,
    /// What was done, as one word.
    pub state: State,
    /// The size of the document, and the omitted keys.
    pub summary: String,
}

/// What was done to a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It equals the published document.
    Unchanged,
    /// Polar has changed it.
    Changed,
    /// The version is listed and had no contract.
    Added,
    /// The version is no longer listed.
    Removed,
}

impl Outcome {
    /// Returns whether all files are up to date.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.written.is_empty() && self.removed.is_empty()
    }

    /// Returns the summary: the text of a pull request.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        summary::write(self)
    }
}

/// Why nothing was updated. No file is changed then.
#[derive(Debug)]
pub enum Error {
    /// A document cannot be read or imported.
    Import(spec::Error),
    /// The generator rejects the documents, or a file cannot be read or written.
    Codegen(CodegenError),
    /// There is no commit to compare with.
    Committed(SideError),
    /// A file with the version number has unexpected content.
    Release(release::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Import(error) => error.fmt(f),
            Self::Codegen(error) => error.fmt(f),
            Self::Committed(error) => error.fmt(f),
            Self::Release(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<spec::Error> for Error {
    fn from(error: spec::Error) -> Self {
        Self::Import(error)
    }
}

impl From<CodegenError> for Error {
    fn from(error: CodegenError) -> Self {
        Self::Codegen(error)
    }
}

impl From<release::Error> for Error {
    fn from(error: release::Error) -> Self {
        Self::Release(error)
    }
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        Self::Codegen(error.into())
    }
}

impl From<Report> for Error {
    fn from(report: Report) -> Self {
        Self::Codegen(CodegenError::Input(report))
    }
}

/// Updates the workspace at `root`. `published` is the base URL of the documents, `today` the date of the release.
///
/// # Errors
/// Documents that cannot be read or imported, contracts that the generator rejects, and files that cannot be written.
pub fn run(what: &Update, published: &str, root: &Path, today: &str) -> Result<Outcome, Error> {
    if !what.check {
        changes::recover(root)?;
    }
    let spec = root.join("spec");
    files::own_folder(&spec).map_err(|error| FileError(spec, error))?;
    let before = Folder::read(root)?;
    let versions = Versions::parse(before.file("versions.yaml")?)?;
    let documents = documents(&versions, what.from.as_deref(), published);
    let imported = spec::contracts(documents, None)?;
    let (after, contracts) = folder(&before, &imported)?;
    let plan = step("generating the crate", || codegen::plan(root, &after))?;
    let notes = report::notes(&plan.outcome.corrections);
    let mut outcome = Outcome {
        contracts,
        notes,
        comparison: Comparison::default(),
        release: None,
        to_be_described: BTreeSet::new(),
        written: Vec::new(),
        removed: Vec::new(),
    };
    let mut changes = plan.changes.clone();
    write_contracts(&outcome.contracts, &after, &mut changes)?;
    if changes.is_empty() {
        return Ok(outcome);
    }
    // Compared with the last commit rather than with the old files: if an earlier update is not committed yet, the result
    // describes both updates.
    let committed = step("comparing with the last commit", || Committed::read(root))?;
    compare(&committed, &plan, &versions, &mut outcome);
    if let Some(semver) = outcome.comparison.semver() {
        let news = outcome.comparison.to_markdown();
        let release = Release::of_update(root, &committed.manifest, semver, &news, today)?;
        for (file, text) in release.files {
            changes.write(file, text);
        }
        outcome.release = Some(release.outcome);
    }
    outcome.written = changes.written().map(str::to_owned).collect();
    outcome.removed = changes.removed().map(str::to_owned).collect();
    if !what.check {
        step("writing", || changes.apply(root))?;
    }
    Ok(outcome)
}

/// Returns the location of the document of each version.
fn documents(
    versions: &Versions,
    from: Option<&Path>,
    published: &str,
) -> Vec<(Origin, Option<String>)> {
    let documents = versions.iter().map(|(version, _)| {
        let origin = match from {
            Some(folder) => Origin::File(folder.join(format!("{version}.openapi.json"))),
            None => spec::of_version(published, version),
        };
        (origin, Some(version.to_owned()))
    });
    documents.collect()
}

/// Returns `spec/` with exactly the imported contracts, and what changed in each of them.
fn folder(
    before: &Folder,
    imported: &[Contract],
) -> Result<(Folder, Vec<ContractOutcome>), spec::Error> {
    let (mut after, mut outcomes) = (before.clone(), Vec::new());
    for contract in imported {
        let (name, text) = (file_of(&contract.version), spec::text(contract)?);
        outcomes.push(ContractOutcome {
            version: contract.version.clone(),
            state: match before.get(&name) {
                None => State::Added,
                Some(old) if old.text == text => State::Unchanged,
                Some(_) => State::Changed,
            },
            summary: contract.summary(),
        });
        after.insert(&name, text);
    }
    for (version, _) in before.contracts() {
        if !imported.iter().any(|contract| contract.version == version) {
            after.remove(&file_of(version));
            outcomes.push(ContractOutcome {
                version: version.to_owned(),
                state: State::Removed,
                summary: "not listed in versions.yaml".to_owned(),
            });
        }
    }
    Ok((after, outcomes))
}

fn file_of(version: &str) -> String {
    format!("{version}.yaml")
}

fn write_contracts(
    contracts: &[ContractOutcome],
    after: &Folder,
    changes: &mut Changes,
) -> Result<(), FileError> {
    for contract in contracts {
        let name = file_of(&contract.version);
        match contract.state {
            State::Unchanged => {}
            State::Changed | State::Added => {
                let file = after.file(&name)?;
                changes.write(file.name, file.text);
            }
            State::Removed => changes.remove(format!("spec/{name}")),
        }
    }
    Ok(())
}

/// Computes the differences since the last commit.
fn compare(committed: &Committed, plan: &Plan, versions: &Versions, outcome: &mut Outcome) {
    let old = compare::Release {
        apis: &committed.apis,
        default_version: committed.default_version.as_deref(),
    };
    let new = compare::Release {
        apis: &plan.apis,
        default_version: Some(versions.default_version()),
    };
    outcome.comparison = compare::compare_releases(&old, &new);
    let missing = plan.outcome.versions.iter();
    let missing = missing.flat_map(|version| &version.coverage.missing);
    let new = missing.filter(|entry| !committed.missing.contains(*entry));
    outcome.to_be_described = new.cloned().collect();
}
