//! `cargo xtask update`: what it writes and prints, and that it writes nothing if anything fails.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use polar_codegen::compare::Semver;
use tempfile::TempDir;
use xtask::codegen::{self, Mode};
use xtask::spec::{Import, import};
use xtask::update::{Error, Outcome, State, Update, run};

use crate::contracts::{base, grown, shrunk};

const TODAY: &str = "2026-12-01";

const VERSIONS: &str = "default: 2026-10\nversions: { 2026-10: { state: current } }\n";

/// An overlay without an effect.
const OVERLAY: &str = "overlay: 1.0.0\ninfo: { title: Corrections, version: 1.0.0 }\nactions:\n\
    - { target: $.components.schemas.Order, description: A note., update: { deprecated: true } }\n";

const MANIFEST: &str = "[workspace.package]\nversion = \"0.1.0\"\n\n[workspace.dependencies]\n\
    polar-client-runtime = { path = \"runtime\", version = \"=0.1.0\" }\n";

const LOCK: &str = "version = 4\n\n[[package]]\nname = \"polar-client\"\nversion = \"0.1.0\"\n";

const CHANGELOG: &str = "# Changelog\n\n## Unreleased\n\n### Fixed\n\n- A bug.\n";

/// A repository whose last commit matches the documents in a folder next to it.
struct Workspace {
    root: TempDir,
    documents: TempDir,
}

type Tree = BTreeMap<PathBuf, Vec<u8>>;

impl Workspace {
    fn new() -> Self {
        let [root, documents] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let workspace = Self { root, documents };
        for (path, text) in [
            ("Cargo.toml", MANIFEST),
            ("Cargo.lock", LOCK),
            ("CHANGELOG.md", CHANGELOG),
            ("spec/versions.yaml", VERSIONS),
            ("spec/overlay.yaml", OVERLAY),
            ("spec/docs.yaml", "{}\n"),
        ] {
            workspace.write(path, text);
        }
        let document = workspace.publish("2026-10", &base());
        let what = Import {
            source: Some(document.to_str().unwrap().to_owned()),
            version: None,
        };
        import(&what, "", &workspace.root().join("spec")).unwrap();
        codegen::run(workspace.root(), Mode::Write).unwrap();
        workspace.git(&["init", "--quiet"]);
        workspace.commit();
        workspace
    }

    fn root(&self) -> &Path {
        self.root.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap()
    }

    fn publish(&self, version: &str, text: &str) -> PathBuf {
        let path = self
            .documents
            .path()
            .join(format!("{version}.openapi.json"));
        fs::write(&path, text).unwrap();
        path
    }

    fn commit(&self) {
        self.git(&["add", "."]);
        let author = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
        self.git(&[&author[..], &["commit", "--quiet", "--message", "t"]].concat());
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        let status = git.arg("-C").arg(self.root()).args(arguments).status();
        assert!(status.unwrap().success());
    }

    fn run(&self, check: bool) -> Result<Outcome, Error> {
        let what = Update {
            from: Some(self.documents.path().to_owned()),
            check,
        };
        run(&what, "", self.root(), TODAY)
    }

    fn update(&self) -> Outcome {
        self.run(false).unwrap()
    }

    /// Returns the error of an update, after checking that no file has changed.
    fn rejection(&self) -> String {
        let before = self.tree();
        let message = self.run(false).unwrap_err().to_string();
        assert!(self.tree() == before, "something was written: {message}");
        message
    }

    /// Returns all files except those of git.
    fn tree(&self) -> Tree {
        let mut files = Tree::new();
        let mut open = vec![self.root().to_owned()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if !path.is_dir() {
                    files.insert(path.clone(), fs::read(&path).unwrap());
                } else if !path.ends_with(".git") {
                    open.push(path);
                }
            }
        }
        files
    }
}

#[test]
fn unchanged_documents_change_nothing() {
    let workspace = Workspace::new();
    let before = workspace.tree();
    for check in [true, false] {
        let outcome = workspace.run(check).unwrap();
        assert!(outcome.is_unchanged());
        let text = outcome.to_markdown();
        let start = "# Nothing to update\n\nThe contracts are what Polar publishes, and all files follow from them.\n\n\
                     ## Documents\n\n- 2026-10: unchanged; ";
        assert!(text.starts_with(start), "{text}");
        assert!(workspace.tree() == before);
    }
}

