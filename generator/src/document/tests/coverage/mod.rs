//! Tests that nothing in a contract is ignored: every keyword and every entry of the grammar changes the emitted code,
//! is rejected, or is listed here with the reason why a client does not need it.

#![allow(clippy::panic, reason = "a panic is how a test fails")]

mod grammar;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::document::grammar::{DOCUMENT, Key, Need, Part};
use crate::document::keywords::{KEYWORDS, Kind};
use crate::document::{Source, yaml};
use crate::documentation::Documentation;
use crate::emit::{self, Layout, Parent};
use crate::share::share;

/// Keywords that have no meaning for a client: keywords, places (empty for all), reason.
const UNREAD_KEYWORDS: &[(&[&str], &[&str], &str)] = &[
    (
        &["title"],
        &[],
        "names a type that the contract leaves inline; other schemas need no name",
    ),
    (
        &["default"],
        &["items", "value", "member", "body", "response"],
        "the value there is required",
    ),
    (
        &["deprecated"],
        &["items", "value", "member", "body", "response"],
        "there is no field or parameter to avoid",
    ),
    (
        &["nullable", "type"],
        &["query"],
        "a query has no null: a parameter that is not set is left out",
    ),
    (
        &["const"],
        &["component", "items", "value", "query", "body", "response"],
        "an integer or boolean that is always the same is a plain one; properties say which",
    ),
    (
        &["x-secret"],
        &["query"],
        "values of parameters are never printed",
    ),
    (
        &[
            "format",
            "minLength",
            "maxLength",
            "pattern",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
            "minItems",
            "maxItems",
            "uniqueItems",
            "minProperties",
            "maxProperties",
            "propertyNames",
        ],
        &["response"],
        "responses are not validated against constraints, and a whole response has no field to document them",
    ),
];

/// Returns the code that is emitted for a contract; `None` if the contract is rejected.
fn outcome(contract: &Value) -> Option<BTreeMap<String, String>> {
    let text = contract.to_string();
    let source = Source {
        name: "contract",
        text: &text,
    };
    let api = crate::api(source, None, &Documentation::default()).ok()?;
    let layout = Layout {
        apis: &[&api],
        plan: &share(&[&api]),
        parent: Parent::None,
    };
    let files = layout.groups().flat_map(emit::files);
    let texts = files.map(|file| (file.path.clone(), file.emit().to_string()));
    Some(texts.collect())
}

#[test]
fn every_keyword_is_read() {
    let (mut ignored, mut read) = (Vec::new(), BTreeSet::new());
    let (mut excused, mut rejected) = (BTreeSet::new(), Vec::new());
    for (kind, base) in bases() {
        for place in PLACES {
            // Null as a member only makes the union nullable, so its other keywords are dropped.
            if (*place, kind) == ("member", Kind::Null) {
                continue;
            }
            let Some(before) = outcome(&contract(place, &base)) else {
                rejected.push(format!("{place}: {base}"));
                continue;
            };
            let fitting = KEYWORDS.iter().filter(|keyword| keyword.fits(kind));
            for keyword in fitting {
                for value in probes(keyword.name, kind) {
                    let mut schema = base.clone();
                    schema[keyword.name] = value.clone();
                    if outcome(&contract(place, &schema)).as_ref() != Some(&before) {
                        read.insert(keyword.name);
                        continue;
                    }
                    let excuse = UNREAD_KEYWORDS.iter().position(|(names, places, _)| {
                        names.contains(&keyword.name)
                            && (places.is_empty() || places.contains(place))
                    });
                    match excuse {
                        Some(excuse) => {
                            excused.insert(excuse);
                        }
                        None => {
                            ignored.push(format!("{place}: {base} with {}: {value}", keyword.name))
                        }
                    }
                }
            }
        }
    }
    assert!(ignored.is_empty(), "ignored:\n{}", ignored.join("\n"));
    assert_eq!(rejected, REJECTED, "schemas that no keyword is tried with");
    let all: BTreeSet<&str> = KEYWORDS.iter().map(|keyword| keyword.name).collect();
    assert_eq!(read, all, "read somewhere");
    assert_eq!(
        excused.len(),
        UNREAD_KEYWORDS.len(),
        "excuses that are needed: {excused:?}"
    );
}

/// Kinds of schemas that are rejected at some places, so that keywords cannot be tested there: objects and any values
/// in a query, and an object in a union with other objects.
const REJECTED: &[&str] = &[
    r##"query: {"$ref":"#/components/schemas/P"}"##,
    r##"query: {"anyOf":[{"$ref":"#/components/schemas/P"},{"$ref":"#/components/schemas/Q"}]}"##,
    r##"query: {"oneOf":[{"$ref":"#/components/schemas/P"},{"$ref":"#/components/schemas/Q"}]}"##,
    r##"query: {"allOf":[{"$ref":"#/components/schemas/P"}]}"##,
    r#"member: {"type":"object","properties":{"a":{"type":"string"}}}"#,
    r#"query: {"type":"object","properties":{"a":{"type":"string"}}}"#,
    r#"query: {"type":"object","additionalProperties":{"type":"string"}}"#,
    "query: {}",
];

const PLACES: &[&str] = &[
    "property",
    "component",
    "items",
    "value",
    "member",
    "query",
    "body",
    "response",
];

