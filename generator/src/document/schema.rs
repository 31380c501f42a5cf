//! Downgrades a schema from OpenAPI 3.1 to 3.0, because `openapiv3` only supports 3.0. Keywords that 3.0 does not have are
//! converted as follows, or rejected.
//!
//! | OpenAPI 3.1 | result |
//! |---|---|
//! | `type: [x, "null"]`, a union with `type: "null"` | `nullable: true`; a union with one remaining member becomes that member |
//! | `const: v` | `enum: [v]` and `x-const: true` |
//! | `exclusiveMinimum: n` | `minimum: n` and `exclusiveMinimum: true`, unless the schema also has a stricter `minimum` |
//! | `prefixItems`, `propertyNames` | `x-prefix-items`, `x-property-names` |
//! | `items: false` next to `prefixItems` | `maxItems` |
//! | `$ref` next to other keywords | `allOf: [$ref]` next to them |
//! | a component that is a `$ref` alone | `allOf: [$ref]` |
//! | `default: null` | `x-default-null: true` |

use std::collections::HashSet;

use serde_json::{Map, Number, Value, json};

use super::extensions::{
    AMBIGUOUS, CHOICES, CHOSEN_BY, CONST, DEFAULT_NULL, LOOKUP, PREFIX_ITEMS, PROPERTY_NAMES,
    RUST_NAME,
};
use super::keywords::{Keyword, Kind, describe};
use super::pointer::At;
use crate::error::Problem;

/// The keywords that determine the kind of a schema.
const DECIDING: [&str; 5] = ["type", "$ref", "anyOf", "oneOf", "allOf"];

type Entries = Map<String, Value>;

/// Downgrades all schemas of a document. Collects problems, and references that have to be resolved.
pub(super) struct Schemas<'a> {
    file: &'a str,
    pub(super) problems: Vec<Problem>,
    /// The place and the target of each reference.
    pub(super) references: Vec<(String, String)>,
}

impl<'a> Schemas<'a> {
    pub(super) fn new(file: &'a str) -> Self {
        Self {
            file,
            problems: Vec::new(),
            references: Vec::new(),
        }
    }

    pub(super) fn problem(&mut self, at: &At<'_>, message: impl Into<String>) {
        self.problems
            .push(Problem::new(self.file, at.to_string(), message));
    }

    /// Returns the schema in OpenAPI 3.0. If the schema has a problem, records the problem and returns the valid part, so
    /// that further problems are found.
    pub(super) fn downgrade(&mut self, value: Value, at: &At<'_>) -> Value {
        let mut schema = match value {
            Value::Object(entries) => entries,
            Value::Bool(true) => Entries::new(),
            other => {
                let message = format!("expected a schema, found {}", describe(&other));
                self.problem(at, message);
                return json!({});
            }
        };
        self.check_shapes(&mut schema, at);
        self.normalize_type(&mut schema, at);
        let kind = self.kind(&schema, at);
        self.check_fit(&mut schema, kind, at);
        close_tuple(&mut schema);
        self.children(&mut schema, at);
        annotations(&mut schema);
        Value::Object(match kind {
            Kind::Reference => self.reference(schema, at),
            Kind::AnyOf => self.union(schema, "anyOf", at),
            Kind::OneOf => self.union(schema, "oneOf", at),
            Kind::AllOf | Kind::Untyped => schema,
            Kind::Null => null(schema),
            Kind::Integer | Kind::Number => self.number(schema, kind, at),
            Kind::String | Kind::Boolean => self.constants(schema, kind, at),
            Kind::Array => renamed(schema, "prefixItems", PREFIX_ITEMS),
            Kind::Object => renamed(schema, "propertyNames", PROPERTY_NAMES),
        })
    }

    /// Rejects and removes keywords that are unknown or whose values have the wrong shape.
    fn check_shapes(&mut self, schema: &mut Entries, at: &At<'_>) {
        schema.retain(|name, value| {
            let Some(keyword) = Keyword::find(name) else {
                self.problem(
                    &at.key(name),
                    "is not a keyword that this generator supports",
                );
                return false;
            };
            let matches = keyword.shape.matches(value);
            if !matches {
                let expected = keyword.shape.expected();
                let message = format!("expected {expected}, found {}", describe(value));
                self.problem(&at.key(name), message);
            }
            if name == RUST_NAME && !at.is_named() {
                let message =
                    "is only allowed on components and properties; set the `title` of other types";
                self.problem(&at.key(name), message);
            }
            matches
        });
    }

