//! `cargo xtask release`: the files that `prepare` writes, the problems that `check` reports, and that a failure writes
//! nothing.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use xtask::codegen::{self, Mode};
use xtask::release::{check, prepare};

const TODAY: &str = "2026-12-01";

const MANIFEST: &str = "[workspace.package]\nversion = \"0.1.0\"\n\n[workspace.dependencies]\n\
    polar-client-runtime = { path = \"runtime\", version = \"=0.1.0\" }\n";

const RUNTIME: &str = "[package]\nname = \"polar-client-runtime\"\nversion.workspace = true\nreadme = \"README.md\"\n";

const LOCK: &str = "version = 4\n\n[[package]]\nname = \"polar-client\"\nversion = \"0.1.0\"\n";

/// A changelog with one release and unreleased entries.
const CHANGELOG: &str = "# Changelog\n\n## Unreleased\n\n### Fixed\n\n- A bug.\n\n\
    ## 0.1.0 - 2026-11-01\n\n### Added\n\n- Everything.\n";

/// The release notes of the next release.
const NOTES: &str = "### Fixed\n\n- A bug.\n";

/// The content of [`CHANGELOG`] after the next release is prepared.
const RELEASED: &str = "# Changelog\n\n## Unreleased\n\n## 0.1.1 - 2026-12-01\n\n### Fixed\n\n- A bug.\n\n\
    ## 0.1.0 - 2026-11-01\n\n### Added\n\n- Everything.\n";

/// A workspace with all files that a release needs.
struct Workspace(TempDir);

type Tree = BTreeMap<PathBuf, Vec<u8>>;

impl Workspace {
    fn new() -> Self {
        let workspace = Self(tempfile::tempdir().unwrap());
        let contract = repository().join("tests/inputs/nullable.yaml");
        let contract = fs::read_to_string(contract).unwrap();
        for (path, text) in [
            ("Cargo.toml", MANIFEST),
            ("Cargo.lock", LOCK),
            ("CHANGELOG.md", CHANGELOG),
            ("README.md", "# Client\n"),
            ("LICENSE-APACHE", "Apache\n"),
            ("LICENSE-MIT", "MIT\n"),
            ("runtime/Cargo.toml", RUNTIME),
            ("runtime/README.md", "# Runtime\n"),
            (
                "spec/versions.yaml",
                "default: 2026-10\nversions: { 2026-10: { state: current } }\n",
            ),
            (
                "spec/overlay.yaml",
                "overlay: 1.0.0\ninfo: { title: None, version: 1.0.0 }\nactions: []\n",
            ),
            ("spec/docs.yaml", "{}\n"),
            ("spec/2026-10.yaml", &contract),
        ] {
            workspace.write(path, text);
        }
        codegen::run(workspace.root(), Mode::Write).unwrap();
        workspace
    }

    /// Creates a workspace that can be published as 0.1.1.
    fn released() -> Self {
        let workspace = Self::new();
        prepare(None, workspace.root(), TODAY).unwrap();
        workspace
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap()
    }

    /// Replaces `from` in a file, which must contain it.
    fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.text(path);
        assert!(text.contains(from), "{path} has no `{from}`");
        self.write(path, &text.replace(from, to));
    }

    /// Returns the problems of the release, one per line.
    fn problems(&self, tag: Option<&str>) -> String {
        let before = self.tree();
        let message = check(tag, self.root()).unwrap_err().to_string();
        assert!(self.tree() == before, "something was written: {message}");
        message
    }

    /// Returns the error of `prepare`, after checking that no file has changed.
    fn rejection(&self, version: Option<&str>) -> String {
        let before = self.tree();
        let message = prepare(version, self.root(), TODAY)
            .unwrap_err()
            .to_string();
        assert!(self.tree() == before, "something was written: {message}");
        message
    }

    fn tree(&self) -> Tree {
        let mut files = Tree::new();
        let mut open = vec![self.root().to_owned()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => open.push(path),
                    false => {
                        files.insert(path.clone(), fs::read(&path).unwrap());
                    }
                }
            }
        }
        files
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn a_prepared_release_has_a_dated_section_and_its_number_everywhere_and_passes() {
    let workspace = Workspace::new();
    let prepared = prepare(None, workspace.root(), TODAY).unwrap();
    assert_eq!((&*prepared.old, &*prepared.new), ("0.1.0", "0.1.1"));
    assert_eq!(workspace.text("CHANGELOG.md"), RELEASED);
    let copy = RELEASED.replace("## Unreleased\n\n", "");
    for folder in ["runtime", "generated"] {
        assert_eq!(workspace.text(&format!("{folder}/CHANGELOG.md")), copy);
    }
    assert_eq!(
        workspace.text("Cargo.toml"),
        MANIFEST.replace("0.1.0", "0.1.1")
    );
    assert_eq!(workspace.text("Cargo.lock"), LOCK.replace("0.1.0", "0.1.1"));
    assert!(!workspace.root().join(".xtask-changes").exists());
    for tag in [None, Some("v0.1.1")] {
        assert_eq!(check(tag, workspace.root()).unwrap(), NOTES);
    }
}

