//! Documents of any size and depth are supported, or rejected with the place: the stack does not overflow, and no phase
//! takes quadratic time.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

use crate::support;

use polar_codegen::document::{self, MAX_DEPTH, Source};
use polar_codegen::{Input, Output, Report};
use serde_json::{Map, Value, json};

/// Returns a contract with a single operation, which sends and returns the schema `X0`.
fn contract(schemas: impl IntoIterator<Item = (String, Value)>) -> Value {
    let schemas: Map<String, Value> = schemas.into_iter().collect();
    let content = json!({"application/json": {"schema": {"$ref": "#/components/schemas/X0"}}});
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Size", "version": "2026-10"},
        "servers": [{"url": "https://api.polar.sh", "x-polar-environment": "production"}],
        "paths": {"/v1/a/": {"post": {
            "operationId": "a:create",
            "security": [{"oidc": []}, {"pat": []}, {"oat": []}],
            "requestBody": {"required": true, "content": content},
            "responses": {"200": {"description": "OK", "content": content}},
        }}},
        "components": {"schemas": schemas},
    })
}

/// Returns a chain of schemas, each of which contains the next one.
fn chain(length: usize, link: impl Fn(usize) -> Value) -> Value {
    let inner = (0..length).map(|index| (format!("X{index}"), link(index + 1)));
    let last = (format!("X{length}"), json!({"type": "string"}));
    contract(inner.chain([last]))
}

fn reference(index: usize) -> Value {
    json!({"$ref": format!("#/components/schemas/X{index}")})
}

fn object(name: &str, property: Value) -> Value {
    json!({"type": "object", "required": [name], "properties": {name: property}})
}

fn generated(contract: &Value, overlay: Option<&str>) -> Result<Output, Report> {
    let text = serde_yaml::to_string(contract).unwrap();
    let source = |text| Source {
        name: "a.yaml",
        text,
    };
    polar_codegen::generate(&Input {
        versions: &support::versions(&["2026-10"]),
        contracts: vec![source(&text)],
        overlay: overlay.map(source),
        documentation: None,
    })
}

fn models(contract: &Value) -> String {
    let output = generated(contract, None).unwrap_or_else(|report| panic!("{report}"));
    let models = output
        .files
        .iter()
        .filter(|(path, _)| path.contains("/models/"));
    models.map(|(_, text)| text.as_str()).collect()
}

fn rejection(contract: &Value, overlay: Option<&str>) -> String {
    generated(contract, overlay)
        .map(|_| ())
        .unwrap_err()
        .to_string()
}

/// Wraps a schema many times. `wrap` also gets the number of the level.
fn nested(times: usize, wrap: impl Fn(usize, Value) -> Value) -> Value {
    (0..times).fold(json!({"type": "string"}), |inner, time| wrap(time, inner))
}

/// Returns the schema with a title.
fn titled(title: String, mut schema: Value) -> Value {
    schema["title"] = json!(title);
    schema
}

fn array(inner: Value) -> Value {
    json!({"type": "array", "items": inner})
}

fn in_array(_: usize, inner: Value) -> Value {
    array(inner)
}

fn one(schema: Value) -> Value {
    contract([("X0".to_owned(), schema)])
}

#[test]
fn schemas_nest_as_deeply_as_the_limit_allows() {
    let objects = models(&one(nested(50, |_, inner| object("x", inner))));
    assert_eq!(objects.matches("pub struct ").count(), 50);
    let unions = |time, inner| {
        let object = titled(format!("Part {time}"), object("x", inner));
        json!({"anyOf": [object, {"type": "integer"}]})
    };
    assert_eq!(
        models(&one(nested(28, unions)))
            .matches("pub enum ")
            .count(),
        28
    );
    let lists = models(&one(nested(100, in_array)));
    assert_eq!(lists.matches("Vec<").count(), 100);
}

