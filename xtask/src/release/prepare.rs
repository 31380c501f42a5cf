//! Determines the next version number, and updates the files that contain it.

use std::fs;
use std::path::Path;

use polar_codegen::compare::Semver;
use semver::{BuildMetadata, Prerelease, Version};
use toml_edit::{DocumentMut, TableLike, Value};

use super::{Error, Prepared, Problem};
use crate::changelog;
use crate::changes::{self, Changes, FileError};
use crate::packages::{self, CHANGELOG};

pub(super) const MANIFEST: &str = "Cargo.toml";

/// The lock files of all workspaces. Workspaces in tests may lack some of them.
const LOCK_FILES: [&str; 3] = ["Cargo.lock", "xtask/Cargo.lock", "tests/fuzz/Cargo.lock"];

/// The files of a release.
#[derive(Debug)]
pub struct Release {
    /// The summary of the release.
    pub(crate) outcome: Prepared,
    /// The text to write, by path.
    pub(crate) files: Vec<(String, String)>,
}

impl Release {
    /// Creates the release of an update. `committed` is the workspace manifest of the last commit. `semver` classifies the
    /// differences since that commit, and `section` contains their changelog entries.
    pub(crate) fn of_update(
        root: &Path,
        committed: &str,
        semver: Semver,
        section: &str,
        today: &str,
    ) -> Result<Self, Error> {
        let manifest = parsed(MANIFEST, &read(root, MANIFEST)?)?;
        let old = version(&manifest)?;
        if version(&parsed(MANIFEST, committed)?)? != old {
            let message = format!(
                "version {old} is not committed yet: commit or revert the last update before the next one"
            );
            return Err(Problem::new(MANIFEST, message).into());
        }
        let semver = match changelog::unreleased_is_breaking(&read(root, CHANGELOG)?) {
            true => Semver::Major,
            false => semver,
        };
        Self::new(root, manifest, &next(&old, semver), semver, section, today)
    }

    fn new(
        root: &Path,
        manifest: DocumentMut,
        new: &Version,
        semver: Semver,
        section: &str,
        today: &str,
    ) -> Result<Self, Error> {
        let old = version(&manifest)?;
        let changelog = read(root, CHANGELOG)?;
        let changelog = changelog::with_release(&changelog, &new.to_string(), today, section)
            .ok_or_else(|| Problem::new(CHANGELOG, "has no section `## Unreleased`"))?;
        let copy = changelog::released(&changelog);
        let packages = packages::FOLDERS.into_iter();
        let packages = packages.filter(|folder| root.join(folder).is_dir());
        let mut files: Vec<_> = packages
            .map(|folder| (format!("{folder}/{CHANGELOG}"), copy.clone()))
            .collect();
        files.push((CHANGELOG.to_owned(), changelog));
        files.push((MANIFEST.to_owned(), with_version(manifest, &old, new)));
        for name in LOCK_FILES {
            if root.join(name).exists() {
                let text = locked(parsed(name, &read(root, name)?)?, &old, new);
                files.push((name.to_owned(), text));
            }
        }
        Ok(Self {
            outcome: Prepared {
                old: old.to_string(),
                new: new.to_string(),
                semver,
            },
            files,
        })
    }
}

/// Makes a release of the unreleased changes in the workspace at `root`, with the version number `new` or the next one.
///
/// # Errors
/// An error if there are no unreleased changes, if the number is invalid or not higher than the last one, or if a file
/// has unexpected content. No file is changed then.
pub fn prepare(new: Option<&str>, root: &Path, today: &str) -> Result<Prepared, Error> {
    changes::recover(root)?;
    let manifest = parsed(MANIFEST, &read(root, MANIFEST)?)?;
    let old = version(&manifest)?;
    let changelog = read(root, CHANGELOG)?;
    if !changelog::has_unreleased(&changelog) {
        return Err(Problem::new(CHANGELOG, "has no entries under `## Unreleased`").into());
    }
    let semver = match changelog::unreleased_is_breaking(&changelog) {
        true => Semver::Major,
        false => Semver::Minor,
    };
    let new = match new {
        None => next(&old, semver),
        Some(text) => {
            let place = format!("version {text}");
            let new = Version::parse(text).map_err(|error| {
                Problem::new(&place, format!("is not a version number: {error}"))
            })?;
            if new < old {
                return Err(Problem::new(place, format!("is lower than {old}")).into());
            }
            new
        }
    };
    if changelog::section(&changelog, &new.to_string()).is_some() {
        let message = format!("already has a section of {new}");
        return Err(Problem::new(CHANGELOG, message).into());
    }
    let release = Release::new(root, manifest, &new, semver, "", today)?;
    let mut changes = Changes::default();
    for (file, text) in release.files {
        changes.write(file, text);
    }
    changes.apply(root)?;
    Ok(release.outcome)
}

/// Returns the current date in UTC.
#[must_use]
pub fn today() -> String {
    chrono::Utc::now().date_naive().to_string()
}

/// Returns the next version number. By Cargo's rules, the minor number marks breaking changes before 1.0.0.
fn next(old: &Version, semver: Semver) -> Version {
    let mut new = Version {
        pre: Prerelease::EMPTY,
        build: BuildMetadata::EMPTY,
        ..old.clone()
    };
    match (semver, old.major) {
        (Semver::Major, 1..) => (new.major, new.minor, new.patch) = (old.major + 1, 0, 0),
        (Semver::Major, 0) | (Semver::Minor, 1..) => (new.minor, new.patch) = (old.minor + 1, 0),
        (Semver::Minor, 0) | (Semver::Patch, _) => new.patch += 1,
    }
    new
}

