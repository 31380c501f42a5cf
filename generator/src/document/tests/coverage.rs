//! Nothing that a contract may contain is ignored: every keyword and every entry of the grammar changes what is
//! emitted, is rejected where it would not, or is in a list here with the reason why a client does not need it.

#![allow(clippy::panic, reason = "a panic is how a test fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::document::grammar::{DOCUMENT, Key, Need, Part};
use crate::document::keywords::{KEYWORDS, Kind};
use crate::document::{Source, yaml};
use crate::documentation::Documentation;
use crate::emit::{self, Layout, Surroundings};
use crate::share::share;

/// Keywords that have no meaning for a client at some places (none: everywhere), and the reason.
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

/// Entries of the grammar that have no meaning for a client: name, reason.
const UNREAD_ENTRIES: &[(&str, &str)] = &[
    (
        "openapi",
        "any other than 3.1 is refused; its patch version changes nothing",
    ),
    ("info.title", "the crate has a name of its own"),
    (
        "components.securitySchemes",
        "operations name the schemes, whose tokens the client knows by name",
    ),
    (
        "components.securitySchemes.*.scheme",
        "operations name the schemes, whose tokens the client knows by name",
    ),
    (
        "components.securitySchemes.*.openIdConnectUrl",
        "operations name the schemes, whose tokens the client knows by name",
    ),
    (
        "paths.*.get.responses.*.description",
        "a status has documentation of its own",
    ),
    (
        "webhooks.*.post.requestBody.required",
        "a delivery always has a body",
    ),
    (
        "paths.*.get.x-polar-pagination",
        "pages are known by their form, with and without it; the keyword is checked against that",
    ),
    (
        "paths.*.get.x-polar-pagination.type",
        "there is only one kind; another is refused",
    ),
];

/// Returns the source that is emitted for a contract; `None` if it is rejected.
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
        surroundings: Surroundings::Nothing,
    };
    let files = layout.sites().flat_map(emit::files);
    let texts = files.map(|file| (file.path.clone(), file.emit().to_string()));
    Some(texts.collect())
}

