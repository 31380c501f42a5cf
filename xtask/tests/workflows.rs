//! The commands, scripts and packages that the workflows name exist.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_yaml::Value;

/// A line of a shell step, and the file of the workflow.
struct Line {
    file: String,
    words: Vec<String>,
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Returns the lines of all shell steps, without redirections and quotes.
fn lines() -> Vec<Line> {
    let folder = repository().join(".github/workflows");
    let mut lines = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        let workflow: Value = serde_yaml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let jobs = workflow["jobs"].as_mapping().unwrap();
        let steps = jobs
            .values()
            .flat_map(|job| job["steps"].as_sequence().unwrap());
        for script in steps.filter_map(|step| step.get("run")?.as_str()) {
            lines.extend(script.lines().map(|line| Line {
                file: file.clone(),
                words: words(line),
            }));
        }
    }
    lines
}

fn words(line: &str) -> Vec<String> {
    let words = line.split_whitespace();
    let words = words.take_while(|word| !word.starts_with(['>', '|', '&', ';', '#']));
    words
        .map(|word| word.trim_matches(['"', '\'']).to_owned())
        .collect()
}

/// Returns the arguments if the line runs `cargo xtask`.
fn xtask_arguments(line: &Line) -> Option<&[String]> {
    let words = line.words.as_slice();
    words.strip_prefix(&["cargo".to_owned(), "xtask".to_owned()])
}

/// Returns whether the command line accepts the arguments. Nothing is run: with `--help`, the arguments are parsed and
/// the help is printed.
fn is_command(arguments: &[String]) -> bool {
    let mut xtask = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let output = xtask.args(arguments).arg("--help").output().unwrap();
    output.status.success()
}

#[test]
fn commands_of_workflows_exist() {
    let lines = lines();
    let commands: Vec<&Line> = lines
        .iter()
        .filter(|line| xtask_arguments(line).is_some())
        .collect();
    for line in &commands {
        let text = line.words.join(" ");
        assert!(
            is_command(xtask_arguments(line).unwrap()),
            "{}: {text}",
            line.file
        );
    }
    // The commands of the workflows for updates and releases.
    assert!(commands.len() >= 2, "workflows are not read");
}

#[test]
fn commands_that_do_not_exist_are_recognized() {
    for line in [
        "cargo xtask publish > out",
        "cargo xtask release publish \"$TAG\"",
        "cargo xtask update --dry-run",
        "cargo xtask release check one two",
    ] {
        let line = Line {
            file: String::new(),
            words: words(line),
        };
        assert!(
            !is_command(xtask_arguments(&line).unwrap()),
            "{:?}",
            line.words
        );
    }
}

#[test]
fn scripts_of_workflows_exist_and_can_be_run() {
    let lines = lines();
    let scripts = lines.iter().filter_map(|line| {
        let script = line.words.first()?;
        let is_ours = script.contains('/') && !script.starts_with('/');
        is_ours.then_some((line, script))
    });
    let scripts: Vec<_> = scripts.collect();
    for (line, script) in &scripts {
        let path = repository().join(script);
        assert!(is_executable(&path), "{}: {script}", line.file);
    }
    let scripts: Vec<_> = scripts.iter().map(|(_, script)| script.as_str()).collect();
    assert!(scripts.contains(&".ci/run"), "{scripts:?}");
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

#[test]
fn the_packages_that_are_published_are_those_of_the_workspace_in_their_order() {
    let lines = lines();
    let publish = lines.iter().filter(|line| {
        line.words
            .starts_with(&["cargo".to_owned(), "publish".to_owned()])
    });
    let named = publish.flat_map(|line| {
        let pairs = line.words.windows(2);
        pairs.filter_map(|pair| (pair[0] == "--package").then_some(pair[1].clone()))
    });
    let named: Vec<String> = named.collect();
    let packages = xtask::packages::FOLDERS.map(|folder| {
        let manifest = repository().join(folder).join("Cargo.toml");
        let manifest: toml_edit::DocumentMut =
            fs::read_to_string(manifest).unwrap().parse().unwrap();
        manifest["package"]["name"].as_str().unwrap().to_owned()
    });
    assert_eq!(named, packages);
}
