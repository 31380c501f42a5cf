//! `cargo xtask spec diff`: how arguments are interpreted, what is printed, and the errors of invalid arguments. The
//! generator's test `compare` covers the classification of differences.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use polar_codegen::compare::Semver;
use serde_json::Value;
use tempfile::TempDir;
use xtask::diff::{Diff, Error, Format, Outcome, run};

use crate::contracts::{base, grown, shrunk};

/// A repository whose last commit contains one version of the API, with possible changes in the working tree.
struct Repository(TempDir);

impl Repository {
    fn new() -> Self {
        let repository = Self(tempfile::tempdir().unwrap());
        repository.write("2026-10.yaml", &base());
        repository.write("overlay.yaml", OVERLAY);
        repository.git(&["init", "--quiet"]);
        repository.commit();
        repository
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.root().join("spec").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
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

    fn diff(&self, from: &str, to: Option<&str>) -> Result<Outcome, Error> {
        let what = Diff {
            from: from.to_owned(),
            to: to.map(str::to_owned),
            format: Format::Text,
            verify: false,
            verify_rules: false,
        };
        run(&what, self.root())
    }
}

/// An overlay is required. This one has no effect.
const OVERLAY: &str = "overlay: 1.0.0\ninfo: { title: Corrections, version: 1.0.0 }\nactions:\n\
    - { target: $.components.schemas.Order, description: A note., update: { deprecated: true } }\n";

#[test]
fn without_arguments_the_working_tree_is_compared_with_the_last_commit() {
    let repository = Repository::new();
    let same = repository.diff("HEAD", None).unwrap();
    assert_eq!(same.comparison.semver(), None);
    assert_eq!(
        same.print(Format::Text),
        "HEAD → the working tree: no differences\n"
    );
    repository.write("2026-10.yaml", &grown());
    repository.write(
        "2027-01.yaml",
        &base().replace("version: 2026-10", "version: 2027-01"),
    );
    let grown = repository.diff("HEAD", None).unwrap();
    assert_eq!(grown.comparison.semver(), Some(Semver::Minor));
    let differences = grown.comparison.differences.iter();
    let subjects: Vec<&str> = differences.map(|it| it.subject.as_str()).collect();
    assert_eq!(subjects, ["2027-01", "Status::Sent"]);
}

#[test]
fn another_default_version_is_breaking() {
    let repository = Repository::new();
    repository.write("versions.yaml", "default: 2026-10\n");
    // The last commit does not state the default version.
    assert_eq!(
        repository.diff("HEAD", None).unwrap().comparison.semver(),
        None
    );
    repository.commit();
    repository.write("versions.yaml", "default: 2027-01\n");
    let outcome = repository.diff("HEAD", None).unwrap();
    let differences = outcome.comparison.differences.iter();
    let lines: Vec<String> = differences.map(ToString::to_string).collect();
    assert_eq!(
        lines,
        ["default API version changed: features.default (2026-10 → 2027-01)"]
    );
    assert!(outcome.comparison.is_breaking());
}

#[test]
fn a_revision_is_read_with_its_own_overlay() {
    let repository = Repository::new();
    repository.write("2026-10.yaml", &shrunk());
    repository.write("overlay.yaml", &OVERLAY.replace("Order,", "Address,"));
    repository.commit();
    let back = repository.diff("HEAD", Some("HEAD~1")).unwrap();
    let differences = back.comparison.differences.iter();
    let lines: Vec<String> = differences.map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "type deprecated: Order",
            "no longer deprecated: Address",
            "field deprecated: OrderCreatedPayload.data",
            "field deprecated: OrderPaidPayload.data",
            "enum value added: Status::Void (\"void\")",
        ]
    );
    assert!(
        repository
            .diff("HEAD~1", Some("HEAD"))
            .unwrap()
            .comparison
            .is_breaking()
    );
}

#[test]
fn corrections_that_an_older_document_does_not_need_are_skipped() {
    let repository = Repository::new();
    // This version lacks the target of the second action, and already has the value of the first one.
    let older = base().replace("    Order:\n", "    Order:\n      deprecated: true\n");
    assert_ne!(older, base());
    let older = repository.write("older/openapi.yaml", &older);
    let action = "- { target: $.components.schemas.Refund, description: A note., update: { deprecated: true } }\n";
    repository.write("overlay.yaml", &format!("{OVERLAY}{action}"));
    let outcome = repository
        .diff(older.to_str().unwrap(), Some("2026-10"))
        .unwrap();
    assert_eq!(outcome.comparison.semver(), None);
}