#[test]
fn deeper_nesting_is_rejected_with_its_location() {
    let deep = rejection(&one(nested(MAX_DEPTH - 1, in_array)), None);
    let place = format!(
        "a.yaml#/components/schemas/X0{}: ",
        "/items".repeat(MAX_DEPTH - 3)
    );
    assert!(deep.starts_with(&place), "{deep}");
    assert!(
        deep.contains("is nested more than 120 levels deep"),
        "{deep}"
    );
    let sequences = format!("openapi: 3.1.0\nx:\n  {}y", "- ".repeat(2_000));
    assert!(unread(&sequences).contains("recursion limit exceeded"));
    let brackets = format!("openapi: 3.1.0\nx: {}", "[".repeat(16_000));
    assert!(unread(&brackets).contains("more than 256 brackets are open at line 2 column 260"));
}

/// Returns the error of a text that cannot be loaded as a document.
fn unread(text: &str) -> String {
    let source = Source {
        name: "a.yaml",
        text,
    };
    document::load(source, None).unwrap_err().to_string()
}

#[test]
fn corrections_have_the_same_nesting_limit() {
    let (mut actions, mut target) = (String::new(), "$.components.schemas.X0".to_owned());
    for _ in 0..3 {
        let update = nested(60, in_array);
        actions.push_str(&format!(
            "- target: {target}\n  description: Deeper.\n  update: {}\n",
            update
                .to_string()
                .replace("\"type\":\"string\"", "\"type\":\"array\"")
        ));
        target.push_str(&".items".repeat(60));
    }
    let overlay =
        format!("overlay: 1.0.0\ninfo: {{title: A, version: 1.0.0}}\nactions:\n{actions}");
    let contract = one(json!({"type": "array"}));
    let report = rejection(&contract, Some(&overlay));
    assert!(
        report.starts_with("a.yaml#/actions/1: nests more than 120 levels"),
        "{report}"
    );
}

#[test]
fn an_enum_has_any_number_of_values() {
    let values: Vec<String> = (0..20_000).map(|index| format!("value_{index}")).collect();
    let text = models(&one(json!({"type": "string", "enum": values})));
    assert!(text.contains("Value19999,"));
    let mut twice = values.clone();
    twice.push("value_0".to_owned());
    let report = rejection(&one(json!({"type": "string", "enum": twice})), None);
    assert!(report.contains("/enum/20000: is repeated"), "{report}");
}

#[test]
fn an_enum_of_any_size_discriminates_variants() {
    let values =
        |from: usize| -> Vec<String> { (from..from + 10_000).map(|i| i.to_string()).collect() };
    let variant = |from: usize| {
        let kind = titled(
            format!("Kind {from}"),
            json!({"type": "string", "enum": values(from)}),
        );
        titled(format!("Part {from}"), object("kind", kind))
    };
    let union = json!({"anyOf": [variant(0), variant(10_000)]});
    assert!(models(&one(union)).contains("Discriminated by `kind`"));
}

#[test]
fn chains_of_references_have_any_length() {
    let aliases = models(&chain(1_000, reference));
    assert!(aliases.contains("pub type X999 = X1000;"));
    let lists = models(&chain(1_000, |next| array(reference(next))));
    assert!(lists.contains("pub type X999 = Vec<X1000>;"));
    let circle = chain(1_000, |next| reference(next % 1_000));
    assert!(rejection(&circle, None).ends_with("\n1000 problems"));
}

#[test]
fn long_chains_and_cycles_of_objects_are_boxed() {
    let text = models(&chain(1_000, |next| object("x", reference(next))));
    let count = text.matches("pub x: Box<").count();
    assert_eq!(count, 1_000 / 32, "one in 32 is enough");
    let text = models(&chain(1_000, |next| object("x", reference(next % 1_000))));
    assert!(text.contains("pub x: Box<X1>"));
}

