//! Formats differences for a terminal.

use std::collections::BTreeSet;
use std::fmt::{Display, Write as _};

use anstyle::{AnsiColor, Style};
use polar_codegen::compare::{Difference, Semver};

use super::Outcome;

/// The maximum number of names in a list. Further names are counted.
const MAX_LISTED: usize = 5;

/// Lists the most severe differences first, each with the reason of its classification and the operations and types
/// that use it.
pub(super) fn write(outcome: &Outcome) -> String {
    let comparison = &outcome.comparison;
    let mut text = format!("{} → {}: ", outcome.from, outcome.to);
    let Some(semver) = comparison.semver() else {
        text.push_str("no differences\n");
        return text;
    };
    let _ = writeln!(text, "{}, {}", colored(semver), comparison.wire());
    for semver in [Semver::Major, Semver::Minor, Semver::Patch] {
        let differences = comparison.differences.iter();
        let differences: Vec<_> = differences.filter(|it| it.semver() == semver).collect();
        if !differences.is_empty() {
            let _ = writeln!(text, "\n{} ({})", colored(semver), differences.len());
        }
        for difference in differences {
            write_one(&mut text, difference);
        }
    }
    text
}

fn write_one(text: &mut String, difference: &Difference) {
    let (bold, faint) = (Style::new().bold(), Style::new().dimmed());
    let _ = write!(
        text,
        "  {}: {bold}{}{bold:#}",
        difference.kind.label(),
        difference.subject
    );
    if let Some(detail) = &difference.detail {
        let _ = write!(text, " ({detail})");
    }
    if !difference.versions.is_empty() {
        let _ = write!(text, " in {}", difference.versions.join(", "));
    }
    let _ = write!(text, "\n      {faint}{}", difference.rule().because);
    let wire = difference.wire();
    if !wire.is_compatible() {
        let _ = write!(text, "; {wire} of deployed clients");
    }
    let mut users = named(&difference.operations, ["operation", "operations"]);
    users.extend(named(&difference.types, ["type", "types"]));
    if difference.in_webhooks {
        users.push("webhooks".to_owned());
    }
    let is_itself =
        matches!(users.as_slice(), [only] if difference.subject.starts_with(only.as_str()));
    if !users.is_empty() && !is_itself {
        let _ = write!(text, "\n      reached by {}", users.join(", "));
    }
    let _ = writeln!(text, "{faint:#}");
}

/// Returns the first few names, and the number of the others.
fn named(names: &BTreeSet<String>, [one, many]: [&str; 2]) -> Vec<String> {
    let mut named: Vec<String> = names.iter().take(MAX_LISTED).cloned().collect();
    match names.len().saturating_sub(MAX_LISTED) {
        0 => {}
        1 => named.push(format!("1 more {one}")),
        more => named.push(format!("{more} more {many}")),
    }
    named
}

fn colored(semver: Semver) -> impl Display {
    let color = match semver {
        Semver::Major => AnsiColor::Red,
        Semver::Minor => AnsiColor::Yellow,
        Semver::Patch => AnsiColor::Green,
    };
    let style = color.on_default().bold();
    format!("{style}{semver}{style:#}")
}