    /// Normalizes `type` to a single name: from a list with `null`, or from the constants if `type` is missing.
    fn normalize_type(&mut self, schema: &mut Entries, at: &At<'_>) {
        if let Some(Value::Array(names)) = schema.get_mut("type") {
            let mut others = names.clone();
            others.retain(|name| name != "null");
            let nullable = others.len() < names.len();
            let [name] = others.as_slice() else {
                self.problem(&at.key("type"), "expected one type, or one type and null");
                schema.remove("type");
                return;
            };
            let name = name.clone();
            schema.insert("type".to_owned(), name);
            if nullable {
                schema.insert("nullable".to_owned(), Value::Bool(true));
            }
        }
        if DECIDING.iter().any(|key| schema.contains_key(*key)) {
            return;
        }
        let constant = match (schema.get("const"), schema.get("enum")) {
            (Some(constant), _) => Some(constant),
            (None, Some(Value::Array(values))) => values.iter().find(|value| !value.is_null()),
            _ => None,
        };
        if let Some(name) = constant.map(Kind::type_of) {
            schema.insert("type".to_owned(), Value::from(name));
        }
    }

    /// Returns the kind of the schema, by the first of the [`DECIDING`] keywords in it. If the schema has a second one,
    /// `check_fit` rejects it, because that keyword is not allowed in this kind of schema.
    fn kind(&mut self, schema: &Entries, at: &At<'_>) -> Kind {
        schema
            .iter()
            .find_map(|(name, value)| match (name.as_str(), value) {
                ("$ref", _) => Some(Kind::Reference),
                ("anyOf", _) => Some(Kind::AnyOf),
                ("oneOf", _) => Some(Kind::OneOf),
                ("allOf", _) => Some(Kind::AllOf),
                ("type", Value::String(text)) => Kind::of_type(text).or_else(|| {
                    self.problem(&at.key("type"), format!("there is no type `{text}`"));
                    None
                }),
                _ => None,
            })
            .unwrap_or(Kind::Untyped)
    }

    /// Rejects and removes keywords that do not apply to the kind.
    fn check_fit(&mut self, schema: &mut Entries, kind: Kind, at: &At<'_>) {
        schema.retain(|name, _| {
            let fits = Keyword::find(name).is_some_and(|keyword| keyword.fits(kind));
            let already_reported = kind == Kind::Untyped && name == "type";
            if !fits && !already_reported {
                let message = format!("is not allowed in a schema that is {kind}");
                self.problem(&at.key(name), message);
            }
            fits
        });
    }

