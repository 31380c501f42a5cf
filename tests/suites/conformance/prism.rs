//! Makes the calls of `everything.rs` on Prism, an independent mock server for OpenAPI documents.
//!
//! `cargo xtask conformance --prism` installs and starts Prism. It sets `POLAR_PRISM` to the version and the URL:
//! `2026-10=URL`.

use std::collections::BTreeMap;
use std::env;

use polar_client_runtime::Error;
use polar_tests::contract::{Extent, Generator};
use serde_json::Value;

use crate::case::arguments;
use crate::fixture::{VersionFixture, fixture, setting};

/// Known disagreements between Prism and the client, by a part of the message. `tests/README.md` explains each of them.
const KNOWN: [&str; 8] = [
    "Invalid security scheme used",
    "missing items for {",
    "Request/Response not valid",
    "Prism, of its own answer",
    "of request/query/sorting",
    "of request/query/metrics",
    "is deprecated",
    "Discount::",
];

/// The messages, with the number of their occurrences and the first operation.
type Table = BTreeMap<String, (usize, &'static str)>;

#[tokio::test]
#[ignore = "needs Prism: cargo xtask conformance --prism"]
async fn prism_agrees() {
    let setting = env::var("POLAR_PRISM").unwrap();
    let (version, url) = setting.split_once('=').unwrap();
    let fixture = fixture(version);
    let (mut table, mut calls) = (Table::new(), 0);
    for extent in [Extent::Required, Extent::Everything] {
        calls += call_all(fixture, url, extent, &mut table).await;
    }
    println!("{version}: {calls} calls");
    let mut unknown = 0;
    for (what, (count, first)) in &table {
        let is_known = KNOWN.iter().any(|known| what.contains(known));
        unknown += usize::from(!is_known);
        let mark = if is_known { "known" } else { "NEW" };
        println!("{count:>5}  {mark:<5}  {what}  (first: {first})");
    }
    assert_eq!(unknown, 0, "tests/README.md does not explain these");
}

async fn call_all(
    fixture: &'static VersionFixture,
    url: &str,
    extent: Extent,
    table: &mut Table,
) -> usize {
    let operations = fixture.operations(url);
    for operation in &operations {
        let described = fixture.described(operation.method, operation.path);
        let mut generator = Generator::new(&fixture.corrected, setting("POLAR_SEED", 1));
        let expected = arguments(described, &mut generator, extent);
        let call = operation
            .call(&expected)
            .unwrap_or_else(|problem| panic!("{}: {problem}", operation.id));
        let outcome = call.await;
        for what in outcome.err().map(disagreements).unwrap_or_default() {
            table.entry(what).or_insert((0, operation.id)).0 += 1;
        }
    }
    operations.len()
}

/// Returns the messages of Prism about the request or its own response, or that of the client about the response.
fn disagreements(error: Error) -> Vec<String> {
    let Some(api) = error.api() else {
        return vec![format!("the client: {}", unlocated(&error.to_string()))];
    };
    let header = api
        .headers()
        .get("sl-violations")
        .and_then(|it| it.to_str().ok());
    let violations: Vec<Value> = serde_json::from_str(header.unwrap_or("[]")).unwrap_or_default();
    if violations.is_empty() {
        let body: Value = serde_json::from_slice(api.body()).unwrap_or_default();
        let title = body["title"].as_str().unwrap_or_default();
        let title = title.lines().next().unwrap_or_default();
        return vec![format!("Prism, {}: {title}", api.status())];
    }
    violations
        .iter()
        .map(|violation| {
            let place = violation["location"].as_array().unwrap();
            let place: Vec<&str> = place.iter().filter_map(Value::as_str).collect();
            let (message, code) = (violation["message"].as_str(), violation["code"].as_str());
            let what = general(message.unwrap_or_default());
            match place.first() {
                Some(&"response") => {
                    format!("Prism, of its own answer: {}", code.unwrap_or_default())
                }
                _ => format!("Prism, of {}: {what}", place.join("/")),
            }
        })
        .collect()
}

/// Removes the operation and the path from a message of the client.
fn unlocated(text: &str) -> String {
    let what = text.split("cannot read the response: ").last();
    let what = what.unwrap_or_default().split(", found").next();
    let words = what.unwrap_or_default().split_whitespace();
    let words = words.map(|word| word.rsplit_once('.').map_or(word, |(_, last)| last));
    words.collect::<Vec<_>>().join(" ")
}

/// Removes the parts of a message that differ between calls.
fn general(text: &str) -> String {
    let is_data = |word: &str| word.chars().any(|it| it.is_ascii_digit());
    let words = text.split_whitespace();
    let words = words.map(|word| if is_data(word) { "*" } else { word });
    words.collect::<Vec<_>>().join(" ")
}
