//! The example `metering`: events that a run cannot send stay on disk, and the next run delivers them.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::path::Path;

use crate::support::example;
use polar_client::v2026_10::API_VERSION;
use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

async fn run(server: &str, folder: &Path, calls: u32) -> String {
    let mut command = example("metering");
    command
        .arg(folder)
        .args(["u-1", &calls.to_string()])
        .env("POLAR_SERVER", server)
        .env("POLAR_ACCESS_TOKEN", "polar_oat_test");
    let output = tokio::task::spawn_blocking(move || command.output());
    let output = output.await.unwrap().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_run_delivers_the_events_of_an_earlier_run() {
    let folder = tempfile::tempdir().unwrap();
    let spool = folder.path().join("usage");
    // No server has this address.
    let output = run("http://127.0.0.1:1", &spool, 3).await;
    assert_eq!(
        output,
        "0 events of earlier runs\n0 delivered, 3 left on disk\n"
    );

    let server = MockServer::start().await;
    let respond = |request: &Request| {
        let body: Value = request.body_json().unwrap();
        let count = body["events"].as_array().unwrap().len();
        ResponseTemplate::new(200)
            .insert_header("polar-version", API_VERSION)
            .set_body_json(json!({ "inserted": count, "duplicates": 0 }))
    };
    let ingest = Mock::given(path("/v1/events/ingest")).respond_with(respond);
    ingest.mount(&server).await;
    let output = run(&server.uri(), &spool, 2).await;
    assert_eq!(
        output,
        "3 events of earlier runs\n5 delivered, 0 left on disk\n"
    );
}
