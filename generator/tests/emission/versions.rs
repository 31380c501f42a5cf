//! The list of versions: invalid lists are rejected, and the crate follows the list when versions rotate.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

use std::fs;
use std::path::Path;

use crate::support::parse;
use polar_codegen::document::Source;
use polar_codegen::versions::{State, Versions};
use polar_codegen::{Input, Output, generate};

const LIST: &str = "
default: 2026-10
versions:
  2027-01: { state: next }
  2026-04: { state: deprecated, removed: 2027-01 }
  2026-10: { state: current }
";

/// The list after a rotation.
const ROTATED: &str = "
default: 2027-01
versions:
  2026-10: { state: deprecated, removed: 2027-04 }
  2027-01: { state: current }
  2027-04: { state: next }
";

/// Generates a crate from contracts that differ in their version only.
fn crate_of(list: &Versions, contracts: &[&str]) -> Result<Output, String> {
    corrected_crate_of(list, contracts, None)
}

fn corrected_crate_of(
    list: &Versions,
    contracts: &[&str],
    overlay: Option<Source<'_>>,
) -> Result<Output, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/inputs/versions");
    let base = fs::read_to_string(folder.join("base.yaml")).unwrap();
    let contracts: Vec<(String, String)> = contracts
        .iter()
        .map(|version| {
            let text = base.replace("version: 2026-10", &format!("version: {version}"));
            (format!("spec/{version}.yaml"), text)
        })
        .collect();
    let contracts = contracts.iter().map(|(name, text)| Source { name, text });
    let input = Input {
        versions: list,
        contracts: contracts.collect(),
        overlay,
        documentation: None,
    };
    generate(&input).map_err(|report| report.to_string())
}

#[test]
fn the_list_is_read_oldest_first() {
    let versions = parse(LIST).unwrap();
    assert_eq!(versions.default_version(), "2026-10");
    let deprecated = State::Deprecated {
        removed: "2027-01".to_owned(),
    };
    let states = [
        ("2026-04", &deprecated),
        ("2026-10", &State::Current),
        ("2027-01", &State::Next),
    ];
    assert!(versions.iter().eq(states));
}

#[test]
fn an_invalid_list_is_rejected_with_its_location() {
    const AT: &str = "spec/versions.yaml";
    for (from, to, expected) in [
        (
            "default: 2026-10",
            "default: 2026-07",
            "#/default: `2026-07` is not one of the versions that are listed",
        ),
        (
            "default: 2026-10",
            "default: 2026-10\ndefault: 2027-01",
            ": duplicate key `default` at line 2 column 1",
        ),
        (
            "  2026-10: {",
            "  2026-04: {",
            ": versions: duplicate key `2026-04` at line 4 column 3",
        ),
        ("default: 2026-10\n", "", ": `default` is missing"),
        (
            "default: 2026-10",
            "default: [2026-10, 2027-01]",
            "#/default: expected a string",
        ),
        (
            "versions:",
            "version:",
            "#/version: unknown key: expected default or versions",
        ),
        (
            "state: next }",
            "state: next, since: 2026-11 }",
            "#/versions/2027-01/since: unknown key: expected state or removed",
        ),
        (
            "state: next",
            "state: beta",
            "#/versions/2027-01/state: expected `deprecated`, `current` or `next`, found `beta`",
        ),
        (
            "{ state: next }",
            "{}",
            "#/versions/2027-01: `state` is missing",
        ),
        (
            "{ state: next }",
            "next",
            "#/versions/2027-01: expected a mapping",
        ),
        (
            "state: next",
            "state: current",
            "#/versions: more than one version is `current`",
        ),
        (
            ", removed: 2027-01",
            "",
            "#/versions/2026-04: `removed` is missing",
        ),
        (
            "removed: 2027-01",
            "removed: soon",
            "#/versions/2026-04/removed: expected a month like `2027-01`, found `soon`",
        ),
        (
            "state: next",
            "state: next, removed: 2027-04",
            "#/versions/2027-01/removed: `removed` is only allowed on `deprecated` versions",
        ),
        (
            "2027-01: {",
            "2027-13: {",
            "#/versions/2027-13: expected a version like `2026-10`, found `2027-13`",
        ),
    ] {
        assert!(LIST.contains(from), "{from}");
        let report = parse(&LIST.replacen(from, to, 1)).unwrap_err();
        let found = report.lines().any(|line| {
            let message = line.strip_prefix(AT);
            message.is_some_and(|message| message.starts_with(expected))
        });
        assert!(found, "{expected}\n{report}");
    }
    assert!(parse("").unwrap_err().contains("expected a mapping"));
}

