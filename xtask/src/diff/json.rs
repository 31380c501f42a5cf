//! Formats differences as JSON.

use polar_codegen::compare::{Difference, WireImpact};
use serde_json::{Value, json};

use super::Outcome;

/// Returns one object with the list of all differences.
pub(super) fn write(outcome: &Outcome) -> String {
    let comparison = &outcome.comparison;
    let differences: Vec<Value> = comparison.differences.iter().map(difference).collect();
    let value = json!({
        "from": outcome.from,
        "to": outcome.to,
        "semver": comparison.semver().map(|semver| semver.to_string()),
        "wire": wire(comparison.wire()),
        "differences": differences,
    });
    format!("{value:#}\n")
}

fn difference(difference: &Difference) -> Value {
    json!({
        "kind": difference.kind.name(),
        "subject": difference.subject,
        "detail": difference.detail,
        "semver": difference.semver().to_string(),
        "wire": wire(difference.wire()),
        "section": difference.section().to_string(),
        "because": difference.rule().because,
        "versions": difference.versions,
        "operations": difference.operations,
        "types": difference.types,
        "in_webhooks": difference.in_webhooks,
    })
}

fn wire(wire: WireImpact) -> Value {
    json!({
        "breaks_requests": wire.breaks_requests,
        "breaks_responses": wire.breaks_responses,
    })
}