#[test]
fn every_keyword_is_read() {
    let (mut ignored, mut read) = (Vec::new(), BTreeSet::new());
    let (mut excused, mut refused) = (BTreeSet::new(), Vec::new());
    for (kind, base) in bases() {
        for place in PLACES {
            // The null of a member is that of the union; nothing else of the member remains.
            if (*place, kind) == ("member", Kind::Null) {
                continue;
            }
            let Some(before) = outcome(&contract(place, &base)) else {
                refused.push(format!("{place}: {base}"));
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
    assert_eq!(refused, REFUSED, "schemas that no keyword is tried with");
    let all: BTreeSet<&str> = KEYWORDS.iter().map(|keyword| keyword.name).collect();
    assert_eq!(read, all, "read somewhere");
    assert_eq!(
        excused.len(),
        UNREAD_KEYWORDS.len(),
        "excuses that are needed: {excused:?}"
    );
}

/// Schemas that are rejected at their place, so that no keyword can be tested with them: objects and any values in a
/// query, and an object in a union whose other members are objects, too.
const REFUSED: &[&str] = &[
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
        (Kind::Anything, json!({})),
    ]
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// Returns values of a keyword whose meaning differs from that of its absence and from the base.
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
        // All constants of null have the same meaning.
        "const" if kind == Kind::Null => return vec![],
        "const" => constant,
        "enum" if kind == Kind::Boolean => json!([true]),
        "enum" => json!([constant]),
        "format" => json!("odd"),
        "title" => json!("Titled"),
        "properties" => json!({"a": {"type": "string"}, "b": {"type": "integer"}}),
        "required" => json!(["a"]),
        "items" => json!({"type": "boolean"}),
        // Null has the same meaning as absence.
        "default" => json!("d"),
        "additionalProperties" => return vec![json!({"type": "integer"}), json!({}), json!(true)],
        "propertyNames" => text(),
        "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties"
        | "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" => {
            json!(3)
        }
        "deprecated" | "readOnly" | "writeOnly" | "nullable" | "x-secret" | "uniqueItems" => {
            // Null already allows null.
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

/// Returns a contract with a schema at a place. A schema that is not a body or parameter itself is sent and received.
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

#[test]
fn every_entry_of_the_grammar_is_read() {
    let inputs = inputs();
    let mut keys = BTreeMap::new();
    collect_keys(&DOCUMENT, "", &mut keys);
    let mut ignored = BTreeSet::new();
    for (name, key) in keys.values() {
        let is_read = inputs.iter().any(|(contract, before)| {
            let mut found = Vec::new();
            places(contract, &DOCUMENT, key, &mut Vec::new(), &mut found);
            found.iter().any(|place| {
                let mutants = mutants(contract, place, key);
                !mutants.is_empty()
                    && mutants
                        .iter()
                        .all(|mutant| outcome(mutant).as_ref() != Some(before))
            })
        });
        if !is_read {
            ignored.insert(name.as_str());
        }
    }
    let excused: BTreeSet<&str> = UNREAD_ENTRIES.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        ignored, excused,
        "entries that nothing reads, and those that nothing has to read"
    );
}

/// Returns the small contracts of the tests that are emitted, and their output.
fn inputs() -> Vec<(Value, BTreeMap<String, String>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/inputs");
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths.filter(|path| path.is_file()).collect();
    paths.sort();
    let contracts = paths.iter().map(|path| {
        let text = fs::read_to_string(path).unwrap();
        let name = "input";
        yaml::parse(Source { name, text: &text }).unwrap()
    });
    contracts
        .filter_map(|contract| outcome(&contract).map(|before| (contract, before)))
        .collect()
}

/// Returns all keys below a part, each once, with the shortest path to it.
fn collect_keys(
    part: &'static Part,
    path: &str,
    keys: &mut BTreeMap<usize, (String, &'static Key)>,
) {
    match part {
        Part::Object(entries) | Part::Choice(entries) => {
            for key in *entries {
                let path = format!("{path}.{}", key.name);
                let path = path.trim_start_matches('.').to_owned();
                if let std::collections::btree_map::Entry::Vacant(entry) = keys.entry(address(key))
                {
                    entry.insert((path.clone(), key));
                    collect_keys(key.part, &path, keys);
                }
            }
        }
        Part::Map(inner) | Part::List(inner) => collect_keys(inner, &format!("{path}.*"), keys),
        Part::Text | Part::Flag | Part::Texts | Part::OneOf(_) | Part::Schema => {}
    }
}

fn address(key: &'static Key) -> usize {
    std::ptr::from_ref(key).addr()
}

/// Returns the places where a contract has a key: pointers of the objects that contain it.
fn places(
    node: &Value,
    part: &'static Part,
    wanted: &'static Key,
    at: &mut Vec<String>,
    found: &mut Vec<String>,
) {
    match (part, node) {
        (Part::Object(keys) | Part::Choice(keys), Value::Object(entries)) => {
            for key in keys.iter().filter(|key| entries.contains_key(key.name)) {
                if address(key) == address(wanted) {
                    found.push(pointer(at));
                }
                at.push(key.name.to_owned());
                places(&entries[key.name], key.part, wanted, at, found);
                at.pop();
            }
        }
        (Part::Map(inner), Value::Object(entries)) => {
            for (name, entry) in entries {
                at.push(name.clone());
                places(entry, inner, wanted, at, found);
                at.pop();
            }
        }
        (Part::List(inner), Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                at.push(index.to_string());
                places(item, inner, wanted, at, found);
                at.pop();
            }
        }
        _ => {}
    }
}

fn pointer(segments: &[String]) -> String {
    segments
        .iter()
        .map(|segment| format!("/{}", crate::error::escape_pointer(segment)))
        .collect()
}

/// Returns the contract with other values at a key: each must change the output.
fn mutants(contract: &Value, place: &str, key: &Key) -> Vec<Value> {
    let with = |change: &dyn Fn(&mut serde_json::Map<String, Value>)| {
        let mut mutant = contract.clone();
        let holder = mutant.pointer_mut(place).and_then(Value::as_object_mut);
        change(holder.unwrap());
        mutant
    };
    let set = |value: Value| {
        with(&|holder| {
            holder.insert(key.name.to_owned(), value.clone());
        })
    };
    let given = &contract.pointer(place).unwrap()[key.name];
    let mut mutants = match (key.part, given) {
        (Part::Text, Value::String(text)) => vec![set(json!(format!("{text}x")))],
        (Part::Flag, Value::Bool(flag)) => vec![set(json!(!flag))],
        (Part::Texts, Value::Array(_)) => vec![set(json!(["other"]))],
        (Part::OneOf(known), Value::String(text)) => {
            let others = known.iter().filter(|other| *other != text);
            others.map(|other| set(json!(other))).collect()
        }
        _ => vec![],
    };
    let is_leaf = !mutants.is_empty() || matches!(key.part, Part::OneOf(_));
    if key.need == Need::Optional && !is_leaf {
        mutants.push(with(&|holder| {
            holder.shift_remove(key.name);
        }));
    } else if !is_leaf {
        // A required entry with parts is read if its parts are; an empty one has another meaning.
        mutants.push(set(if given.is_array() {
            json!([])
        } else {
            json!({})
        }));
    }
    mutants
}
