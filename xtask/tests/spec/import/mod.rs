//! `cargo xtask spec import`: which parts of a document are kept, and that no file changes if the import fails.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

mod extensions;
mod sources;

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;

use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::spec::{Error, Import, MAX_DOCUMENT_BYTES, contract, import, redirected};

const OLD: &str = "what was there before\n";

/// A list with two versions.
const LIST: &str =
    "default: 2026-10\nversions: { 2026-10: { state: current }, 2027-01: { state: next } }";

/// Returns a small published document with one element of each kind.
fn published() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Polar API", "summary": "s", "description": "d", "version": "2026-10"},
        "servers": [{"url": "https://a.example", "description": "d", "x-polar-environment": "production",
            "x-speakeasy-server-id": "p"}],
        "paths": {
            "/v1/b/": {"post": {
                "responses": {"422": {"description": "Wrong"}, "201": {"description": "Made", "content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/B", "description": "d"}}}}},
                "operationId": "b:create", "tags": ["t"], "summary": "s", "description": "d",
                "x-codeSamples": [{"lang": "go"}], "x-mint": {}, "x-speakeasy-group": "b",
                "x-polar-pagination": {"type": "page_limit",
                    "item_schema": {"$ref": "#/components/schemas/A", "description": "d"}},
                "x-polar-allowed-subjects": ["User"],
                "requestBody": {"required": true, "content": {"application/json": {"schema":
                    {"title": "Body", "oneOf": [{"type": "string"}, {"type": "integer"}]}}}},
                "parameters": [{"schema": {"type": "integer", "exclusiveMinimum": 0.0, "title": "Page"},
                    "name": "page", "in": "query", "required": false, "description": "d"}],
            }},
            "/v1/a": {"get": {"operationId": "a:get", "deprecated": true, "responses": {}}},
        },
        "webhooks": {"a.made": {"post": {"operationId": "x", "summary": "s", "description": "d", "responses": {},
            "requestBody": {"required": true, "content": {"application/json": {"schema":
                {"$ref": "#/components/schemas/Made"}}}}}}},
        "components": {
            "securitySchemes": {"oat": {"type": "http", "scheme": "bearer", "description": "d"}},
            "schemas": {
                "Unused": {"patternProperties": {}},
                "Made": {"title": "Made", "type": "object", "properties": {
                    "z": {"title": "Z", "anyOf": [{"type": "string", "title": "Inner", "enum": ["b", "a"]}, {"type": "null"}]},
                    "a": {"title": "A or more", "anyOf": [{"type": "string", "description": "one"},
                        {"type": "array", "items": {"type": "string", "description": "another"}}]},
                    "n": {"title": "N", "anyOf": [{"type": "number"}, {"type": "string", "pattern": "1"}]}}},
                "B": {"title": "B", "oneOf": [{"$ref": "#/components/schemas/A"}, {"type": "object"}],
                    "discriminator": {"propertyName": "t", "mapping": {"c": "#/components/schemas/C"}}},
                "C": {"type": "object", "description": "d", "examples": [{}]},
                "A": {"type": "string", "x-speakeasy-enums": ["a"], "enumNames": {}, "enum": ["a"]},
            },
        },
        "tags": [{"name": "t"}],
    })
}

fn kept() -> Value {
    contract(published(), "test", None).unwrap().tree
}

