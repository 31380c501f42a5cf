//! Downloads: waiting for documents, fetching files, and writing them.

#![cfg(feature = "reqwest")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod documents;
mod failures;
#[cfg(feature = "files")]
mod files;

use crate::polar;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::polar::{GET, INVOICE, LIST, RECEIPT};
use crate::script::{CONNECTION_LOST, End, ScriptedTransport, Step, response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use polar_client_runtime::Error;
use polar_client_runtime::client::{CallOptions, ClientBuilder, OrganizationToken, RetryPolicy};
use polar_client_runtime::flows::{Download, DownloadProgress};
use polar_client_runtime::transport::TransportErrorKind;
use polar_client_runtime::types::JsonValue;
use serde_json::json;
use sha2::{Digest as _, Sha256};

const LINK: &str = r#"{"url":"https://storage.test/a.pdf?X-Amz-Signature=hush"}"#;
const PDF: &str = "%PDF-1.7";
const NOT_YET: Step = Step::Response(202, Vec::new(), "");

fn missing() -> Step {
    let body = r#"{"error":"ResourceNotFound","detail":"x"}"#;
    Step::Response(404, vec![("polar-version", "2026-10")], body)
}

fn moved(to: &'static str) -> Step {
    Step::Response(302, vec![("location", to)], "")
}

/// Returns a document that another request generates.
fn invoice(script: &ScriptedTransport) -> Download {
    let client = script.polar().client;
    let mut generate = client.request(&INVOICE);
    generate.path("id", &"1");
    let mut invoice = client.request(&GET);
    invoice.path("id", &"1");
    Download::document(invoice).generated_by(generate)
}

/// Returns a document that the server generates.
fn receipt(script: &ScriptedTransport) -> Download {
    Download::document(script.polar().client.request(&RECEIPT))
}

/// Returns the download of a file with a known URL, of this size and content.
fn file(script: &ScriptedTransport, size: usize, content: &str) -> Download {
    let file: JsonValue = json!({
        "name": "a.txt",
        "mime_type": "text/plain",
        "size": size,
        "checksum_sha256_base64": STANDARD.encode(Sha256::digest(content)),
        "download": {"url": "https://storage.test/a?X-Amz-Signature=hush", "headers": {"x-amz-what": "ever"}},
    });
    Download::file(script.polar().client.request(&LIST), &file)
}

/// Returns the requests as methods and paths.
fn lines(script: &ScriptedTransport) -> Vec<String> {
    let line =
        |request: &http::Request<_>| format!("{} {}", request.method(), request.uri().path());
    script.sent().iter().map(line).collect()
}

fn seconds(script: &ScriptedTransport) -> Vec<f64> {
    script.times().iter().map(Duration::as_secs_f64).collect()
}

fn shown(error: &Error) -> String {
    let shown = format!("{error} {error:?}");
    assert!(
        !shown.contains("hush") && !shown.contains("Signature"),
        "{shown}"
    );
    error.to_string()
}

/// Returns a page of a list with one file.
fn page(item: &str, file: &str, last: u8) -> Step {
    let page = json!({
        "items": [{"id": item, "file": {
            "id": file, "mime_type": "text/plain", "size": 3, "checksum_sha256_base64": null,
            "download": {"url": "https://storage.test/a?X-Amz-Signature=hush", "headers": {}},
        }}],
        "pagination": {"max_page": last, "total_count": last},
    });
    response(200, page.to_string().leak())
}

#[tokio::test(start_paused = true)]
async fn a_file_is_found_by_its_id_or_that_of_its_item() {
    let ids =
        ["1", "2", "3", "4"].map(|digit| format!("9eac85b9-55ec-4c68-a933-84be243cb2c{digit}"));
    let pages = || [page(&ids[0], &ids[1], 2), page(&ids[2], &ids[3], 2)];
    for wanted in [&ids[3], &ids[2]] {
        let [first, second] = pages();
        let script = ScriptedTransport::new([first, second, response(200, "abc")]);
        let list = script.polar().client.request(&LIST);
        let download = Download::listed(list, wanted.parse().unwrap());
        assert_eq!(download.bytes().await.unwrap(), "abc");
        let queries: Vec<_> = script.sent()[..2]
            .iter()
            .map(|request| request.uri().query().unwrap().to_owned())
            .collect();
        assert!(queries.iter().all(|query| query.contains("limit=100")));
        assert!(queries[1].contains("page=2"), "{queries:?}");
    }
    let script = ScriptedTransport::new(pages());
    let other = "9eac85b9-55ec-4c68-a933-84be243cb2c9".parse().unwrap();
    let error = Download::listed(script.polar().client.request(&LIST), other);
    let error = error.bytes().await.unwrap_err();
    assert!(error.is_not_found() && !error.is_retryable());
    let expected = "no item with the ID 9eac85b9-55ec-4c68-a933-84be243cb2c9 is in the list";
    assert!(shown(&error).ends_with(expected), "{error}");
}

#[tokio::test(start_paused = true)]
async fn redirects_are_followed_without_the_original_headers() {
    let steps = [
        moved("/b?c=d"),
        moved("https://other.test/e"),
        response(200, "abc"),
    ];
    let script = ScriptedTransport::new(steps);
    assert_eq!(file(&script, 3, "abc").bytes().await.unwrap(), "abc");
    let urls: Vec<String> = script
        .sent()
        .iter()
        .map(|request| request.uri().to_string())
        .collect();
    let expected = [
        "https://storage.test/a?X-Amz-Signature=hush",
        "https://storage.test/b?c=d",
        "https://other.test/e",
    ];
    assert_eq!(urls, expected);
    assert_eq!(script.header("authorization"), [None, None, None]);
    let own = script.header("x-amz-what");
    assert_eq!(own, [Some("ever".into()), Some("ever".into()), None]);
}

#[tokio::test(start_paused = true)]
async fn unsafe_redirects_are_not_followed() {
    for (to, reason) in [
        (
            "http://storage.test/a?X-Amz-Signature=hush",
            "the redirect leads to an unencrypted URL",
        ),
        ("b", "the redirect has no valid target"),
        ("ftp://storage.test/", "the redirect has no valid target"),
        ("/a", "too many redirects"),
    ] {
        let script = ScriptedTransport::new([moved(to)]);
        let error = file(&script, 3, "abc").bytes().await.unwrap_err();
        shown(&error);
        assert_eq!(error.storage().unwrap().message(), reason);
        assert!(script.count() == 1 || script.count() == 6, "{to}");
    }
}

#[tokio::test(start_paused = true)]
async fn options_apply_to_every_request() {
    let options = CallOptions::new().retry(RetryPolicy::off()).body_limit(2);
    let script = ScriptedTransport::new([response(503, "")]);
    invoice(&script)
        .with(options.clone())
        .bytes()
        .await
        .unwrap_err();
    assert_eq!(script.count(), 1);
    let script = ScriptedTransport::new([response(503, "")]);
    file(&script, 3, "abc")
        .with(options.clone())
        .bytes()
        .await
        .unwrap_err();
    assert_eq!(script.count(), 1);
    let script = ScriptedTransport::new([response(200, "abc")]);
    let error = file(&script, 3, "abc")
        .with(options)
        .bytes()
        .await
        .unwrap_err();
    assert!(matches!(error, Error::BodyTooLarge { limit: 2, .. }));
}

#[tokio::test]
async fn invalid_urls_are_not_requested() {
    let nothing = json!({"mime_type": "text/plain", "size": 3, "download": {"url": "/tmp/hush"}});
    for (file, count) in [(nothing, 0), (json!({"size": 3}), 0)] {
        let script = ScriptedTransport::new([response(200, "abc")]);
        let request = script.polar().client.request(&LIST);
        let error = Download::file(request, &file).bytes().await.unwrap_err();
        shown(&error);
        assert_eq!(script.count(), count);
    }
}

#[tokio::test(start_paused = true)]
async fn progress_is_reported() {
    let reported = Arc::<Mutex<Vec<(u64, Option<u64>)>>>::default();
    let tell = || {
        let reported = Arc::clone(&reported);
        move |progress: DownloadProgress| {
            reported
                .lock()
                .unwrap()
                .push((progress.received, progress.total));
        }
    };
    let take = || std::mem::take(&mut *reported.lock().unwrap());
    let steps = [
        Step::Chunks(200, vec!["a"], End::Broken),
        Step::Chunks(200, vec!["a", "bc"], End::Whole),
    ];
    let script = ScriptedTransport::new(steps);
    file(&script, 3, "abc")
        .on_progress(tell())
        .bytes()
        .await
        .unwrap();
    let of = |received| (received, Some(3));
    // The progress starts again when the file is fetched again.
    assert_eq!(take(), [of(0), of(1), of(0), of(1), of(3)]);

    let script = ScriptedTransport::new([response(200, LINK), response(200, "abc")]);
    let mut stream = receipt(&script).on_progress(tell()).stream().await.unwrap();
    while stream.next().await.is_some() {}
    assert_eq!(take(), [(0, None), (3, None)]);
    let sized = Step::Response(200, vec![("content-length", "3")], "abc");
    let script = ScriptedTransport::new([response(200, LINK), sized]);
    receipt(&script).on_progress(tell()).bytes().await.unwrap();
    assert_eq!(take(), [of(0), of(3)]);
}
