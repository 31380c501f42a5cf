//! `cargo xtask codegen`: `spec/` becomes `generated/`. One function for writing, for `--check` and for the test.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use polar_codegen::compare::Comparison;
use polar_codegen::document::{Correction, Source};
use polar_codegen::versions::Versions;
use polar_codegen::{HomeSummary, Input, Output, Report, Summary, names};

use crate::files::{self, Entry, Kind};
use crate::{mentions, versions};

/// What to do with the generated crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Write what differs, remove what is stale.
    Write,
    /// Write nothing.
    Check,
}

/// How `generated/` differs from what is generated. Paths are relative to it, where nothing else is said.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Outcome {
    /// Files with other content.
    pub changed: Vec<String>,
    /// Files that are not there.
    pub missing: Vec<String>,
    /// Files that are not generated, and symbolic links wherever they are.
    pub stale: Vec<String>,
    /// Hand-written files that mention another version than the default one, relative to the root of the workspace.
    pub mentions: Vec<String>,
    /// Files that are as they should be.
    pub unchanged: Vec<String>,
    /// Figures of each version.
    pub versions: Vec<Summary>,
    /// Figures of each set of versions that shares something.
    pub homes: Vec<HomeSummary>,
    /// What is different in each version, compared with the one before it.
    pub steps: Vec<Comparison>,
    /// The actions of the overlay, and what they did in each version.
    pub corrections: Vec<Correction>,
    /// Time it took, in seconds.
    pub seconds: f64,
}

impl Outcome {
    /// Whether `generated/` was what is generated, and every mention of the default version up to date.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let all = [&self.changed, &self.missing, &self.stale, &self.mentions];
        all.iter().all(|files| files.is_empty())
    }
}

/// Why nothing was generated, or not all of it written.
#[derive(Debug)]
pub enum CodegenError {
    /// The input is wrong; `generated/` was not touched.
    Input(Report),
    /// A file could not be read, written or removed.
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

/// Generates the crate from `spec/` below `root`, and writes it to `generated/` or compares it. The same is done to the
/// mentions of the default version in what is written by hand.
///
/// # Errors
/// Problems of the input, before anything is written; files that cannot be read or written.
pub fn run(root: &Path, mode: Mode) -> Result<Outcome, CodegenError> {
    let started = Instant::now();
    let versions = versions::read(&root.join("spec"))?;
    let output = generate_versions(root, &versions)?;
    let module = names::version_module(versions.default_version());
    let mentions = mentions::outdated(root, &module)?;
    let target = root.join("generated");
    files::own_folder(&target).map_err(at(&target))?;
    let found = files::entries(&target).map_err(at(&target))?;
    let mut outcome = compare(&target, &found, &output)?;
    if mode == Mode::Write {
        // First, since a link may stand where a folder has to be.
        for path in outcome.stale.iter().map(|name| &found[name].path) {
            files::remove(path).map_err(at(path))?;
            files::remove_empty_folders(path.parent(), &target);
        }
        for name in outcome.missing.iter().chain(&outcome.changed) {
            let path = target.join(name);
            files::write(&path, &output.files[name]).map_err(at(&path))?;
        }
        for (name, text) in &mentions {
            let path = root.join(name);
            files::write(&path, text).map_err(at(&path))?;
        }
    }
    outcome.mentions = mentions.into_keys().collect();
    outcome.versions = output.versions;
    outcome.homes = output.homes;
    outcome.steps = output.steps;
    outcome.corrections = output.corrections;
    outcome.seconds = started.elapsed().as_secs_f64();
    Ok(outcome)
}

/// Generates the crate from `spec/` below `root`.
///
/// # Errors
/// Problems of the input; files that cannot be read.
pub fn generate(root: &Path) -> Result<Output, CodegenError> {
    generate_versions(root, &versions::read(&root.join("spec"))?)
}

fn generate_versions(root: &Path, versions: &Versions) -> Result<Output, CodegenError> {
    let spec = root.join("spec");
    let mut contracts = Vec::new();
    for path in files_in(&spec)? {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if name.starts_with(|c: char| c.is_ascii_digit()) && name.ends_with(".yaml") {
            contracts.push(named(&spec, name)?);
        }
    }
    let (overlay, words) = (named(&spec, "overlay.yaml")?, named(&spec, "docs.yaml")?);
    let input = Input {
        versions,
        contracts: contracts.iter().map(as_source).collect(),
        overlay: Some(as_source(&overlay)),
        words: Some(as_source(&words)),
    };
    polar_codegen::generate(&input).map_err(CodegenError::Input)
}

/// A file of `spec/`, by the name that messages give it.
fn named(spec: &Path, name: &str) -> Result<(String, String), CodegenError> {
    Ok((format!("spec/{name}"), read(&spec.join(name))?))
}

fn as_source((name, text): &(String, String)) -> Source<'_> {
    Source { name, text }
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

/// The error of a file.
pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> CodegenError {
    let path = path.to_owned();
    move |error| CodegenError::File(path, error)
}

fn read(path: &Path) -> Result<String, CodegenError> {
    fs::read_to_string(path).map_err(at(path))
}

fn files_in(folder: &Path) -> Result<Vec<PathBuf>, CodegenError> {
    let list = || -> io::Result<Vec<PathBuf>> {
        let entries: io::Result<Vec<_>> = fs::read_dir(folder)?.collect();
        let mut paths: Vec<PathBuf> = entries?.into_iter().map(|entry| entry.path()).collect();
        paths.sort();
        Ok(paths)
    };
    list().map_err(at(folder))
}
