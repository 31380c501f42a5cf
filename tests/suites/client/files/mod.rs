//! Uploads and downloads over HTTP: which requests the API and the storage receive, also if connections break.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

mod server;

use std::path::Path;
use std::time::Duration;

use polar_client::types::Uuid;
use polar_client::v2026_10::Polar;
use polar_client::v2026_10::models::{FileRead, FileServiceTypes};
use polar_client::{CustomerSession, Error, NewFile, RetryPolicy, UploadStep};
use serde_json::Value;
use server::{ID, Server};

const MIB: usize = 1 << 20;

fn polar(server: &Server) -> Polar {
    let url = polar_client::Server::custom(&server.url).unwrap();
    Polar::builder()
        .server(url)
        .access_token("polar_oat_hush")
        .retry(RetryPolicy::new().base_delay(Duration::from_millis(1)))
        .build()
        .unwrap()
}

fn manual() -> NewFile {
    NewFile::new(
        FileServiceTypes::Downloadable,
        "manual.pdf",
        "application/pdf",
    )
    .version("2")
}

/// Returns bytes of which all parts differ, so that swapped parts are detected.
fn bytes(len: usize) -> Vec<u8> {
    let mut bytes = vec![7; len];
    for (number, block) in bytes.chunks_mut(MIB / 4).enumerate() {
        block[0] = u8::try_from(number).unwrap();
    }
    bytes
}

