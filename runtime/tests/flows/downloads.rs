//! Downloads: waiting for documents, fetching files, and writing them.

#![cfg(feature = "reqwest")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use crate::polar;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::polar::{GET, INVOICE, LIST, RECEIPT};
use crate::script::{End, LOST, Script, Step, answer};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use polar_client_runtime::Error;
use polar_client_runtime::client::{CallOptions, ClientBuilder, OrganizationToken, RetryPolicy};
use polar_client_runtime::flows::{Download, DownloadProgress};
use polar_client_runtime::transport::TransportErrorKind;
use polar_client_runtime::types::Json;
use serde_json::json;
use sha2::{Digest as _, Sha256};

const LINK: &str = r#"{"url":"https://storage.test/a.pdf?X-Amz-Signature=hush"}"#;
const PDF: &str = "%PDF-1.7";
const NOT_YET: Step = Step::Answer(202, Vec::new(), "");

fn missing() -> Step {
    let body = r#"{"error":"ResourceNotFound","detail":"x"}"#;
    Step::Answer(404, vec![("polar-version", "2026-10")], body)
}

fn moved(to: &'static str) -> Step {
    Step::Answer(302, vec![("location", to)], "")
}

/// Returns a document that another request generates.
fn invoice(script: &Script) -> Download {
    let client = script.polar().client;
    let mut generate = client.request(&INVOICE);
    generate.path("id", &"1");
    let mut invoice = client.request(&GET);
    invoice.path("id", &"1");
    Download::document(invoice).generated_by(generate)
}

/// Returns a document that the server generates.
fn receipt(script: &Script) -> Download {
    Download::document(script.polar().client.request(&RECEIPT))
}

/// Returns a file with an address, of this size and with this content.
fn file(script: &Script, size: usize, content: &str) -> Download {
    let file: Json = json!({
        "name": "a.txt",
        "mime_type": "text/plain",
        "size": size,
        "checksum_sha256_base64": STANDARD.encode(Sha256::digest(content)),
        "download": {"url": "https://storage.test/a?X-Amz-Signature=hush", "headers": {"x-amz-what": "ever"}},
    });
    Download::file(script.polar().client.request(&LIST), &file)
}

/// Returns the requests as method and path.
fn lines(script: &Script) -> Vec<String> {
    let line =
        |request: &http::Request<_>| format!("{} {}", request.method(), request.uri().path());
    script.sent().iter().map(line).collect()
}

