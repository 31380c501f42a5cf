//! The example `license`, on a server that responds, fails, or cannot be reached.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

mod offline;

use std::fs;
use std::process::Command;
use std::time::{Duration, SystemTime};

use crate::support::example;
use polar_client::v2026_10::API_VERSION;
use serde_json::{Value, json};
use tempfile::TempDir;
use wiremock::matchers::{body_partial_json, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const ORGANIZATION: &str = "7267719e-2bfa-4c78-b095-fcdc4aa788e8";
const ACTIVATION: &str = "9a626024-4d04-4142-bf8d-b1deb728fe01";
const DAY: i64 = 24 * 60 * 60;

/// A computer with the program installed.
struct Computer {
    folder: TempDir,
    server: String,
}

/// The result of a run of the program.
#[derive(Debug, PartialEq)]
struct Run {
    status: i32,
    words: String,
}

/// A path that cannot be written, because its folder does not exist.
const NOWHERE: &str = "nowhere/license.json";

impl Computer {
    fn new(server: &MockServer) -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            server: server.uri(),
        }
    }

    /// Returns a computer on which the key was activated. It was last validated this number of seconds ago.
    fn activated(server: &MockServer, ago: i64) -> Self {
        let computer = Self::new(server);
        computer.write(&json!({
            "key": "KEY-1",
            "activation_id": ACTIVATION,
            "confirmed": now() - ago,
            "expires": null,
            "latest": now() - ago,
        }));
        computer
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = example("license");
        command
            .args(arguments)
            .env("POLAR_SERVER", &self.server)
            .env("LICENSE_ORGANIZATION", ORGANIZATION)
            .env("LICENSE_FILE", self.folder.path().join("license.json"));
        command
    }

    async fn run(&self, arguments: &[&str]) -> Run {
        let (run, warnings) = finish(self.command(arguments)).await;
        assert_eq!(warnings, "");
        run
    }

    async fn check(&self) -> Run {
        self.run(&["check"]).await
    }

    fn read(&self) -> Value {
        serde_json::from_slice(&fs::read(self.folder.path().join("license.json")).unwrap()).unwrap()
    }

    fn write(&self, license: &Value) {
        fs::write(self.folder.path().join("license.json"), license.to_string()).unwrap();
    }

    fn change(&self, field: &str, value: i64) {
        let mut license = self.read();
        license[field] = value.into();
        self.write(&license);
    }

    fn is_activated(&self) -> bool {
        self.folder.path().join("license.json").exists()
    }
}

/// Returns the result of a run, and its warnings.
async fn finish(mut command: Command) -> (Run, String) {
    let output = tokio::task::spawn_blocking(move || command.output());
    let output = output.await.unwrap().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap().trim().to_owned();
    let run = Run {
        status: output.status.code().unwrap(),
        words: text(output.stdout),
    };
    (run, text(output.stderr))
}

fn run(status: i32, words: &str) -> Run {
    let words = words.to_owned();
    Run { status, words }
}

fn valid() -> Run {
    run(0, "valid")
}

fn grace(days: i64) -> Run {
    run(0, &format!("valid, unconfirmed for up to {days} more days"))
}

fn unverified() -> Run {
    run(2, "unverified, please connect to the internet")
}

fn now() -> i64 {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap();
    since.as_secs().try_into().unwrap()
}

/// Returns the API's response about a key for three computers.
fn key(status: &str) -> Value {
    key_for(&json!(3), status)
}

/// Returns the API's response about a key for this number of computers.
fn key_for(limit: &Value, status: &str) -> Value {
    json!({
        "id": "a63eb979-ded6-4386-b7f7-c783277567c5",
        "created_at": "2026-11-21T18:27:07.139944Z",
        "modified_at": null,
        "organization_id": ORGANIZATION,
        "customer_id": "a0dafe09-d486-484e-8058-372050a7b5dd",
        "customer": {
            "id": "a0dafe09-d486-484e-8058-372050a7b5dd",
            "created_at": "2026-11-21T18:26:27.263607Z",
            "modified_at": null,
            "metadata": {},
            "external_id": null,
            "email": "alice@example.com",
            "email_verified": false,
            "type": "individual",
            "name": null,
            "billing_name": null,
            "billing_address": null,
            "tax_id": null,
            "organization_id": ORGANIZATION,
            "deleted_at": null,
            "avatar_url": "https://example.com/a.png",
        },
        "benefit_id": "d28b2412-f4bc-42cd-ae65-62d7985e75af",
        "key": "KEY-1",
        "display_key": "****-1",
        "status": status,
        "limit_activations": limit,
        "usage": 0,
        "limit_usage": null,
        "validations": 1,
        "last_validated_at": null,
        "expires_at": null,
    })
}

