//! Formats the output of `cargo xtask codegen`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use polar_codegen::document::{Correction, Effect};

use crate::codegen::Outcome;

/// The maximum number of fields and operations that the table of unions names for a union.
const USERS_SHOWN: usize = 3;

/// Returns a line for each version, for each module of shared elements, and for the files.
#[must_use]
pub fn summary(outcome: &Outcome) -> String {
    let mut text = String::new();
    for version in &outcome.versions {
        let unions: Vec<String> = version
            .unions
            .iter()
            .map(|(label, count)| format!("{count} {label}"))
            .collect();
        let _ = writeln!(
            text,
            "{}: {} operations, {} types, {} webhooks; unions: {}; docs: {} of {}",
            version.version,
            version.operations,
            version.types,
            version.webhooks,
            unions.join(", "),
            version.coverage.written,
            version.coverage.total,
        );
    }
    for group in &outcome.groups {
        let _ = writeln!(
            text,
            "src/{}: {} operations, {} types, {} lines in {} files",
            group.module, group.operations, group.types, group.lines, group.files,
        );
    }
    for note in notes(&outcome.corrections) {
        let _ = writeln!(text, "note: {note}");
    }
    if !outcome.mentions.is_empty() {
        let _ = writeln!(
            text,
            "mentions of the default version: in {} files",
            outcome.mentions.len()
        );
    }
    let _ = writeln!(
        text,
        "all files: {} written, {} unchanged, {} removed; {:.0} ms",
        outcome.changed.len() + outcome.missing.len(),
        outcome.unchanged.len(),
        outcome.stale.len(),
        outcome.seconds * 1000.0,
    );
    text
}

/// Describes the differences between each version and the previous one.
#[must_use]
pub fn differences_between_versions(outcome: &Outcome) -> String {
    let mut text = String::new();
    for (pair, step) in outcome.versions.windows(2).zip(&outcome.steps) {
        let [before, after] = pair else { continue };
        let count = step.differences.len();
        let (before, after) = (&before.version, &after.version);
        let _ = writeln!(text, "{after} differs from {before} in {count} places:");
        for difference in &step.differences {
            let _ = writeln!(text, "- {difference}");
        }
    }
    text
}

/// Returns a line for each file that differs from the output of codegen.
#[must_use]
pub fn differences(outcome: &Outcome) -> String {
    let mut text = String::new();
    for (what, paths) in [
        ("differs", &outcome.changed),
        ("missing", &outcome.missing),
        ("stale", &outcome.stale),
    ] {
        for path in paths {
            let _ = writeln!(text, "{what}: generated/{path}");
        }
    }
    for path in &outcome.mentions {
        let _ = writeln!(text, "mentions another version than the default: {path}");
    }
    for path in &outcome.copies {
        let _ = writeln!(text, "differs from the file in the root: {path}");
    }
    let _ = writeln!(text, "run `cargo xtask codegen`");
    text
}

/// Returns a table of the unions of all versions: where they are used, and how they are discriminated. Versions in which a
/// union is the same share a row.
#[must_use]
pub fn unions(outcome: &Outcome) -> String {
    let mut rows: BTreeMap<[String; 5], Vec<&str>> = BTreeMap::new();
    for version in &outcome.versions {
        for row in &version.table {
            let mut users = row.used_by.clone();
            users.dedup();
            let more = users.len().saturating_sub(USERS_SHOWN);
            users.truncate(USERS_SHOWN);
            let mut used_by = users.join(", ");
            if more > 0 {
                let _ = write!(used_by, " and {more} more");
            }
            let cells = [
                row.name.clone(),
                row.variants.to_string(),
                row.resolution.to_owned(),
                row.deciding.clone(),
                used_by,
            ];
            rows.entry(cells).or_default().push(&version.version);
        }
    }
    let mut text =
        "| union | variants | resolution | by | used by | versions |\n|---|---|---|---|---|---|\n"
            .to_owned();
    for (cells, versions) in rows {
        let versions = listed(outcome, &versions);
        let _ = writeln!(text, "| {} | {versions} |", cells.join(" | "));
    }
    text
}

/// Returns a table of the entities that have an ID type, and a table of the UUIDs that identify no entity. Equal versions
/// share a row.
#[must_use]
pub fn identifiers(outcome: &Outcome) -> String {
    let mut counts: BTreeMap<(&str, usize), Vec<&str>> = BTreeMap::new();
    let mut plain: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for version in &outcome.versions {
        for (entity, places) in &version.identifiers {
            let versions = counts.entry((entity, places.len())).or_default();
            versions.push(&version.version);
        }
        for place in &version.plain_uuids {
            plain.entry(place).or_default().push(&version.version);
        }
    }
    let mut text = "| entity | places | versions |\n|---|---|---|\n".to_owned();
    for ((entity, count), versions) in counts {
        let _ = writeln!(
            text,
            "| {entity} | {count} | {} |",
            listed(outcome, &versions)
        );
    }
    text.push_str("\n| plain UUID | versions |\n|---|---|\n");
    for (place, versions) in plain {
        let _ = writeln!(text, "| {place} | {} |", listed(outcome, &versions));
    }
    text
}

/// Returns a line for each correction that a version no longer needs, because its contract already has that value.
#[must_use]
pub fn notes(corrections: &[Correction]) -> Vec<String> {
    let notes = corrections.iter().filter_map(|it| {
        let versions: Vec<&str> = it.versions(Effect::Unchanged).collect();
        let (file, pointer, versions) = (&it.file, &it.pointer, versions.join(", "));
        (!versions.is_empty()).then(|| {
            format!(
                "{file}#{pointer}: changes nothing in {versions}: `{}` ({})",
                it.target, it.description
            )
        })
    });
    notes.collect()
}

/// Returns a table of the overlay's actions, with the effect of each in every version.
#[must_use]
pub fn corrections(outcome: &Outcome) -> String {
    const COLUMNS: [(Effect, &str); 4] = [
        (Effect::Changed, "changes"),
        (Effect::Unchanged, "already so in"),
        (Effect::Unmatched, "matches nothing in"),
        (Effect::Excluded, "is not for"),
    ];
    let titles = COLUMNS.map(|(_, title)| title).join(" | ");
    let mut text = format!("| correction | {titles} |\n|---|---|---|---|---|\n");
    for correction in &outcome.corrections {
        let _ = write!(text, "| `{}`", correction.target.replace('|', r"\|"));
        for (effect, _) in COLUMNS {
            let versions: Vec<&str> = correction.versions(effect).collect();
            let _ = write!(text, " | {}", listed(outcome, &versions));
        }
        text.push_str(" |\n");
    }
    text
}

/// Returns the entries that docs.yaml lacks.
#[must_use]
pub fn to_be_described(outcome: &Outcome) -> String {
    let mut entries: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for version in &outcome.versions {
        for entry in &version.coverage.missing {
            entries.entry(entry).or_default().push(&version.version);
        }
    }
    let mut text = "| to be described | versions |\n|---|---|\n".to_owned();
    for (entry, versions) in entries {
        let _ = writeln!(text, "| {entry} | {} |", listed(outcome, &versions));
    }
    text
}

fn listed(outcome: &Outcome, versions: &[&str]) -> String {
    match versions.len() == outcome.versions.len() {
        true => "all".to_owned(),
        false => versions.join(", "),
    }
}