fn seconds(script: &Script) -> Vec<f64> {
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

#[tokio::test(start_paused = true)]
async fn an_invoice_is_generated_once_and_polled() {
    let steps = [
        missing(),
        answer(202, "null"),
        missing(),
        missing(),
        answer(200, LINK),
        answer(200, PDF),
    ];
    let script = Script::new(steps);
    assert_eq!(invoice(&script).bytes().await.unwrap(), PDF);
    let ask = "GET /v1/things/1/state";
    let expected = [
        ask,
        "POST /v1/things/1/invoice",
        ask,
        ask,
        ask,
        "GET /a.pdf",
    ];
    assert_eq!(lines(&script), expected);
    assert_eq!(seconds(&script), [0.0, 0.0, 0.5, 1.5, 3.5, 3.5]);
    let tokens = script.header("authorization");
    assert!(
        tokens[..5]
            .iter()
            .all(|token| token.as_deref() == Some("Bearer polar_oat_hush"))
    );
    assert_eq!(tokens[5], None);
    assert_eq!(script.header("polar-version")[5], None);
}

#[tokio::test(start_paused = true)]
async fn an_existing_invoice_is_not_generated_again() {
    let script = Script::new([answer(200, LINK), answer(200, PDF)]);
    assert_eq!(invoice(&script).bytes().await.unwrap(), PDF);
    assert_eq!(lines(&script), ["GET /v1/things/1/state", "GET /a.pdf"]);
}

#[tokio::test(start_paused = true)]
async fn a_document_that_cannot_be_generated_fails_at_once() {
    for (status, class) in [
        (422, "MissingInvoiceBillingDetails"),
        (409, "OrderNotEligibleForInvoice"),
        (404, "ResourceNotFound"),
    ] {
        let body = format!(r#"{{"error":"{class}","detail":"x"}}"#).leak();
        let refused = Step::Answer(status, vec![("polar-version", "2026-10")], body);
        let script = Script::new([missing(), refused]);
        let error = invoice(&script).bytes().await.unwrap_err();
        assert_eq!(error.class(), Some(class));
        assert_eq!(error.operation(), Some("things:invoice"));
        assert_eq!(script.count(), 2);
    }
    let script = Script::new([missing()]);
    let error = receipt(&script).bytes().await.unwrap_err();
    assert!(error.is_not_found() && script.count() == 1);
    // A 404 that is not about the invoice.
    let script = Script::new([answer(404, r#"{"detail":"Not Found"}"#)]);
    let error = invoice(&script).bytes().await.unwrap_err();
    assert!(error.is_version_gone() && script.count() == 1);
}

#[tokio::test(start_paused = true)]
async fn retry_after_sets_the_polling_interval() {
    let asked = Step::Answer(202, vec![("retry-after", "7")], "");
    let script = Script::new([asked, NOT_YET, NOT_YET, answer(200, LINK), answer(200, PDF)]);
    assert_eq!(receipt(&script).bytes().await.unwrap(), PDF);
    assert_eq!(seconds(&script), [0.0, 7.0, 8.0, 10.0, 10.0]);

    let at_once = Step::Answer(202, vec![("retry-after", "0")], "");
    let script = Script::new([at_once, answer(200, LINK), answer(200, PDF)]);
    receipt(&script).bytes().await.unwrap();
    assert_eq!(seconds(&script), [0.0, 0.1, 0.1]);
}

#[tokio::test(start_paused = true)]
async fn polling_ends_at_the_deadline() {
    let script = Script::new([NOT_YET]);
    let start = tokio::time::Instant::now();
    let error = receipt(&script)
        .timeout(Duration::from_secs(20))
        .bytes()
        .await
        .unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(
        shown(&error),
        "things:receipt: timed out without a response"
    );
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "the document was not available before the deadline");
    // The last request is made before the deadline, so that there is time for its response.
    assert_eq!(seconds(&script), [0.0, 0.5, 1.5, 3.5, 7.5, 15.5, 19.0]);
    assert_eq!(start.elapsed().as_secs_f64(), 19.0);

    // A document that becomes available just before the deadline is downloaded.
    let steps = [
        NOT_YET,
        NOT_YET,
        NOT_YET,
        NOT_YET,
        answer(200, LINK),
        answer(200, PDF),
    ];
    let script = Script::new(steps);
    let download = receipt(&script).timeout(Duration::from_secs(6));
    assert_eq!(download.bytes().await.unwrap(), PDF);
    assert_eq!(seconds(&script), [0.0, 0.5, 1.5, 3.5, 5.4, 5.4]);

    let script = Script::new([Step::Answer(202, vec![("retry-after", "3600")], "")]);
    assert!(receipt(&script).bytes().await.unwrap_err().is_timeout());
    assert_eq!(script.count(), 1);

    let script = Script::new([Step::Hang]);
    let start = tokio::time::Instant::now();
    let download = receipt(&script).timeout(Duration::from_secs(5));
    assert!(download.bytes().await.unwrap_err().is_timeout());
    assert_eq!(start.elapsed().as_secs(), 5);
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
    answer(200, page.to_string().leak())
}

#[tokio::test(start_paused = true)]
async fn a_file_is_found_by_its_id_or_that_of_its_item() {
    let ids =
        ["1", "2", "3", "4"].map(|digit| format!("9eac85b9-55ec-4c68-a933-84be243cb2c{digit}"));
    let pages = || [page(&ids[0], &ids[1], 2), page(&ids[2], &ids[3], 2)];
    for wanted in [&ids[3], &ids[2]] {
        let [first, second] = pages();
        let script = Script::new([first, second, answer(200, "abc")]);
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
    let script = Script::new(pages());
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
        answer(200, "abc"),
    ];
    let script = Script::new(steps);
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
        let script = Script::new([moved(to)]);
        let error = file(&script, 3, "abc").bytes().await.unwrap_err();
        shown(&error);
        assert_eq!(error.storage().unwrap().message(), reason);
        assert!(script.count() == 1 || script.count() == 6, "{to}");
    }
}

#[tokio::test(start_paused = true)]
async fn storage_errors_have_the_message_of_the_storage() {
    let expired = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
    let script = Script::new([answer(403, expired)]);
    let error = file(&script, 3, "abc").bytes().await.unwrap_err();
    let text = "storage:get: the storage responded with 403 AccessDenied: Request has expired";
    assert_eq!((shown(&error).as_str(), script.count()), (text, 1));

    let script = Script::new([answer(404, "<html>")]);
    let error = file(&script, 3, "abc").bytes().await.unwrap_err();
    assert_eq!(
        shown(&error),
        "storage:get: the storage responded with 404: Not Found"
    );

    for fault in [
        answer(503, ""),
        LOST,
        Step::Fail(TransportErrorKind::Connect),
        Step::Hang,
    ] {
        let script = Script::new([fault.clone(), answer(200, "abc")]);
        assert_eq!(
            file(&script, 3, "abc").bytes().await.unwrap(),
            "abc",
            "{fault:?}"
        );
        let script = Script::new([fault]);
        file(&script, 3, "abc").bytes().await.unwrap_err();
        assert_eq!(script.count(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn content_other_than_announced_is_an_error() {
    for (body, reason) in [
        ("ab", "the content is shorter than the size of the file"),
        ("abcd", "the content is longer than the size of the file"),
        ("abx", "the content does not match the checksum"),
    ] {
        let script = Script::new([answer(200, body)]);
        let error = file(&script, 3, "abc").bytes().await.unwrap_err();
        assert_eq!(error.storage().unwrap().message(), reason);
        assert_eq!(script.count(), 1);

        let script = Script::new([answer(200, body)]);
        let mut stream = file(&script, 3, "abc").stream().await.unwrap();
        let mut last = stream.next().await.unwrap();
        while let Some(next) = stream.next().await {
            last = next;
        }
        assert_eq!(last.unwrap_err().storage().unwrap().message(), reason);
    }
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_download_is_retried() {
    let steps = [
        Step::Chunks(200, vec!["a"], End::Broken),
        Step::Chunks(200, vec!["a", "bc"], End::Whole),
    ];
    let script = Script::new(steps.clone());
    assert_eq!(file(&script, 3, "abc").bytes().await.unwrap(), "abc");

    // A chunk that was already returned cannot be returned again.
    let script = Script::new(steps);
    let mut stream = file(&script, 3, "abc").stream().await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), "a");
    assert!(stream.next().await.unwrap().unwrap_err().is_connection());
    assert!(stream.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn options_apply_to_every_request() {
    let options = CallOptions::new().retry(RetryPolicy::off()).body_limit(2);
    let script = Script::new([answer(503, "")]);
    invoice(&script)
        .with(options.clone())
        .bytes()
        .await
        .unwrap_err();
    assert_eq!(script.count(), 1);
    let script = Script::new([answer(503, "")]);
    file(&script, 3, "abc")
        .with(options.clone())
        .bytes()
        .await
        .unwrap_err();
    assert_eq!(script.count(), 1);
    let script = Script::new([answer(200, "abc")]);
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
        let script = Script::new([answer(200, "abc")]);
        let request = script.polar().client.request(&LIST);
        let error = Download::file(request, &file).bytes().await.unwrap_err();
        shown(&error);
        assert_eq!(script.count(), count);
    }
}

#[tokio::test(start_paused = true)]
async fn a_trickling_download_times_out() {
    const PIECES: [&str; 200] = ["a"; 200];
    let slow = || Step::Chunks(200, PIECES.to_vec(), End::Slow(20));
    let start = tokio::time::Instant::now();
    // The pauses are short, and each attempt receives something: an hour is enough.
    let script = Script::new([slow()]);
    let error = file(&script, 200, "").bytes().await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(start.elapsed().as_secs(), 3600);
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "the download was not complete before the deadline");

    // The timeout covers all attempts, and the wait for a document.
    let minute = Duration::from_secs(60);
    for steps in [
        vec![slow()],
        vec![Step::Chunks(200, vec!["a", "b"], End::Broken), slow()],
        vec![NOT_YET, answer(200, LINK), slow()],
        vec![NOT_YET],
    ] {
        let start = tokio::time::Instant::now();
        let script = Script::new(steps.clone());
        let download = match matches!(steps[0], Step::Chunks(..)) {
            true => file(&script, 200, ""),
            false => receipt(&script),
        };
        let error = download.timeout(minute).bytes().await.unwrap_err();
        assert!(error.is_timeout(), "{error}");
        assert!((59..=60).contains(&start.elapsed().as_secs()));
    }

    // The same applies to a stream, also by the option of the call, whatever its reader does.
    for by_option in [false, true] {
        let script = Script::new([slow()]);
        let download = match by_option {
            true => file(&script, 200, "").with(CallOptions::new().stream_timeout(minute)),
            false => file(&script, 200, "").timeout(minute),
        };
        let start = tokio::time::Instant::now();
        let mut stream = download.stream().await.unwrap();
        let mut pieces = 0;
        let error = loop {
            match stream.next().await.unwrap() {
                Ok(_) => pieces += 1,
                Err(error) => break error,
            }
        };
        assert!(
            error.is_timeout() && (pieces == 2 || pieces == 3),
            "{pieces}"
        );
        assert_eq!(start.elapsed(), minute);
        assert!(stream.next().await.is_none());
        assert_eq!(script.open(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn the_size_limit_of_documents_applies_to_all_targets() {
    let pieces = Step::Chunks(200, vec!["abcdef"; 20], End::Whole);
    let limited = |script: &Script| receipt(script).with(CallOptions::new().body_limit(100));
    let is_limit = |error: &Error| matches!(error, Error::BodyTooLarge { limit: 100, .. });
    let script = Script::new([answer(200, LINK), pieces.clone()]);
    assert!(is_limit(&limited(&script).bytes().await.unwrap_err()));
    let script = Script::new([answer(200, LINK), pieces.clone()]);
    let mut stream = limited(&script).stream().await.unwrap();
    let mut received = 0;
    let error = loop {
        match stream.next().await.unwrap() {
            Ok(piece) => received += piece.len(),
            Err(error) => break error,
        }
    };
    assert!(is_limit(&error) && received <= 100);
    assert!(stream.next().await.is_none() && script.open() == 0);

    // A stated length is not fetched.
    let long = Step::Answer(200, vec![("content-length", "101")], "abc");
    let script = Script::new([answer(200, LINK), long]);
    assert!(is_limit(&limited(&script).stream().await.unwrap_err()));

    // The size of files is verified if the API states it.
    let script = Script::new([pieces]);
    let content = "abcdef".repeat(20);
    let download = file(&script, 120, &content).with(CallOptions::new().body_limit(100));
    let mut stream = download.stream().await.unwrap();
    while let Some(piece) = stream.next().await {
        piece.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn partial_responses_are_errors() {
    for status in [201, 202, 203, 204, 206] {
        let script = Script::new([answer(status, "abc")]);
        let error = file(&script, 3, "abc").bytes().await.unwrap_err();
        let storage = error.storage().unwrap();
        assert_eq!((storage.status().as_u16(), script.count()), (status, 1));
        let reason = "the response is not the whole file, which has the status 200";
        assert_eq!(storage.message(), reason);
    }
}

#[tokio::test(start_paused = true)]
async fn an_html_response_is_an_error_unless_the_file_is_html() {
    for media_type in ["text/html; charset=utf-8", "Application/XHTML+xml"] {
        let page = || Step::Answer(200, vec![("content-type", media_type)], "abc");
        let script = Script::new([answer(200, LINK), page()]);
        let error = receipt(&script).bytes().await.unwrap_err();
        let reason = "the response is an HTML page instead of the file";
        assert_eq!(error.storage().unwrap().message(), reason);
        assert_eq!(script.count(), 2);
        let script = Script::new([page()]);
        let error = file(&script, 3, "abc").stream().await.unwrap_err();
        assert_eq!(error.storage().unwrap().message(), reason);

        let script = Script::new([page()]);
        let listed = json!({
            "mime_type": "text/html", "size": 3, "checksum_sha256_base64": null,
            "download": {"url": "https://storage.test/a", "headers": {}},
        });
        let download = Download::file(script.polar().client.request(&LIST), &listed);
        assert_eq!(download.bytes().await.unwrap(), "abc");
    }
}

#[tokio::test(start_paused = true)]
async fn files_without_a_usable_checksum_are_not_downloaded() {
    let sum = STANDARD.encode(Sha256::digest("abc"));
    for (size, checksum, reason) in [
        (-1, json!(sum), "`size`"),
        (3, json!("not base64!"), "`checksum_sha256_base64`"),
        (3, json!(""), "`checksum_sha256_base64`"),
        // The digest in hexadecimal.
        (
            3,
            json!("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            "`checksum_sha256_base64`",
        ),
    ] {
        let listed = json!({
            "id": "9eac85b9-55ec-4c68-a933-84be243cb2c1",
            "mime_type": "text/plain", "size": size, "checksum_sha256_base64": checksum,
            "download": {"url": "https://storage.test/a", "headers": {}},
        });
        let script = Script::new([answer(200, "abc")]);
        let request = script.polar().client.request(&LIST);
        let error = Download::file(request, &listed).bytes().await.unwrap_err();
        assert!(matches!(error, Error::Decode { .. }));
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(script.count(), 0);

        let page = json!({
            "items": [{"id": "9eac85b9-55ec-4c68-a933-84be243cb2c2", "file": listed}],
            "pagination": {"max_page": 1, "total_count": 1},
        });
        let script = Script::new([answer(200, page.to_string().leak()), answer(200, "abc")]);
        let list = script.polar().client.request(&LIST);
        let id = "9eac85b9-55ec-4c68-a933-84be243cb2c1".parse().unwrap();
        let error = Download::listed(list, id).bytes().await.unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(script.count(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn progress_is_reported() {
    let told = Arc::<Mutex<Vec<(u64, Option<u64>)>>>::default();
    let tell = || {
        let told = Arc::clone(&told);
        move |progress: DownloadProgress| {
            told.lock()
                .unwrap()
                .push((progress.received, progress.total));
        }
    };
    let take = || std::mem::take(&mut *told.lock().unwrap());
    let steps = [
        Step::Chunks(200, vec!["a"], End::Broken),
        Step::Chunks(200, vec!["a", "bc"], End::Whole),
    ];
    let script = Script::new(steps);
    file(&script, 3, "abc")
        .on_progress(tell())
        .bytes()
        .await
        .unwrap();
    let of = |received| (received, Some(3));
    // From the beginning, when it is fetched again.
    assert_eq!(take(), [of(0), of(1), of(0), of(1), of(3)]);

    let script = Script::new([answer(200, LINK), answer(200, "abc")]);
    let mut stream = receipt(&script).on_progress(tell()).stream().await.unwrap();
    while stream.next().await.is_some() {}
    assert_eq!(take(), [(0, None), (3, None)]);
    let sized = Step::Answer(200, vec![("content-length", "3")], "abc");
    let script = Script::new([answer(200, LINK), sized]);
    receipt(&script).on_progress(tell()).bytes().await.unwrap();
    assert_eq!(take(), [of(0), of(3)]);
}

#[test]
fn downloads_without_a_timer_do_not_poll() {
    let script = {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let _inside = runtime.enter();
        Script::new([NOT_YET])
    };
    let builder: ClientBuilder<OrganizationToken, polar::Api> = script.builder();
    let client = builder.build().unwrap().client;
    let mut bytes = std::pin::pin!(Download::document(client.request(&RECEIPT)).bytes());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(result) = bytes.as_mut().poll(&mut context) else {
        unreachable!("it has nothing to wait for")
    };
    let text = "the document does not exist yet, and waiting for it requires a timer";
    assert_eq!(result.unwrap_err().to_string(), text);
}

#[cfg(feature = "files")]
mod files {
    use std::fs;

    use super::*;

    fn names(folder: &tempfile::TempDir) -> Vec<String> {
        let entries = fs::read_dir(folder.path()).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[tokio::test]
    async fn a_file_is_written_atomically() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs::write(&path, "before").unwrap();
        let steps = [
            Step::Chunks(200, vec!["a"], End::Broken),
            Step::Chunks(200, vec!["a", "bc"], End::Whole),
        ];
        let script = Script::new(steps);
        assert_eq!(file(&script, 3, "abc").to_file(&path).await.unwrap(), 3);
        assert_eq!(fs::read_to_string(&path).unwrap(), "abc");
        assert_eq!(names(&folder), ["a.txt"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::write(folder.path().join("b"), "").unwrap();
            let mode = |name: &str| {
                fs::metadata(folder.path().join(name))
                    .unwrap()
                    .permissions()
                    .mode()
            };
            assert_eq!(mode("a.txt"), mode("b"));
            // Private permissions stay private, and shared ones shared.
            for rights in [0o600, 0o666] {
                fs::set_permissions(&path, fs::Permissions::from_mode(rights)).unwrap();
                let script = Script::new([answer(200, "abc")]);
                file(&script, 3, "abc").to_file(&path).await.unwrap();
                assert_eq!(mode("a.txt") & 0o777, rights);
            }
        }
    }

    #[tokio::test]
    async fn a_failed_download_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs::write(&path, "before").unwrap();
        for step in [
            answer(200, "abx"),
            answer(403, ""),
            Step::Chunks(200, vec!["a"], End::Broken),
        ] {
            let script = Script::new([step]);
            file(&script, 3, "abc").to_file(&path).await.unwrap_err();
            assert_eq!(fs::read_to_string(&path).unwrap(), "before");
            assert_eq!(names(&folder), ["a.txt"]);
        }
        let script = Script::new([answer(200, "abc")]);
        let error = file(&script, 3, "abc")
            .to_file(folder.path().join("x/y"))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::File { .. }));
        assert_eq!(script.count(), 0);
    }

    #[tokio::test]
    async fn only_regular_files_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("folder")).unwrap();
        let mut targets = vec![(path("folder"), "not a regular file")];
        #[cfg(unix)]
        {
            let _ = std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
            fs::write(path("file"), "before").unwrap();
            std::os::unix::fs::symlink(path("file"), path("link")).unwrap();
            std::os::unix::fs::symlink(path("nowhere"), path("dangling")).unwrap();
            targets.extend([
                (path("socket"), "not a regular file"),
                ("/dev/null".into(), "not a regular file"),
                (path("link"), "symbolic link"),
                (path("dangling"), "symbolic link"),
            ]);
        }
        let mut before = names(&folder);
        before.sort();
        for (target, reason) in targets {
            let script = Script::new([answer(200, LINK), answer(200, PDF)]);
            let error = receipt(&script).to_file(&target).await.unwrap_err();
            assert!(matches!(error, Error::File { .. }), "{error}");
            assert!(error.to_string().contains(reason), "{error}");
            // Not even the document was generated.
            assert_eq!(script.count(), 0);
        }
        let mut after = names(&folder);
        after.sort();
        assert_eq!(before, after);
        #[cfg(unix)]
        assert_eq!(fs::read_to_string(path("file")).unwrap(), "before");
    }
}