/// Returns a response of the API, which echoes the version.
fn api(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status)
        .insert_header("polar-version", API_VERSION)
        .set_body_json(body)
}

/// Returns the API's response about an activated key.
fn activation() -> Value {
    json!({
        "id": ACTIVATION,
        "license_key_id": "a63eb979-ded6-4386-b7f7-c783277567c5",
        "label": "a computer",
        "meta": {},
        "created_at": "2026-11-21T18:33:50.719054Z",
        "modified_at": null,
        "license_key": key("granted"),
    })
}

fn not_permitted(detail: &str) -> ResponseTemplate {
    api(403, &json!({"error": "NotPermitted", "detail": detail}))
}

fn not_found() -> ResponseTemplate {
    let body = json!({"error": "ResourceNotFound", "detail": "License key does not match."});
    api(404, &body)
}

/// Removes all responses from the server, and adds one for this call.
async fn respond(server: &MockServer, call: &str, response: ResponseTemplate) {
    server.reset().await;
    also(server, call, response).await;
}

async fn also(server: &MockServer, call: &str, response: ResponseTemplate) {
    Mock::given(method("POST"))
        .and(path(format!("/v1/customer-portal/license-keys/{call}")))
        .and(body_partial_json(
            json!({"key": "KEY-1", "organization_id": ORGANIZATION}),
        ))
        .respond_with(response)
        .mount(server)
        .await;
}

#[tokio::test]
async fn a_key_is_activated_checked_and_deactivated() {
    let server = MockServer::start().await;
    let computer = Computer::new(&server);
    assert_eq!(computer.check().await, run(1, "not activated"));

    respond(&server, "activate", api(200, &activation())).await;
    assert_eq!(
        computer.run(&["activate", "KEY-1"]).await,
        run(0, "activated")
    );

    respond(&server, "validate", api(200, &key("granted"))).await;
    assert_eq!(computer.check().await, valid());
    let requests = server.received_requests().await.unwrap();
    let body: Value = requests[0].body_json().unwrap();
    assert_eq!(body["activation_id"], ACTIVATION);
    assert!(!requests[0].headers.contains_key("authorization"));

    respond(&server, "deactivate", ResponseTemplate::new(503)).await;
    let failed = computer.run(&["deactivate"]).await;
    assert_eq!(failed.status, 1);
    assert!(computer.is_activated());
    let html = ResponseTemplate::new(200).set_body_raw("<html>Sign in</html>", "text/html");
    respond(&server, "deactivate", html).await;
    let failed = computer.run(&["deactivate"]).await;
    assert_eq!(failed.status, 1);
    assert!(failed.words.starts_with("not deactivated"), "{failed:?}");
    assert!(computer.is_activated());
    respond(&server, "deactivate", ResponseTemplate::new(204)).await;
    assert_eq!(computer.run(&["deactivate"]).await, run(0, "deactivated"));
    assert!(!computer.is_activated());
}

#[tokio::test]
async fn a_failed_activation_writes_no_file() {
    let server = MockServer::start().await;
    for (response, words) in [
        (not_found(), "there is no such key"),
        (
            not_permitted("License key is no longer active"),
            "not activated: License key is no longer active",
        ),
        (
            ResponseTemplate::new(404).set_body_json(json!({"detail": "Not Found"})),
            "not activated, please try again later",
        ),
        (
            ResponseTemplate::new(500),
            "not activated, please try again later",
        ),
    ] {
        let computer = Computer::new(&server);
        respond(&server, "activate", response).await;
        let failed = computer.run(&["activate", "KEY-1"]).await;
        assert_eq!(failed.status, 1);
        assert!(failed.words.starts_with(words), "{failed:?}");
        assert!(!computer.is_activated());
    }
}

