//! `cargo xtask codegen`: generates the crate in `generated/` from `spec/`. Writing, `--check` and the tests call the same
//! function.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Instant;

use polar_codegen::compare::Comparison;
use polar_codegen::document::Correction;
use polar_codegen::ir::Api;
use polar_codegen::versions::Versions;
use polar_codegen::{GroupSummary, Input, Output, Summary, names};

use crate::changes::{self, Changes};
use crate::default_version;
pub use crate::error::CodegenError;
use crate::error::at;
use crate::files::{self, Entry, Kind};
use crate::packages::{self, GENERATED};
use crate::spec::Folder;

/// What to do with the generated crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Write files that differ, and remove stale ones.
    Write,
    /// Write nothing.
    Check,
}

/// The differences between `generated/` and the output of the generator. Paths are relative to `generated/` unless
/// stated otherwise.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Outcome {
    /// Files whose content differs.
    pub changed: Vec<String>,
    /// Files that do not exist.
    pub missing: Vec<String>,
    /// Files that the generator does not emit, and all symbolic links.
    pub stale: Vec<String>,
    /// Hand-written files that name the module of another version than the default one. Relative to the root of the
    /// repository.
    pub mentions: Vec<String>,
    /// Copies in hand-written packages that differ from the original in the root. Relative to the root of the repository.
    pub copies: Vec<String>,
    /// Files that are up to date.
    pub unchanged: Vec<String>,
    /// Statistics of each version.
    pub versions: Vec<Summary>,
    /// Statistics of each version group.
    pub groups: Vec<GroupSummary>,
    /// The differences between each version and the previous one.
    pub steps: Vec<Comparison>,
    /// The actions of the overlay, and the effect of each in every version.
    pub corrections: Vec<Correction>,
    /// The duration of the run in seconds.
    pub seconds: f64,
}

impl Outcome {
    /// Returns whether `generated/`, all mentions of the default version and all copied files are up to date.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let all = [&self.changed, &self.missing, &self.stale];
        let all = all.into_iter().chain([&self.mentions, &self.copies]);
        all.into_iter().all(|files| files.is_empty())
    }
}

/// The changes that codegen would make to a workspace.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) outcome: Outcome,
    pub(crate) changes: Changes,
    /// The IR of each version, oldest first.
    pub(crate) apis: Vec<Api>,
}

/// Generates the crate from `spec/` below `root`, and writes it to `generated/` or compares the two. Does the same with
/// mentions of the default version in hand-written files, and with the files that are copied to each package.
///
/// # Errors
/// Problems of the input, and files that cannot be read or written. In both cases, no file is changed.
pub fn run(root: &Path, mode: Mode) -> Result<Outcome, CodegenError> {
    let started = Instant::now();
    if mode == Mode::Write {
        changes::recover(root)?;
    }
    let Plan {
        mut outcome,
        changes,
        ..
    } = plan(root, &Folder::read(root)?)?;
    if mode == Mode::Write {
        changes.apply(root)?;
    }
    outcome.seconds = started.elapsed().as_secs_f64();
    Ok(outcome)
}

/// Generates the crate from the files of a `spec/` folder, and compares it with the files below `root`.
pub(crate) fn plan(root: &Path, spec: &Folder) -> Result<Plan, CodegenError> {
    let versions = Versions::parse(spec.file("versions.yaml")?).map_err(CodegenError::Input)?;
    let mut output = generate_versions(spec, &versions)?;
    let shared = packages::shared_files(root)?;
    let copies = packages::outdated(root, &shared)?;
    let shared = shared.into_iter();
    output
        .files
        .extend(shared.map(|(name, text)| (name.to_owned(), text)));
    let module = names::version_module(versions.default_version());
    let mentions = default_version::outdated(root, &module)?;
    let target = root.join(GENERATED);
    files::own_folder(&target).map_err(at(&target))?;
    let found = files::entries(&target).map_err(at(&target))?;
    let mut outcome = compare(&target, &found, &output)?;
    let mut changes = Changes::default();
    for name in &outcome.stale {
        changes.remove(format!("{GENERATED}/{name}"));
    }
    for name in outcome.missing.iter().chain(&outcome.changed) {
        changes.write(format!("{GENERATED}/{name}"), &output.files[name]);
    }
    for (name, text) in mentions.iter().chain(&copies) {
        changes.write(name, text);
    }
    outcome.mentions = mentions.into_keys().collect();
    outcome.copies = copies.into_keys().collect();
    outcome.versions = output.versions;
    outcome.groups = output.groups;
    outcome.steps = output.steps;
    outcome.corrections = output.corrections;
    Ok(Plan {
        outcome,
        changes,
        apis: output.apis,
    })
}

/// Generates the crate from `spec/` below `root`.
///
/// # Errors
/// Problems of the input; files that cannot be read.
pub fn generate(root: &Path) -> Result<Output, CodegenError> {
    let spec = Folder::read(root)?;
    let versions = Versions::parse(spec.file("versions.yaml")?).map_err(CodegenError::Input)?;
    generate_versions(&spec, &versions)
}

fn generate_versions(spec: &Folder, versions: &Versions) -> Result<Output, CodegenError> {
    let input = Input {
        versions,
        contracts: spec.contracts().map(|(_, contract)| contract).collect(),
        overlay: Some(spec.file("overlay.yaml")?),
        documentation: Some(spec.file("docs.yaml")?),
    };
    polar_codegen::generate(&input).map_err(CodegenError::Input)
}

fn compare(
    target: &Path,
    found: &BTreeMap<String, Entry>,
    output: &Output,
) -> Result<Outcome, CodegenError> {
    let mut outcome = Outcome::default();
    let is_file = |entry: &Entry| entry.kind == Kind::File;
    for (name, text) in &output.files {
        if !found.get(name).is_some_and(is_file) {
            outcome.missing.push(name.clone());
            continue;
        }
        let path = target.join(name);
        let is_same = fs::read(&path).map_err(at(&path))? == text.as_bytes();
        let names = match is_same {
            true => &mut outcome.unchanged,
            false => &mut outcome.changed,
        };
        names.push(name.clone());
    }
    let stale = found
        .iter()
        .filter(|(name, entry)| !(is_file(entry) && output.files.contains_key(*name)));
    outcome.stale = stale.map(|(name, _)| name.clone()).collect();
    Ok(outcome)
}
