//! The example `entitlements`: events may arrive in any order, and the API receives at most one request per customer.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use crate::support;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::SystemTime;

use polar_client::reqwest;
use polar_client::v2026_10::{API_VERSION, Webhooks};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const SECRET: &str = "whsec_c2VjcmV0IG9mIHRoZSBleGFtcGxlcw==";
const BENEFIT: &str = "5a0e4f8c-1c8e-4c57-9a5b-6f1d2e3a4b5c";

/// Recorded deliveries, one per line.
const RECORDED: &str = include_str!("../../../tests/fixtures/recorded/webhooks.jsonl");

/// The running example.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(api: &MockServer) -> Self {
        let mut child = support::example("entitlements")
            .env("POLAR_SERVER", api.uri())
            .env("POLAR_ACCESS_TOKEN", "polar_oat_test")
            .env("POLAR_WEBHOOK_SECRET", SECRET)
            .env("ADDRESS", "127.0.0.1:0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").unwrap();
        Self {
            address: address.to_owned(),
            child,
        }
    }

    /// Delivers an event with this state of a customer, and returns the status of the response.
    async fn deliver(&self, time: &str, state: Value) -> u16 {
        let event = json!({
            "type": "customer.state_changed",
            "timestamp": time,
            "api_version": API_VERSION,
            "data": state,
        });
        let body = event.to_string();
        let signed = Webhooks::new(SECRET).sign(time, SystemTime::now(), &body);
        let mut request = reqwest::Client::new().post(format!("{}/webhooks", self.address));
        for (name, value) in signed.unwrap() {
            request = request.header(name, value);
        }
        request.body(body).send().await.unwrap().status().as_u16()
    }

    /// Asks the example whether a customer may use the benefit. Returns the status and body of the response.
    async fn may_use(&self, customer: &str) -> (u16, String) {
        let url = format!("{}/customers/{customer}/benefits/{BENEFIT}", self.address);
        let response = reqwest::get(url).await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

/// Stops the example at the end of the test.
impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the state of a customer, with or without the benefit.
fn state(customer: &str, is_granted: bool) -> Value {
    let rows = RECORDED.lines().map(|line| {
        let row: Value = serde_json::from_str(line).unwrap();
        serde_json::from_str::<Value>(row["body"].as_str().unwrap()).unwrap()
    });
    let mut bodies = rows.filter(|body| body["type"] == "customer.state_changed");
    let mut state = bodies.next().unwrap()["data"].take();
    let grant = json!({
        "id": "0e1b3a52-4a59-4ac0-8d35-6a3a3e0a6e5f",
        "created_at": "2026-11-22T03:00:00Z",
        "modified_at": null,
        "granted_at": "2026-11-22T03:00:00Z",
        "benefit_id": BENEFIT,
        "benefit_type": "custom",
        "benefit_metadata": {},
        "properties": {},
    });
    state["external_id"] = customer.into();
    state["granted_benefits"] = if is_granted {
        json!([grant])
    } else {
        json!([])
    };
    state
}

fn yes() -> (u16, String) {
    (200, "true".to_owned())
}

fn no() -> (u16, String) {
    (200, "false".to_owned())
}

/// Sets the response to requests for the state of a customer, and how many requests are expected.
async fn respond(api: &MockServer, customer: &str, response: ResponseTemplate, requests: u64) {
    Mock::given(method("GET"))
        .and(path(format!("/v1/customers/external/{customer}/state")))
        .respond_with(response.insert_header("polar-version", API_VERSION))
        .expect(requests)
        .mount(api)
        .await;
}

#[tokio::test]
async fn the_newest_state_applies_and_no_request_is_made() {
    let api = MockServer::start().await;
    let server = Server::start(&api);
    for (time, is_granted, expected) in [
        ("2026-11-22T03:00:01Z", false, no()),
        ("2026-11-22T03:00:03Z", true, yes()),
        ("2026-11-22T03:00:02Z", false, yes()),
        ("2026-11-22T03:00:04Z", false, no()),
    ] {
        assert_eq!(server.deliver(time, state("u-1", is_granted)).await, 204);
        assert_eq!(server.may_use("u-1").await, expected, "{time}");
    }
    assert!(api.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_state_without_an_event_is_requested_once() {
    let api = MockServer::start().await;
    let known = ResponseTemplate::new(200).set_body_json(state("u-1", true));
    respond(&api, "u-1", known, 1).await;
    let server = Server::start(&api);
    assert_eq!(server.may_use("u-1").await, yes());
    // The state of an event is ignored if the event is older than the requested state.
    let old = server.deliver("2000-01-01T00:00:00Z", state("u-1", false));
    assert_eq!(old.await, 204);
    assert_eq!(server.may_use("u-1").await, yes());
    let new = server.deliver("2999-01-01T00:00:00Z", state("u-1", false));
    assert_eq!(new.await, 204);
    assert_eq!(server.may_use("u-1").await, no());
}

#[tokio::test]
async fn a_missing_customer_has_no_benefits_and_other_errors_are_reported() {
    let api = MockServer::start().await;
    let body = json!({"error": "ResourceNotFound", "detail": "Not found"});
    let missing = ResponseTemplate::new(404).set_body_json(body);
    respond(&api, "unknown", missing, 1).await;
    let body = json!({"error": "Unauthorized", "detail": "Unauthorized"});
    let rejected = ResponseTemplate::new(401).set_body_json(body);
    respond(&api, "u-1", rejected, 1).await;
    let server = Server::start(&api);
    assert_eq!(server.may_use("unknown").await, no());
    assert_eq!(server.may_use("u-1").await, (502, String::new()));
}
