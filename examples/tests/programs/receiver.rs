//! Runs an example that receives webhooks, and sends deliveries to it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::SystemTime;

use polar_client::v2026_10::webhooks::Event;
use polar_client::v2026_10::{API_VERSION, Webhooks};
use polar_client::webhooks::AnyEvent;
use serde_json::{Value, json};

use super::support::example;

/// Recorded deliveries, one per line.
const RECORDED: &str = include_str!("../../../tests/fixtures/recorded/webhooks.jsonl");

const SECRET: &str = "whsec_c2VjcmV0IG9mIHRoZSBleGFtcGxlcw==";

/// A running example.
struct Receiver {
    child: Child,
    output: BufReader<ChildStdout>,
    address: String,
}

impl Receiver {
    fn start(name: &str) -> Self {
        Self::start_with(name, SECRET)
    }

    fn start_with(name: &str, secret: &str) -> Self {
        let mut child = example(name)
            .env("POLAR_WEBHOOK_SECRET", secret)
            .env("ADDRESS", "127.0.0.1:0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://");
        Self {
            address: address.unwrap().to_owned(),
            child,
            output,
        }
    }

    /// Sends a delivery, and returns the status of the response.
    fn deliver(&self, id: &str, body: &str) -> u16 {
        let headers = Webhooks::new(SECRET).sign(id, SystemTime::now(), body);
        self.post(&headers.unwrap(), body)
    }

