//! Failures while a file is received: errors of the storage, wrong content, interruptions and timeouts.

use super::*;

#[tokio::test(start_paused = true)]
async fn storage_errors_have_the_message_of_the_storage() {
    let expired = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
    let script = ScriptedTransport::new([response(403, expired)]);
    let error = file(&script, 3, "abc").bytes().await.unwrap_err();
    let text = "storage:get: the storage responded with 403 AccessDenied: Request has expired";
    assert_eq!((shown(&error).as_str(), script.count()), (text, 1));

    let script = ScriptedTransport::new([response(404, "<html>")]);
    let error = file(&script, 3, "abc").bytes().await.unwrap_err();
    assert_eq!(
        shown(&error),
        "storage:get: the storage responded with 404: Not Found"
    );

    for fault in [
        response(503, ""),
        CONNECTION_LOST,
        Step::Fail(TransportErrorKind::Connect),
        Step::Hang,
    ] {
        let script = ScriptedTransport::new([fault.clone(), response(200, "abc")]);
        assert_eq!(
            file(&script, 3, "abc").bytes().await.unwrap(),
            "abc",
            "{fault:?}"
        );
        let script = ScriptedTransport::new([fault]);
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
        let script = ScriptedTransport::new([response(200, body)]);
        let error = file(&script, 3, "abc").bytes().await.unwrap_err();
        assert_eq!(error.storage().unwrap().message(), reason);
        assert_eq!(script.count(), 1);

        let script = ScriptedTransport::new([response(200, body)]);
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
    let script = ScriptedTransport::new(steps.clone());
    assert_eq!(file(&script, 3, "abc").bytes().await.unwrap(), "abc");

    // Not fetched again, because a chunk was already returned.
    let script = ScriptedTransport::new(steps);
    let mut stream = file(&script, 3, "abc").stream().await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), "a");
    assert!(stream.next().await.unwrap().unwrap_err().is_connection());
    assert!(stream.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_trickling_download_times_out() {
    const PIECES: [&str; 200] = ["a"; 200];
    let slow = || Step::Chunks(200, PIECES.to_vec(), End::Slow(20));
    let start = tokio::time::Instant::now();
    // Each attempt receives something and the pauses are short, so the default timeout of an hour is sufficient.
    let script = ScriptedTransport::new([slow()]);
    let error = file(&script, 200, "").bytes().await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(start.elapsed().as_secs(), 3600);
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "the download was not complete before the deadline");

    // The timeout includes all attempts, and the wait for a document.
    let minute = Duration::from_secs(60);
    for steps in [
        vec![slow()],
        vec![Step::Chunks(200, vec!["a", "b"], End::Broken), slow()],
        vec![NOT_YET, response(200, LINK), slow()],
        vec![NOT_YET],
    ] {
        let start = tokio::time::Instant::now();
        let script = ScriptedTransport::new(steps.clone());
        let download = match matches!(steps[0], Step::Chunks(..)) {
            true => file(&script, 200, ""),
            false => receipt(&script),
        };
        let error = download.timeout(minute).bytes().await.unwrap_err();
        assert!(error.is_timeout(), "{error}");
        assert!((59..=60).contains(&start.elapsed().as_secs()));
    }

    // The same is true for a stream, even if its reader is slow, and for the timeout in the options.
    for by_option in [false, true] {
        let script = ScriptedTransport::new([slow()]);
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
async fn partial_responses_are_errors() {
    for status in [201, 202, 203, 204, 206] {
        let script = ScriptedTransport::new([response(status, "abc")]);
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
        let page = || Step::Response(200, vec![("content-type", media_type)], "abc");
        let script = ScriptedTransport::new([response(200, LINK), page()]);
        let error = receipt(&script).bytes().await.unwrap_err();
        let reason = "the response is an HTML page instead of the file";
        assert_eq!(error.storage().unwrap().message(), reason);
        assert_eq!(script.count(), 2);
        let script = ScriptedTransport::new([page()]);
        let error = file(&script, 3, "abc").stream().await.unwrap_err();
        assert_eq!(error.storage().unwrap().message(), reason);

        let script = ScriptedTransport::new([page()]);
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
        // The digest as hexadecimal digits.
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
        let script = ScriptedTransport::new([response(200, "abc")]);
        let request = script.polar().client.request(&LIST);
        let error = Download::file(request, &listed).bytes().await.unwrap_err();
        assert!(matches!(error, Error::Decode { .. }));
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(script.count(), 0);

        let page = json!({
            "items": [{"id": "9eac85b9-55ec-4c68-a933-84be243cb2c2", "file": listed}],
            "pagination": {"max_page": 1, "total_count": 1},
        });
        let script =
            ScriptedTransport::new([response(200, page.to_string().leak()), response(200, "abc")]);
        let list = script.polar().client.request(&LIST);
        let id = "9eac85b9-55ec-4c68-a933-84be243cb2c1".parse().unwrap();
        let error = Download::listed(list, id).bytes().await.unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(script.count(), 1);
    }
}