#[test]
fn each_version_has_a_contract_and_each_contract_is_listed() {
    let list = parse(LIST).unwrap();
    let rejection = |contracts: &[&str]| crate_of(&list, contracts).map(drop).unwrap_err();
    assert_eq!(
        rejection(&["2026-10", "2027-01"]),
        "spec/versions.yaml#/versions/2026-04: the contract of version 2026-04 is missing: restore its file, or remove this \
         entry\n1 problem"
    );
    assert_eq!(
        rejection(&["2026-04", "2026-10", "2027-01", "2027-04"]),
        "spec/2027-04.yaml#/info/version: version 2027-04 is not listed in spec/versions.yaml: list it there, or remove \
         this file\n1 problem"
    );
    // The default version is no exception. All problems are reported together.
    let report = rejection(&["2026-04", "2027-01", "2027-04"]);
    assert!(report.ends_with("\n2 problems"), "{report}");
    assert!(
        report.contains("#/versions/2026-10: the contract of version"),
        "{report}"
    );
}

#[test]
fn corrections_name_versions_that_are_listed() {
    let list = parse(LIST).unwrap();
    let generated = |versions: [&str; 2]| {
        let [first, second] = versions;
        let text = format!(
            "overlay: 1.0.0\ninfo: {{ title: Corrections, version: 1.0.0 }}\nactions:\n\
             - {{ target: $.info, description: A note., update: {{ title: A }}, x-versions: [{first}] }}\n\
             - {{ target: $.info, description: A note., update: {{ title: B }}, x-versions: [2026-04, {second}] }}\n"
        );
        let overlay = Source {
            name: "spec/overlay.yaml",
            text: &text,
        };
        corrected_crate_of(&list, &["2026-04", "2026-10", "2027-01"], Some(overlay)).map(drop)
    };
    assert_eq!(generated(["2026-10", "2027-01"]), Ok(()));
    assert_eq!(
        generated(["2026-01", "2027-1"]).unwrap_err(),
        "spec/overlay.yaml#/actions/0/x-versions/0: version 2026-01 is not listed in spec/versions.yaml\n\
         spec/overlay.yaml#/actions/1/x-versions/1: version 2027-1 is not listed in spec/versions.yaml\n2 problems"
    );
}

#[test]
fn the_crate_follows_a_rotation() {
    let before = crate_of(&parse(LIST).unwrap(), &["2026-04", "2026-10", "2027-01"]).unwrap();
    let after = crate_of(&parse(ROTATED).unwrap(), &["2026-10", "2027-01", "2027-04"]).unwrap();
    for (output, default, all, gone) in [
        (
            &before,
            "2026-10",
            ["2026-04", "2026-10", "2027-01"],
            "2027-04",
        ),
        (
            &after,
            "2027-01",
            ["2026-10", "2027-01", "2027-04"],
            "2026-04",
        ),
    ] {
        let manifest = &output.files["Cargo.toml"];
        let quoted = all.map(|version| format!("\"v{version}\"")).join(", ");
        for line in [
            format!("default = [\"v{default}\", "),
            format!("all-versions = [{quoted}]"),
        ] {
            assert!(manifest.contains(&line), "{line}\n{manifest}");
        }
        let module = |version: &str| format!("v{}", version.replace('-', "_"));
        for version in all {
            assert!(
                manifest.contains(&format!("\nv{version} = []")),
                "{manifest}"
            );
            let root = format!("src/{}/mod.rs", module(version));
            assert!(output.files.contains_key(&root), "{root}");
        }
        let default = module(default);
        let guide = &output.files["docs/getting_started.md"];
        assert!(guide.contains(&format!("use polar_client::{default}::Polar;")));
        let mentions =
            |text: &str| text.contains(&module(gone)) || text.contains(&format!("v{gone}"));
        let mention = output.files.iter().find(|(_, text)| mentions(text));
        assert_eq!(mention.map(|(path, _)| path), None);
    }
}

#[test]
fn the_docs_state_the_lifecycle_of_each_version() {
    let output = crate_of(&parse(LIST).unwrap(), &["2026-04", "2026-10", "2027-01"]).unwrap();
    let words = |file: &str| {
        let text = output.files[file].lines();
        let text = text.map(|line| line.trim_start_matches("//!").trim());
        text.collect::<Vec<_>>().join(" ")
    };
    for (file, expected) in [
        (
            "src/v2026_04/mod.rs",
            "**Deprecated.** Polar stops serving this version in January 2027, and then every call fails. Move to \
             `v2026_10`:",
        ),
        (
            "src/v2026_10/mod.rs",
            "This is the current version, which no longer changes. Its feature `v2026-10` is enabled by default.",
        ),
        (
            "src/v2027_01/mod.rs",
            "This is the next version: Polar may change it until it becomes the current one. It requires the feature \
             `v2027-01`.",
        ),
        (
            "docs/versions.md",
            "- `v2026_04` (feature `v2026-04`): deprecated; Polar stops serving it in January 2027",
        ),
        (
            "docs/versions.md",
            "- `v2026_10` (feature `v2026-10`, on by default): current;",
        ),
        (
            "docs/versions.md",
            "- `v2027_01` (feature `v2027-01`): next;",
        ),
        (
            "Cargo.toml",
            "# Deprecated; Polar stops serving it in January 2027. v2026-04 = []",
        ),
    ] {
        let text = words(file);
        assert!(text.contains(expected), "{file}: {expected}");
    }
}
