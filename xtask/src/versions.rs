//! `cargo xtask versions`: prints the API versions in `spec/versions.yaml`, or Cargo features for scripts.

use std::fs;
use std::path::Path;

use clap::Args;
use polar_codegen::document::Source;
use polar_codegen::names;
use polar_codegen::versions::{State, Versions};

use crate::error::CodegenError;

/// What to print instead of the list.
#[derive(Debug, Default, Args)]
#[group(multiple = false)]
pub struct Show {
    /// Print the Cargo feature of the default version.
    #[arg(long)]
    pub default: bool,
    /// Print every combination of versions except for all of them, one per line, as a list of Cargo features.
    #[arg(long)]
    pub sets: bool,
}

/// Returns the list of versions in the folder `spec`.
///
/// # Errors
/// An error if the list cannot be read or is invalid.
pub fn read(spec: &Path) -> Result<Versions, CodegenError> {
    let path = spec.join("versions.yaml");
    let text = fs::read_to_string(&path).map_err(|error| CodegenError::File(path, error))?;
    let source = Source {
        name: "spec/versions.yaml",
        text: &text,
    };
    Versions::parse(source).map_err(CodegenError::Input)
}

/// Returns the output of the command, line by line.
///
/// # Errors
/// An error if the list cannot be read or is invalid.
pub fn lines(show: &Show, spec: &Path) -> Result<Vec<String>, CodegenError> {
    let versions = read(spec)?;
    Ok(match show {
        Show { default: true, .. } => vec![names::version_feature(versions.default_version())],
        Show { sets: true, .. } => sets(&versions),
        Show { .. } => versions
            .iter()
            .map(|(version, state)| line(&versions, version, state))
            .collect(),
    })
}

fn line(versions: &Versions, version: &str, state: &State) -> String {
    let state = match state {
        State::Deprecated { removed } => format!("deprecated, removed in {removed}"),
        State::Current => "current".to_owned(),
        State::Next => "next".to_owned(),
    };
    match version == versions.default_version() {
        true => format!("{version}: {state}, default"),
        false => format!("{version}: {state}"),
    }
}

/// Returns all non-empty sets of versions, except for the set of all.
fn sets(versions: &Versions) -> Vec<String> {
    let features: Vec<String> = versions
        .iter()
        .map(|(version, _)| names::version_feature(version))
        .collect();
    let all = 1_usize << features.len();
    let members = |set: usize| {
        let is_in = move |index: usize| (set >> index) & 1 == 1;
        let features = features.iter().enumerate();
        features.filter_map(move |(index, feature)| is_in(index).then_some(feature.as_str()))
    };
    (1..all - 1)
        .map(|set| members(set).collect::<Vec<_>>().join(","))
        .collect()
}
