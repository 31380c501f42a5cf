//! Runs cargo-semver-checks, which is installed in its own folder below `target/`.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use polar_codegen::compare::Semver;

use super::finding::{Finding, module_in};
use crate::files;

/// The release whose findings the classification is tested with. It reads the JSON of the current rustdoc; a newer
/// compiler may require a newer release.
const VERSION: &str = "0.51.0";

/// Installs the tool, unless this release is already installed.
pub(super) fn install(folder: &Path) -> Result<(), String> {
    files::own_folder(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let installed = run(folder, &["--version"]).unwrap_or_default();
    if installed.contains(VERSION) {
        return Ok(());
    }
    let mut cargo = Command::new("cargo");
    cargo
        .args(["install", "cargo-semver-checks", "--locked", "--force"])
        .args(["--version", VERSION, "--root"])
        .arg(folder);
    super::finish(cargo)
}

/// Returns the findings of the tool.
pub(super) fn findings(folder: &Path, old: &Path, new: &Path) -> Result<Vec<Finding>, String> {
    let list = run(folder, &["--list"])?;
    let (old, new) = (old.to_string_lossy(), new.to_string_lossy());
    let printed = run(
        folder,
        &[
            "check-release",
            "--color=never",
            // As for a patch release, so that changes that require a minor release are findings, too.
            "--release-type=patch",
            "--baseline-rustdoc",
            &old,
            "--current-rustdoc",
            &new,
        ],
    )?;
    match printed.contains("Failed in:") || printed.contains("Summary no semver update required") {
        true => Ok(read(&printed, &levels(&list))),
        false => Err(format!("cargo-semver-checks:\n{printed}")),
    }
}

/// Returns the complete output. The tool exits with an error when it has findings.
fn run(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(folder.join("bin/cargo-semver-checks"))
        .arg("semver-checks")
        .args(arguments)
        .output()
        .map_err(|error| format!("cargo-semver-checks: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(text(&output.stdout) + &text(&output.stderr))
}

/// Returns the release that each lint requires, from the list of lints.
fn levels(list: &str) -> BTreeMap<&str, Semver> {
    let lints = list.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let level = |level: &str| match level {
            "major" => Some(Semver::Major),
            "minor" => Some(Semver::Minor),
            _ => None,
        };
        Some((words.next()?, level(words.next()?)?))
    });
    lints.collect()
}

/// Returns the places that the output lists below the heading of each lint.
fn read(printed: &str, levels: &BTreeMap<&str, Semver>) -> Vec<Finding> {
    let (mut findings, mut lint) = (Vec::new(), None);
    for line in printed.lines() {
        if let Some(heading) = line.strip_prefix("--- ") {
            let name = heading.strip_prefix("failure ");
            lint = name.and_then(|name| name.split(':').next());
        } else if let (Some(lint), Some(place)) = (lint, line.strip_prefix("  "))
            && let Some(module) = module_in(place)
            && !place.trim_start().starts_with("impl: ")
        {
            findings.push(Finding {
                pair: module.to_owned(),
                ty: None,
                semver: levels.get(lint).copied().unwrap_or(Semver::Major),
                text: format!("{lint}: {place}"),
            });
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_read_from_what_the_tool_prints() {
        let levels = levels(
            "id             type  description\n==  ====  ====\n\
             struct_missing major A struct.\nmethod_deprecated minor A method.\n",
        );
        let printed = "\n--- failure struct_missing: pub struct removed ---\n\nDescription:\nA struct.\n        \
             impl: https://example.com/src/lints/struct_missing.ron\n\nFailed in:\n  \
             struct compared::a::models::B, previously in src/a/b.rs:1\n\n\
             --- failure method_deprecated: deprecated ---\n\nFailed in:\n  method compared::c::D::e in src/c/d.rs:2\n\n\
             --- warning order: reordered ---\n\nFailed in:\n  E::F moved, in src/e/f.rs:3\n";
        let found = read(printed, &levels);
        let short: Vec<(&str, Semver)> = found
            .iter()
            .map(|finding| (finding.pair.as_str(), finding.semver))
            .collect();
        assert_eq!(short, [("a", Semver::Major), ("c", Semver::Minor)]);
    }
}
