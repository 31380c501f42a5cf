//! Uploads: requests to API and storage, retries, and the state after a failure.

#![cfg(feature = "reqwest")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::bucket::{Bucket, ID, MIB, PartOutcome, bytes};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use polar_client_runtime::client::{CallOptions, RetryPolicy};
use polar_client_runtime::flows::UploadProgress;
use polar_client_runtime::transport::TransportErrorKind;
use polar_client_runtime::types::JsonValue;
use polar_client_runtime::{Error, UploadError, UploadStep};
use serde_json::json;
use sha2::{Digest as _, Sha256};

const EXPIRED: &str = "<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message>\
    <X-Amz-Signature>hush</X-Amz-Signature></Error>";

fn sum(bytes: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(bytes))
}

/// Returns the error of an upload, and checks that it shows no secrets.
fn failed(error: Error) -> UploadError {
    let shown = format!("{error} {error:?} {:?}", error.upload());
    assert!(!shown.contains("hush"), "{shown}");
    let Error::Upload(error) = error else {
        unreachable!("{error}")
    };
    *error
}

#[tokio::test(start_paused = true)]
async fn a_file_is_announced_stored_and_completed() {
    let (bucket, content) = (Bucket::default(), bytes(12 * MIB));
    let file = bucket.upload(content.clone()).await.unwrap();
    assert_eq!(file.name, "manual.pdf");
    assert!(bucket.content() == content);
    let (a, b, c) = (0..5 * MIB, 5 * MIB..10 * MIB, 10 * MIB..12 * MIB);
    let part = |number: usize, range: std::ops::Range<usize>| {
        json!({
            "number": number,
            "chunk_start": range.start,
            "chunk_end": range.end,
            "checksum_sha256_base64": sum(&content[range]),
        })
    };
    let stored = |number: usize, range: std::ops::Range<usize>| {
        json!({
            "number": number,
            "checksum_etag": format!("\"etag-{number}\""),
            "checksum_sha256_base64": sum(&content[range]),
        })
    };
    let create = json!({
        "name": "manual.pdf",
        "mime_type": "application/pdf",
        "size": 12 * MIB,
        "checksum_sha256_base64": sum(&content),
        "upload": {"parts": [part(1, a.clone()), part(2, b.clone()), part(3, c.clone())]},
        "service": "downloadable",
    });
    let complete = json!({
        "id": "up",
        "path": "a/b",
        "parts": [stored(1, a), stored(2, b), stored(3, c)],
    });
    let calls: Vec<(String, JsonValue)> = bucket.get(|state| state.calls.clone());
    let expected = [
        ("files:create".into(), create),
        ("files:uploaded".into(), complete),
    ];
    assert_eq!(calls, expected);
}

#[tokio::test(start_paused = true)]
async fn only_parts_in_flight_are_in_memory() {
    for parallel in [1, 2, 3, 100] {
        let bucket = Bucket::default();
        let upload = bucket.upload(bytes(26 * MIB)).parallel(parallel);
        upload.await.unwrap();
        let most = bucket.get(|state| (state.most_parts, state.most_bytes));
        // The last part has one megabyte, the others have five.
        let bytes = 5 * parallel.min(5) + usize::from(parallel > 5);
        assert_eq!(most, (parallel.min(6), bytes * MIB));
        assert_eq!(bucket.get(|state| state.stored.len()), 6);
    }
}