#[tokio::test]
async fn a_key_without_a_limit_is_only_validated() {
    let server = MockServer::start().await;
    let detail = "License key does not support activations.";
    let computer = Computer::new(&server);
    for (limit, status, works) in [
        // The activation limit is reached: the key is valid, but not on this computer.
        (json!(3), "granted", false),
        (json!(null), "revoked", false),
        (json!(null), "granted", true),
    ] {
        respond(&server, "activate", not_permitted(detail)).await;
        also(&server, "validate", api(200, &key_for(&limit, status))).await;
        let expected = match works {
            true => run(0, "activated"),
            false => run(1, &format!("not activated: {detail}")),
        };
        assert_eq!(computer.run(&["activate", "KEY-1"]).await, expected);
        assert_eq!(computer.is_activated(), works);
    }
    let unlimited = key_for(&json!(null), "granted");
    respond(&server, "validate", api(200, &unlimited)).await;
    assert_eq!(computer.check().await, valid());
    let requests = server.received_requests().await.unwrap();
    let body: Value = requests[0].body_json().unwrap();
    assert_eq!(body.get("activation_id"), None);
    // The computer has no activation.
    server.reset().await;
    assert_eq!(computer.run(&["deactivate"]).await, run(0, "deactivated"));
    assert!(server.received_requests().await.unwrap().is_empty());
    assert!(!computer.is_activated());
}

#[tokio::test]
async fn an_activation_is_not_replaced() {
    let server = MockServer::start().await;
    let computer = Computer::activated(&server, DAY);
    let before = computer.read();
    respond(&server, "activate", api(200, &activation())).await;
    assert_eq!(
        computer.run(&["activate", "KEY-1"]).await,
        run(1, "already activated, please deactivate first")
    );
    assert!(server.received_requests().await.unwrap().is_empty());
    assert_eq!(computer.read(), before);
}

#[tokio::test]
async fn an_activation_that_cannot_be_stored_is_released() {
    let server = MockServer::start().await;
    let computer = Computer::new(&server);
    for (status, is_named) in [(204, false), (503, true)] {
        respond(&server, "activate", api(200, &activation())).await;
        also(&server, "deactivate", ResponseTemplate::new(status)).await;
        let mut command = computer.command(&["activate", "KEY-1"]);
        command.env("LICENSE_FILE", computer.folder.path().join(NOWHERE));
        let (run, _) = finish(command).await;
        assert_eq!(run.status, 1);
        assert!(run.words.starts_with("not activated, "), "{run:?}");
        let named = run.words.contains(ACTIVATION);
        assert_eq!(named, is_named, "{run:?}");
        let requests = server.received_requests().await.unwrap();
        let body: Value = requests[1].body_json().unwrap();
        assert_eq!(body["activation_id"], ACTIVATION);
    }
}

/// `/proc/self/fd/0` is a path under which the file can be read, but not written.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_result_that_cannot_be_stored_is_reported() {
    let server = MockServer::start().await;
    let computer = Computer::activated(&server, DAY);
    for (status, expected) in [
        ("granted", valid()),
        ("revoked", run(3, "invalid: the key is revoked")),
    ] {
        respond(&server, "validate", api(200, &key(status))).await;
        let file = fs::File::open(computer.folder.path().join("license.json")).unwrap();
        let mut command = computer.command(&["check"]);
        command.stdin(file).env("LICENSE_FILE", "/proc/self/fd/0");
        let (run, warnings) = finish(command).await;
        assert_eq!(run, expected);
        assert!(warnings.contains("cannot be written"), "{warnings}");
    }
}

#[tokio::test]
async fn a_damaged_file_does_not_make_the_license_invalid() {
    let server = MockServer::start().await;
    let computer = Computer::activated(&server, DAY);
    let license = computer.read().to_string();
    for damaged in [
        "",
        "\0\0\0",
        &license[..license.len() / 2],
        &license.replace(ACTIVATION, "?"),
    ] {
        fs::write(computer.folder.path().join("license.json"), damaged).unwrap();
        for (command, expected) in [
            (vec!["check"], 2),
            (vec!["activate", "KEY-1"], 1),
            (vec!["deactivate"], 1),
        ] {
            let (run, warnings) = finish(computer.command(&command)).await;
            assert_eq!(run.status, expected, "{damaged:?}");
            assert!(warnings.contains("license.json cannot be read"), "{run:?}");
            assert_eq!(run.words.is_empty(), expected == 1, "{run:?}");
        }
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn extreme_times_do_not_cause_a_panic() {
    let server = MockServer::start().await;
    respond(&server, "validate", ResponseTemplate::new(503)).await;
    for (field, value, expected) in [
        ("confirmed", i64::MIN, 2),
        ("confirmed", i64::MAX, 0),
        ("expires", i64::MIN, 2),
        ("expires", i64::MAX, 0),
        ("latest", i64::MIN, 0),
        ("latest", i64::MAX, 2),
    ] {
        let computer = Computer::activated(&server, DAY);
        computer.change(field, value);
        assert_eq!(computer.check().await.status, expected, "{field} {value}");
    }
}
