//! `--verify`: compares the classification of the Rust API with that of two tools that only know the emitted code.
//!
//! Two packages are generated, one for each side, with a module for each contract. rustdoc describes their public
//! items. Then cargo-semver-checks finds changes that Cargo's reference calls breaking, and `public-api` finds public
//! items that were removed or whose type has changed, which cargo-semver-checks does not compare.

mod agreement;
mod finding;
mod package;
mod rules;
mod surface;
mod tool;

use std::path::Path;
use std::process::Command;

use polar_codegen::compare::Comparison;
use polar_codegen::ir::Api;

pub use agreement::{Agreement, Verified};
use package::Package;
pub use rules::pairs as pairs_of_rules;

/// Two contracts and their differences.
#[derive(Debug)]
pub struct Pair {
    /// The name of the pair in the result, and of its module in the packages.
    pub name: String,
    /// The old contract.
    pub old: Api,
    /// The new contract.
    pub new: Api,
    /// Their differences.
    pub comparison: Comparison,
}

/// Compares the classification of each pair with the findings of the tools. The first run installs cargo-semver-checks
/// below `target/`, which takes some minutes.
///
/// # Errors
/// A tool that cannot be installed, or emitted code that does not compile.
pub fn verify(pairs: &[Pair], root: &Path) -> Result<Verified, String> {
    let folder = root.join("target/semver-checks");
    tool::install(&folder)?;
    let target = folder.join("target");
    let describe = |name: &str, api: fn(&Pair) -> &Api| {
        let modules = pairs.iter().map(|pair| (pair.name.as_str(), api(pair)));
        Package::write(root, folder.join(name), modules)?.describe(&target)
    };
    let old = describe("old", |pair| &pair.old)?;
    let new = describe("new", |pair| &pair.new)?;
    let mut findings = tool::findings(&folder, &old, &new)?;
    findings.extend(surface::findings(&old, &new)?);
    Ok(agreement::of(pairs, &findings))
}

/// Runs a command, and fails if the command fails.
fn finish(mut command: Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .map_err(|error| format!("{name}: {error}"))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{name}: {status}")),
    }
}