#[test]
fn schemas_are_kept_in_order_and_prose_is_dropped() {
    let expected = json!({
        "openapi": "3.1.0",
        "info": {"title": "Polar API", "version": "2026-10"},
        "servers": [{"url": "https://a.example", "x-polar-environment": "production"}],
        "paths": {
            "/v1/a": {"get": {"operationId": "a:get", "deprecated": true, "responses": {}}},
            "/v1/b/": {"post": {
                "operationId": "b:create",
                "x-polar-allowed-subjects": ["User"],
                "x-polar-pagination": {"type": "page_limit", "item_schema": {"$ref": "#/components/schemas/A"}},
                "parameters": [{"name": "page", "in": "query", "required": false,
                    "schema": {"type": "integer", "exclusiveMinimum": 0}}],
                "requestBody": {"required": true, "content": {"application/json": {"schema":
                    {"title": "Body", "oneOf": [{"type": "string"}, {"type": "integer"}]}}}},
                "responses": {
                    "201": {"description": "Created", "content": {"application/json": {"schema":
                        {"$ref": "#/components/schemas/B"}}}},
                    "422": {"description": "Unprocessable Entity"},
                },
            }},
        },
        "webhooks": {"a.made": {"post": {"requestBody": {"required": true, "content": {"application/json":
            {"schema": {"$ref": "#/components/schemas/Made"}}}}}}},
        "components": {
            "schemas": {
                "A": {"type": "string", "enum": ["a"]},
                "B": {"oneOf": [{"$ref": "#/components/schemas/A"}, {"type": "object"}],
                    "discriminator": {"propertyName": "t", "mapping": {"c": "#/components/schemas/C"}}},
                "C": {"type": "object"},
                "Made": {"type": "object", "properties": {
                    "z": {"anyOf": [{"title": "Inner", "type": "string", "enum": ["b", "a"]}, {"type": "null"}]},
                    "a": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
                    "n": {"anyOf": [{"type": "number"}, {"type": "string", "pattern": "1"}]}}},
            },
            "securitySchemes": {"oat": {"type": "http", "scheme": "bearer"}},
        },
    });
    // Compared as strings, because the order is significant.
    assert_eq!(kept().to_string(), expected.to_string());
}

#[test]
fn dropped_keys_are_counted() {
    let contract = contract(published(), "test", None).unwrap();
    let count = |what| contract.omitted.known.get(what).copied();
    assert_eq!(count("unreachable schemas"), Some(1));
    assert_eq!(count("webhook responses"), Some(1));
    assert_eq!(count("titles"), Some(6));
    assert_eq!(count("descriptions"), Some(12));
    let summary = contract.summary();
    let start = "2 operations, 1 webhooks, 4 schemas; left out: descriptions (12),";
    assert!(summary.starts_with(start), "{summary}");
    let end = "; vendor extensions: x-codeSamples (1), x-mint (1), x-speakeasy-enums (1), x-speakeasy-group (1), \
               x-speakeasy-server-id (1)";
    assert!(summary.ends_with(end), "{summary}");
}

#[test]
fn importing_the_result_again_changes_no_byte() {
    let spec = directory();
    let source = spec.path().join("published.json");
    fs::write(&source, published().to_string()).unwrap();
    let lines = import(&of(source.to_str().unwrap()), "", spec.path()).unwrap();
    assert!(lines[0].starts_with("2026-10.yaml: written; "), "{lines:?}");
    let result = spec.path().join("2026-10.yaml");
    let first = fs::read(&result).unwrap();
    assert!(first.starts_with(b"# The contract of Polar's API, version 2026-10"));

    let lines = import(&of(result.to_str().unwrap()), "", spec.path()).unwrap();
    let unchanged = "2026-10.yaml: unchanged; 2 operations, 1 webhooks, 4 schemas";
    assert_eq!(lines, [unchanged]);
    fs::write(&result, OLD).unwrap();
    import(&of(source.to_str().unwrap()), "", spec.path()).unwrap();
    assert_eq!(fs::read(&result).unwrap(), first);
}

#[test]
fn importing_the_committed_contract_changes_nothing() {
    let spec = xtask::root().join("spec");
    for (version, _) in xtask::versions::read(&spec).unwrap().iter() {
        let copy = TempDir::new().unwrap();
        let file = spec.join(version).with_extension("yaml");
        import(&of(file.to_str().unwrap()), "", copy.path()).unwrap();
        let again = fs::read_to_string(copy.path().join(version).with_extension("yaml")).unwrap();
        assert!(
            again == fs::read_to_string(&file).unwrap(),
            "{version} differs"
        );
    }
}

#[test]
fn unknown_keys_are_rejected_with_their_location() {
    for (pointer, key) in [
        ("", "jsonSchemaDialect"),
        ("/servers/0", "variables"),
        ("/paths/~1v1~1a", "parameters"),
        ("/paths/~1v1~1a/get", "callbacks"),
        ("/paths/~1v1~1b~1/post/parameters/0", "content"),
        ("/paths/~1v1~1b~1/post/responses/201", "headers"),
        (
            "/paths/~1v1~1b~1/post/requestBody/content/application~1json",
            "encoding",
        ),
        ("/webhooks/a.made", "get"),
        ("/components", "parameters"),
        ("/components/securitySchemes/oat", "flows"),
        ("/components/schemas/C", "contains"),
        ("/components/schemas/Made/properties/z/anyOf/0", "if"),
    ] {
        let mut document = published();
        document.pointer_mut(pointer).unwrap()[key] = json!({});
        let report = contract(document, "test", None).unwrap_err();
        let message = format!(
            "unknown keyword `{key}`: it may affect requests or responses, so the importer has to support it"
        );
        assert_eq!(
            report.to_string(),
            format!("test#{pointer}/{key}: {message}\n1 problem")
        );
    }
}