#[tokio::test(start_paused = true)]
async fn parts_are_retried_by_the_policy() {
    for outcome in [
        PartOutcome::Response(500, ""),
        PartOutcome::Response(503, "<Error><Code>SlowDown</Code></Error>"),
        PartOutcome::Response(400, "<Error><Code>RequestTimeout</Code></Error>"),
        PartOutcome::Response(429, ""),
        PartOutcome::Fail(TransportErrorKind::Connect),
        PartOutcome::Fail(TransportErrorKind::Interrupted),
        PartOutcome::Hang,
    ] {
        let (bucket, content) = (Bucket::default(), bytes(6 * MIB));
        bucket.outcome(2, [outcome, outcome]);
        bucket.upload(content.clone()).await.unwrap();
        let attempts = [1, 2].map(|part| bucket.attempts(part));
        assert_eq!(attempts, [1, 3], "{outcome:?}");
        assert!(bucket.content() == content);

        let bucket = Bucket::default();
        bucket.outcome(2, [outcome; 3]);
        let error = failed(bucket.upload(content.clone()).await.unwrap_err());
        assert_eq!(error.step(), UploadStep::Part(2), "{outcome:?}");
        assert_eq!(bucket.attempts(2), 3, "{outcome:?}");

        let bucket = Bucket::default();
        bucket.outcome(2, [outcome]);
        let once = CallOptions::new().retry(RetryPolicy::off());
        failed(bucket.upload(content).with(once).await.unwrap_err());
        assert_eq!(bucket.attempts(2), 1, "{outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_has_its_own_timeout() {
    let bucket = Bucket::default();
    bucket.outcome(1, [PartOutcome::Hang]);
    let start = tokio::time::Instant::now();
    let upload = bucket.upload(bytes(1)).part_timeout(Duration::from_secs(7));
    upload.await.unwrap();
    let seconds = start.elapsed().as_secs_f64();
    assert!((7.0..8.0).contains(&seconds), "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn errors_report_how_far_the_upload_came() {
    let bucket = Bucket::default();
    bucket.outcome(3, [PartOutcome::Response(403, EXPIRED)]);
    let upload = bucket.upload(bytes(20 * MIB)).parallel(1);
    let error = upload.await.unwrap_err();
    let storage = error.storage().unwrap();
    assert_eq!(
        (storage.status().as_u16(), storage.code()),
        (403, Some("AccessDenied"))
    );
    assert_eq!(storage.message(), "Request has expired");
    // A 403 of the storage says nothing about the credential of the client.
    assert!(!error.is_forbidden() && !error.is_retryable());
    assert_eq!(
        error.to_string(),
        format!(
            "cannot send part 3 of 4 of file {ID}, of which 2 parts are stored: storage:put: the storage responded with 403 \
             AccessDenied: Request has expired"
        )
    );
    let error = failed(error);
    assert_eq!(error.step(), UploadStep::Part(3));
    assert_eq!(error.file_id().unwrap().to_string(), ID);
    assert_eq!((error.stored(), error.parts()), (&[1, 2][..], 4));
    assert_eq!((bucket.attempts(3), bucket.attempts(4)), (1, 0));
    assert_eq!(bucket.calls(), ["files:create"]);
}

#[tokio::test(start_paused = true)]
async fn a_part_is_stored_only_with_a_success_response() {
    for (status, media_type) in [(202, "text/plain"), (206, "text/plain"), (200, "text/html")] {
        let bucket = Bucket::default();
        bucket.outcome(1, [PartOutcome::Accepted(status, media_type)]);
        let error = bucket.upload(bytes(1)).await.unwrap_err();
        let message = "the response does not say that the part is stored";
        assert_eq!(error.storage().unwrap().message(), message);
        assert_eq!(failed(error).step(), UploadStep::Part(1));
    }
    for status in [200, 201, 204] {
        let bucket = Bucket::default();
        bucket.outcome(1, [PartOutcome::Accepted(status, "application/xml")]);
        bucket.upload(bytes(1)).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn parts_without_an_etag_are_not_stored() {
    let bucket = Bucket::default();
    bucket.outcome(1, [PartOutcome::NoEtag]);
    let error = bucket.upload(bytes(1)).await.unwrap_err();
    let message = "the part was accepted, and its ETag is missing";
    assert_eq!(error.storage().unwrap().message(), message);
    let error = failed(error);
    assert_eq!(
        (error.step(), error.stored()),
        (UploadStep::Part(1), &[][..])
    );
    assert_eq!((bucket.attempts(1), bucket.calls().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn api_errors_end_the_upload() {
    let invalid = r#"{"error":"RequestValidationError","detail":[]}"#;
    let bucket = Bucket::default();
    bucket.set(|state| {
        state.rejected.insert("files:create", (422, invalid));
    });
    let error = bucket.upload(bytes(6 * MIB)).await.unwrap_err();
    assert!(error.is_invalid());
    assert_eq!(error.class(), Some("RequestValidationError"));
    assert_eq!(error.operation(), Some("files:create"));
    let error = failed(error);
    assert_eq!((error.step(), error.file_id()), (UploadStep::Create, None));
    assert_eq!(bucket.get(|state| state.sent.len()), 0);

    let bucket = Bucket::default();
    bucket.set(|state| {
        state.rejected.insert("files:uploaded", (500, ""));
    });
    let error = failed(bucket.upload(bytes(6 * MIB)).await.unwrap_err());
    assert_eq!(error.step(), UploadStep::Complete);
    assert_eq!(error.stored(), [1, 2]);
    let last = "files:uploaded";
    assert_eq!(bucket.calls(), ["files:create", last, last, last]);

    // The options mark the call as not idempotent, so it is not retried.
    let not_idempotent = CallOptions::new().assume_not_idempotent();
    let upload = bucket.upload(bytes(1)).with(not_idempotent);
    let error = upload.await.unwrap_err();
    assert!(error.may_have_been_sent());
    assert_eq!(bucket.calls().len(), 6);

    let bucket = Bucket::default();
    bucket.set(|state| state.forgotten = Some(2));
    let error = failed(bucket.upload(bytes(6 * MIB)).await.unwrap_err());
    assert_eq!(error.step(), UploadStep::Create);
    assert!(matches!(error.error(), Error::Decode { .. }));
    assert_eq!(bucket.get(|state| state.sent.len()), 0);
}

#[tokio::test(start_paused = true)]
async fn completion_is_retried_after_a_lost_response() {
    let bucket = Bucket::default();
    bucket.set(|state| state.lost = 2);
    bucket.upload(bytes(6 * MIB)).await.unwrap();
    let bodies = bucket.get(|state| state.calls.clone());
    assert_eq!(bodies.len(), 4);
    assert!(bodies[1..].iter().all(|call| *call == bodies[1]));
}

#[tokio::test(start_paused = true)]
async fn an_empty_file_has_one_empty_part() {
    let bucket = Bucket::default();
    bucket.upload(Vec::new()).await.unwrap();
    let create = bucket.get(|state| state.calls[0].1.clone());
    assert_eq!(create["size"], 0);
    assert_eq!(create["checksum_sha256_base64"], sum(b""));
    assert_eq!(create["upload"]["parts"].as_array().unwrap().len(), 1);
    assert_eq!(create["upload"]["parts"][0]["chunk_end"], 0);
    let length = bucket.get(|state| state.sent[0].1.headers()["content-length"].clone());
    assert_eq!(length, "0");
}

#[tokio::test(start_paused = true)]
async fn a_file_that_fills_its_parts_has_no_empty_last_part() {
    let bucket = Bucket::default();
    bucket.upload(bytes(10 * MIB)).await.unwrap();
    let lengths = bucket.get(|state| {
        let lengths = state.stored.values().map(|part| part.len());
        lengths.collect::<Vec<_>>()
    });
    assert_eq!(lengths, [5 * MIB, 5 * MIB]);
}

#[tokio::test(start_paused = true)]
async fn progress_grows_to_the_total_size() {
    let (bucket, seen) = (Bucket::default(), Arc::new(Mutex::new(Vec::new())));
    let reported = Arc::clone(&seen);
    let tell = move |progress: UploadProgress| reported.lock().unwrap().push(progress);
    bucket
        .upload(bytes(7 * MIB))
        .on_progress(tell)
        .await
        .unwrap();
    let seen = seen.lock().unwrap();
    let mib = |bytes: u64| bytes / MIB as u64;
    let read: Vec<u64> = seen.iter().map(|progress| mib(progress.read)).collect();
    assert_eq!(read, [1, 2, 3, 4, 5, 6, 7, 7, 7]);
    let stored: Vec<u64> = seen.iter().map(|progress| mib(progress.stored)).collect();
    // The second part completes first.
    assert_eq!(stored, [0, 0, 0, 0, 0, 0, 0, 2, 7]);
    assert!(seen.iter().all(|progress| mib(progress.total) == 7));
}

#[cfg(feature = "files")]
mod files {
    use std::io::Write as _;
    use std::path::Path;

    use polar_client_runtime::flows::UploadSource;
    use tempfile::NamedTempFile;

    use super::*;

    fn file(content: &[u8]) -> NamedTempFile {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(content).unwrap();
        file
    }

    #[tokio::test]
    async fn files_and_readers_are_sent_like_bytes() {
        for len in [0, 1, 5 * MIB, 17 * MIB + 1] {
            let content = bytes(len);
            let sources = [
                UploadSource::from(content.clone()),
                file(&content).into_temp_path().keep().unwrap().into(),
                UploadSource::reader(std::io::Cursor::new(content.clone()), len as u64),
            ];
            let mut creates = Vec::new();
            for source in sources {
                let bucket = Bucket::default();
                bucket.upload(source).await.unwrap();
                assert!(bucket.content() == content, "{len}");
                creates.push(bucket.get(|state| state.calls[0].1.clone()));
            }
            assert_eq!(creates[0]["size"], len);
            assert!(creates.iter().all(|create| *create == creates[0]), "{len}");
        }
    }

    #[tokio::test]
    async fn a_file_that_changes_its_length_is_not_completed() {
        for len in [4 * MIB, 12 * MIB] {
            let (bucket, file) = (Bucket::default(), file(&bytes(11 * MIB)));
            bucket.set(|state| state.resize = Some((file.path().to_owned(), len as u64)));
            let error = failed(bucket.upload(file.path()).await.unwrap_err());
            assert!(matches!(error.step(), UploadStep::Part(_)));
            let shown = error.error().to_string();
            let expected =
                "files:create: local file: the length of the file changed while it was read";
            assert_eq!(shown, expected);
            assert_eq!(bucket.calls(), ["files:create"]);
        }
    }

    #[tokio::test]
    async fn a_reader_must_yield_the_declared_length() {
        for len in [0, 99, 101] {
            let bucket = Bucket::default();
            let source = UploadSource::reader(&[7; 100][..], len);
            let error = failed(bucket.upload(source).await.unwrap_err());
            assert_eq!((error.step(), error.parts()), (UploadStep::Read, 0));
            assert!(matches!(error.error(), Error::File { .. }));
            assert_eq!(bucket.calls(), [""; 0]);
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn pipes_are_rejected_without_blocking() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        let bucket = Bucket::default();
        let upload = bucket.upload(path.as_path()).send();
        let upload = tokio::time::timeout(std::time::Duration::from_secs(20), upload);
        let result = upload.await;
        // Unblocks a thread that is opening the pipe, so that the test can end.
        let unblock = std::fs::File::options().read(true).write(true).open(&path);
        drop(unblock);
        let error = failed(result.unwrap().unwrap_err());
        assert_eq!(error.step(), UploadStep::Read);
    }

    #[tokio::test]
    async fn unreadable_files_are_not_announced() {
        for path in [Path::new("/does/not/exist"), Path::new("/")] {
            let bucket = Bucket::default();
            let error = failed(bucket.upload(path).await.unwrap_err());
            assert_eq!(error.step(), UploadStep::Read);
            assert!(matches!(error.error(), Error::File { .. }));
            assert_eq!(bucket.calls(), [""; 0]);
        }
    }
}
