//! Formats a comparison as Markdown: changelog entries, and the description of a pull request.

use std::fmt::Write as _;

use super::Comparison;
use super::difference::Difference;
use super::impact::{ChangelogSection, Semver};

/// The maximum number of operations that are listed by name. Further ones are counted.
const NAMED: usize = 3;

/// Returns the sections of the changelog. Each lists breaking differences one by one, then the others by kind.
pub(super) fn write(comparison: &Comparison) -> String {
    let mut text = String::new();
    for section in ChangelogSection::ALL {
        let differences = comparison.differences.iter();
        let differences = differences.filter(|it| it.section() == section);
        let (breaking, others): (Vec<_>, Vec<_>) =
            differences.partition(|it| it.semver() == Semver::Major);
        if breaking.is_empty() && others.is_empty() {
            continue;
        }
        let start = if text.is_empty() { "" } else { "\n" };
        let _ = writeln!(text, "{start}### {section}\n");
        for difference in breaking {
            let users = users(difference);
            let _ = write!(text, "- **Breaking:** {}: ", difference.kind.label());
            let _ = writeln!(
                text,
                "{}{users}{}.",
                named(difference),
                circumstances(difference)
            );
        }
        for group in others.chunk_by(|a, b| is_alike(a, b)) {
            let [first, ..] = group else { continue };
            let subjects: Vec<String> = group.iter().map(|it| named(it)).collect();
            let _ = write!(text, "- {}: ", capitalized(first.kind.label()));
            let _ = writeln!(text, "{}{}.", subjects.join(", "), circumstances(first));
        }
    }
    text
}

/// Returns whether two differences can be listed in one line.
fn is_alike(a: &Difference, b: &Difference) -> bool {
    a.kind == b.kind && a.versions == b.versions && a.wire() == b.wire()
}

fn named(difference: &Difference) -> String {
    match &difference.detail {
        Some(detail) => format!("`{}` ({detail})", difference.subject),
        None => format!("`{}`", difference.subject),
    }
}

/// Formats the versions with the difference, and the impact on deployed clients.
fn circumstances(difference: &Difference) -> String {
    let mut text = String::new();
    if !difference.versions.is_empty() {
        let _ = write!(text, "; in {}", difference.versions.join(", "));
    }
    let wire = difference.wire();
    if !wire.is_compatible() {
        let _ = write!(text, "; {wire} of deployed clients");
    }
    text
}

/// Formats the operations that refer to the changed item, the first few by name. Empty for a difference of an operation
/// itself.
fn users(difference: &Difference) -> String {
    let operations = &difference.operations;
    let mut named: Vec<String> = operations
        .iter()
        .filter(|id| !difference.subject.starts_with(id.as_str()))
        .take(NAMED)
        .map(|id| format!("`{id}`"))
        .collect();
    if named.is_empty() && !difference.in_webhooks {
        return String::new();
    }
    let more = operations.len().saturating_sub(named.len());
    if more > 0 && !named.is_empty() {
        named.push(format!("{more} more"));
    }
    if difference.in_webhooks {
        named.push("webhooks".to_owned());
    }
    format!(", reached by {}", named.join(", "))
}

fn capitalized(label: &str) -> String {
    let mut chars = label.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
