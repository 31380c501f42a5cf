//! `--verify`: the judgment of the Rust API, compared with that of two tools that know only the emitted code.
//!
//! Both contracts are generated from, as packages with a module for each pair, and described by rustdoc. Then
//! cargo-semver-checks looks for changes that Cargo's reference calls breaking, and `public-api` for public items that
//! are gone or have another type, which cargo-semver-checks does not compare.

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

/// Two contracts, and what they differ in.
#[derive(Debug)]
pub struct Pair {
    /// Names it in the result, and its module in the packages.
    pub name: String,
    /// The old contract.
    pub old: Api,
    /// The new contract.
    pub new: Api,
    /// Their differences.
    pub comparison: Comparison,
}

/// Holds the judgment of each pair against that of the tools. Installs cargo-semver-checks below `target/` first, which
/// takes some minutes once.
///
/// # Errors
/// A tool that cannot be installed, emitted code that does not compile.
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

/// Runs a command to its end.
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
