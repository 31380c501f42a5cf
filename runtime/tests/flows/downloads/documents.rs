//! Documents: generation, polling and deadlines.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_invoice_is_generated_once_and_polled() {
    let steps = [
        missing(),
        response(202, "null"),
        missing(),
        missing(),
        response(200, LINK),
        response(200, PDF),
    ];
    let script = ScriptedTransport::new(steps);
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
    let script = ScriptedTransport::new([response(200, LINK), response(200, PDF)]);
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
        let rejected = Step::Response(status, vec![("polar-version", "2026-10")], body);
        let script = ScriptedTransport::new([missing(), rejected]);
        let error = invoice(&script).bytes().await.unwrap_err();
        assert_eq!(error.class(), Some(class));
        assert_eq!(error.operation(), Some("things:invoice"));
        assert_eq!(script.count(), 2);
    }
    let script = ScriptedTransport::new([missing()]);
    let error = receipt(&script).bytes().await.unwrap_err();
    assert!(error.is_not_found() && script.count() == 1);
    // This 404 is not about the invoice.
    let script = ScriptedTransport::new([response(404, r#"{"detail":"Not Found"}"#)]);
    let error = invoice(&script).bytes().await.unwrap_err();
    assert!(error.is_version_gone() && script.count() == 1);
}

#[tokio::test(start_paused = true)]
async fn retry_after_sets_the_polling_interval() {
    let asked = Step::Response(202, vec![("retry-after", "7")], "");
    let script = ScriptedTransport::new([
        asked,
        NOT_YET,
        NOT_YET,
        response(200, LINK),
        response(200, PDF),
    ]);
    assert_eq!(receipt(&script).bytes().await.unwrap(), PDF);
    assert_eq!(seconds(&script), [0.0, 7.0, 8.0, 10.0, 10.0]);

    let at_once = Step::Response(202, vec![("retry-after", "0")], "");
    let script = ScriptedTransport::new([at_once, response(200, LINK), response(200, PDF)]);
    receipt(&script).bytes().await.unwrap();
    assert_eq!(seconds(&script), [0.0, 0.1, 0.1]);
}

#[tokio::test(start_paused = true)]
async fn polling_ends_at_the_deadline() {
    let script = ScriptedTransport::new([NOT_YET]);
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
    // The last request is made some time before the deadline, so that its response can arrive.
    assert_eq!(seconds(&script), [0.0, 0.5, 1.5, 3.5, 7.5, 15.5, 19.0]);
    assert_eq!(start.elapsed().as_secs_f64(), 19.0);

    // A document that exists just before the deadline is downloaded.
    let steps = [
        NOT_YET,
        NOT_YET,
        NOT_YET,
        NOT_YET,
        response(200, LINK),
        response(200, PDF),
    ];
    let script = ScriptedTransport::new(steps);
    let download = receipt(&script).timeout(Duration::from_secs(6));
    assert_eq!(download.bytes().await.unwrap(), PDF);
    assert_eq!(seconds(&script), [0.0, 0.5, 1.5, 3.5, 5.4, 5.4]);

    let script = ScriptedTransport::new([Step::Response(202, vec![("retry-after", "3600")], "")]);
    assert!(receipt(&script).bytes().await.unwrap_err().is_timeout());
    assert_eq!(script.count(), 1);

    let script = ScriptedTransport::new([Step::Hang]);
    let start = tokio::time::Instant::now();
    let download = receipt(&script).timeout(Duration::from_secs(5));
    assert!(download.bytes().await.unwrap_err().is_timeout());
    assert_eq!(start.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn the_size_limit_of_documents_applies_to_all_targets() {
    let pieces = Step::Chunks(200, vec!["abcdef"; 20], End::Whole);
    let limited =
        |script: &ScriptedTransport| receipt(script).with(CallOptions::new().body_limit(100));
    let is_limit = |error: &Error| matches!(error, Error::BodyTooLarge { limit: 100, .. });
    let script = ScriptedTransport::new([response(200, LINK), pieces.clone()]);
    assert!(is_limit(&limited(&script).bytes().await.unwrap_err()));
    let script = ScriptedTransport::new([response(200, LINK), pieces.clone()]);
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

    // The stated length already exceeds the limit, so the body is not read.
    let long = Step::Response(200, vec![("content-length", "101")], "abc");
    let script = ScriptedTransport::new([response(200, LINK), long]);
    assert!(is_limit(&limited(&script).stream().await.unwrap_err()));

    // If the API states the size of a file, the size is verified.
    let script = ScriptedTransport::new([pieces]);
    let content = "abcdef".repeat(20);
    let download = file(&script, 120, &content).with(CallOptions::new().body_limit(100));
    let mut stream = download.stream().await.unwrap();
    while let Some(piece) = stream.next().await {
        piece.unwrap();
    }
}

#[test]
fn downloads_without_a_timer_do_not_poll() {
    let script = {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let _inside = runtime.enter();
        ScriptedTransport::new([NOT_YET])
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
