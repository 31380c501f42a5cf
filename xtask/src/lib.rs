//! The commands of `cargo xtask`. They are a library, so that tests can call them.

mod changelog;
pub mod changes;
pub mod codegen;
pub mod conformance;
mod default_version;
pub mod diff;
mod error;
mod files;
pub mod footprint;
mod git;
pub mod inlining;
pub mod packages;
mod progress;
pub mod release;
pub mod report;
pub mod spec;
pub mod update;
pub mod versions;

use std::path::PathBuf;

/// Returns the root of the repository, whatever the current directory is.
pub fn root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root
}