/// Returns a schema of each kind; of some kinds, one of each form.
fn bases() -> Vec<(Kind, Value)> {
    let (p, q) = (reference("P"), reference("Q"));
    vec![
        (Kind::Reference, p.clone()),
        (Kind::AnyOf, json!({"anyOf": [p, q]})),
        (Kind::OneOf, json!({"oneOf": [p, q]})),
        (Kind::AllOf, json!({"allOf": [p]})),
        (Kind::String, json!({"type": "string"})),
        (Kind::Number, json!({"type": "number"})),
        (Kind::Integer, json!({"type": "integer"})),
        (Kind::Boolean, json!({"type": "boolean"})),
        (
            Kind::Array,
            json!({"type": "array", "items": {"type": "string"}}),
        ),
        (
            Kind::Array,
            json!({"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}),
        ),
        (
            Kind::Object,
            json!({"type": "object", "properties": {"a": {"type": "string"}}}),
        ),
        (
            Kind::Object,
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
        ),
        (Kind::Null, json!({"type": "null"})),
        (Kind::Untyped, json!({})),
    ]
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// Returns values of a keyword that must have another effect than its absence.
fn probes(keyword: &str, kind: Kind) -> Vec<Value> {
    let text = || json!({"type": "string", "minLength": 7});
    let constant = match kind {
        Kind::String => json!("c"),
        Kind::Boolean => json!(true),
        Kind::Null => json!(null),
        _ => json!(7),
    };
    vec![match keyword {
        "type" => match kind {
            Kind::Null => return vec![],
            Kind::String => json!(["string", "null"]),
            Kind::Number => json!(["number", "null"]),
            Kind::Integer => json!(["integer", "null"]),
            Kind::Boolean => json!(["boolean", "null"]),
            Kind::Array => json!(["array", "null"]),
            _ => json!(["object", "null"]),
        },
        "$ref" => json!("#/components/schemas/Q"),
        "anyOf" | "oneOf" => json!([reference("P"), reference("R")]),
        "allOf" => {
            return vec![
                json!([reference("Q")]),
                json!([reference("P"), reference("Q")]),
            ];
        }
        // `const: null` adds nothing to `type: null`, so there is no value to try.
        "const" if kind == Kind::Null => return vec![],
        "const" => constant,
        "enum" if kind == Kind::Boolean => json!([true]),
        "enum" => json!([constant]),
        "format" => json!("odd"),
        "title" => json!("Titled"),
        "properties" => json!({"a": {"type": "string"}, "b": {"type": "integer"}}),
        "required" => json!(["a"]),
        "items" => json!({"type": "boolean"}),
        // Not null, which would be equivalent to no default.
        "default" => json!("d"),
        "additionalProperties" => return vec![json!({"type": "integer"}), json!({}), json!(true)],
        "propertyNames" => text(),
        "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties"
        | "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" => {
            json!(3)
        }
        "deprecated" | "readOnly" | "writeOnly" | "nullable" | "x-secret" | "uniqueItems" => {
            // The schema of null already permits null.
            if keyword == "nullable" && matches!(kind, Kind::Null) {
                return vec![];
            }
            json!(true)
        }
        "x-ambiguous" => json!("because"),
        "x-chosen-by" => json!(["kind"]),
        "x-choices" => json!({"p": "P"}),
        "x-rust-name" => json!("Renamed"),
        "x-id-of" => return vec![json!("Order"), json!(false)],
        "x-lookup" => json!({"item": {"list": "items", "by": "id"}}),
        "discriminator" => {
            let mapped = |tag: &str, name: &str| json!({"propertyName": "kind", "mapping": {tag: format!("#/components/schemas/{name}")}});
            return vec![
                json!({"propertyName": "no"}),
                mapped("q", "P"),
                mapped("r", "R"),
            ];
        }
        "pattern" => json!("^a"),
        "prefixItems" => json!([{"type": "string"}, {"type": "boolean"}]),
        other => panic!("`{other}` needs values to be tried with"),
    }]
}

/// Returns a contract with a schema at a place. Schemas other than bodies and parameters are both sent and received.
fn contract(place: &str, schema: &Value) -> Value {
    let (schema, component) = match place {
        "component" => (reference("X"), schema.clone()),
        "items" => (json!({"type": "array", "items": schema}), json!({})),
        "value" => (
            json!({"type": "object", "additionalProperties": schema}),
            json!({}),
        ),
        "member" => (json!({"anyOf": [schema, reference("R")]}), json!({})),
        _ => (schema.clone(), json!({})),
    };
    let holder = json!({"type": "object", "required": ["id", "x"], "properties": {"id": {"type": "string"}, "x": schema}});
    let id = json!({"type": "string"});
    let (sent, received, parameters) = match place {
        "query" => (
            id.clone(),
            id,
            json!([{"name": "x", "in": "query", "schema": schema}]),
        ),
        "body" => (schema, id, json!([])),
        "response" => (id, schema, json!([])),
        "member" => (reference("Holder"), id, json!([])),
        _ => (reference("Holder"), reference("Holder"), json!([])),
    };
    let tagged = |tag: &str| {
        json!({"type": "object", "required": ["kind"],
            "properties": {"kind": {"type": "string", "const": tag}}})
    };
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Coverage", "version": "2026-10"},
        "servers": [{"url": "https://api.polar.sh", "x-polar-environment": "production"}],
        "paths": {"/v1/a/": {"post": {
            "operationId": "a:create",
            "security": [{"oidc": []}, {"pat": []}, {"oat": []}],
            "parameters": parameters,
            "requestBody": {"required": true, "content": {"application/json": {"schema": sent}}},
            "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": received}}}},
        }}},
        "components": {"schemas": {
            "Holder": holder, "X": component, "P": tagged("p"), "Q": tagged("q"), "R": tagged("r"),
        }},
    })
}
