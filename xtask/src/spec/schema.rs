//! Takes the contract out of one schema: its keywords in one order, without the prose.

use serde_json::{Number, Value};

use super::contract::{self, Entries, Work, child};

/// Where a schema stands. A component has a name; an inline one may need its title as one.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Place {
    Component,
    Inline,
}

/// The keywords that are kept, in the order in which they are written. Before them all stands `title`, if it is a name.
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

/// Returns the schema's contract.
pub(super) fn keep(work: &mut Work<'_>, schema: Value, place: Place, at: &str) -> Value {
    let mut schema = match schema {
        Value::Object(schema) => schema,
        Value::Bool(value) => return Value::Bool(value),
        _ => {
            work.problem(at, "expected a schema");
            return schema;
        }
    };
    let title = schema.remove("title");
    let mut out = Entries::new();
    for name in KEPT_KEYWORDS {
        if let Some(value) = schema.remove(*name) {
            let value = keyword(work, name, value, &child(at, name));
            out.insert((*name).to_owned(), value);
        }
    }
    work.finish(schema, at);
    // Decided by what is kept, so that importing the result again decides the same.
    match title {
        Some(Value::String(title)) if is_name(&out, &title, place) => {
            out.shift_insert(0, "title".to_owned(), Value::String(title));
        }
        Some(_) => work.omitted.count("titles"),
        None => {}
    }
    Value::Object(out)
}

/// Returns whether the title names a type. Most titles only repeat the name of the property.
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

/// Returns a value, or an array of such values: a way to write a list, not a type of its own.
fn is_one_or_many(members: &[&Value]) -> bool {
    let many = |one: &Value, many: &Value| many["type"] == "array" && many["items"] == *one;
    match members {
        [a, b] => many(a, b) || many(b, a),
        _ => false,
    }
}

/// Returns a number in more than one notation: integer, fraction, digits in a string of a given pattern.
fn is_numeric(members: &[&Value]) -> bool {
    members.iter().all(|member| {
        member["type"] == "integer" || member["type"] == "number" || member.get("pattern").is_some()
    })
}

fn keyword(work: &mut Work<'_>, name: &str, mut value: Value, at: &str) -> Value {
    match (name, &mut value) {
        ("$ref", Value::String(reference)) => work.refer(reference, at),
        ("properties", Value::Object(properties)) => {
            for (name, property) in properties {
                *property = keep(work, property.take(), Place::Inline, &child(at, name));
            }
        }
        ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(members)) => {
            for (index, member) in members.iter_mut().enumerate() {
                *member = keep(work, member.take(), Place::Inline, &format!("{at}/{index}"));
            }
        }
        ("items" | "additionalProperties" | "propertyNames", child) => {
            *child = keep(work, child.take(), Place::Inline, at);
        }
        ("discriminator", discriminator) => {
            for (name, reference) in discriminator["mapping"].as_object().into_iter().flatten() {
                let at = child(&child(at, "mapping"), name);
                work.refer(reference.as_str().unwrap_or_default(), &at);
            }
            let mut from = work.entries(Some(discriminator.take()), at);
            let mut out = Entries::new();
            contract::keep(&mut from, &mut out, &["propertyName", "mapping"]);
            work.finish(from, at);
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

/// Returns a bound without the fraction of zero that some are published with.
fn integer(number: &Number) -> Number {
    match number.as_f64() {
        // Floats up to 2^53 are exact, so the conversion loses nothing.
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() <= 9e15 => {
            Number::from(float as i64)
        }
        _ => number.clone(),
    }
}
