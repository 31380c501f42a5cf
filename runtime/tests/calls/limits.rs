//! The client's own rate limit.

#![cfg(feature = "reqwest")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::time::Duration;

use crate::script::{
    CONNECTION_LOST, CONNECTION_REFUSED, ScriptedTransport, Step, rate_limited, response,
};
use polar_client_runtime::client::{
    CallOptions, OrganizationToken, RateLimit, RetryPolicy, TokenProvider, TokenResult,
};
use polar_client_runtime::transport::BoxFuture;

#[tokio::test(start_paused = true)]
async fn clones_share_the_limit_in_fifo_order() {
    let script = ScriptedTransport::new([response(200, "[]")]);
    let polar = script
        .builder()
        .rate_limit(RateLimit::per_minute(1))
        .build()
        .unwrap();
    let patient = CallOptions::new().timeout(Duration::from_secs(600));
    let mut calls = Vec::new();
    for name in ["a", "b", "c", "d"] {
        let request = polar.clone().list().id(name).with(patient.clone());
        calls.push(tokio::spawn(request.send()));
        tokio::task::yield_now().await;
    }
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let seconds: Vec<u64> = script.times().iter().map(Duration::as_secs).collect();
    assert_eq!(seconds, [0, 60, 120, 180]);
    let sent = script.sent();
    let names: Vec<_> = sent
        .iter()
        .map(|request| request.uri().query().unwrap())
        .collect();
    assert_eq!(names, ["id=a", "id=b", "id=c", "id=d"]);
}

#[tokio::test(start_paused = true)]
async fn dropped_calls_free_their_slots() {
    let script = ScriptedTransport::new([response(200, "[]")]);
    let limit = RateLimit::per_minute(1);
    let polar = script.builder().rate_limit(limit).build().unwrap();
    polar.list().await.unwrap();
    let patient = CallOptions::new().timeout(Duration::from_secs(600));
    let mut calls = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        let request = polar.list().id(name).with(patient.clone());
        calls.push(tokio::spawn(request.send()));
        tokio::task::yield_now().await;
    }
    // The first, a middle and the last request are dropped.
    for index in [0, 2, 4] {
        calls[index].abort();
    }
    tokio::time::sleep(Duration::from_secs(200)).await;
    let seconds: Vec<u64> = script.times().iter().map(Duration::as_secs).collect();
    assert_eq!(seconds, [0, 60, 120]);
    let sent = script.sent();
    assert_eq!(sent[1].uri().query(), Some("id=b"));
    assert_eq!(sent[2].uri().query(), Some("id=d"));
}