#[test]
fn an_update_writes_contract_crate_version_and_changelog() {
    let workspace = Workspace::new();
    workspace.publish("2026-10", &grown());
    let outcome = workspace.update();

    let release = outcome.release.as_ref().unwrap();
    assert_eq!((&*release.old, &*release.new), ("0.1.0", "0.1.1"));
    let text = outcome.to_markdown();
    let start = "# Update the contract of 2026-10\n\n\
                 Version 0.1.0 → 0.1.1: code that uses the crate still compiles; deployed clients keep working.\n\n\
                 ## Changes\n\n### Added\n\n- Enum value added: `Status::Sent` (\"sent\"); in 2026-10.\n\n\
                 ## Documents\n\n- 2026-10: changed; ";
    assert!(text.starts_with(start), "{text}");
    let files = "## Files\n\n- CHANGELOG.md: written\n- Cargo.lock: written\n- Cargo.toml: written\n\
                 - spec/2026-10.yaml: written\n- generated/: ";
    assert!(text.contains(files), "{text}");
    assert_eq!(
        workspace.text("Cargo.toml"),
        MANIFEST.replace("0.1.0", "0.1.1")
    );
    assert_eq!(workspace.text("Cargo.lock"), LOCK.replace("0.1.0", "0.1.1"));
    assert_eq!(
        workspace.text("CHANGELOG.md"),
        "# Changelog\n\n## Unreleased\n\n## 0.1.1 - 2026-12-01\n\n### Added\n\n\
         - Enum value added: `Status::Sent` (\"sent\"); in 2026-10.\n\n### Fixed\n\n- A bug.\n"
    );
    assert!(
        codegen::run(workspace.root(), Mode::Check)
            .unwrap()
            .is_clean()
    );
    // Repeats the update before the result is committed.
    let after = workspace.tree();
    assert!(workspace.update().is_unchanged());
    assert!(workspace.tree() == after);
    assert!(!workspace.root().join(".xtask-changes").exists());
}

#[test]
fn the_version_number_follows_differences_and_unreleased_entries() {
    let workspace = Workspace::new();
    workspace.publish("2026-10", &shrunk());
    let outcome = workspace.run(true).unwrap();
    let release = outcome.release.as_ref().unwrap();
    assert_eq!((release.semver, &*release.new), (Semver::Major, "0.2.0"));
    let text = outcome.to_markdown();
    let judgment = "Version 0.1.0 → 0.2.0: code that uses the crate may no longer compile; breaks requests of deployed \
                     clients.";
    assert!(text.contains(judgment), "{text}");

    workspace.publish("2026-10", &grown());
    let breaking = CHANGELOG.replace("A bug", "**Breaking:** A bug");
    workspace.write("CHANGELOG.md", &breaking);
    let release = workspace.update().release.unwrap();
    assert_eq!((release.semver, &*release.new), (Semver::Major, "0.2.0"));
}

#[test]
fn check_prints_the_outcome_and_writes_nothing() {
    let workspace = Workspace::new();
    workspace.publish("2026-10", &grown());
    let before = workspace.tree();
    let check = workspace.run(true).unwrap();
    assert!(workspace.tree() == before);
    assert!(!check.is_unchanged());
    assert_eq!(workspace.update().to_markdown(), check.to_markdown());
}

#[test]
fn differences_that_users_do_not_see_are_no_release() {
    let workspace = Workspace::new();
    // The order of enum values has no effect on the crate.
    let reordered = base().replace("enum: [open, paid, void]", "enum: [void, open, paid]");
    workspace.publish("2026-10", &reordered);
    let outcome = workspace.update();
    assert_eq!(outcome.release, None);
    assert_eq!(outcome.contracts[0].state, State::Changed);
    let text = outcome.to_markdown();
    assert!(
        text.contains(
            "\n\nNothing changes for users, so the version number stays.\n\n## Documents\n"
        ),
        "{text}"
    );
    assert_eq!(workspace.text("Cargo.toml"), MANIFEST);
    assert_eq!(workspace.text("CHANGELOG.md"), CHANGELOG);
}

