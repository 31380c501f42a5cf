//! Every input in `inputs/bad/` is rejected with the report in its snapshot, and nothing is written.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use polar_codegen::document::Source;
use polar_codegen::versions::Versions;
use polar_codegen::{Input, Report};
use xtask::codegen::{CodegenError, Mode};

macro_rules! rejected {
    ($rejection:ident, $folder:literal: $($case:ident)*) => {
        $(
            #[test]
            fn $case() {
                let report = $rejection(concat!($folder, "/", stringify!($case), ".yaml"));
                insta::assert_snapshot!(stringify!($case), report.to_string());
            }
        )*

        pub(super) const CASES: &[&str] = &[$(stringify!($case)),*];
    };
}

mod contracts {
    use super::*;

    rejected! {
        contract, "bad":
        alias_of_itself colliding_enum_values colliding_events colliding_fields colliding_methods colliding_servers colliding_types dangling_reference duplicate_key
        duplicate_operation_id empty header_parameter invalid_yaml misplaced_facts needless_ambiguity no_server not_a_contract
        operation_without_service other_version reserved_types several_media_types several_problems type_beside_any_of undecidable_constants
        undecidable_further_keys undecidable_open_objects undecidable_open_property undecidable_optional_tag
        undecidable_shorter undecidable_texts undecidable_union unfit_flows unfit_ingest unfit_key unfit_operations unfit_parameters unfit_rows unfit_styles
        unfit_webhooks union_in_itself unknown_flows unknown_keyword unknown_security unsupported_answers unsupported_schemas
        wrong_choices wrong_discriminators wrong_identifiers wrong_lookups
    }
}

mod overlays {
    use super::*;

    rejected! {
        overlay, "bad/overlays":
        changes_nothing leaves_dangling matches_nothing update_and_remove without_reason
    }
}

mod docs {
    use super::*;

    rejected! {
        documentation, "bad/docs":
        describes_nothing unknown_section
    }
}

#[test]
fn every_bad_input_has_a_test() {
    for (folder, tried) in [
        ("bad", contracts::CASES),
        ("bad/overlays", overlays::CASES),
        ("bad/docs", docs::CASES),
    ] {
        let paths = fs::read_dir(inputs().join(folder)).unwrap();
        let paths = paths.map(|entry| entry.unwrap().path());
        let cases: BTreeSet<String> = paths
            .filter(|path| path.is_file())
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        assert_eq!(
            cases,
            tried.iter().map(|&case| case.to_owned()).collect(),
            "{folder}"
        );
    }
}

#[test]
fn a_problem_in_one_version_does_not_hide_those_of_another() {
    let (first, second) = (
        text("bad/unknown_keyword.yaml"),
        text("bad/dangling_reference.yaml"),
    );
    let contracts = vec![
        source("2026-04.yaml", &first),
        source("2026-10.yaml", &second),
    ];
    let report = rejection(contracts, None, None);
    let files: BTreeSet<&str> = report
        .problems()
        .iter()
        .map(|problem| problem.file.as_str())
        .collect();
    assert_eq!(files, BTreeSet::from(["2026-04.yaml", "2026-10.yaml"]));
}

#[test]
fn bad_input_leaves_the_generated_crate_untouched() {
    let root = tempfile::tempdir().unwrap();
    let spec = root.path().join("spec");
    fs::create_dir_all(&spec).unwrap();
    fs::copy(inputs().join("nullable.yaml"), spec.join("2026-10.yaml")).unwrap();
    let overlay = "overlay: 1.0.0\ninfo: { title: None, version: 1.0.0 }\nactions: []\n";
    fs::write(spec.join("overlay.yaml"), overlay).unwrap();
    fs::write(spec.join("docs.yaml"), "{}").unwrap();
    let list = "default: 2026-10\nversions:\n  2026-10: { state: current }\n";
    fs::write(spec.join("versions.yaml"), list).unwrap();
    xtask::codegen::run(root.path(), Mode::Write).unwrap();
    fs::write(
        root.path().join("generated/stale.rs"),
        "// Would be removed.",
    )
    .unwrap();
    fs::remove_file(root.path().join("generated/src/lib.rs")).unwrap();
    let before = tree(&root.path().join("generated"));

    fs::copy(
        inputs().join("bad/several_problems.yaml"),
        spec.join("2027-01.yaml"),
    )
    .unwrap();
    for mode in [Mode::Write, Mode::Check] {
        let error = xtask::codegen::run(root.path(), mode).unwrap_err();
        let CodegenError::Input(report) = error else {
            panic!("{error}")
        };
        assert!(
            report
                .problems()
                .iter()
                .all(|problem| problem.file == "spec/2027-01.yaml"),
            "{report}"
        );
        assert_eq!(tree(&root.path().join("generated")), before);
    }
}

fn contract(path: &str) -> Report {
    let text = text(path);
    rejection(vec![source(path, &text)], None, None)
}

fn overlay(path: &str) -> Report {
    let (good, text) = (text("nullable.yaml"), text(path));
    rejection(
        vec![source("nullable.yaml", &good)],
        Some(source(path, &text)),
        None,
    )
}

fn documentation(path: &str) -> Report {
    let (good, text) = (text("nullable.yaml"), text(path));
    rejection(
        vec![source("nullable.yaml", &good)],
        None,
        Some(source(path, &text)),
    )
}

fn rejection(
    contracts: Vec<Source<'_>>,
    overlay: Option<Source<'_>>,
    documentation: Option<Source<'_>>,
) -> Report {
    let list = "default: 2026-10\nversions: { 2026-10: { state: current } }";
    let input = Input {
        versions: &Versions::parse(source("versions.yaml", list)).unwrap(),
        contracts,
        overlay,
        documentation,
    };
    polar_codegen::generate(&input)
        .map(|output| output.files)
        .unwrap_err()
}

fn source<'a>(name: &'a str, text: &'a str) -> Source<'a> {
    Source { name, text }
}

fn inputs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("inputs")
}

fn text(path: &str) -> String {
    fs::read_to_string(inputs().join(path)).unwrap()
}

/// Returns all files below a folder with their content.
fn tree(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(tree(&path));
        } else {
            files.insert(path.clone(), fs::read_to_string(&path).unwrap());
        }
    }
    files
}