    /// Downgrades the schemas inside of this one.
    fn children(&mut self, schema: &mut Entries, at: &At<'_>) {
        for (name, value) in schema {
            let at = at.key(name);
            match (name.as_str(), value) {
                ("properties", Value::Object(properties)) => {
                    for (name, property) in properties {
                        *property = self.downgrade(property.take(), &at.key(name));
                    }
                }
                ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(members)) => {
                    for (index, member) in members.iter_mut().enumerate() {
                        *member = self.downgrade(member.take(), &at.index(index));
                    }
                }
                ("additionalProperties", Value::Bool(_)) => {}
                ("items" | "additionalProperties", child) => {
                    *child = self.downgrade(child.take(), &at);
                }
                ("propertyNames", child) => {
                    default_to_string(child);
                    *child = self.downgrade(child.take(), &at);
                }
                _ => {}
            }
        }
    }

    /// Wraps a `$ref` in `allOf` if there are other keywords next to it, because OpenAPI 3.0 ignores keywords next to a
    /// `$ref`.
    fn reference(&mut self, mut schema: Entries, at: &At<'_>) -> Entries {
        let Some(reference) = schema.shift_remove("$ref") else {
            return schema;
        };
        self.remember(&at.key("$ref"), &reference);
        let reference = Entries::from_iter([("$ref".to_owned(), reference)]);
        if schema.is_empty() {
            return reference;
        }
        schema.insert("allOf".to_owned(), json!([reference]));
        schema
    }

    fn mapping(&mut self, discriminator: &Value, at: &At<'_>) {
        let at = at.key("mapping");
        for (name, reference) in discriminator["mapping"].as_object().into_iter().flatten() {
            self.remember(&at.key(name), reference);
        }
    }

    fn remember(&mut self, at: &At<'_>, reference: &Value) {
        if let Value::String(reference) = reference {
            self.references.push((at.to_string(), reference.clone()));
        }
    }

    /// Removes null from the members of a union. Returns the union, its only remaining member, or the schema of null.
    fn union(&mut self, mut schema: Entries, keyword: &str, at: &At<'_>) -> Entries {
        let Some(Value::Array(mut members)) = schema.shift_remove(keyword) else {
            return schema;
        };
        if let Some(discriminator) = schema.get("discriminator") {
            self.mapping(discriminator, &at.key("discriminator"));
        }
        let count = members.len();
        members.retain(|member| !is_null(member));
        match members.len() {
            0 if count == 0 => {
                self.problem(&at.key(keyword), "has no members");
                return schema;
            }
            0 => return null(schema),
            remaining if remaining < count => {
                schema.insert("nullable".to_owned(), Value::Bool(true));
            }
            _ => {}
        }
        if members.len() == 1 {
            return self.only_member(schema, members.remove(0), at);
        }
        schema.insert(keyword.to_owned(), Value::Array(members));
        schema
    }

    /// Returns the only member of a union, with the annotations of the union added.
    fn only_member(&mut self, outer: Entries, member: Value, at: &At<'_>) -> Entries {
        let mut schema = match member {
            Value::Object(member) if !member.contains_key("$ref") => member,
            member if outer.is_empty() => {
                return member.as_object().cloned().unwrap_or_default();
            }
            member => Entries::from_iter([("allOf".to_owned(), json!([member]))]),
        };
        for (name, value) in outer {
            if matches!(
                name.as_str(),
                "discriminator" | AMBIGUOUS | CHOICES | CHOSEN_BY | LOOKUP
            ) {
                self.problem(
                    &at.key(&name),
                    "is not supported on a union with a single member",
                );
                continue;
            }
            match schema.get(&name) {
                Some(inner) if *inner != value => {
                    self.problem(
                        &at.key(&name),
                        "the only member of this union has another value",
                    );
                }
                _ => {
                    schema.insert(name, value);
                }
            }
        }
        schema
    }

    /// Converts the bounds and constants of a numeric schema to OpenAPI 3.0. Bounds of an integer become integers.
    fn number(&mut self, mut schema: Entries, kind: Kind, at: &At<'_>) -> Entries {
        exclusive_bound(&mut schema, "minimum", "exclusiveMinimum", f64::ge);
        exclusive_bound(&mut schema, "maximum", "exclusiveMaximum", f64::le);
        if kind == Kind::Integer {
            for name in ["minimum", "maximum", "multipleOf"] {
                let Some(Value::Number(number)) = schema.get_mut(name) else {
                    continue;
                };
                match integer(number) {
                    Some(integer) => *number = integer,
                    None => {
                        let message = format!("expected an integer of 64 bits, found {number}");
                        self.problem(&at.key(name), message);
                    }
                }
            }
        }
        self.constants(schema, kind, at)
    }

    /// Converts `const` to an `enum` with one value. Checks that all values have the schema's type and are unique.
    fn constants(&mut self, mut schema: Entries, kind: Kind, at: &At<'_>) -> Entries {
        if let Some(constant) = schema.shift_remove("const") {
            if schema.contains_key("enum") {
                self.problem(&at.key("const"), "is not supported together with `enum`");
            }
            if !kind.admits(&constant) {
                let message = format!("{} is not {kind}", describe(&constant));
                self.problem(&at.key("const"), message);
            }
            schema.insert("enum".to_owned(), json!([constant]));
            schema.insert(CONST.to_owned(), Value::Bool(true));
            return schema;
        }
        let Some(Value::Array(values)) = schema.get_mut("enum") else {
            return schema;
        };
        let count = values.len();
        values.retain(|value| !value.is_null());
        let nullable = values.len() < count;
        if values.is_empty() {
            self.problem(&at.key("enum"), "has no values");
        }
        let (enumeration, mut seen) = (at.key("enum"), HashSet::new());
        for (index, value) in values.iter().enumerate() {
            if !kind.admits(value) {
                let message = format!("{} is not {kind}", describe(value));
                self.problem(&enumeration.index(index), message);
            } else if !seen.insert(value.to_string()) {
                self.problem(&enumeration.index(index), "is repeated");
            }
        }
        if nullable {
            schema.insert("nullable".to_owned(), Value::Bool(true));
        }
        schema
    }
}

