//! The examples `upload` and `download`, on a server that is both the API and the file storage.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::process::{Command, Output};

use crate::support::example;
use polar_client::v2026_10::API_VERSION;
use serde_json::{Value, json};
use wiremock::matchers::{method, path, path_regex};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

const ID: &str = "9eac85b9-55ec-4c68-a933-84be243cb2cf";
const ORDER: &str = "0d63d459-34c7-418d-88ba-30484275a482";

/// Runs an example with this server, and returns its output.
async fn run(mut command: Command, server: &MockServer) -> Output {
    command
        .env("POLAR_ACCESS_TOKEN", "polar_oat_hush")
        .env("POLAR_SERVER", server.uri());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = output.await.unwrap();
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(!said.contains("hush"), "{said}");
    output
}

/// Returns the API's response to the creation of a file. The URLs of its parts are on the same server.
fn announced(request: &Request, uri: &str) -> ResponseTemplate {
    let body: Value = request.body_json().unwrap();
    let part = |part: &Value| {
        json!({
            "number": part["number"], "chunk_start": part["chunk_start"], "chunk_end": part["chunk_end"],
            "checksum_sha256_base64": part["checksum_sha256_base64"],
            "url": format!("{uri}/storage/{}?X-Amz-Signature=hush", part["number"]),
            "expires_at": "2026-11-21T19:24:05.168170Z", "headers": {},
        })
    };
    let parts = body["upload"]["parts"].as_array().unwrap().iter();
    let parts: Vec<Value> = parts.map(part).collect();
    ResponseTemplate::new(201).set_body_json(json!({
        "id": ID, "organization_id": ID, "name": body["name"], "path": "a/b", "mime_type": body["mime_type"],
        "size": body["size"], "storage_version": null, "checksum_etag": null,
        "checksum_sha256_base64": body["checksum_sha256_base64"], "checksum_sha256_hex": null,
        "last_modified_at": null, "version": null, "is_uploaded": false, "service": "downloadable",
        "size_readable": "?", "upload": {"id": "up", "path": "a/b", "parts": parts},
    }))
}

fn uploaded() -> Value {
    json!({
        "id": ID, "organization_id": ID, "name": "a.txt", "path": "a/b", "mime_type": "text/plain", "size": 3,
        "storage_version": null, "checksum_etag": null, "checksum_sha256_base64": null,
        "checksum_sha256_hex": null, "last_modified_at": null, "version": null, "service": "downloadable",
        "is_uploaded": true, "created_at": "2026-11-21T18:24:05Z", "flagged_malicious_at": null,
        "size_readable": "3 B",
    })
}

async fn api(storage: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    serve(&server, storage).await;
    server
}

/// Uploads a file of three bytes. The storage sends this response, and all other requests succeed.
async fn upload(server: &MockServer, storage: ResponseTemplate) -> Output {
    serve(server, storage).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.txt");
    std::fs::write(&file, "abc").unwrap();
    let mut command = example("upload");
    command.arg(&file);
    run(command, server).await
}

async fn serve(server: &MockServer, storage: ResponseTemplate) {
    let uri = server.uri();
    Mock::given(method("POST"))
        .and(path("/v1/files/"))
        .respond_with(move |request: &Request| announced(request, &uri))
        .mount(server)
        .await;
    Mock::given(method("PUT"))
        .and(path_regex("^/storage/"))
        .respond_with(storage)
        .mount(server)
        .await;
    Mock::given(method("POST"))
        .and(path(format!("/v1/files/{ID}/uploaded")))
        .respond_with(ResponseTemplate::new(200).set_body_json(uploaded()))
        .mount(server)
        .await;
    Mock::given(method("DELETE"))
        .and(path(format!("/v1/files/{ID}")))
        .respond_with(ResponseTemplate::new(204))
        .mount(server)
        .await;
}

/// Returns method and path of each received request.
async fn lines(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.unwrap();
    let line = |request: &Request| format!("{} {}", request.method, request.url.path());
    requests.iter().map(line).collect()
}

