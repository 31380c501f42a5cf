//! The summary of an update in Markdown, which is the text of a pull request.

use std::fmt::Write as _;

use polar_codegen::compare::Semver;

use super::{Outcome, State};

pub(super) fn write(outcome: &Outcome) -> String {
    let mut text = format!("# {}\n\n{}\n", title(outcome), classification(outcome));
    let changes = outcome.comparison.to_markdown();
    if !changes.is_empty() {
        let _ = write!(text, "\n## Changes\n\n{changes}");
    }
    let contracts = outcome.contracts.iter().map(|it| {
        let state = match it.state {
            State::Unchanged => "unchanged",
            State::Changed => "changed",
            State::Added => "new",
            State::Removed => "removed",
        };
        format!("{}: {state}; {}", it.version, it.summary)
    });
    list(&mut text, "Documents", contracts);
    let entries = outcome.to_be_described.iter();
    let entries = entries.map(|entry| format!("`{entry}`"));
    list(&mut text, "To be described in spec/docs.yaml", entries);
    let notes = outcome.notes.iter().cloned();
    list(&mut text, "Corrections that a version does not need", notes);
    list(&mut text, "Files", files(outcome).into_iter());
    text
}

fn title(outcome: &Outcome) -> String {
    let contracts = outcome.contracts.iter();
    let changed = contracts.filter(|it| it.state != State::Unchanged);
    let changed: Vec<&str> = changed.map(|it| it.version.as_str()).collect();
    match (changed.as_slice(), outcome.is_unchanged()) {
        (_, true) => "Nothing to update".to_owned(),
        ([], false) => "Update the generated client".to_owned(),
        ([version], false) => format!("Update the contract of {version}"),
        ([versions @ .., last], false) => {
            format!("Update the contracts of {} and {last}", versions.join(", "))
        }
    }
}

fn classification(outcome: &Outcome) -> String {
    if outcome.is_unchanged() {
        return "The contracts are what Polar publishes, and all files follow from them."
            .to_owned();
    }
    let Some(release) = &outcome.release else {
        return "Nothing changes for users, so the version number stays.".to_owned();
    };
    let code = match release.semver {
        Semver::Major => "code that uses the crate may no longer compile",
        Semver::Minor | Semver::Patch => "code that uses the crate still compiles",
    };
    let wire = outcome.comparison.wire();
    let clients = match wire.is_compatible() {
        true => "deployed clients keep working".to_owned(),
        false => format!("{wire} of deployed clients"),
    };
    let (old, new) = (&release.old, &release.new);
    format!("Version {old} → {new}: {code}; {clients}.")
}

/// Lists the files that are written or removed. The files in `generated/` are only counted.
fn files(outcome: &Outcome) -> Vec<String> {
    let mut lines = Vec::new();
    for (what, files) in [("written", &outcome.written), ("removed", &outcome.removed)] {
        let (generated, others): (Vec<_>, Vec<_>) = files
            .iter()
            .partition(|file| file.starts_with("generated/"));
        lines.extend(others.iter().map(|file| format!("{file}: {what}")));
        if !generated.is_empty() {
            lines.push(format!("generated/: {} {what}", generated.len()));
        }
    }
    lines
}

fn list(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let mut lines = lines.peekable();
    if lines.peek().is_some() {
        let _ = write!(text, "\n## {title}\n\n");
    }
    for line in lines {
        let _ = writeln!(text, "- {line}");
    }
}