#[tokio::test]
async fn parts_whose_connection_breaks_are_sent_again() {
    let (server, content) = (Server::start().await, bytes(11 * MIB));
    server.set(|state| {
        state.drops.insert("/storage/2".into(), 2);
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("manual.pdf");
    std::fs::write(&path, &content).unwrap();
    let files = polar(&server).files();
    let file = files.upload(manual(), path).part_size(5 << 20).await;
    let FileRead::Downloadable(file) = file.unwrap() else {
        panic!("a downloadable file")
    };
    assert_eq!(file.id.to_string(), ID);
    assert!(server.content() == content);

    let seen = server.seen();
    let count = |line: &str| seen.iter().filter(|seen| seen.line == line).count();
    assert_eq!(
        ["PUT /storage/1", "PUT /storage/2", "PUT /storage/3"].map(count),
        [1, 3, 1]
    );
    for seen in &seen {
        let is_api = seen.line.contains(" /v1/");
        assert_eq!(
            seen.headers.contains_key("authorization"),
            is_api,
            "{}",
            seen.line
        );
        assert_eq!(seen.headers.contains_key("polar-version"), is_api);
        assert_eq!(seen.headers.contains_key("x-amz-checksum-sha256"), !is_api);
    }
    let last = seen.last().unwrap();
    assert_eq!(last.line, format!("POST /v1/files/{ID}/uploaded"));
    let completed: Value = serde_json::from_slice(&last.body).unwrap();
    assert_eq!(completed["parts"][1]["checksum_etag"], "\"/storage/2\"");
}

#[tokio::test]
async fn a_part_that_always_fails_ends_the_upload() {
    let server = Server::start().await;
    server.set(|state| {
        state.drops.insert("/storage/2".into(), 99);
    });
    let files = polar(&server).files();
    let upload = files.upload(manual(), bytes(6 * MIB)).part_size(5 << 20);
    let error = upload.parallel(1).await.unwrap_err();
    assert!(error.is_connection());
    let failed = error.upload().unwrap();
    assert_eq!(
        (failed.step(), failed.stored()),
        (UploadStep::Part(2), &[1][..])
    );
    assert_eq!(failed.file_id(), Some(ID.parse().unwrap()));
    let shown = format!("{error} {error:?}");
    assert!(
        !shown.contains("hush") && !shown.contains("storage/"),
        "{shown}"
    );
}

#[tokio::test]
async fn redirects_of_a_storage_are_not_followed() {
    let (server, other) = (Server::start().await, Server::start().await);
    server.set(|state| state.moved = Some(format!("{}/storage/1", other.url)));
    let upload = polar(&server).files().upload(manual(), bytes(1));
    let error = upload.await.unwrap_err();
    assert_eq!(error.storage().unwrap().status().as_u16(), 307);
    assert_eq!(other.lines(), [""; 0]);
}

#[tokio::test]
async fn an_empty_part_has_content_length_zero() {
    let server = Server::start().await;
    polar(&server)
        .files()
        .upload(manual(), Vec::new())
        .await
        .unwrap();
    let seen = server.seen();
    assert_eq!(seen[1].line, "PUT /storage/1");
    assert_eq!(seen[1].headers["content-length"], "0");
}

#[tokio::test]
async fn customers_download_what_they_bought() {
    let (server, content) = (Server::start().await, bytes(3 * MIB));
    server.set(|state| {
        state.stored.insert("/storage/1".into(), content.clone());
        // The connection breaks once during the response.
        state.drops.insert("/storage/1".into(), 1);
    });
    let portal = polar(&server).customer_portal(CustomerSession::new("polar_cst_hush"));
    let items = portal.downloadables().list().collect_all().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("manual.pdf");
    let download = portal.downloadables().download(&items[0].file);
    assert_eq!(download.to_file(&path).await.unwrap(), content.len() as u64);
    assert!(std::fs::read(&path).unwrap() == content);
    let by_id = portal.downloadables().download_by_id(items[0].file.id);
    assert!(by_id.bytes().await.unwrap() == content);
    let unknown = portal.downloadables().download_by_id(Uuid::nil());
    assert!(unknown.bytes().await.unwrap_err().is_not_found());
    let tokens: Vec<bool> = server
        .seen()
        .iter()
        .map(|seen| seen.headers.contains_key("authorization"))
        .collect();
    let list = "GET /v1/customer-portal/downloadables/";
    let (link, file) = (
        "GET /v1/customer-portal/downloadables/token",
        "GET /storage/1",
    );
    let expected = [list, link, file, link, file, list, link, file, list];
    assert_eq!(server.lines(), expected);
    assert!(
        tokens
            .iter()
            .zip(expected)
            .all(|(token, line)| *token == (line == list))
    );
}

#[tokio::test]
async fn a_receipt_is_polled() {
    let server = Server::start().await;
    server.set(|state| {
        state.waits = 2;
        state.stored.insert("/storage/1".into(), b"%PDF".to_vec());
    });
    let orders = polar(&server).orders();
    let mut stream = orders.download_receipt(Uuid::nil()).stream().await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), "%PDF");
    assert!(stream.next().await.is_none());
    assert_eq!(server.lines().len(), 4);
    // The files are missing in the storage.
    server.set(|state| state.stored.clear());
    let error = orders
        .download_receipt(Uuid::nil())
        .bytes()
        .await
        .unwrap_err();
    assert_eq!(error.storage().unwrap().code(), Some("NoSuchKey"));
}

#[test]
fn uploads_and_downloads_work_without_a_runtime() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Server::start());
    let polar = polar(&server);
    polar
        .files()
        .upload(manual(), b"%PDF".to_vec())
        .send_blocking()
        .unwrap();
    let receipt = polar.orders().download_receipt(Uuid::nil());
    assert_eq!(receipt.bytes_blocking().unwrap(), "%PDF");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("receipt.pdf");
    let receipt = polar.orders().download_receipt(Uuid::nil());
    assert_eq!(receipt.to_file_blocking(&path).unwrap(), 4);
    assert_eq!(std::fs::read(&path).unwrap(), b"%PDF");
    let missing = polar.files().upload(manual(), Path::new("/does/not/exist"));
    let error = missing.send_blocking().unwrap_err();
    assert!(matches!(
        error.upload().unwrap().error(),
        Error::File { .. }
    ));
}

#[test]
fn uploads_and_downloads_can_be_spawned() {
    fn spawnable<T: Send + 'static>(_: impl Future<Output = T> + Send + 'static) {}

    let polar = Polar::new("polar_oat_hush");
    let download = || polar.orders().download_receipt(Uuid::nil());
    spawnable(polar.files().upload(manual(), Vec::new()).into_future());
    spawnable(download().stream());
    spawnable(download().bytes());
    spawnable(download().to_file("x"));
}
