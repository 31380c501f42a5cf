//! The command `cargo xtask codegen`. `generated/` is up to date. `--check` names every difference and writes nothing;
//! without it, all files that differ are written, and no others.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use polar_codegen::names::version_module;
use tempfile::TempDir;
use xtask::codegen::{self, CodegenError, Mode, Outcome};

const CHANGED: &str = "src/v2026_10/models/customer_seats.rs";
const MISSING: &str = "src/v2026_10/services/customer_portal/seats.rs";
const STALE: &str = "src/v2026_10/services/gone/old.rs";

/// A small contract, so that generation is fast.
const CONTRACT: &str = include_str!("../../inputs/reference_responses.yaml");

/// The text of `spec/versions.yaml` with a single version.
const VERSIONS: &str = "default: 2026-10\nversions:\n  2026-10: { state: current }\n";

/// The text of an overlay without corrections.
const OVERLAY: &str = "overlay: 1.0.0\ninfo: { title: None, version: 1.0.0 }\nactions: []\n";

/// A workspace with a contract and the code that is generated from it.
struct Workspace {
    root: TempDir,
}

/// The modification time and the content of a file.
type State = (SystemTime, String);

impl Workspace {
    /// Creates a workspace with a contract only.
    fn new() -> Self {
        let root = TempDir::new().unwrap();
        fs::create_dir(root.path().join("spec")).unwrap();
        let workspace = Self { root };
        workspace.set_contract(CONTRACT);
        workspace.write_spec("overlay.yaml", OVERLAY);
        workspace.write_spec("docs.yaml", "{}\n");
        workspace.write_spec("versions.yaml", VERSIONS);
        workspace
    }

    fn set_contract(&self, text: &str) {
        self.write_spec("2026-10.yaml", text);
    }

    fn write_spec(&self, file: &str, text: &str) {
        fs::write(self.root.path().join("spec").join(file), text).unwrap();
    }

    fn generated() -> Self {
        let workspace = Self::new();
        workspace.run(Mode::Write);
        workspace
    }

    /// Creates a workspace with one changed, one missing and one stale file.
    fn with_differences() -> Self {
        let workspace = Self::generated();
        let changed = workspace.path(CHANGED);
        let text = fs::read_to_string(&changed).unwrap();
        fs::write(changed, text.replacen("CustomerSeat", "Seat", 1)).unwrap();
        fs::remove_file(workspace.path(MISSING)).unwrap();
        fs::create_dir_all(workspace.path(STALE).parent().unwrap()).unwrap();
        fs::write(workspace.path(STALE), "").unwrap();
        workspace
    }

    fn path(&self, file: &str) -> PathBuf {
        self.root.path().join("generated").join(file)
    }

    fn run(&self, mode: Mode) -> Outcome {
        codegen::run(self.root.path(), mode).unwrap()
    }

    /// Sets all modification times below `generated/` to a date in the past, and returns the files.
    fn aged(&self) -> BTreeMap<String, State> {
        for file in self.files().keys() {
            let file = File::options().write(true).open(self.path(file)).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000))
                .unwrap();
        }
        self.files()
    }

    fn files(&self) -> BTreeMap<String, State> {
        let mut files = BTreeMap::new();
        let generated = self.path("");
        collect(&generated, &generated, &mut files);
        files
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, State>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
            continue;
        }
        let written = path.metadata().unwrap().modified().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(root).unwrap().to_str().unwrap();
        files.insert(name.replace('\\', "/"), (written, text));
    }
}

fn texts(files: &BTreeMap<String, State>) -> BTreeMap<&str, &str> {
    files
        .iter()
        .map(|(path, (_, text))| (path.as_str(), text.as_str()))
        .collect()
}

#[test]
fn the_committed_crate_is_up_to_date() {
    let outcome = codegen::run(&xtask::root(), Mode::Check).unwrap();

    let differences = xtask::report::differences(&outcome);
    assert!(
        outcome.is_clean(),
        "run `cargo xtask codegen`:\n{differences}"
    );
    let found = outcome.versions.iter().map(|it| it.version.as_str());
    assert!(found.eq(polar_tests::versions::ALL.iter().copied()));
}