#[tokio::test(start_paused = true)]
async fn calls_fail_at_once_if_the_pause_is_too_long() {
    let script =
        ScriptedTransport::new([response(200, "[]"), rate_limited("50"), response(200, "[]")]);
    let policy = RetryPolicy::off();
    let limit = RateLimit::per_minute(60);
    let polar = script
        .builder()
        .retry(policy)
        .rate_limit(limit)
        .build()
        .unwrap();
    let short = CallOptions::new().timeout(Duration::from_secs(10));
    polar.list().await.unwrap();
    assert!(polar.list().await.unwrap_err().is_rate_limited());
    let start = tokio::time::Instant::now();
    assert!(polar.list().with(short).await.unwrap_err().is_timeout());
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(script.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn calls_that_would_miss_their_deadline_fail_at_once() {
    let script = ScriptedTransport::new([response(200, "[]")]);
    let polar = script
        .builder()
        .rate_limit(RateLimit::per_minute(1))
        .build()
        .unwrap();
    polar.list().await.unwrap();
    let start = tokio::time::Instant::now();
    let options = CallOptions::new().timeout(Duration::from_secs(30));
    let error = polar.list().with(options).await.unwrap_err();
    assert!(error.is_timeout() && !error.may_have_been_sent());
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("rate limit"), "{source}");
    assert_eq!((script.count(), start.elapsed()), (1, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_429_response_pauses_all_calls() {
    let script = ScriptedTransport::new([rate_limited("20"), response(200, "[]")]);
    let polar = script
        .builder()
        .retry(RetryPolicy::off())
        .rate_limit(RateLimit::per_minute(500))
        .build()
        .unwrap();
    assert!(polar.list().await.unwrap_err().is_rate_limited());
    polar.clone().list().await.unwrap();
    assert_eq!(script.times()[1].as_secs(), 20);
}

#[tokio::test(start_paused = true)]
async fn an_unpolled_call_does_not_delay_others() {
    let script = ScriptedTransport::new([response(200, "[]")]);
    let limit = RateLimit::per_minute(1);
    let polar = script.builder().rate_limit(limit).build().unwrap();
    polar.list().await.unwrap();
    let patient = CallOptions::new().timeout(Duration::from_secs(600));
    let mut kept = Box::pin(polar.list().with(patient.clone()).send());
    let begun = tokio::time::timeout(Duration::from_secs(1), &mut kept).await;
    assert!(begun.is_err());
    polar.list().with(patient.clone()).await.unwrap();
    // The request missed its turn, and is not sent at the same time as another one.
    let (kept, third) = tokio::join!(kept, polar.list().with(patient).send());
    kept.unwrap();
    third.unwrap();
    let seconds: Vec<u64> = script.times().iter().map(Duration::as_secs).collect();
    assert_eq!(seconds, [0, 120, 180, 240]);
}

#[tokio::test(start_paused = true)]
async fn only_rate_limit_errors_pause_other_calls() {
    let manual = r#"{"error":"ManualRetryLimitExceeded","detail":"x"}"#;
    for (status, body) in [(429, manual), (503, "")] {
        let script = ScriptedTransport::new([
            Step::Response(status, vec![("retry-after", "20")], body),
            response(200, "[]"),
        ]);
        let polar = script
            .builder()
            .retry(RetryPolicy::off())
            .rate_limit(RateLimit::per_minute(500))
            .build()
            .unwrap();
        polar.list().await.unwrap_err();
        polar.list().await.unwrap();
        assert_eq!(script.times()[1].as_secs(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_pauses_requests_longer_than_a_call_waits() {
    for asked in ["90", "99999999999999999999999"] {
        let script = ScriptedTransport::new([rate_limited(asked), response(200, "[]")]);
        let limit = RateLimit::per_minute(500);
        let polar = script.builder().rate_limit(limit).build().unwrap();
        assert!(polar.list().await.unwrap_err().is_rate_limited());
        // The policy limits the pause to 60 s, which is the timeout of a call. So this call fails without being sent.
        assert!(!polar.list().await.unwrap_err().may_have_been_sent());
        assert_eq!(script.count(), 1);
        // After another second, the rest of the pause is shorter than the timeout.
        tokio::time::sleep(Duration::from_secs(1)).await;
        polar.list().await.unwrap();
        assert_eq!(script.times()[1].as_secs(), 60, "{asked}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_maximum_pause_one_call_probes_the_server() {
    let day = rate_limited("86400");
    let script = ScriptedTransport::new([day.clone(), day, response(200, "[]")]);
    let policy = RetryPolicy::off().max_retry_after(Duration::from_secs(30));
    let polar = script
        .builder()
        .retry(policy)
        .timeout(Duration::from_secs(600))
        .rate_limit(RateLimit::per_minute(600))
        .build()
        .unwrap();
    assert!(polar.list().await.unwrap_err().is_rate_limited());
    let calls: Vec<_> = (0..4).map(|_| tokio::spawn(polar.list().send())).collect();
    let mut limited = 0;
    for call in calls {
        limited += usize::from(call.await.unwrap().is_err());
    }
    assert_eq!(limited, 1);
    // The first probe is rejected and the second one succeeds. The other requests follow at the usual intervals.
    let millis: Vec<u128> = script.times().iter().map(Duration::as_millis).collect();
    let seconds: Vec<u128> = millis.iter().map(|millis| millis / 1000).collect();
    assert_eq!(seconds, [0, 30, 60, 60, 60], "{millis:?}");
    assert!(millis[4] - millis[2] >= 200, "{millis:?}");
}

#[tokio::test(start_paused = true)]
async fn a_probe_without_an_api_response_releases_no_call() {
    let manual = r#"{"error":"ManualRetryLimitExceeded","detail":"x"}"#;
    for (probe, is_past) in [
        (CONNECTION_REFUSED, false),
        (CONNECTION_LOST, false),
        (response(502, "<html>502 Bad Gateway</html>"), false),
        (response(404, "{}"), true),
        (response(429, manual), true),
        (response(200, "not JSON"), true),
    ] {
        let script =
            ScriptedTransport::new([rate_limited("86400"), probe.clone(), response(200, "[]")]);
        let policy = RetryPolicy::off().max_retry_after(Duration::from_secs(30));
        let polar = script
            .builder()
            .retry(policy)
            .timeout(Duration::from_secs(600))
            .rate_limit(RateLimit::per_minute(600))
            .build()
            .unwrap();
        polar.list().await.unwrap_err();
        let (first, second, third) = tokio::join!(
            polar.list().send(),
            polar.list().send(),
            polar.list().send()
        );
        assert!(
            first.is_err() && second.is_ok() && third.is_ok(),
            "{probe:?}"
        );
        let seconds: Vec<u64> = script.times().iter().map(Duration::as_secs).collect();
        let next = if is_past { 30 } else { 60 };
        assert_eq!(seconds, [0, 30, next, next], "{probe:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_pause_is_capped_by_the_policy_of_the_client_not_of_the_call() {
    let script = ScriptedTransport::new([rate_limited("3600"), response(200, "[]")]);
    let limit = RateLimit::per_minute(600);
    let polar = script.builder().rate_limit(limit).build().unwrap();
    let patient = RetryPolicy::off().max_retry_after(Duration::from_secs(86400));
    let call = polar.list().with(CallOptions::new().retry(patient));
    assert!(call.await.unwrap_err().is_rate_limited());
    let options = CallOptions::new().timeout(Duration::from_secs(61));
    polar.list().with(options).await.unwrap();
    assert_eq!(script.times()[1].as_secs(), 60);
}

/// A token provider with a delay.
#[derive(Clone)]
struct SlowTokens(Duration);

impl TokenProvider for SlowTokens {
    fn token(&self) -> BoxFuture<'_, TokenResult> {
        Box::pin(async {
            tokio::time::sleep(self.0).await;
            Ok("polar_oat_x".into())
        })
    }
}

#[tokio::test(start_paused = true)]
async fn slots_do_not_accumulate_while_a_token_is_fetched() {
    let script = ScriptedTransport::new([response(200, "[]")]);
    let token = OrganizationToken::provided_by(SlowTokens(Duration::from_secs(25)));
    let limit = RateLimit::per_minute(6);
    let polar = script.builder().rate_limit(limit);
    let polar = polar.access_token(token).build().unwrap();
    let (first, second) = tokio::join!(polar.list().send(), polar.list().send());
    first.unwrap();
    second.unwrap();
    let seconds: Vec<u64> = script.times().iter().map(Duration::as_secs).collect();
    assert_eq!(seconds, [25, 35]);
}
