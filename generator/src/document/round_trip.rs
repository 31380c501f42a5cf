//! Verifies that `openapiv3` dropped nothing. The library ignores keys that it does not know, so the parsed document is
//! serialized again and compared with its input.

use openapiv3::OpenAPI;
use serde_json::Value;

use super::pointer::At;
use crate::error::{Problem, Report};

/// Reports every value of the input that the parsed document omits or changes. Values that only the parsed document has
/// are permitted: they are defaults of OpenAPI.
pub(super) fn check(file: &str, tree: &Value, api: &OpenAPI) -> Result<(), Report> {
    let written = serde_json::to_value(api)
        .map_err(|error| Problem::new(file, "", format!("cannot be written again: {error}")))?;
    let mut differences = Vec::new();
    compare(tree, Some(&written), &At::Root, &mut differences);
    Report::check(differences.into_iter().map(|at| {
        let message = "is lost or changed when the document is read as OpenAPI 3.0";
        Problem::new(file, at, message)
    }))
}

fn compare(given: &Value, written: Option<&Value>, at: &At<'_>, differences: &mut Vec<String>) {
    match (given, written) {
        (Value::Object(given), Some(Value::Object(written))) => {
            for (name, value) in given {
                compare(value, written.get(name), &at.key(name), differences);
            }
        }
        (Value::Array(given), Some(Value::Array(written))) if given.len() == written.len() => {
            for (index, value) in given.iter().enumerate() {
                compare(value, written.get(index), &at.index(index), differences);
            }
        }
        // `openapiv3` represents numeric bounds as floats.
        (Value::Number(given), Some(Value::Number(written)))
            if given.as_f64() == written.as_f64() => {}
        (given, Some(written)) if given == written => {}
        (given, None) if is_implied(given) => {}
        _ => differences.push(at.to_string()),
    }
}

/// Returns whether omitting the key has the same meaning as this value.
fn is_implied(value: &Value) -> bool {
    match value {
        Value::Bool(value) => !value,
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        _ => false,
    }
}