#[test]
fn versions_and_documents_are_compared_one_by_one() {
    let repository = Repository::new();
    repository.write(
        "2027-01.yaml",
        &shrunk().replace("version: 2026-10", "version: 2027-01"),
    );
    let versions = repository.diff("2026-10", Some("2027-01")).unwrap();
    assert!(versions.comparison.is_breaking());
    let committed = repository.diff("HEAD:2026-10", Some("2027-01")).unwrap();
    assert_eq!(committed.comparison, versions.comparison);
    // A published document contains prose, and is compared with the contract of the same version.
    let published = grown().replace("title: Compare", "title: Compare\n  description: Prose.");
    let published = repository.write("published/openapi.yaml", &published);
    let document = repository.diff("HEAD", published.to_str()).unwrap();
    let differences = document.comparison.differences.iter();
    let lines: Vec<String> = differences.map(ToString::to_string).collect();
    assert_eq!(lines, ["enum value added: Status::Sent (\"sent\")"]);
}

#[test]
fn output_formats_are_text_json_and_markdown() {
    let repository = Repository::new();
    repository.write("2026-10.yaml", &shrunk());
    let outcome = repository.diff("HEAD", None).unwrap();
    assert_eq!(
        outcome.print(Format::Markdown),
        "### Removed\n\n- **Breaking:** enum value removed: `Status::Void` (\"void\"), reached by `orders:create`, \
         `orders:get`, `orders:list`, 1 more, webhooks; in 2026-10; breaks requests of deployed clients.\n"
    );
    let text = outcome.print(Format::Text);
    assert!(text.contains("\u{1b}[1m\u{1b}[31mmajor"), "{text:?}");
    let plain = anstream::adapter::strip_str(&text).to_string();
    assert_eq!(
        plain,
        "HEAD → the working tree: major, breaks requests\n\nmajor (1)\n  \
         enum value removed: Status::Void (\"void\") in 2026-10\n      \
         the variant is gone; breaks requests of deployed clients\n      \
         reached by orders:create, orders:get, orders:list, orders:update, Order, OrderCreate, OrderCreatedPayload, \
         OrderList, OrderPaidPayload, webhooks\n"
    );
    let json: Value = serde_json::from_str(&outcome.print(Format::Json)).unwrap();
    assert_eq!(json["semver"], "major");
    assert_eq!(json["wire"]["breaks_requests"], true);
    let difference = &json["differences"][0];
    assert_eq!(difference["kind"], "enum_value_removed");
    assert_eq!(difference["section"], "Removed");
    assert_eq!(difference["operations"].as_array().unwrap().len(), 4);
}

#[test]
fn an_argument_without_a_meaning_is_rejected_by_name() {
    let repository = Repository::new();
    let message = |from: &str, to: Option<&str>| repository.diff(from, to).unwrap_err().to_string();
    let unknown = message("nothing", None);
    assert!(
        unknown.starts_with(
            "nothing: no such file, no version of the API (YYYY-MM), and no git revision ("
        ),
        "{unknown}"
    );
    // Arguments are not interpreted as options of git.
    assert!(message("--output=x", None).contains("no git revision"));
    assert_eq!(
        message("HEAD:2027-01", None),
        "HEAD:2027-01: no such file: spec/2027-01.yaml"
    );
    let other = repository.write("other/2027-04.yaml", &base().replace("2026-10", "2027-04"));
    let other = other.to_str().unwrap();
    assert_eq!(
        message("HEAD", Some(other)),
        "HEAD has no version 2027-04 to compare with"
    );
    let broken = repository.write("other/broken.yaml", "openapi: [");
    assert!(message("HEAD", broken.to_str()).contains("broken.yaml"));
    repository.write(
        "2026-10.yaml",
        &base().replace("#/components/schemas/Note'", "#/gone'"),
    );
    let unfit = message("HEAD", None);
    assert!(
        unfit.starts_with("the working tree:\nspec/2026-10.yaml#/"),
        "{unfit}"
    );
}