pub(super) fn version(manifest: &DocumentMut) -> Result<Version, Error> {
    let workspace = manifest.get("workspace");
    let version = workspace
        .and_then(|it| it.get("package")?.get("version")?.as_str())
        .ok_or_else(|| Problem::new(MANIFEST, "has no workspace.package.version"))?;
    Version::parse(version).map_err(|error| {
        let message = format!("workspace.package.version `{version}`: {error}");
        Problem::new(MANIFEST, message).into()
    })
}

/// Returns the manifest of the workspace with the new version, and with the new requirements on its members.
fn with_version(mut manifest: DocumentMut, old: &Version, new: &Version) -> String {
    let workspace = manifest.get_mut("workspace");
    if let Some(workspace) = workspace.and_then(|it| it.as_table_like_mut()) {
        let package = workspace.get_mut("package");
        if let Some(package) = package.and_then(|it| it.as_table_like_mut()) {
            set_version(package, old, new);
        }
        let dependencies = workspace.get_mut("dependencies");
        let dependencies = dependencies.and_then(|it| it.as_table_like_mut());
        for (_, item) in dependencies.into_iter().flat_map(TableLike::iter_mut) {
            let member = item.as_table_like_mut();
            if let Some(member) = member.filter(|it| it.contains_key("path")) {
                set_version(member, old, new);
            }
        }
    }
    manifest.to_string()
}

/// Returns the lock file with the new version of the workspace's members: the packages without a source.
fn locked(mut lock: DocumentMut, old: &Version, new: &Version) -> String {
    let packages = lock.get_mut("package");
    let packages = packages.and_then(|it| it.as_array_of_tables_mut());
    for package in packages.into_iter().flat_map(|it| it.iter_mut()) {
        if !package.contains_key("source") {
            set_version(package, old, new);
        }
    }
    lock.to_string()
}

/// Replaces `version = "0.1.0"` or `version = "=0.1.0"`, and keeps the formatting.
fn set_version(table: &mut dyn TableLike, old: &Version, new: &Version) {
    let Some(value) = table.get_mut("version").and_then(|it| it.as_value_mut()) else {
        return;
    };
    let text = value.as_str().unwrap_or_default();
    let (requirement, version) = match text.strip_prefix('=') {
        Some(version) => ("=", version),
        None => ("", text),
    };
    if version == old.to_string() {
        let mut version = Value::from(format!("{requirement}{new}"));
        *version.decor_mut() = value.decor().clone();
        *value = version;
    }
}

pub(super) fn parsed(file: &str, text: &str) -> Result<DocumentMut, Error> {
    text.parse()
        .map_err(|error: toml_edit::TomlError| Problem::new(file, error.to_string()).into())
}

pub(super) fn read(root: &Path, file: &str) -> Result<String, Error> {
    let path = root.join(file);
    fs::read_to_string(&path).map_err(|error| FileError(path, error).into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

    use super::*;

    #[test]
    fn numbers_follow_the_classification() {
        use Semver::{Major, Minor, Patch};
        for (old, semver, expected) in [
            ("0.1.0", Patch, "0.1.1"),
            ("0.1.3", Minor, "0.1.4"),
            ("0.1.3", Major, "0.2.0"),
            ("1.2.3", Patch, "1.2.4"),
            ("1.2.3", Minor, "1.3.0"),
            ("1.2.3", Major, "2.0.0"),
        ] {
            let new = next(&Version::parse(old).unwrap(), semver);
            assert_eq!(new.to_string(), expected, "{old}, {semver}");
        }
    }

    #[test]
    fn members_are_required_by_the_new_version_and_nothing_else_changes() {
        let manifest = "# The workspace.\n[workspace.package]\nversion = \"0.1.0\" # of all\n\n[workspace.dependencies]\n\
                        a = { path = \"a\", version = \"=0.1.0\", features = [] }\n\
                        b = { path = \"b\" }\nc = \"0.1.0\"\nd = { version = \"0.1.0\" }\n\
                        e = { path = \"e\", version = \"0.3.0\" }\n";
        let [old, new] = ["0.1.0", "0.2.0"].map(|text| Version::parse(text).unwrap());
        let expected = manifest
            .replace("version = \"0.1.0\" #", "version = \"0.2.0\" #")
            .replace("=0.1.0", "=0.2.0");
        let manifest = parsed(MANIFEST, manifest).unwrap();
        assert_eq!(version(&manifest).unwrap(), old);
        assert_eq!(with_version(manifest, &old, &new), expected);
    }

    #[test]
    fn lock_files_have_the_new_version_of_members() {
        let lock = "# Generated.\nversion = 4\n\n[[package]]\nname = \"a\"\nversion = \"0.1.0\"\ndependencies = [\n \"b\",\n]\n\n\
                    [[package]]\nname = \"b\"\nversion = \"0.1.0\"\nsource = \"registry\"\n\n\
                    [[package]]\nname = \"xtask\"\nversion = \"0.0.0\"\n";
        let [old, new] = ["0.1.0", "0.1.1"].map(|text| Version::parse(text).unwrap());
        let expected = lock.replacen("0.1.0", "0.1.1", 1);
        assert_eq!(locked(parsed("", lock).unwrap(), &old, &new), expected);
    }
}
