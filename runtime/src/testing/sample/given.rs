//! Interprets the properties that a test gives.

use serde_json::{Map, Value};

use crate::testing::schemas::{Schemas, problems};

/// Returns the variant of a union that the given properties belong to: of the variants whose constants they do not
/// contradict, the one that has most of the keys.
pub(super) fn meant<'m>(
    schemas: &Schemas,
    members: &'m [Value],
    given: &Value,
) -> Option<&'m Value> {
    let scored = members.iter().filter_map(|member| {
        let schema = schemas.resolved(member);
        let Some(given) = given.as_object().filter(|_| schema["type"] == "object") else {
            let is_valid = problems(schemas, member, given).is_empty();
            let is_id = given.is_string() && schema["properties"].get("id").is_some();
            return (is_valid || is_id).then_some((0, member));
        };
        let properties = schema["properties"].as_object()?;
        let mut score = 0_i64;
        for (key, schema) in properties {
            let expected = schema.get("const");
            let given = given.get(key).filter(|value| !value.is_null());
            match (given, expected) {
                (Some(value), Some(constant)) if value != constant => return None,
                (Some(value), None) => {
                    let values = schema["enum"].as_array();
                    if values.is_some_and(|values| !values.contains(value)) {
                        return None;
                    }
                    score += 2;
                }
                (Some(_), Some(_)) => score += 2,
                (None, Some(_)) => score -= 1,
                (None, None) => {}
            }
        }
        Some((score, member))
    });
    // If several variants match equally well, the first one is chosen.
    let best = scored.fold(None, |best: Option<(i64, &Value)>, next| match best {
        Some(best) if best.0 >= next.0 => Some(best),
        _ => Some(next),
    });
    best.map(|(_, member)| member)
}

/// Returns the value of a property that follows from another given property. For example, `customer_id` follows from
/// `customer` and the reverse, and `product` from the first item of `products`.
pub(super) fn reference(given: &Map<String, Value>, key: &str) -> Option<Value> {
    let (stem, is_id) = match key.strip_suffix("_id") {
        Some(stem) => (stem, true),
        None => (key, false),
    };
    let first = || given.get(&format!("{stem}s"))?.get(0);
    let id = || given.get(&format!("{stem}_id")).filter(|id| id.is_string());
    let thing = match is_id {
        true => given.get(stem).or_else(first),
        false => id().or_else(first),
    }?;
    match thing.get("id") {
        Some(id) if is_id => Some(id.clone()),
        None if is_id => Some(thing.clone()).filter(Value::is_string),
        _ => Some(thing.clone()),
    }
}
