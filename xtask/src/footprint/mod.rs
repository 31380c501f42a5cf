//! `cargo xtask footprint`: measures build time and binary size of a minimal program, compared with the same program that
//! uses the crate polar-sh, and what each Cargo feature adds.
//!
//! All programs are members of one workspace in a temporary folder. Its lock file starts as a copy of this
//! repository's, so that the programs use the same versions of dependencies.

mod cargo;
mod compared;
mod features;
mod table;
mod workspace;

use std::num::NonZeroUsize;
use std::path::Path;

use clap::{Args, ValueEnum};
use polar_codegen::names;

use crate::versions;
use workspace::Workspace;

/// What to measure, and how often.
#[derive(Debug, Args)]
pub struct Options {
    /// Measure only this part.
    #[arg(long, value_enum)]
    only: Option<Part>,
    /// The number of clean builds of each compared program. The table shows medians.
    #[arg(long, default_value = "1")]
    rounds: NonZeroUsize,
}

/// A part of the measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// A minimal program with this client, compared with one that uses polar-sh.
    Programs,
    /// What each Cargo feature adds to a program without any.
    Features,
}

/// The client of this repository, as a dependency of the measured programs.
struct Client<'a> {
    root: &'a Path,
    /// The Cargo feature of the default version, and its module.
    version: String,
    module: String,
}

/// Builds the programs and prints the tables.
///
/// # Errors
/// A failed download or build, or a file that cannot be read or written.
pub fn run(options: &Options, root: &Path) -> Result<(), String> {
    let versions = versions::read(&root.join("spec")).map_err(|error| error.to_string())?;
    let version = versions.default_version();
    let client = Client {
        root,
        version: names::version_feature(version),
        module: names::version_module(version),
    };
    let is_measured = |part| options.only.is_none_or(|only| only == part);
    if is_measured(Part::Programs) {
        for table in compared::measure(&client, options.rounds)? {
            println!("{table}");
        }
    }
    if is_measured(Part::Features) {
        println!("{}", features::measure(&client)?);
    }
    Ok(())
}

impl Client<'_> {
    /// Returns the dependency on the client with exactly these features.
    fn dependency(&self, features: &[&str]) -> String {
        let path = self.root.join("generated");
        format!(
            "polar-client = {{ path = {path:?}, default-features = false, features = {features:?} }}"
        )
    }

    /// Returns the dependency on the client with its default features.
    fn default_dependency(&self) -> String {
        let path = self.root.join("generated");
        format!("polar-client = {{ path = {path:?} }}")
    }

    /// Returns the source of a program, with the module of the default version inserted.
    fn source(&self, text: &str) -> String {
        text.replace("MODULE", &self.module)
    }

    fn workspace(&self, members: Vec<workspace::Member>) -> Result<Workspace, String> {
        Workspace::create(&self.root.join("Cargo.lock"), members)
    }
}