#[test]
fn the_crate_is_written_if_generated_does_not_exist() {
    let workspace = Workspace::new();
    let first = workspace.run(Mode::Write);
    let written = workspace.aged();
    let second = workspace.run(Mode::Write);

    assert_eq!(
        (
            first.changed.len(),
            first.stale.len(),
            first.unchanged.len()
        ),
        (0, 0, 0)
    );
    assert!(
        first.missing.iter().eq(written.keys()),
        "named: {:?}",
        first.missing
    );
    for file in [
        "Cargo.toml",
        "docs/errors.md",
        "src/lib.rs",
        CHANGED,
        MISSING,
    ] {
        assert!(written.contains_key(file), "{file}");
    }
    assert!(second.is_clean(), "{second:?}");
    assert_eq!(second.unchanged.len(), written.len());
    assert_eq!(workspace.files(), written, "the second run wrote something");
}

#[test]
fn check_reports_every_difference_and_writes_nothing() {
    let workspace = Workspace::with_differences();
    let before = workspace.aged();
    let outcome = workspace.run(Mode::Check);

    assert!(!outcome.is_clean());
    assert_eq!(outcome.changed, [CHANGED]);
    assert_eq!(outcome.missing, [MISSING]);
    assert_eq!(outcome.stale, [STALE]);
    let report = xtask::report::differences(&outcome);
    for file in [CHANGED, MISSING, STALE] {
        assert!(report.contains(file), "{report}");
    }
    assert_eq!(workspace.files(), before);
}

#[test]
fn writing_updates_only_files_that_differ() {
    let workspace = Workspace::with_differences();
    let before = workspace.aged();
    let outcome = workspace.run(Mode::Write);
    let after = workspace.files();

    assert_eq!(outcome.changed, [CHANGED]);
    assert_eq!(outcome.missing, [MISSING]);
    assert_eq!(outcome.stale, [STALE]);
    assert!(
        !workspace.path(STALE).parent().unwrap().exists(),
        "the empty folder stayed"
    );
    let touched: BTreeSet<&str> = after
        .iter()
        .filter(|(path, state)| before.get(*path) != Some(state))
        .map(|(path, _)| path.as_str())
        .collect();
    assert_eq!(touched, BTreeSet::from([CHANGED, MISSING]));
    assert_eq!(texts(&after), texts(&Workspace::generated().files()));
    assert!(workspace.run(Mode::Check).is_clean());
}

/// Links that lead to a folder, to a file and to nothing are beside generated files, and in place of a file and a
/// folder.
#[cfg(unix)]
#[test]
fn symbolic_links_are_removed_but_not_followed() {
    use std::os::unix::fs::symlink;

    let (workspace, mine) = (Workspace::generated(), TempDir::new().unwrap());
    let expected: BTreeSet<String> = workspace.files().into_keys().collect();
    let note = mine.path().join("note.txt");
    fs::write(&note, "keep me").unwrap();
    // The link leads to a folder that contains a file with the name and content of a generated one.
    let (codec, copy) = (
        workspace.path("src/v2026_10/codec"),
        mine.path().join("codec"),
    );
    fs::rename(&codec, &copy).unwrap();
    let text = |path: &Path| fs::read_to_string(path).unwrap();
    let (changed, before) = (workspace.path(CHANGED), text(&copy.join("mod.rs")));
    fs::remove_file(&changed).unwrap();
    symlink(&copy, &codec).unwrap();
    symlink(&note, &changed).unwrap();
    symlink(mine.path(), workspace.path("notes")).unwrap();
    symlink(workspace.path("nowhere"), workspace.path("dangling")).unwrap();
    symlink(workspace.path(""), workspace.path("src/circle")).unwrap();

    let links = [
        "dangling",
        "notes",
        "src/circle",
        "src/v2026_10/codec",
        CHANGED,
    ];
    let check = workspace.run(Mode::Check);
    assert_eq!(check.stale, links);
    assert!(check.missing.contains(&CHANGED.to_owned()), "{check:?}");
    assert!(
        check
            .missing
            .contains(&"src/v2026_10/codec/mod.rs".to_owned())
    );
    assert!(fs::symlink_metadata(&changed).unwrap().is_symlink());

    let outcome = workspace.run(Mode::Write);
    assert_eq!(outcome.stale, links);
    assert_eq!(
        workspace.files().into_keys().collect::<BTreeSet<_>>(),
        expected
    );
    assert!(fs::symlink_metadata(&codec).unwrap().is_dir());
    assert!(fs::symlink_metadata(&changed).unwrap().is_file());
    assert_eq!(text(&note), "keep me");
    assert_eq!(text(&copy.join("mod.rs")), before);
    assert!(workspace.run(Mode::Check).is_clean());
}