#[test]
fn problems_are_grouped_by_their_cause() {
    let spec = directory();
    let mut document = published();
    for number in 0..5 {
        let property = json!({"type": "string", "contentEncoding": "base64"});
        document["components"]["schemas"]["Made"]["properties"][format!("p{number}")] = property;
    }
    document["paths"]["/v1/a"]["get"]["callbacks"] = json!({});
    let source = spec.path().join("published.json");
    fs::write(&source, document.to_string()).unwrap();
    let source = source.to_str().unwrap();
    let error = import(&of(source), "", spec.path()).unwrap_err();
    let means = "it may affect requests or responses, so the importer has to support it";
    let made = "#/components/schemas/Made/properties";
    let expected = format!(
        "unknown keyword `contentEncoding`: {means} (5 places):\n  \
         {source}{made}/p0/contentEncoding\n  \
         {source}{made}/p1/contentEncoding\n  \
         {source}{made}/p2/contentEncoding\n  \
         and 2 more\n\
         unknown keyword `callbacks`: {means} (1 place):\n  \
         {source}#/paths/~1v1~1a/get/callbacks\n\
         2 problems; nothing was written"
    );
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_document_without_a_version_is_imported_as_the_named_one() {
    let mut document = published();
    document["info"]["version"] = json!("0.1.0");
    let spec = directory();
    let source = spec.path().join("published.json");
    fs::write(&source, document.to_string()).unwrap();
    let named = |version: &str| Import {
        version: Some(version.to_owned()),
        ..of(source.to_str().unwrap())
    };
    let lines = import(&named("2025-07"), "", spec.path()).unwrap();
    assert!(lines[0].starts_with("2025-07.yaml: written"), "{lines:?}");
    let text = fs::read_to_string(spec.path().join("2025-07.yaml")).unwrap();
    assert!(text.contains("version: 2025-07\n"), "{text}");

    let error = import(&named("07"), "", spec.path())
        .unwrap_err()
        .to_string();
    assert!(error.contains("found \"0.1.0\""), "{error}");
    // The server must respond with the requested version.
    let served = Import {
        version: Some("2026-10".to_owned()),
        ..Import::default()
    };
    let error = failed(&served, &serve(vec![ok(&document)])).to_string();
    assert!(error.contains("found \"0.1.0\""), "{error}");
}

#[test]
fn the_problems_of_all_documents_are_reported_together() {
    let spec = directory();
    fs::write(spec.path().join("versions.yaml"), LIST).unwrap();
    let mut broken = published();
    broken["security"] = json!([]);
    let url = serve(vec![ok(&broken), ok(&broken)]);
    let error = import(&Import::default(), &url, spec.path()).unwrap_err();
    let error = error.to_string();
    assert!(error.contains("(2 places):"), "{error}");
    assert!(
        error.contains("/2026-10/openapi.json#/security\n"),
        "{error}"
    );
    assert!(
        error.contains("/2027-01/openapi.json#/security\n"),
        "{error}"
    );
}

#[test]
fn references_must_point_to_schemas() {
    let mut document = published();
    document["components"]["schemas"]["Made"]["properties"]["z"] =
        json!({"$ref": "#/components/schemas/Nope"});
    let report = contract(document, "test", None).unwrap_err();
    assert_eq!(
        report.to_string(),
        "test#/components/schemas/Made/properties/z/$ref: `#/components/schemas/Nope` does not resolve to a schema of \
         this document\n1 problem"
    );
}

#[test]
fn only_openapi_3_1_documents_are_accepted() {
    for (pointer, value, expected) in [
        (
            "/openapi",
            json!("3.0.3"),
            "test#/openapi: expected 3.1, found \"3.0.3\"",
        ),
        (
            "/info/version",
            json!("1.0.0"),
            "test#/info/version: expected a version like 2026-10, found \"1.0.0\"; use --version if the document states no version",
        ),
        (
            "/info/version",
            json!("2026-13"),
            "test#/info/version: expected a version like 2026-10, found \"2026-13\"; use --version if the document states no version",
        ),
        (
            "/info",
            json!(null),
            "test#/info/version: expected a version like 2026-10, found null; use --version if the document states no version",
        ),
        (
            "",
            json!({"detail": "Not Found"}),
            "test: not an OpenAPI document",
        ),
        ("", json!([]), "test: not an OpenAPI document"),
    ] {
        let mut document = published();
        *document.pointer_mut(pointer).unwrap() = value;
        let report = contract(document, "test", None).unwrap_err();
        assert_eq!(report.to_string(), format!("{expected}\n1 problem"));
    }
}

#[test]
fn a_file_that_is_no_document_is_rejected() {
    let source = TempDir::new().unwrap();
    let path = source.path().join("document");
    for (text, expected) in [
        ("<!doctype html><html></html>", "an HTML page"),
        ("{\"openapi\": \"3.1.0\", \"info\": {", "EOF while parsing"),
        ("openapi: 3.1.0\ninfo: {}\ninfo: {}\n", "duplicate key"),
        ("", "not an OpenAPI document"),
    ] {
        fs::write(&path, text).unwrap();
        let error = failed(&of(path.to_str().unwrap()), "");
        assert!(error.to_string().contains(expected), "{error}");
    }
    assert!(matches!(failed(&of("/no/such/file"), ""), Error::Io { .. }));
}

#[test]
fn a_symbolic_link_is_replaced_and_its_target_kept() {
    let (spec, elsewhere) = (directory(), TempDir::new().unwrap());
    let (contract, other) = (
        spec.path().join("2026-10.yaml"),
        elsewhere.path().join("mine.yaml"),
    );
    fs::write(&other, OLD).unwrap();
    fs::remove_file(&contract).unwrap();
    link(&other, &contract);
    let url = serve(vec![ok(&published())]);
    import(&of(&url), "", spec.path()).unwrap();
    assert_eq!(fs::read_to_string(&other).unwrap(), OLD);
    assert!(fs::symlink_metadata(&contract).unwrap().is_file());

    let linked = elsewhere.path().join("spec");
    link(spec.path(), &linked);
    fs::write(&contract, OLD).unwrap();
    let url = serve(vec![ok(&published())]);
    let error = import(&of(&url), "", &linked).unwrap_err().to_string();
    assert!(error.contains("is a symbolic link"), "{error}");
    assert_eq!(fs::read_to_string(&contract).unwrap(), OLD);
}

fn of(source: &str) -> Import {
    Import {
        source: Some(source.to_owned()),
        version: None,
    }
}

fn ok(body: &Value) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{body}").into_bytes()
}