#[test]
fn unions_are_nested_by_reference_up_to_a_limit() {
    let link = |next| {
        let own = object(&format!("p{next}"), json!({"type": "string"}));
        json!({"anyOf": [titled(format!("Part {next}"), own), reference(next)]})
    };
    assert!(models(&chain(32, link)).contains("pub enum X0 "));
    let report = rejection(&chain(1_000, link), None);
    assert!(
        report.contains("nests more than 32 unions in each other"),
        "{report}"
    );
}

#[test]
fn a_union_may_be_reached_in_two_ways() {
    let either = |a, b| json!({"anyOf": [reference(a), reference(b)]});
    let leaf = |name: &str| {
        titled(
            format!("Leaf {name}"),
            object(name, json!({"type": "string"})),
        )
    };
    let diamond = [
        either(1, 2),
        either(3, 4),
        either(3, 5),
        json!({"anyOf": [leaf("a"), leaf("b")]}),
        leaf("c"),
        leaf("d"),
    ];
    let schemas = diamond.into_iter().enumerate();
    let text = models(&contract(
        schemas.map(|(index, schema)| (format!("X{index}"), schema)),
    ));
    let (_, union) = text.split_once("pub enum X0 {").unwrap();
    assert_eq!(
        union.split_once("\n}").unwrap().0.matches("(Box<").count(),
        4,
        "{union}"
    );
}

#[test]
fn unions_on_exponentially_many_paths_are_lowered_once() {
    let name = |side: &str, step: usize| format!("{side}{step}");
    let reference = |name: String| json!({"$ref": format!("#/components/schemas/{name}")});
    let union = |step: usize| {
        let members = ["X", "Y"].map(|side| reference(name(side, step + 1)));
        json!({"anyOf": members, "discriminator": {"propertyName": "kind"}})
    };
    let leaf = |side: &str| object("kind", json!({"type": "string", "const": side}));
    let schemas = ["X", "Y"].into_iter().flat_map(|side| {
        let steps = (0..30).map(move |step| (name(side, step), union(step)));
        steps.chain([(name(side, 30), leaf(side))])
    });
    let text = models(&contract(schemas));
    assert!(text.contains("pub enum X0 {"), "{text}");
}

#[test]
fn discriminators_have_any_number_of_tags() {
    let members: Vec<Value> = (1..=5_000).map(reference).collect();
    let tags = (1..=5_000).map(|tag| {
        let (wrong, schema) = (format!("not_{tag}"), format!("#/components/schemas/X{tag}"));
        (wrong, json!(schema))
    });
    let mapping: Map<String, Value> = tags.collect();
    let discriminator = json!({"propertyName": "kind", "mapping": mapping});
    let union = json!({"anyOf": members, "discriminator": discriminator});
    let schemas = (1..=5_000).map(|tag| {
        let kind = json!({"type": "string", "const": format!("kind_{tag}")});
        (format!("X{tag}"), object("kind", kind))
    });
    let first = ("X0".to_owned(), union);
    let report = rejection(&contract([first].into_iter().chain(schemas)), None);
    assert!(report.contains("is `kind_7`, never `not_7`"), "{report}");
    assert!(report.ends_with("\n5000 problems"), "{report}");
}

#[test]
fn mutually_recursive_errors_are_lowered_once() {
    let error = |code: &str| object("error", json!({"type": "string", "const": code}));
    let mut contract = contract([
        ("X0".to_owned(), json!({"type": "string"})),
        (
            "A".to_owned(),
            json!({"anyOf": [error("a"), {"$ref": "#/components/schemas/B"}]}),
        ),
        (
            "B".to_owned(),
            json!({"anyOf": [error("b"), {"$ref": "#/components/schemas/A"}]}),
        ),
    ]);
    contract["paths"]["/v1/a/"]["post"]["responses"]["400"] = json!({"description": "Bad", "content":
        {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}});
    let report = rejection(&contract, None);
    assert!(report.contains("the union `A` contains itself"), "{report}");
}
