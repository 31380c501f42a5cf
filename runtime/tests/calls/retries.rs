//! Retries: which calls are retried, after which delay, and how often.

#![cfg(feature = "reqwest")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::time::Duration;

use crate::polar::Thing;
use crate::script::{
    CONNECTION_LOST, CONNECTION_REFUSED, End, ScriptedTransport, Step, rate_limited, response,
};
use polar_client_runtime::Error;
use polar_client_runtime::client::{CallOptions, RateLimit, RetryPolicy};
use polar_client_runtime::transport::TransportErrorKind;

fn not_found() -> Step {
    let body = r#"{"error":"ResourceNotFound","detail":"x"}"#;
    Step::Response(404, vec![("polar-version", "2026-10")], body)
}

fn thing() -> Thing {
    Thing { name: "x".into() }
}

#[tokio::test(start_paused = true)]
async fn idempotent_operations_are_retried_after_transient_errors() {
    for first in [
        CONNECTION_LOST,
        CONNECTION_REFUSED,
        Step::Hang,
        response(500, ""),
        response(502, "<html>"),
        response(503, ""),
        response(504, ""),
        response(408, ""),
        response(520, ""),
        response(522, ""),
        response(599, ""),
        rate_limited("1"),
        Step::Chunks(200, vec!["["], End::Broken),
        Step::Chunks(429, vec![r#"{"error""#], End::Broken),
    ] {
        let script = ScriptedTransport::new([first.clone(), response(200, "[]")]);
        script.polar().list().await.unwrap();
        assert_eq!(script.count(), 2, "{first:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn non_idempotent_operations_are_retried_only_if_nothing_was_done() {
    for (first, count) in [
        (CONNECTION_LOST, 1),
        (Step::Hang, 1),
        (response(500, ""), 1),
        (response(502, ""), 1),
        (response(503, ""), 1),
        (response(520, ""), 1),
        (Step::Chunks(201, vec!["{"], End::Broken), 1),
        // The head of the response has arrived, so the request was sent.
        (Step::Chunks(201, vec!["{"], End::NotSent), 1),
        // The incomplete class leaves open whether it was a rate limit.
        (Step::Chunks(429, vec![r#"{"error":"Man"#], End::Broken), 1),
        (Step::Chunks(429, vec![], End::Hanging), 1),
        (Step::Chunks(429, vec![], End::Whole), 2),
        (CONNECTION_REFUSED, 2),
        (rate_limited("1"), 2),
    ] {
        let script = ScriptedTransport::new([first.clone(), response(201, r#"{"name":"x"}"#)]);
        let outcome = script.polar().create(thing()).await;
        assert_eq!(script.count(), count, "{first:?}");
        assert_eq!(outcome.is_ok(), count == 2, "{first:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn callers_can_override_idempotency() {
    let idempotent = CallOptions::new().assume_idempotent();
    let not_idempotent = CallOptions::new().assume_not_idempotent();
    let script = ScriptedTransport::new([CONNECTION_LOST, response(201, r#"{"name":"x"}"#)]);
    let create = script.polar().create(thing());
    create.with(idempotent.clone()).await.unwrap();
    assert_eq!(script.count(), 2);

    let script = ScriptedTransport::new([CONNECTION_LOST, response(200, "[]")]);
    let list = script.polar().list().with(not_idempotent.clone());
    list.await.unwrap_err();
    assert_eq!(script.count(), 1);

    // The option of the call overrides that of the client. A request that was not processed is retried in any case.
    let script = ScriptedTransport::new([CONNECTION_LOST, CONNECTION_REFUSED, response(200, "[]")]);
    let polar = script.builder().defaults(not_idempotent).build().unwrap();
    polar.list().await.unwrap_err();
    polar.list().await.unwrap();
    let script = ScriptedTransport::new([CONNECTION_LOST, response(200, "[]")]);
    let polar = script.builder().defaults(idempotent).build().unwrap();
    let list = polar
        .list()
        .with(CallOptions::new().assume_not_idempotent());
    list.await.unwrap_err();
    assert_eq!(script.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn permanent_errors_are_not_retried() {
    for first in [
        response(400, ""),
        response(401, ""),
        response(403, ""),
        not_found(),
        response(404, r#"{"detail":"Not Found"}"#),
        response(409, ""),
        response(422, ""),
        response(501, ""),
        response(505, ""),
        response(307, ""),
        response(200, "{"),
        // An error class makes it an error of the operation rather than a rate limit.
        response(429, r#"{"error":"ManualRetryLimitExceeded","detail":"x"}"#),
        Step::Fail(TransportErrorKind::Unavailable),
    ] {
        let script = ScriptedTransport::new([first.clone(), response(200, "[]")]);
        script.polar().list().await.unwrap_err();
        assert_eq!(script.count(), 1, "{first:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_makes_three_attempts_with_backoff_and_returns_the_last_error() {
    let script = ScriptedTransport::new([CONNECTION_LOST, response(500, ""), response(503, "")]);
    let error = script.polar().list().await.unwrap_err();
    assert_eq!(error.status().unwrap(), 503);
    let times = script.times();
    assert_eq!(times.len(), 3);
    assert!(times[1] <= Duration::from_millis(501), "{times:?}");
    assert!(
        times[2] - times[1] <= Duration::from_millis(1001),
        "{times:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn retry_after_sets_the_backoff() {
    let second = Duration::from_secs(1);
    for (headers, wait) in [
        (vec![("retry-after", "7")], 7),
        (
            vec![
                ("date", "Sat, 21 Nov 2026 18:00:00 GMT"),
                ("retry-after", "Sat, 21 Nov 2026 18:00:09 GMT"),
            ],
            9,
        ),
        (
            vec![
                ("date", "Sat, 21 Nov 2026 18:00:00 GMT"),
                ("retry-after", "Saturday, 21-Nov-26 18:00:11 GMT"),
            ],
            11,
        ),
        (vec![("retry-after", "Sat, 21 Nov 2020 18:00:00 GMT")], 0),
        (vec![("retry-after", "soon")], 0),
    ] {
        for status in [429, 503] {
            let script = ScriptedTransport::new([
                Step::Response(status, headers.clone(), ""),
                response(200, "[]"),
            ]);
            script.polar().list().await.unwrap();
            let times = script.times();
            // The requested delay with a jitter of up to half a second.
            assert!(
                times[1] >= second * wait && times[1] < second * wait + second,
                "{headers:?} {times:?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_beyond_the_maximum_or_the_timeout_is_not_awaited() {
    // The requested delay exceeds the maximum of the policy.
    let script = ScriptedTransport::new([rate_limited("61")]);
    let hour = CallOptions::new().timeout(Duration::from_secs(3600));
    let error = script.polar().list().with(hour).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(61)));
    assert!(error.is_rate_limited() && error.is_retryable());
    assert_eq!((script.count(), script.times()[0]), (1, Duration::ZERO));

    // The requested delay exceeds the timeout of the call, which fails at once.
    let options = CallOptions::new().timeout(Duration::from_secs(5));
    let start = tokio::time::Instant::now();
    let script = ScriptedTransport::new([rate_limited("6")]);
    let error = script.polar().list().with(options).await.unwrap_err();
    assert!(error.is_rate_limited());
    assert_eq!(start.elapsed(), Duration::ZERO);

    // The maximum is configurable.
    let policy = RetryPolicy::new().max_retry_after(Duration::from_secs(1800));
    let options = CallOptions::new()
        .timeout(Duration::from_secs(3600))
        .retry(policy);
    let script = ScriptedTransport::new([rate_limited("1800"), response(200, "[]")]);
    script.polar().list().with(options).await.unwrap();
    assert!(script.times()[1] >= Duration::from_secs(1800));

    // A number of seconds that exceeds `u64` is reported as the maximum.
    let script = ScriptedTransport::new([rate_limited("99999999999999999999999")]);
    let error = script.polar().list().await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(u64::MAX)));
}

#[tokio::test(start_paused = true)]
async fn a_call_ends_at_its_timeout() {
    let start = tokio::time::Instant::now();
    let script = ScriptedTransport::new([Step::Hang]);
    let options = CallOptions::new()
        .timeout(Duration::from_secs(25))
        .attempt_timeout(Duration::from_secs(10))
        .retry(RetryPolicy::new().max_attempts(100));
    let error = script.polar().list().with(options).await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(script.count(), 3);
    assert!(
        start.elapsed() <= Duration::from_millis(25_001),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(script.open(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_error_without_its_body_is_classified_by_its_status() {
    for end in [End::Broken, End::Hanging] {
        let script = ScriptedTransport::new([Step::Chunks(402, vec!["half"], end)]);
        let error = script.polar().create(thing()).await.unwrap_err();
        let api = error.api().unwrap();
        assert_eq!(
            (api.status().as_u16(), &api.body()[..]),
            (402, &b"half"[..])
        );
    }
}

#[tokio::test(start_paused = true)]
async fn retries_are_configurable_per_client_and_call() {
    let script = ScriptedTransport::new([CONNECTION_LOST]);
    let off = script.builder().retry(RetryPolicy::off()).build().unwrap();
    off.list().await.unwrap_err();
    assert_eq!(script.count(), 1);
    let five = CallOptions::new().retry(RetryPolicy::new().max_attempts(5));
    off.list().with(five).await.unwrap_err();
    assert_eq!(script.count(), 6);
    // Options that do not set the policy leave it unchanged.
    off.list().with(CallOptions::new()).await.unwrap_err();
    assert_eq!(script.count(), 7);
}

#[tokio::test(start_paused = true)]
async fn the_budget_limits_retries_during_an_outage() {
    let script = ScriptedTransport::new([response(500, "")]);
    let polar = script.polar();
    for _ in 0..1000 {
        polar.clone().list().await.unwrap_err();
    }
    // The budget suffices for a hundred retries.
    assert_eq!(script.count(), 1100);
}

#[tokio::test(start_paused = true)]
async fn successful_retries_refill_the_budget() {
    let steps = (0..300).flat_map(|_| [response(500, ""), response(200, "[]")]);
    let script = ScriptedTransport::new(steps);
    let polar = script.polar();
    for _ in 0..300 {
        polar.list().await.unwrap();
    }
    assert_eq!(script.count(), 600);
}

#[tokio::test(start_paused = true)]
async fn a_404_on_the_retry_of_a_delete_is_success() {
    for lost in [CONNECTION_LOST, Step::Hang, response(502, "")] {
        let script = ScriptedTransport::new([lost.clone(), not_found()]);
        let response = script
            .polar()
            .delete("1")
            .send_with_response()
            .await
            .unwrap();
        assert_eq!(response.status(), 404);
        assert_eq!(response.headers()["polar-version"], "2026-10");
        assert_eq!(script.count(), 2);
        // The operation has a response body, so a 404 after a lost response is an error.
        let script = ScriptedTransport::new([lost, not_found()]);
        assert!(script.polar().revoke("1").await.unwrap_err().is_not_found());
    }
}

#[tokio::test(start_paused = true)]
async fn other_deletes_with_a_404_are_errors() {
    let gone = response(404, r#"{"detail":"Not Found"}"#);
    let stranger = response(404, r#"{"status":404,"error":"Not Found"}"#);
    for (steps, version) in [
        (vec![not_found()], false),
        // The first request did not reach the server.
        (vec![CONNECTION_REFUSED, not_found()], false),
        (vec![rate_limited("1"), not_found()], false),
        // The error is not about the resource.
        (vec![CONNECTION_LOST, gone], true),
        (vec![CONNECTION_LOST, stranger], true),
    ] {
        let script = ScriptedTransport::new(steps);
        let error = script.polar().delete("1").await.unwrap_err();
        assert_eq!(
            (error.is_not_found(), error.is_version_gone()),
            (!version, version)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn dropping_a_call_releases_its_request_and_body() {
    let script = ScriptedTransport::new([Step::Hang]);
    let polar = script.polar();
    let mut call = Box::pin(polar.list().send());
    let waited = tokio::time::timeout(Duration::from_secs(1), &mut call).await;
    assert!(waited.is_err());
    assert_eq!(script.open(), 1);
    drop(call);
    assert_eq!(script.open(), 0);
}

#[tokio::test(start_paused = true)]
async fn every_attempt_sends_the_same_request() {
    let script = ScriptedTransport::new([
        rate_limited("0"),
        CONNECTION_REFUSED,
        response(201, r#"{"name":"x"}"#),
    ]);
    script.polar().create(thing()).await.unwrap();
    let sent = script.sent();
    for request in &sent {
        assert_eq!(request.method(), "POST");
        assert_eq!(request.uri(), sent[0].uri());
        assert_eq!(request.headers(), sent[0].headers());
        assert_eq!(request.body(), r#"{"name":"x"}"#);
    }
}

#[tokio::test(start_paused = true)]
async fn errors_tell_whether_they_are_retryable() {
    for (step, retryable) in [
        (CONNECTION_LOST, true),
        (CONNECTION_REFUSED, true),
        (Step::Hang, true),
        (rate_limited("1"), true),
        (response(503, ""), true),
        (response(400, ""), false),
        (not_found(), false),
        (response(200, "{"), false),
    ] {
        let polar = ScriptedTransport::new([step.clone()]).builder();
        let polar = polar.retry(RetryPolicy::off()).build().unwrap();
        let error: Error = polar.list().await.unwrap_err();
        assert_eq!(error.is_retryable(), retryable, "{step:?}");
    }
}

/// Starts a call, and does not poll it for this time.
async fn neglected(script: &ScriptedTransport, seconds: u64) -> Result<(), Error> {
    let polar = script.builder().retry(RetryPolicy::off()).build().unwrap();
    let mut call = Box::pin(polar.list().send());
    let begun = tokio::time::timeout(Duration::from_millis(500), &mut call).await;
    assert!(begun.is_err());
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    call.await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn time_without_polls_does_not_count_toward_the_timeout() {
    for seconds in [40, 100] {
        // Each chunk takes another second, which starts when it is polled.
        let script = ScriptedTransport::new([Step::Chunks(200, vec!["[]"], End::Slow(1))]);
        neglected(&script, seconds).await.unwrap();
        assert_eq!(script.count(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_polled_again_still_times_out() {
    let start = tokio::time::Instant::now();
    let error = neglected(&ScriptedTransport::new([Step::Hang]), 40)
        .await
        .unwrap_err();
    assert!(error.is_timeout());
    assert!(
        start.elapsed() < Duration::from_secs(43),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn an_unpolled_backoff_does_not_end_the_call() {
    let script = ScriptedTransport::new([rate_limited("5"), response(200, "[]")]);
    let polar = script.polar();
    let mut call = Box::pin(polar.list().send());
    let begun = tokio::time::timeout(Duration::from_secs(1), &mut call).await;
    assert!(begun.is_err());
    tokio::time::sleep(Duration::from_secs(100)).await;
    call.await.unwrap();
    assert_eq!(script.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_after_the_deadline() {
    let script = ScriptedTransport::new([response(201, r#"{"name":"x"}"#)]);
    let none = CallOptions::new().timeout(Duration::ZERO);
    let error = script.polar().create(thing()).with(none).await.unwrap_err();
    assert!(error.is_timeout() && error.is_retryable() && !error.may_have_been_sent());
    assert_eq!(script.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_retry_past_the_deadline_returns_the_previous_error() {
    // The retry would have to wait for its turn until after the deadline.
    let script = ScriptedTransport::new([CONNECTION_REFUSED, response(201, r#"{"name":"x"}"#)]);
    let polar = script.builder().rate_limit(RateLimit::per_minute(1));
    let polar = polar.build().unwrap();
    let error = polar.create(thing()).await.unwrap_err();
    assert!(error.is_connection() && !error.may_have_been_sent());
    assert_eq!(script.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn errors_say_whether_the_request_may_have_been_sent() {
    for (step, sent) in [
        (CONNECTION_LOST, true),
        (Step::Hang, true),
        (response(422, ""), true),
        (response(200, "{"), true),
        (CONNECTION_REFUSED, false),
    ] {
        let polar = ScriptedTransport::new([step.clone()]).polar();
        let error = polar.create(thing()).await.unwrap_err();
        assert_eq!(error.may_have_been_sent(), sent, "{step:?}");
    }
}