/// Replaces `items: false`, which permits no items after the tuple's positions, by `maxItems`.
fn close_tuple(schema: &mut Entries) {
    let Some(Value::Array(positions)) = schema.get("prefixItems") else {
        return;
    };
    let count = positions.len() as u64;
    if schema.get("items") == Some(&Value::Bool(false)) {
        schema.shift_remove("items");
        let most = schema.get("maxItems").and_then(Value::as_u64);
        let most = most.map_or(count, |most| most.min(count));
        schema.insert("maxItems".to_owned(), most.into());
    }
}

/// Removes flags without an effect. Expresses a default of null by an extension, because `openapiv3` drops it.
fn annotations(schema: &mut Entries) {
    for flag in [
        "deprecated",
        "readOnly",
        "writeOnly",
        "nullable",
        "uniqueItems",
    ] {
        if schema.get(flag) == Some(&Value::Bool(false)) {
            schema.shift_remove(flag);
        }
    }
    if schema.get("default") == Some(&Value::Null) {
        schema.shift_remove("default");
        schema.insert(DEFAULT_NULL.to_owned(), Value::Bool(true));
    }
}

/// Returns the schema of null, with the annotations of this schema.
fn null(mut schema: Entries) -> Entries {
    schema.shift_remove("type");
    schema.shift_remove("const");
    schema.insert("nullable".to_owned(), Value::Bool(true));
    schema.insert("enum".to_owned(), json!([null]));
    schema.insert(CONST.to_owned(), Value::Bool(true));
    schema
}

/// Merges an exclusive bound with an inclusive one. Only the stricter of the two has an effect.
fn exclusive_bound(
    schema: &mut Entries,
    bound: &str,
    exclusive: &str,
    stricter: fn(&f64, &f64) -> bool,
) {
    let Some(limit) = schema.shift_remove(exclusive) else {
        return;
    };
    let inclusive = schema.get(bound).and_then(Value::as_f64);
    if inclusive.is_none_or(|it| limit.as_f64().is_some_and(|limit| stricter(&limit, &it))) {
        schema.insert(bound.to_owned(), limit);
        schema.insert(exclusive.to_owned(), Value::Bool(true));
    }
}

fn is_null(schema: &Value) -> bool {
    schema.get(CONST).is_some() && schema.get("enum") == Some(&json!([null]))
}

fn renamed(mut schema: Entries, from: &str, to: &str) -> Entries {
    if let Some(value) = schema.shift_remove(from) {
        schema.insert(to.to_owned(), value);
    }
    schema
}

/// Adds `type: string` to the schema of an object's keys. The documents omit it, because keys are always strings.
fn default_to_string(schema: &mut Value) {
    if let Value::Object(schema) = schema
        && !DECIDING.iter().any(|key| schema.contains_key(*key))
    {
        schema.insert("type".to_owned(), Value::from("string"));
    }
}

/// Returns the number as an integer, if its value is one. The documents write some integers as floats, such as `1.0`.
fn integer(number: &Number) -> Option<Number> {
    if number.is_i64() {
        return Some(number.clone());
    }
    // From 2^53 on, the float may be another number than the document contains. It is not converted then.
    let float = number.as_f64()?;
    (float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0)
        .then(|| Number::from(float as i64))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

    use super::*;

    #[test]
    fn only_exact_floats_are_integers() {
        let read = |float: f64| integer(&Number::from_f64(float).unwrap());
        assert_eq!(read(1.0), Some(Number::from(1)));
        let exact = 9_007_199_254_740_991_i64;
        assert_eq!(read(exact as f64), Some(Number::from(exact)));
        // 2^53, and what 2^53 + 1 is rounded to.
        assert_eq!(read(9_007_199_254_740_992.0), None);
        assert_eq!(read(1.5), None);
        assert_eq!(
            integer(&Number::from(i64::MAX)),
            Some(Number::from(i64::MAX))
        );
    }
}