#[tokio::test]
async fn a_file_is_uploaded() {
    let server = api(ResponseTemplate::new(200).insert_header("etag", "\"e\"")).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.txt");
    std::fs::write(&file, "abc").unwrap();
    let mut command = example("upload");
    command.arg(&file).arg("text/plain");
    let output = run(command, &server).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout, format!("{ID}\n").into_bytes());
    let requests = server.received_requests().await.unwrap();
    let announced: Value = requests[0].body_json().unwrap();
    assert_eq!(announced["name"], "a.txt");
    assert_eq!(announced["mime_type"], "text/plain");
    assert_eq!(requests[1].body, b"abc");
    assert!(!requests[1].headers.contains_key("authorization"));
    let completed: Value = requests[2].body_json().unwrap();
    assert_eq!(completed["parts"][0]["checksum_etag"], "\"e\"");
}

#[tokio::test]
async fn a_file_whose_upload_fails_is_deleted() {
    let expired = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
    let server = api(ResponseTemplate::new(403).set_body_string(expired)).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.txt");
    std::fs::write(&file, "abc").unwrap();
    let mut command = example("upload");
    command.arg(&file);
    let output = run(command, &server).await;
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("Request has expired"), "{said}");
    let deleted = format!("DELETE /v1/files/{ID}");
    assert_eq!(
        lines(&server).await,
        ["POST /v1/files/", "PUT /storage/1", &deleted]
    );
}

#[tokio::test]
async fn the_error_of_the_upload_is_printed_even_if_deleting_fails() {
    let server = MockServer::start().await;
    Mock::given(method("DELETE"))
        .respond_with(ResponseTemplate::new(403).set_body_json(json!({"error": "NotPermitted"})))
        .mount(&server)
        .await;
    let expired = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
    let output = upload(&server, ResponseTemplate::new(403).set_body_string(expired)).await;
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("Request has expired"), "{said}");
    assert!(
        said.contains("could not be deleted") && said.contains("NotPermitted"),
        "{said}"
    );
}

#[tokio::test]
async fn a_file_that_may_be_complete_is_not_deleted() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path(format!("/v1/files/{ID}/uploaded")))
        .respond_with(ResponseTemplate::new(502))
        .mount(&server)
        .await;
    let output = upload(
        &server,
        ResponseTemplate::new(200).insert_header("etag", "e"),
    )
    .await;
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains(&format!("file {ID} may be complete")),
        "{said}"
    );
    let lines = lines(&server).await;
    assert!(
        lines.iter().all(|line| !line.starts_with("DELETE")),
        "{lines:?}"
    );
}

#[tokio::test]
async fn an_invoice_is_generated_and_downloaded() {
    let server = MockServer::start().await;
    let address = format!("/v1/orders/{ORDER}/invoice");
    let missing = ResponseTemplate::new(404)
        .insert_header("polar-version", API_VERSION)
        .set_body_json(json!({"error": "ResourceNotFound", "detail": "Not found"}));
    Mock::given(method("GET"))
        .and(path(&address))
        .respond_with(missing)
        .up_to_n_times(2)
        .mount(&server)
        .await;
    let link = format!("{}/storage/a.pdf?X-Amz-Signature=hush", server.uri());
    Mock::given(method("GET"))
        .and(path(&address))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"url": link})))
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .and(path(&address))
        .respond_with(ResponseTemplate::new(202).set_body_json(Value::Null))
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(path("/storage/a.pdf"))
        .respond_with(ResponseTemplate::new(200).set_body_string("%PDF-1.7"))
        .mount(&server)
        .await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("invoice.pdf");
    let mut command = example("download");
    command.arg("invoice").arg(ORDER).arg(&file);
    let output = run(command, &server).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "%PDF-1.7");
    let (get, post) = (format!("GET {address}"), format!("POST {address}"));
    let expected = [&get, &post, &get, &get, "GET /storage/a.pdf"];
    assert_eq!(lines(&server).await, expected);
}

#[tokio::test]
async fn the_receipt_of_a_missing_order_is_an_error() {
    let server = MockServer::start().await;
    let mut command = example("download");
    command.arg("receipt").arg(ORDER).arg("/does/not/exist");
    let output = run(command, &server).await;
    assert!(!output.status.success());
    assert_eq!(
        lines(&server).await,
        [format!("GET /v1/orders/{ORDER}/receipt")]
    );
}
