//! Names of all kinds in a document: the generator neither panics nor emits invalid code, file names are valid on all
//! platforms, and names that collide are rejected with their place.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

use crate::support;

use std::collections::BTreeSet;

use polar_codegen::document::Source;
use polar_codegen::{Input, Output, Report};
use serde_json::{Value, json};

/// Names that collide with names of Rust, of the client or of a platform, and strings that are not valid names.
const WORDS: &[&str] = &[
    "new",
    "builder",
    "clone",
    "async",
    "mod",
    "CON",
    "com1",
    "c",
    "self",
    "Self",
    "crate",
    "std",
    "type",
    "default",
    "from",
    "validate",
    "send",
    "body",
    "values",
    "additional",
    "Unknown",
    "OtherVersion",
    "is_unknown",
    "to_view",
    "view",
    "Event",
    "Option",
    "JsonValue",
    "Error",
    "ALL",
    "shared",
    "",
    " ",
    "_",
    "--",
    "a/b",
    "../../x",
    "a:b",
    "$ref",
    "1st",
    "-1",
    "<",
    "naïve",
    "日本",
    "²",
    "ⓐ",
    "e\u{301}",
    "\u{202e}abc",
    "a\u{2066}b",
    "\u{200b}",
    "a\nb",
    "\r",
    "\u{0}",
    "\u{85}",
    "\"",
    "\\",
    "`",
    "*/",
    "{",
    "r#type",
];

fn generated(contract: &Value) -> Result<Output, Report> {
    // Written as JSON, which is valid YAML and can escape all characters.
    let json = contract.to_string();
    let is_plain = |c: char| c.is_ascii() && !c.is_ascii_control();
    let characters = json.chars().map(|c| match is_plain(c) {
        true => c.to_string(),
        false => format!("\\U{:08x}", u32::from(c)),
    });
    let text: String = characters.collect();
    polar_codegen::generate(&Input {
        versions: &support::versions(&["2026-10"]),
        contracts: vec![Source {
            name: "a.yaml",
            text: &text,
        }],
        overlay: None,
        documentation: None,
    })
}

fn rejection(contract: &Value) -> String {
    generated(contract).map(|_| ()).unwrap_err().to_string()
}

fn empty() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Names", "version": "2026-10"},
        "servers": [{"url": "https://api.polar.sh", "x-polar-environment": "production"}],
        "paths": {},
        "components": {"schemas": {}},
    })
}

fn operation(id: &str, schema: Value) -> Value {
    let content = json!({"application/json": {"schema": schema}});
    json!({
        "operationId": id,
        "security": [{"oidc": []}, {"pat": []}, {"oat": []}],
        "requestBody": {"required": true, "content": content},
        "responses": {"200": {"description": "OK", "content": content}},
    })
}

fn parameter(name: &str, required: bool) -> Value {
    json!({"name": name, "in": "query", "required": required, "schema": {"type": "array", "items": {"type": "string"}}})
}

