//! Checks that the working tree can be published as a release.

use std::path::Path;

use toml_edit::DocumentMut;

use super::prepare::{self, MANIFEST, parsed, read};
use super::{Error, Problem};
use crate::changelog;
use crate::codegen::{self, Mode};
use crate::packages::{CHANGELOG, FOLDERS};
use crate::report;

/// Files that each package must contain besides its source.
const FILES: [&str; 3] = ["CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT"];

/// The package that `polar-client` depends on.
const RUNTIME: &str = "polar-client-runtime";

/// Checks the workspace at `root` as a release. `tag` is the git tag that triggers publication. Returns the release
/// notes as Markdown: the changelog section of the release without its heading.
///
/// # Errors
/// Everything that is wrong with the release, and files that cannot be read.
pub fn check(tag: Option<&str>, root: &Path) -> Result<String, Error> {
    let manifest = parsed(MANIFEST, &read(root, MANIFEST)?)?;
    let version = prepare::version(&manifest)?.to_string();
    let mut problems = Vec::new();
    if let Some(tag) = tag.filter(|tag| **tag != format!("v{version}")) {
        let message = format!("expected v{version}, the version of the workspace");
        problems.push(Problem::new(format!("tag {tag}"), message));
    }
    problems.extend(check_runtime_requirement(&manifest, &version));
    for folder in FOLDERS {
        problems.extend(check_package(root, folder)?);
    }
    let text = read(root, CHANGELOG)?;
    let notes = changelog::section(&text, &version);
    problems.extend(check_changelog_section(&text, &version, notes));
    let outcome = codegen::run(root, Mode::Check)?;
    if !outcome.is_clean() {
        let differences = report::differences(&outcome);
        problems.push(Problem::new("generated", differences.trim_end()));
    }
    match problems.is_empty() {
        true => Ok(format!("{}\n", notes.map_or("", |(_, notes)| notes))),
        false => Err(Error::Wrong(problems)),
    }
}

/// Checks that the client requires exactly this version of the runtime. Generated code uses internals of the runtime, which
/// may change with every release.
fn check_runtime_requirement(manifest: &DocumentMut, version: &str) -> Option<Problem> {
    let found = manifest.get("workspace").and_then(|workspace| {
        let runtime = workspace.get("dependencies")?.get(RUNTIME)?;
        runtime.get("version")?.as_str()
    });
    let place = format!("workspace.dependencies.{RUNTIME}.version");
    match found {
        Some(found) if found == format!("={version}") => None,
        Some(found) => {
            let message = format!("{place} is `{found}`, expected `={version}`");
            Some(Problem::new(MANIFEST, message))
        }
        None => Some(Problem::new(MANIFEST, format!("has no {place}"))),
    }
}

/// Checks that a package has the version of the workspace, and contains the files that users expect.
fn check_package(root: &Path, folder: &str) -> Result<Vec<Problem>, Error> {
    let mut problems = Vec::new();
    let name = format!("{folder}/{MANIFEST}");
    let manifest = parsed(&name, &read(root, &name)?)?;
    let inherits = manifest
        .get("package")
        .and_then(|package| package.get("version")?.get("workspace")?.as_bool());
    if inherits != Some(true) {
        let message = "package.version is not inherited: expected `version.workspace = true`";
        problems.push(Problem::new(name, message));
    }
    // Cargo packs a README from outside of the folder, too.
    let readme = manifest
        .get("package")
        .and_then(|package| package.get("readme")?.as_str());
    let files = FILES.into_iter().chain([readme.unwrap_or("README.md")]);
    for file in files.map(|file| format!("{folder}/{file}")) {
        if !root.join(&file).is_file() {
            problems.push(Problem::new(file, "does not exist"));
        }
    }
    Ok(problems)
}

/// Checks that the changelog has a dated section for the release, and no unreleased entries.
fn check_changelog_section(
    text: &str,
    version: &str,
    section: Option<(&str, &str)>,
) -> Option<Problem> {
    let message = match section {
        None => format!("has no section `## {version} - YYYY-MM-DD`"),
        Some((heading, _)) if !changelog::has_date(heading) => {
            format!("`{heading}` has no date: expected `## {version} - YYYY-MM-DD`")
        }
        Some(_) if changelog::has_unreleased(text) => {
            "has entries under `## Unreleased`: run `cargo xtask release prepare`".to_owned()
        }
        Some(_) => return None,
    };
    Some(Problem::new(CHANGELOG, message))
}
