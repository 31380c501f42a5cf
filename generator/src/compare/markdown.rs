//! A comparison as Markdown: an entry of a changelog, and the text of a pull request.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::Comparison;
use super::difference::Difference;
use super::verdict::{News, Semver};

/// More names than this are counted.
const NAMED: usize = 5;

/// The sections of the changelog, each with a line for each difference.
pub(super) fn write(comparison: &Comparison) -> String {
    let mut text = String::new();
    for news in News::ALL {
        let differences = comparison.differences.iter();
        let differences: Vec<_> = differences.filter(|it| it.news() == news).collect();
        if differences.is_empty() {
            continue;
        }
        let start = if text.is_empty() { "" } else { "\n" };
        let _ = writeln!(text, "{start}### {news}\n");
        for difference in differences {
            let _ = writeln!(text, "- {}", line(difference));
        }
    }
    text
}

/// As in ``**Breaking:** field added: `OrderCreate.currency` (string)``.
fn line(difference: &Difference) -> String {
    let mut text = String::new();
    if difference.semver() == Semver::Major {
        text.push_str("**Breaking:** ");
    }
    let _ = write!(
        text,
        "{}: `{}`",
        difference.kind.label(),
        difference.subject
    );
    if let Some(detail) = &difference.detail {
        let _ = write!(text, " ({detail})");
    }
    if let Some(users) = users(difference) {
        let _ = write!(text, ", {users}");
    }
    if !difference.versions.is_empty() {
        let _ = write!(text, ", in {}", difference.versions.join(", "));
    }
    let wire = difference.wire();
    if !wire.is_compatible() {
        let _ = write!(text, "; {wire} of deployed clients");
    }
    text
}

/// What uses it, the first few by name.
fn users(difference: &Difference) -> Option<String> {
    let operations: BTreeSet<&str> = difference.operations.iter().map(String::as_str).collect();
    let own = operations.len() == 1 && difference.types.is_empty();
    let is_itself = own
        && operations
            .iter()
            .all(|id| difference.subject.starts_with(id));
    if is_itself || (operations.is_empty() && !difference.in_webhooks) {
        return None;
    }
    let mut named: Vec<String> = operations
        .iter()
        .take(NAMED)
        .map(|id| format!("`{id}`"))
        .collect();
    let more = operations.len().saturating_sub(NAMED);
    if more > 0 {
        named.push(format!("{more} more operations"));
    }
    if difference.in_webhooks {
        named.push("webhooks".to_owned());
    }
    Some(format!("used by {}", named.join(", ")))
}