#[test]
fn only_new_elements_need_documentation() {
    let workspace = Workspace::new();
    let property = "        note_to_self: { type: string }\n";
    let schema = "    Order:\n";
    let properties = base().find(schema).unwrap();
    let at =
        base()[properties..].find("properties:\n").unwrap() + properties + "properties:\n".len();
    let mut text = base();
    text.insert_str(at, property);
    workspace.publish("2026-10", &text);
    let outcome = workspace.run(true).unwrap();
    let entries: Vec<&str> = outcome.to_be_described.iter().map(String::as_str).collect();
    // It is optional, so what a missing value means is to be described as well.
    assert_eq!(
        entries,
        ["none: Order.note_to_self", "schemas: Order.note_to_self"]
    );
    let text = outcome.to_markdown();
    let section = "## To be described in spec/docs.yaml\n\n- `none: Order.note_to_self`\n- `schemas: Order.note_to_self`\n";
    assert!(text.contains(section), "{text}");
}

#[test]
fn a_rotation_is_an_edit_of_the_list_and_an_update() {
    let workspace = Workspace::new();
    workspace.write(
        "spec/versions.yaml",
        "default: 2027-01\nversions: { 2027-01: { state: current } }\n",
    );
    workspace.publish(
        "2027-01",
        &base().replace("version: 2026-10", "version: 2027-01"),
    );
    let outcome = workspace.update();
    let states = outcome.contracts.iter();
    let states: Vec<(&str, State)> = states.map(|it| (it.version.as_str(), it.state)).collect();
    assert_eq!(
        states,
        [("2027-01", State::Added), ("2026-10", State::Removed)]
    );
    assert!(!workspace.root().join("spec/2026-10.yaml").exists());
    let differences = outcome.comparison.differences.iter();
    let subjects: Vec<&str> = differences.map(|it| it.subject.as_str()).collect();
    assert_eq!(subjects, ["2027-01", "2026-10", "features.default"]);
    assert!(
        codegen::run(workspace.root(), Mode::Check)
            .unwrap()
            .is_clean()
    );
}

#[test]
fn errors_are_reported_and_nothing_is_written() {
    let workspace = Workspace::new();
    workspace.publish(
        "2026-10",
        &base().replace("version: 2026-10", "version: 2027-01"),
    );
    let message = workspace.rejection();
    assert!(
        message.ends_with("expected version 2026-10, found 2027-01"),
        "{message}"
    );
    workspace.publish(
        "2026-10",
        &base().replace("    Order:\n", "    Order:\n      color: red\n"),
    );
    let message = workspace.rejection();
    assert!(message.contains("color"), "{message}");
    workspace.publish(
        "2026-10",
        &base().replace("    Order:\n", "    Order:\n      deprecated: true\n"),
    );
    let message = workspace.rejection();
    let obsolete = "spec/overlay.yaml#/actions/0: changes nothing in any version: `$.components.schemas.Order` (A note.)";
    assert!(message.starts_with(obsolete), "{message}");
    let document = workspace.publish("2026-10", &grown());
    for (file, message) in [
        ("Cargo.toml", "Cargo.toml: has no workspace.package.version"),
        (
            "CHANGELOG.md",
            "CHANGELOG.md: has no section `## Unreleased`",
        ),
    ] {
        let text = workspace.text(file);
        workspace.write(file, "");
        assert_eq!(workspace.rejection(), message);
        workspace.write(file, &text);
    }
    fs::remove_file(&document).unwrap();
    let message = workspace.rejection();
    assert!(
        message.starts_with(&format!("{}: ", document.display())),
        "{message}"
    );
}

#[test]
fn an_uncommitted_update_is_not_updated_again() {
    let workspace = Workspace::new();
    workspace.publish("2026-10", &grown());
    workspace.update();
    workspace.publish("2026-10", &shrunk());
    let message = workspace.rejection();
    assert!(
        message.starts_with("Cargo.toml: version 0.1.1 is not committed yet"),
        "{message}"
    );
    workspace.commit();
    assert_eq!(workspace.update().release.unwrap().new, "0.2.0");
}

#[test]
fn a_download_that_fails_is_named_by_its_url() {
    let workspace = Workspace::new();
    // The port is released again, so that nothing listens on it.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let published = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let before = workspace.tree();
    let error = run(&Update::default(), &published, workspace.root(), TODAY).unwrap_err();
    let start = format!("{published}/2026-10/openapi.json: cannot download: ");
    assert!(error.to_string().starts_with(&start), "{error}");
    assert!(workspace.tree() == before);
}