#[test]
fn the_number_is_the_next_one_or_the_one_asked_for() {
    for (entry, asked, expected) in [
        ("A bug", None, "0.1.1"),
        ("**Breaking:** A bug", None, "0.2.0"),
        ("A bug", Some("1.0.0"), "1.0.0"),
    ] {
        let workspace = Workspace::new();
        workspace.edit("CHANGELOG.md", "A bug", entry);
        let prepared = prepare(asked, workspace.root(), TODAY).unwrap();
        assert_eq!(prepared.new, expected, "{entry}");
        let heading = format!("## {expected} - {TODAY}\n");
        assert!(workspace.text("CHANGELOG.md").contains(&heading));
        let tag = format!("v{expected}");
        assert!(check(Some(&tag), workspace.root()).is_ok(), "{entry}");
    }
}

#[test]
fn the_first_release_keeps_the_number_that_no_release_has() {
    let workspace = Workspace::new();
    workspace.write("CHANGELOG.md", "## Unreleased\n\n- All.\n");
    prepare(Some("0.1.0"), workspace.root(), TODAY).unwrap();
    assert_eq!(workspace.text("Cargo.toml"), MANIFEST);
    assert_eq!(check(Some("v0.1.0"), workspace.root()).unwrap(), "- All.\n");
}

#[test]
fn a_release_that_cannot_be_prepared_changes_nothing() {
    let workspace = Workspace::new();
    for (version, start) in [
        ("0.0.9", "version 0.0.9: is lower than 0.1.0"),
        ("0.1.0", "CHANGELOG.md: already has a section of 0.1.0"),
        ("next", "version next: is not a version number: "),
    ] {
        let message = workspace.rejection(Some(version));
        assert!(message.starts_with(start), "{message}");
    }
    for (file, text, start) in [
        (
            "CHANGELOG.md",
            "# Changelog\n\n## Unreleased\n",
            "CHANGELOG.md: has no entries under `## Unreleased`",
        ),
        (
            "CHANGELOG.md",
            "# Changelog\n",
            "CHANGELOG.md: has no entries under `## Unreleased`",
        ),
        (
            "Cargo.toml",
            "[workspace]\n",
            "Cargo.toml: has no workspace.package.version",
        ),
        ("Cargo.lock", "version = [", "Cargo.lock: "),
    ] {
        let before = workspace.text(file);
        workspace.write(file, text);
        let message = workspace.rejection(None);
        assert!(message.starts_with(start), "{message}");
        workspace.write(file, &before);
    }
}

#[test]
fn a_tag_of_another_version_is_named() {
    let workspace = Workspace::released();
    for tag in ["v0.1.0", "0.1.1", "v0.1.1-rc.1"] {
        assert_eq!(
            workspace.problems(Some(tag)),
            format!("tag {tag}: expected v0.1.1, the version of the workspace")
        );
    }
}

#[test]
fn a_changelog_without_the_dated_section_is_named() {
    let expected = "expected `## 0.1.1 - YYYY-MM-DD`";
    for (heading, message) in [
        (
            "## 0.1.2 - 2026-12-01",
            "has no section `## 0.1.1 - YYYY-MM-DD`".to_owned(),
        ),
        ("## 0.1.1", format!("`## 0.1.1` has no date: {expected}")),
        (
            "## 0.1.1 - soon",
            format!("`## 0.1.1 - soon` has no date: {expected}"),
        ),
        (
            "- More.\n\n## 0.1.1 - 2026-12-01",
            "has entries under `## Unreleased`: run `cargo xtask release prepare`".to_owned(),
        ),
    ] {
        let workspace = Workspace::released();
        workspace.edit("CHANGELOG.md", "## 0.1.1 - 2026-12-01", heading);
        // Updates the copies of the file.
        codegen::run(workspace.root(), Mode::Write).unwrap();
        assert_eq!(
            workspace.problems(None),
            format!("CHANGELOG.md: {message}"),
            "{heading}"
        );
    }
}

#[test]
fn the_runtime_has_to_be_required_exactly() {
    let place = "workspace.dependencies.polar-client-runtime.version";
    for (requirement, message) in [
        (
            "version = \"0.1.1\"",
            format!("{place} is `0.1.1`, expected `=0.1.1`"),
        ),
        (
            "version = \"=0.1.0\"",
            format!("{place} is `=0.1.0`, expected `=0.1.1`"),
        ),
        ("features = []", format!("has no {place}")),
    ] {
        let workspace = Workspace::released();
        workspace.edit("Cargo.toml", "version = \"=0.1.1\"", requirement);
        let problems = workspace.problems(None);
        assert_eq!(problems, format!("Cargo.toml: {message}"), "{requirement}");
    }
}

#[test]
fn everything_that_is_wrong_is_named_together() {
    let workspace = Workspace::released();
    workspace.edit("runtime/Cargo.toml", ".workspace = true", " = \"0.1.1\"");
    fs::remove_file(workspace.root().join("runtime/README.md")).unwrap();
    fs::remove_file(workspace.root().join("LICENSE-MIT")).unwrap();
    fs::remove_file(workspace.root().join("runtime/LICENSE-MIT")).unwrap();
    let problems = workspace.problems(Some("v0.2.0"));
    let lines: Vec<&str> = problems.lines().collect();
    let expected = [
        "tag v0.2.0: expected v0.1.1, the version of the workspace",
        "runtime/Cargo.toml: package.version is not inherited: expected `version.workspace = true`",
        "runtime/LICENSE-MIT: does not exist",
        "runtime/README.md: does not exist",
    ];
    assert_eq!(lines[..4], expected, "{problems}");
    // The original of the client's copy no longer exists.
    assert!(lines[4].starts_with("generated: "), "{problems}");
    assert!(problems.contains("LICENSE-MIT"), "{problems}");
}
