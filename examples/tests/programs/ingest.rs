//! The example `ingest`, against a server that fails at first.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Output, Stdio};

use crate::support::example;
use polar_client::v2026_10::API_VERSION;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

async fn run(server: &MockServer, lines: impl Into<Vec<u8>>) -> Output {
    let (mut command, lines) = (example("ingest"), lines.into());
    command
        .env("POLAR_SERVER", server.uri())
        .env("POLAR_ACCESS_TOKEN", "polar_oat_test")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let output = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(&lines).unwrap();
        drop(input);
        child.wait_with_output()
    });
    output.await.unwrap().unwrap()
}

fn events(request: &Request) -> Vec<Value> {
    let body: Value = request.body_json().unwrap();
    body["events"].as_array().unwrap().clone()
}

#[tokio::test]
async fn every_line_becomes_an_event_although_requests_fail() {
    let server = MockServer::start().await;
    let ingest = || Mock::given(method("POST")).and(path("/v1/events/ingest"));
    ingest()
        .respond_with(ResponseTemplate::new(503))
        .up_to_n_times(2)
        .mount(&server)
        .await;
    ingest()
        .respond_with(|request: &Request| {
            let response = json!({"inserted": events(request).len(), "duplicates": 0});
            ResponseTemplate::new(200).set_body_json(response)
        })
        .mount(&server)
        .await;
    let lines: Vec<String> = (0..250)
        .map(|units| format!("u-{} tokens {units}\n", units % 3))
        .collect();
    let output = run(&server, format!("what?\n{}", lines.concat())).await;
    assert!(output.status.success(), "{output:?}");
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(
        words.contains("250 accepted, 0 duplicates, 0 rejected, 0 unsent"),
        "{words}"
    );
    assert!(words.contains("invalid line"), "{words}");

    let requests = server.received_requests().await.unwrap();
    let sent: Vec<Value> = requests.iter().skip(2).flat_map(events).collect();
    let units: BTreeSet<i64> = sent
        .iter()
        .map(|event| event["metadata"]["units"].as_i64().unwrap())
        .collect();
    assert_eq!(units, (0..250).collect());
    assert_eq!(sent.len(), 250);
    assert_eq!(sent[1]["external_customer_id"], "u-1");
    assert_eq!(sent[1]["name"], "tokens");
}

#[tokio::test]
async fn queued_events_are_sent_even_if_reading_fails() {
    let server = MockServer::start().await;
    let response =
        ResponseTemplate::new(200).set_body_json(json!({"inserted": 1, "duplicates": 0}));
    Mock::given(method("POST"))
        .respond_with(response)
        .mount(&server)
        .await;
    let output = run(&server, b"u-1 tokens 1\nu-2 \xff 2\nu-3 tokens 3\n").await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(
        words.contains("1 accepted") && words.contains("UTF-8"),
        "{words}"
    );
    let requests = server.received_requests().await.unwrap();
    let sent: Vec<Value> = requests.iter().flat_map(events).collect();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0]["external_customer_id"], "u-1");
}

#[tokio::test]
async fn lines_that_cannot_be_queued_are_printed() {
    let server = MockServer::start().await;
    let output = run(&server, format!("u-9 {} 1\n", "x".repeat(200))).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed["external_customer_id"], "u-9");
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn events_that_are_not_sent_are_printed() {
    let server = MockServer::start().await;
    let rejected = json!({
        "error": "RequestValidationError",
        "detail": [{"loc": ["body", "events", 0, "external_customer_id"], "msg": "no such customer", "type": "value_error"}],
    });
    Mock::given(method("POST"))
        .respond_with(
            ResponseTemplate::new(422)
                .insert_header("polar-version", API_VERSION)
                .set_body_json(rejected),
        )
        .mount(&server)
        .await;
    let output = run(&server, "u-9 tokens 1\n".to_owned()).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed["external_customer_id"], "u-9");
    assert_eq!(printed["external_id"].as_str().unwrap().len(), 36);
}