fn reference(schema: &str) -> Value {
    let schema = schema.replace('~', "~0").replace('/', "~1");
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

/// A function that gives this name to an item of a certain kind in a contract.
type Place = fn(&mut Value, &str);

const PLACES: &[(&str, Place)] = &[
    ("service", |contract, word| {
        contract["paths"]["/v1/a"]["post"] =
            operation(&format!("{word}:get"), json!({"type": "string"}));
    }),
    ("service below a service", |contract, word| {
        contract["paths"]["/v1/a"]["post"] =
            operation(&format!("a:{word}:get"), json!({"type": "string"}));
        contract["paths"]["/v1/a"]["get"] =
            operation(&format!("{word}:a:get"), json!({"type": "string"}));
    }),
    ("operation", |contract, word| {
        contract["paths"]["/v1/a"]["post"] =
            operation(&format!("a:{word}"), json!({"type": "string"}));
    }),
    ("parameter", |contract, word| {
        let mut operation = operation("a:get", json!({"type": "string"}));
        operation["parameters"] = json!([parameter(word, false), parameter("other", true)]);
        contract["paths"]["/v1/a"]["post"] = operation;
    }),
    ("argument", |contract, word| {
        let mut operation = operation("a:get", json!({"type": "string"}));
        operation["parameters"] = json!([parameter("other", true), parameter(word, true)]);
        contract["paths"]["/v1/a"]["post"] = operation;
    }),
    ("field", |contract, word| {
        let object = json!({"type": "object", "required": ["id"], "properties": {
            "id": {"type": "string"}, word: {"type": ["string", "null"], "enum": [word, "x"], "default": word}}});
        contract["components"]["schemas"]["A"] = object;
        contract["paths"]["/v1/a"]["post"] = operation("a:get", reference("A"));
        contract["paths"]["/v1/a"]["patch"] = operation("a:update", reference("A"));
    }),
    ("component", |contract, word| {
        contract["components"]["schemas"][word] =
            json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}});
        contract["paths"]["/v1/a"]["post"] = operation("a:get", reference(word));
    }),
    ("title", |contract, word| {
        let values = json!({"type": "string", "title": word, "enum": ["a", word]});
        contract["paths"]["/v1/a"]["post"] = operation("a:get", values);
    }),
    ("variant", |contract, word| {
        let tagged = |tag: &str| {
            json!({"type": "object", "required": ["kind", "read_a", "is_unknown"], "properties": {
            "kind": {"type": "string", "const": tag}, "read_a": {"type": "string"}, "is_unknown": {"type": "string"}}})
        };
        contract["components"]["schemas"][word] = tagged(word);
        contract["components"]["schemas"]["Other"] = tagged("other");
        let union = json!({"title": "U", "oneOf": [reference(word), reference("Other")]});
        contract["paths"]["/v1/a"]["post"] = operation("a:get", union);
    }),
    ("event and error", |contract, word| {
        let payload = json!({"type": "object", "required": ["type"], "properties": {"type": {"type": "string", "const": word}}});
        contract["components"]["schemas"][format!("P{word}")] = payload;
        let content = json!({"application/json": {"schema": reference(&format!("P{word}"))}});
        contract["webhooks"][word] =
            json!({"post": {"requestBody": {"required": true, "content": content}}});
        let error = json!({"type": "object", "required": ["error"], "properties": {"error": {"type": "string", "const": word}}});
        contract["components"]["schemas"]["Failed"] = error;
        let mut operation = operation("a:get", json!({"type": "string"}));
        operation["responses"]["400"] = json!({"description": "Bad", "content": {"application/json": {"schema": reference("Failed")}}});
        contract["paths"]["/v1/a"]["post"] = operation;
    }),
    ("environment, version", |contract, word| {
        contract["servers"][0]["x-polar-environment"] = json!(word);
        contract["paths"]["/v1/a"]["post"] = operation("a:get", json!({"type": "string"}));
    }),
    ("version", |contract, word| {
        contract["info"]["version"] = json!(word);
    }),
    ("given name", |contract, word| {
        let mut operation = operation("a:get", reference("A"));
        operation["x-rust-name"] = json!(word);
        operation["parameters"] = json!([parameter("p", true)]);
        operation["parameters"][0]["x-rust-name"] = json!(word);
        contract["components"]["schemas"]["A"] = json!({"type": "object", "x-rust-name": word, "properties": {
            "f": {"type": "string", "x-rust-name": word}}});
        contract["x-rust-name"] = json!({"a": word});
        contract["paths"]["/v1/a"]["post"] = operation;
    }),
];

#[test]
fn every_name_yields_valid_rust_or_an_error() {
    for (place, put) in PLACES {
        for word in WORDS {
            let mut contract = empty();
            put(&mut contract, word);
            match generated(&contract) {
                Ok(output) => check_files(&output, place, word),
                Err(report) => {
                    for problem in report.problems() {
                        assert!(
                            !problem.message.contains("does not parse"),
                            "{place} {word:?}: {problem}"
                        );
                        assert!(
                            problem.pointer.starts_with('/'),
                            "{place} {word:?}: {problem}"
                        );
                    }
                }
            }
        }
    }
}

/// Reserved names of devices on Windows.
const DEVICES: &[&str] = &["con", "nul", "aux", "prn", "com1", "lpt1"];

fn check_files(output: &Output, place: &str, word: &str) {
    let mut seen = BTreeSet::new();
    for (path, text) in &output.files {
        assert!(
            seen.insert(path.to_lowercase()),
            "{place} {word:?}: {path} twice"
        );
        for part in path.split('/') {
            let is_plain = part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_.".contains(c));
            let stem = part.split('.').next().unwrap();
            assert!(is_plain && !stem.is_empty(), "{place} {word:?}: {path}");
            assert!(!DEVICES.contains(&stem), "{place} {word:?}: {path}");
        }
        let hidden =
            |c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{2069}').contains(&c);
        assert!(!text.contains(hidden), "{place} {word:?}: {path}");
    }
}

#[test]
fn services_and_operations_can_have_names_that_rust_or_the_runtime_uses() {
    for word in [
        "new", "builder", "clone", "async", "mod", "con", "c", "models", "client", "from_env",
        "std",
    ] {
        let mut contract = empty();
        for (index, id) in [
            format!("{word}:{word}"),
            format!("a:{word}:get"),
            format!("{word}:b:get"),
        ]
        .iter()
        .enumerate()
        {
            contract["paths"][format!("/v1/{index}")]["post"] =
                operation(id, json!({"type": "string"}));
        }
        let output = generated(&contract).unwrap_or_else(|report| panic!("{word}: {report}"));
        check_files(&output, "all", word);
    }
}

