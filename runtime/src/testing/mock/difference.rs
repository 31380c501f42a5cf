//! Differences between two JSON values.

use crate::types::JsonValue;

/// Returns the JSON pointers at which `actual` differs from `expected`. Does not return the values, which may be
/// secret.
pub(super) fn differences(expected: &JsonValue, actual: &JsonValue) -> Vec<String> {
    let mut found = Vec::new();
    compare("", expected, actual, &mut found);
    found
}

fn compare(at: &str, expected: &JsonValue, actual: &JsonValue, found: &mut Vec<String>) {
    match (expected, actual) {
        (JsonValue::Object(expected), JsonValue::Object(actual)) => {
            for (key, value) in expected {
                let at = below(at, key);
                match actual.get(key) {
                    Some(other) => compare(&at, value, other, found),
                    None => found.push(format!("{at} (missing)")),
                }
            }
            let others = actual.keys().filter(|key| !expected.contains_key(*key));
            found.extend(others.map(|key| format!("{} (not expected)", below(at, key))));
        }
        (JsonValue::Array(expected), JsonValue::Array(actual))
            if expected.len() == actual.len() =>
        {
            for (index, (value, other)) in expected.iter().zip(actual).enumerate() {
                compare(&format!("{at}/{index}"), value, other, found);
            }
        }
        (expected, actual) if expected == actual => {}
        _ if at.is_empty() => found.push("its root".to_owned()),
        _ => found.push(at.to_owned()),
    }
}

fn below(at: &str, key: &str) -> String {
    format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"))
}