#[cfg(unix)]
fn link(to: &Path, at: &Path) {
    std::os::unix::fs::symlink(to, at).unwrap();
}

#[cfg(windows)]
fn link(to: &Path, at: &Path) {
    match to.is_dir() {
        true => std::os::windows::fs::symlink_dir(to, at).unwrap(),
        false => std::os::windows::fs::symlink_file(to, at).unwrap(),
    }
}

/// Returns a folder with one contract.
fn directory() -> TempDir {
    let spec = TempDir::new().unwrap();
    fs::write(spec.path().join("2026-10.yaml"), OLD).unwrap();
    spec
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Returns the error of an import, after checking that no file has changed.
fn failed(what: &Import, published: &str) -> Error {
    let spec = directory();
    let error = import(what, published, spec.path()).unwrap_err();
    assert_eq!(names(spec.path()), ["2026-10.yaml"]);
    assert_eq!(
        fs::read_to_string(spec.path().join("2026-10.yaml")).unwrap(),
        OLD
    );
    error
}

/// Starts a loopback server that sends these responses, one per connection. Returns its base URL.
fn serve(answers: Vec<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            read_head(&mut stream);
            // Fails if the client closes the connection early, which one of the tests does.
            let _ = stream.write_all(&answer);
        }
    });
    url
}

fn read_head(stream: &mut TcpStream) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
        head.push(byte[0]);
    }
}