#[cfg(unix)]
#[test]
fn a_generated_folder_that_is_a_link_is_rejected() {
    let (workspace, mine) = (Workspace::new(), TempDir::new().unwrap());
    fs::write(mine.path().join("note.txt"), "keep me").unwrap();
    std::os::unix::fs::symlink(mine.path(), workspace.root.path().join("generated")).unwrap();
    for mode in [Mode::Check, Mode::Write] {
        let error = codegen::run(workspace.root.path(), mode).unwrap_err();
        assert!(error.to_string().contains("is a symbolic link"), "{error}");
    }
    assert_eq!(fs::read_dir(mine.path()).unwrap().count(), 1);
}

#[test]
fn invalid_input_is_reported_and_nothing_is_written() {
    let workspace = Workspace::with_differences();
    let wrong = CONTRACT.replacen("schemas/SeatsList'", "schemas/Chairs'", 1);
    assert_ne!(wrong, CONTRACT);
    workspace.set_contract(&wrong);
    let before = workspace.aged();

    let error = codegen::run(workspace.root.path(), Mode::Write).unwrap_err();

    let CodegenError::Input(report) = &error else {
        panic!("{error}")
    };
    let [problem] = report.problems() else {
        panic!("{error}")
    };
    assert_eq!(problem.file, "spec/2026-10.yaml");
    assert!(problem.pointer.starts_with("/paths/~1v1~1"), "{problem}");
    assert!(problem.message.contains("Chairs"), "{problem}");
    assert_eq!(workspace.files(), before);
}

#[test]
fn a_folder_without_a_list_of_versions_is_an_error() {
    let root = TempDir::new().unwrap();
    fs::create_dir(root.path().join("spec")).unwrap();

    let error = codegen::run(root.path(), Mode::Write).unwrap_err();

    assert!(
        matches!(&error, CodegenError::File(path, _) if path.ends_with("spec/versions.yaml")),
        "{error}"
    );
    assert!(!root.path().join("generated").exists());
}

/// Returns code that names the module of a version. It is assembled at run time, because codegen renames the modules
/// that it finds in source files, such as this one.
fn mention(version: &str) -> String {
    let module = version_module(version);
    format!("use polar_client::{module}::Polar; // not 2026-10 or v2026-10\n")
}

#[test]
fn code_that_names_modules_of_several_versions_is_rejected() {
    let workspace = Workspace::new();
    let root = workspace.root.path();
    fs::create_dir(root.join("examples")).unwrap();
    let both = mention("2026-10") + &mention("2027-01");
    fs::write(root.join("examples/a.rs"), &both).unwrap();

    let error = codegen::run(root, Mode::Write).unwrap_err();

    let modules = [version_module("2026-10"), version_module("2027-01")].join(", ");
    let expected = format!("examples/a.rs: names the modules of several versions ({modules}): ");
    assert!(error.to_string().starts_with(&expected), "{error}");
    assert_eq!(
        fs::read_to_string(root.join("examples/a.rs")).unwrap(),
        both
    );
    assert!(!root.join("generated").exists());
}

