//! Extracts the contract of a schema: its keywords in a fixed order, without prose.

use serde_json::{Number, Value};

use super::extractor::{self, Entries, Extractor, child};

/// The place of a schema. A component has a name; an inline schema may need its title as a name.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Place {
    Component,
    Inline,
}

/// The keywords that are kept, in the order in which they are written. A `title` that names a type comes before them.
const KEPT_KEYWORDS: &[&str] = &[
    "deprecated",
    "readOnly",
    "writeOnly",
    "nullable",
    "$ref",
    "type",
    "format",
    "const",
    "enum",
    "default",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "exclusiveMinimum",
    "maximum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "required",
    "properties",
    "propertyNames",
    "additionalProperties",
    "prefixItems",
    "items",
    "anyOf",
    "oneOf",
    "allOf",
    "discriminator",
];

/// Returns the contract of a schema.
pub(super) fn keep(extractor: &mut Extractor<'_>, schema: Value, place: Place, at: &str) -> Value {
    let mut schema = match schema {
        Value::Object(schema) => schema,
        Value::Bool(value) => return Value::Bool(value),
        _ => {
            extractor.problem(at, "expected a schema");
            return schema;
        }
    };
    let title = schema.remove("title");
    let mut out = Entries::new();
    for name in KEPT_KEYWORDS {
        if let Some(value) = schema.remove(*name) {
            let value = keyword(extractor, name, value, &child(at, name));
            out.insert((*name).to_owned(), value);
        }
    }
    extractor.finish(schema, at);
    // Depends only on keywords that are kept, so that importing a contract again does not change it.
    match title {
        Some(Value::String(title)) if is_name(&out, &title, place) => {
            out.shift_insert(0, "title".to_owned(), Value::String(title));
        }
        Some(_) => extractor.omitted.count("titles"),
        None => {}
    }
    Value::Object(out)
}

/// Returns whether the title is kept, because the schema becomes a type that needs a name. Most titles only repeat the name
/// of the property.
fn is_name(schema: &Entries, title: &str, place: Place) -> bool {
    if place == Place::Component || title.starts_with("Response ") {
        return false;
    }
    let unions = ["anyOf", "oneOf"];
    let members = unions.iter().find_map(|name| schema.get(*name)?.as_array());
    match members {
        Some(members) => {
            let members: Vec<_> = members
                .iter()
                .filter(|member| member["type"] != "null")
                .collect();
            members.len() >= 2 && !is_one_or_many(&members) && !is_numeric(&members)
        }
        None => schema.contains_key("enum"),
    }
}

/// Returns whether the members are a type and an array of that type. Such a union describes a list.
fn is_one_or_many(members: &[&Value]) -> bool {
    let many = |one: &Value, many: &Value| many["type"] == "array" && many["items"] == *one;
    match members {
        [a, b] => many(a, b) || many(b, a),
        _ => false,
    }
}

/// Returns whether the members are representations of one number: an integer, a float, or a string of digits. Such a union
/// describes a number.
fn is_numeric(members: &[&Value]) -> bool {
    members.iter().all(|member| {
        member["type"] == "integer" || member["type"] == "number" || member.get("pattern").is_some()
    })
}

fn keyword(extractor: &mut Extractor<'_>, name: &str, mut value: Value, at: &str) -> Value {
    match (name, &mut value) {
        ("$ref", Value::String(reference)) => extractor.refer(reference, at),
        ("properties", Value::Object(properties)) => {
            for (name, property) in properties {
                *property = keep(extractor, property.take(), Place::Inline, &child(at, name));
            }
        }
        ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(members)) => {
            for (index, member) in members.iter_mut().enumerate() {
                *member = keep(
                    extractor,
                    member.take(),
                    Place::Inline,
                    &format!("{at}/{index}"),
                );
            }
        }
        ("items" | "additionalProperties" | "propertyNames", child) => {
            *child = keep(extractor, child.take(), Place::Inline, at);
        }
        ("discriminator", discriminator) => {
            for (name, reference) in discriminator["mapping"].as_object().into_iter().flatten() {
                let at = child(&child(at, "mapping"), name);
                extractor.refer(reference.as_str().unwrap_or_default(), &at);
            }
            let mut from = extractor.entries(Some(discriminator.take()), at);
            let mut out = Entries::new();
            extractor::keep(&mut from, &mut out, &["propertyName", "mapping"]);
            extractor.finish(from, at);
            *discriminator = Value::Object(out);
        }
        (
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf",
            Value::Number(number),
        ) => *number = integer(number),
        _ => {}
    }
    value
}

/// Returns the bound as an integer: some are published with a fraction of zero.
fn integer(number: &Number) -> Number {
    match number.as_f64() {
        // Floats up to 2^53 are exact, so the conversion is lossless.
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() <= 9e15 => {
            Number::from(float as i64)
        }
        _ => number.clone(),
    }
}