    fn post(&self, headers: &[(&str, String)], body: &str) -> u16 {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let headers: String = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let length = body.len();
        let request = format!(
            "POST /webhooks HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        );
        // Writing the body may fail, because the example responds to invalid headers before it reads the body. The
        // response is checked.
        let _ = stream.write_all(request.as_bytes());
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// Stops the example. Returns its output since it started to listen.
    fn stop(mut self) -> String {
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(asked.success());
        assert!(self.child.wait().unwrap().success());
        let mut printed = String::new();
        self.output.read_to_string(&mut printed).unwrap();
        printed
    }
}

/// Stops the example at the end of the test.
impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the bodies of the recorded deliveries with their event types. Messages for chats have no event type.
fn bodies() -> Vec<(Option<String>, String)> {
    let body = |line: &str| {
        let row: Value = serde_json::from_str(line).unwrap();
        let text = row["body"].as_str().unwrap().to_owned();
        let body: Value = serde_json::from_str(&text).unwrap();
        (body["type"].as_str().map(str::to_owned), text)
    };
    RECORDED.lines().map(body).collect()
}

fn body_of(kind: &str) -> String {
    let mut bodies = bodies().into_iter();
    let found = bodies.find(|(found, _)| found.as_deref() == Some(kind));
    found.unwrap().1
}

/// Checks that the example does not start without a secret.
pub(crate) fn does_not_start_without_a_secret(name: &str) {
    for (secret, problem) in [(None, "is not set"), (Some("whsec_"), "a secret is empty")] {
        let mut command = example(name);
        command.envs(secret.map(|secret| ("POLAR_WEBHOOK_SECRET", secret)));
        let output = command.output().unwrap();
        assert!(!output.status.success());
        let printed = String::from_utf8_lossy(&output.stderr);
        assert!(printed.contains("POLAR_WEBHOOK_SECRET"), "{printed}");
        assert!(printed.contains(problem), "{printed}");
    }
}

/// Checks that every event is accepted and handled once.
pub(crate) fn accepts_every_event_once(name: &str) {
    let receiver = Receiver::start(name);
    let mut events = 0;
    for (index, (kind, body)) in bodies().iter().enumerate() {
        let id = format!("msg_{index}");
        let expected = if kind.is_some() { 204 } else { 415 };
        assert_eq!(receiver.deliver(&id, body), expected, "{kind:?}");
        assert_eq!(receiver.deliver(&id, body), expected, "{kind:?} again");
        events += usize::from(kind.is_some());
    }
    let new = r#"{"type":"order.gifted","data":{}}"#;
    assert_eq!(receiver.deliver("msg_new", new), 204);
    let printed = receiver.stop();
    assert_eq!(printed.lines().count(), events + 1, "{printed}");
    assert_eq!(printed.matches(": deliver ").count(), 1, "{printed}");
    assert!(printed.contains("nothing to do for order.gifted\n"));
}

/// Checks that deliveries with invalid signatures or bodies are rejected, and that the response contains the reason.
pub(crate) fn rejects_requests_that_are_no_deliveries(name: &str) {
    let receiver = Receiver::start(name);
    let body = body_of("order.paid");
    let now = SystemTime::now();
    let other = Webhooks::new("another secret");
    assert_eq!(
        receiver.post(&other.sign("a", now, &body).unwrap(), &body),
        401
    );
    let old = Webhooks::new(SECRET).sign("a", SystemTime::UNIX_EPOCH, &body);
    assert_eq!(receiver.post(&old.unwrap(), &body), 403);
    assert_eq!(receiver.post(&[], &body), 400);
    assert_eq!(receiver.deliver("a", r#"{"type":"order.paid"}"#), 400);
    let large = json!({"type": "order.paid", "data": "a".repeat(1 << 20)}).to_string();
    assert_eq!(receiver.deliver("a", &large), 413);
    assert_eq!(receiver.stop(), "");
}

/// Returns the body of an event in this version of the API.
fn event(kind: &str, version: &str) -> String {
    let mut body: Value = serde_json::from_str(&body_of(kind)).unwrap();
    body["api_version"] = version.into();
    body.to_string()
}

/// Returns the body of an order that was paid.
fn paid(version: &str) -> String {
    event("order.paid", version)
}

/// Returns the body of an event whose schema differs in another version, if there is one.
fn of_other_version() -> Option<String> {
    let kinds = [
        "product.updated",
        "subscription.updated",
        "customer.updated",
    ];
    let mut bodies = kinds.iter().flat_map(|kind| {
        let versions = AnyEvent::VERSIONS.iter();
        versions.map(|version| event(kind, version))
    });
    bodies.find(|body| is_of_other_version(body))
}

fn is_of_other_version(body: &str) -> bool {
    let (webhooks, now) = (Webhooks::new(SECRET), SystemTime::now());
    let headers = webhooks.sign("id", now, body).unwrap();
    let delivery = webhooks.verify_at(headers, body, now).unwrap();
    matches!(delivery.event, Event::OtherVersion(_))
}

/// Checks events of other API versions. They are accepted if their schema is the same, whether or not the feature of
/// that version is enabled. Otherwise they are rejected, so that Polar delivers them again.
pub(crate) fn rejects_other_versions(name: &str) {
    let receiver = Receiver::start(name);
    for body in of_other_version().into_iter().chain([paid("2031-07")]) {
        let status = receiver.deliver("other", &body);
        assert!(status >= 500, "{status}");
    }
    let same = AnyEvent::VERSIONS.iter();
    let same: Vec<_> = same
        .filter(|version| !is_of_other_version(&paid(version)))
        .collect();
    for version in &same {
        assert_eq!(receiver.deliver(version, &paid(version)), 204, "{version}");
    }
    assert_eq!(receiver.stop().matches(": deliver ").count(), same.len());
}

/// Checks that an order without a product is accepted, because a redelivery would not contain one either.
pub(crate) fn accepts_an_order_without_a_product(name: &str) {
    let receiver = Receiver::start(name);
    let mut body: Value = serde_json::from_str(&body_of("order.paid")).unwrap();
    body["data"]["product"] = Value::Null;
    for _ in 0..2 {
        assert_eq!(receiver.deliver("a", &body.to_string()), 204);
    }
    let printed = receiver.stop();
    assert!(printed.ends_with(": nothing to deliver\n"), "{printed}");
    assert_eq!(printed.lines().count(), 1);
}

/// Checks that an event whose handler failed is handled when it is delivered again.
pub(crate) fn handles_again_what_failed(name: &str) {
    let receiver = Receiver::start(name);
    // An event with another schema is rejected. If the feature of its version is enabled, the handler rejects it.
    let (other, own) = (of_other_version(), paid(API_VERSION));
    if let Some(other) = other {
        assert!(receiver.deliver("a", &other) >= 500);
    }
    assert_eq!(receiver.deliver("a", &own), 204);
    assert_eq!(receiver.deliver("a", &own), 204);
    assert_eq!(receiver.stop().lines().count(), 1);
}

/// Runs the shell commands of a document, which send a delivery to the example. It must respond with 204. Skipped if
/// openssl or curl is not installed.
pub(crate) fn accepts_the_shell_lines_of(name: &str, text: &str) {
    let has = |tool: &str| Command::new(tool).arg("version").output().is_ok();
    if !(has("openssl") && has("curl")) {
        return eprintln!("skipped: there is no openssl or no curl");
    }
    let lines = text.lines().map(|line| {
        let line = line.strip_prefix("//!").unwrap_or(line);
        line.strip_prefix(' ').unwrap_or(line)
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    let mut blocks = text.split("```sh\n").skip(1);
    let block = blocks.find(|block| block.contains("body='")).unwrap();
    let block = block.split("```").next().unwrap();
    let secret = block.lines().find_map(|line| {
        let (_, secret) = line.split_once("export POLAR_WEBHOOK_SECRET=")?;
        Some(secret.to_owned())
    });
    let receiver = Receiver::start_with(name, &secret.unwrap());
    let script = block.replace("127.0.0.1:3000", &receiver.address);
    let output = Command::new("sh")
        .args(["-euc", &script])
        .env_remove("POLAR_WEBHOOK_SECRET")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.starts_with("HTTP/1.1 204 "), "{output:?}");
    assert_eq!(receiver.stop(), "nothing to do for order.gifted\n");
}