#[test]
fn a_rotation_is_an_edit_of_the_list_and_codegen() {
    let workspace = Workspace::new();
    let root = workspace.root.path();
    let next = CONTRACT.replacen("version: 2026-10", "version: 2027-01", 1);
    workspace.write_spec("2027-01.yaml", &next);
    workspace.write_spec(
        "versions.yaml",
        "default: 2026-10\nversions: { 2026-10: { state: current }, 2027-01: { state: next } }\n",
    );
    let mentions = ["README.md", "examples/a.rs", "tests/suites/b.rs"];
    let elsewhere = ["CHANGELOG.md", "examples/data.json", "tests/c.snap"];
    for file in mentions.iter().chain(&elsewhere) {
        let path = root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, mention("2026-10")).unwrap();
    }
    assert_eq!(workspace.run(Mode::Write).mentions, [""; 0]);

    fs::remove_file(root.join("spec/2026-10.yaml")).unwrap();
    let error = codegen::run(root, Mode::Write).unwrap_err().to_string();
    assert!(
        error.starts_with("spec/versions.yaml#/versions/2026-10: the contract of version"),
        "{error}"
    );
    workspace.write_spec(
        "versions.yaml",
        "default: 2027-01\nversions: { 2027-01: { state: current } }\n",
    );
    let check = workspace.run(Mode::Check);
    assert_eq!(check.mentions, mentions);
    assert!(xtask::report::differences(&check).contains(": tests/suites/b.rs\n"));

    assert_eq!(workspace.run(Mode::Write).mentions, mentions);
    assert!(workspace.run(Mode::Check).is_clean());
    let text = |file: &str| fs::read_to_string(root.join(file)).unwrap();
    for file in mentions {
        assert_eq!(text(file), mention("2027-01"));
    }
    for file in elsewhere {
        assert_eq!(text(file), mention("2026-10"), "{file}");
    }
    let module = version_module("2026-10");
    let old = workspace.files().into_iter();
    let old = old.filter(|(path, (_, text))| path.contains(&module) || text.contains(&module));
    // The changelog names old versions, which must not be renamed.
    let old: Vec<_> = old
        .map(|(path, _)| path)
        .filter(|path| path != "CHANGELOG.md")
        .collect();
    assert_eq!(old, [""; 0], "files that name the old version");
}

#[test]
fn the_report_says_what_corrections_did_in_which_versions() {
    let workspace = Workspace::new();
    let next = CONTRACT
        .replace("version: 2026-10", "version: 2027-01")
        .replace(
            "    SeatsList:\n",
            "    SeatsList:\n      deprecated: true\n",
        );
    workspace.write_spec("2027-01.yaml", &next);
    workspace.write_spec(
        "versions.yaml",
        "default: 2026-10\nversions: { 2026-10: { state: current }, 2027-01: { state: next } }\n",
    );
    let action = "{ target: $.components.schemas.SeatsList, description: Polar says so., update: { deprecated: true } }";
    workspace.write_spec(
        "overlay.yaml",
        &OVERLAY.replace("[]", &format!("[{action}]")),
    );
    let outcome = workspace.run(Mode::Write);

    assert_eq!(
        xtask::report::corrections(&outcome),
        "| correction | changes | already so in | matches nothing in | is not for |\n|---|---|---|---|---|\n\
         | `$.components.schemas.SeatsList` | 2026-10 | 2027-01 |  |  |\n"
    );
    let note = "note: spec/overlay.yaml#/actions/0: changes nothing in 2027-01: `$.components.schemas.SeatsList` \
                (Polar says so.)\n";
    let summary = xtask::report::summary(&outcome);
    assert!(summary.contains(note), "{summary}");
    let to_be_described = xtask::report::to_be_described(&outcome);
    assert!(
        to_be_described.contains("| schemas: SeatsList | all |\n"),
        "{to_be_described}"
    );
}

#[test]
fn versions_are_listed_for_people_and_scripts() {
    let workspace = Workspace::new();
    workspace.write_spec(
        "versions.yaml",
        "default: 2026-10\nversions:\n  2026-10: { state: current }\n  2027-01: { state: next }\n  \
         2026-04: { state: deprecated, removed: 2027-01 }\n",
    );
    let spec = workspace.root.path().join("spec");
    let lines = |default, sets| {
        let show = xtask::versions::Show { default, sets };
        xtask::versions::lines(&show, &spec).unwrap()
    };
    assert_eq!(
        lines(false, false),
        [
            "2026-04: deprecated, removed in 2027-01",
            "2026-10: current, default",
            "2027-01: next",
        ]
    );
    assert_eq!(lines(true, false), ["v2026-10"]);
    let mut sets = lines(false, true);
    sets.sort();
    assert_eq!(
        sets,
        [
            "v2026-04",
            "v2026-04,v2026-10",
            "v2026-04,v2027-01",
            "v2026-10",
            "v2026-10,v2027-01",
            "v2027-01",
        ]
    );
}