/// Returns a contract with two services, operations, parameters, fields and types whose Rust names are equal.
fn colliding() -> Value {
    let mut contract = empty();
    let schemas = &mut contract["components"]["schemas"];
    schemas["Seat_A"] = json!({"type": "object", "properties": {"self": {"type": "string"}, "Self": {"type": "string"}}});
    schemas["SeatA"] = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let both = json!({"type": "object", "properties": {"x": reference("Seat_A"), "y": reference("SeatA")}});
    schemas["Both"] = both;
    let mut list = operation("a-b:list-all", reference("Both"));
    list["parameters"] = json!([parameter("userName", false), parameter("user_name", false)]);
    contract["paths"]["/v1/a"]["post"] = list;
    contract["paths"]["/v1/b"]["post"] = operation("a-b:list_all", json!({"type": "string"}));
    contract["paths"]["/v1/c"]["post"] = operation("a_b:get", json!({"type": "string"}));
    contract
}

#[test]
fn name_overrides_resolve_collisions() {
    let report = rejection(&colliding());
    for what in [
        "two services",
        "two methods",
        "two parameters",
        "two fields",
        "two types",
    ] {
        assert!(report.contains(what), "{what}: {report}");
    }
    assert!(report.contains("rename one with `x-rust-name`"), "{report}");
    let mut contract = colliding();
    contract["x-rust-name"] = json!({"a_b": "others"});
    let post = |contract: &mut Value, path: &str, key: &str, value: Value| {
        contract["paths"][path]["post"][key] = value;
    };
    post(&mut contract, "/v1/b", "x-rust-name", json!("list_every"));
    contract["paths"]["/v1/a"]["post"]["parameters"][1]["x-rust-name"] = json!("login");
    contract["components"]["schemas"]["SeatA"]["x-rust-name"] = json!("SeatOfA");
    contract["components"]["schemas"]["Seat_A"]["properties"]["Self"]["x-rust-name"] = json!("own");
    let output = generated(&contract).unwrap_or_else(|report| panic!("{report}"));
    let text = |end: &str| {
        let mut files = output.files.iter();
        files.find(|(path, _)| path.ends_with(end)).unwrap().1
    };
    assert!(text("services/others.rs").contains("pub struct Others<C>"));
    assert!(text("services/a_b.rs").contains("pub fn list_every("));
    assert!(text("services/a_b.rs").contains("pub struct ListEvery(Request)"));
    assert!(text("services/a_b.rs").contains("pub fn login("));
    assert!(text("models/a_b.rs").contains("pub struct SeatOfA "));
    assert!(text("models/a_b.rs").contains("pub own: Option<String>"));
    assert!(text("codec/a_b.rs").contains("o.field(\"Self\")"));
}

#[test]
fn an_invalid_or_unused_name_override_is_rejected() {
    let mut contract = empty();
    let mut get = operation("a:get", reference("A"));
    get["x-rust-name"] = json!("new");
    get["parameters"] = json!([parameter("p", true)]);
    get["parameters"][0]["x-rust-name"] = json!("P");
    contract["paths"]["/v1/a"]["post"] = get;
    contract["components"]["schemas"]["A"] = json!({"type": "object", "x-rust-name": "a", "properties": {
        "f": {"type": "string", "x-rust-name": "self"}, "g": {"type": "array", "items": {"type": "string", "x-rust-name": "x"}}}});
    contract["x-rust-name"] = json!({"a": "con", "gone": "x"});
    let report = rejection(&contract);
    assert!(
        report.contains(
            "#/components/schemas/A/properties/g/items/x-rust-name: is only allowed on components"
        ),
        "{report}"
    );
    contract["components"]["schemas"]["A"]["properties"]["g"]["items"] = json!({"type": "string"});
    let report = rejection(&contract);
    for at in [
        "#/components/schemas/A/x-rust-name: expected an `UpperCamelCase`",
        "#/components/schemas/A/properties/f/x-rust-name: expected a `snake_case`",
        "#/paths/~1v1~1a/post/x-rust-name: expected a `snake_case`",
        "#/paths/~1v1~1a/post/parameters/0/x-rust-name: expected a `snake_case`",
        "#/x-rust-name/a: expected a `snake_case`",
        "#/x-rust-name/gone: no operation belongs to this service",
    ] {
        assert!(report.contains(at), "{at}\n{report}");
    }
}

#[test]
fn two_contracts_of_one_version_are_rejected() {
    let mut contract = empty();
    contract["paths"]["/v1/a"]["post"] = operation("a:get", json!({"type": "string"}));
    let text = contract.to_string();
    let source = |name| Source { name, text: &text };
    let report = polar_codegen::generate(&Input {
        versions: &support::versions(&["2026-10"]),
        contracts: vec![source("a.yaml"), source("b.yaml")],
        overlay: None,
        documentation: None,
    });
    let report = report.map(|_| ()).unwrap_err().to_string();
    assert!(
        report.starts_with("b.yaml#/info/version: another contract"),
        "{report}"
    );
}
