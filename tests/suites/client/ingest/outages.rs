//! Outages: transient failures of the server or of a gateway in front of it, which affect all events alike.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use super::server::{Fault, Server};
use super::{WEEK, ingester, numbered};

/// Returns one fault of each kind after which the ingester retries.
pub(super) fn outage() -> Vec<Fault> {
    let html = "<html>502 Bad Gateway</html>";
    vec![
        Fault::NoConnection,
        Fault::Response(
            500,
            "",
            r#"{"error":"InternalServerError","detail":"Internal Server Error"}"#,
        ),
        Fault::StoredAndBroken,
        Fault::Broken,
        Fault::Response(502, "", html),
        Fault::Response(503, "120", ""),
        Fault::Response(429, "1800", ""),
        Fault::NoResponse,
        Fault::StoredWithoutResponse,
        // A page of a captive portal.
        Fault::Response(200, "", "<html>Sign in to this network</html>"),
        Fault::Response(422, "", html),
        Fault::Response(400, "", html),
        // JSON of a gateway. It resembles that of the API, but the version header is missing.
        Fault::Gateway(
            422,
            r#"{"error":"blocked","detail":[{"loc":["body","events",0,"name"],"msg":"no","type":"x"}]}"#,
        ),
        Fault::Gateway(400, r#"{"error":"bad_request"}"#),
        // While a token is being replaced, or after the version of the API was retired. Events are kept, because the
        // operator can fix this.
        Fault::Response(
            401,
            "",
            r#"{"error":"invalid_token","error_description":"revoked"}"#,
        ),
        Fault::Response(
            403,
            "",
            r#"{"error":"insufficient_scope","error_description":"scopes"}"#,
        ),
        Fault::Response(404, "", r#"{"detail":"Not Found"}"#),
    ]
}

#[tokio::test(start_paused = true)]
async fn events_are_stored_once_despite_an_outage() {
    const TASKS: usize = 20;
    const EVENTS: usize = 250;
    let faults = [outage(), outage(), outage()].concat();
    let failures = faults.len();
    let server = Server::failing(faults);
    let ingester = ingester(&server)
        .max_events(100)
        .capacity(300)
        .start()
        .unwrap();
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let ingester = ingester.clone();
            tokio::spawn(async move {
                for number in 0..EVENTS {
                    let event = numbered(task * EVENTS + number);
                    ingester.ingest(event).await.unwrap();
                    assert!(ingester.stats().queued <= 300);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let report = ingester.shutdown(WEEK).await;

    let all: BTreeSet<String> = (0..TASKS * EVENTS)
        .map(|number| format!("e-{number}"))
        .collect();
    assert_eq!(server.seen().stored, all);
    let stats = report.stats;
    assert_eq!(stats.accepted + stats.duplicates, 5000);
    // Two faults of each outage store a batch of up to 100 events and lose the response, so the retry sends duplicates.
    assert!(stats.duplicates > 0 && stats.duplicates <= 600, "{stats:?}");
    assert_eq!((stats.rejected, stats.unsent, stats.queued), (0, 0, 0));
    assert!(stats.last_error.is_none());
    assert!(report.undelivered.is_empty());
    assert_eq!(stats.requests as usize, server.sizes().len());
    assert!(server.sizes().iter().all(|size| *size <= 100));
    let sent: usize = server.sizes().iter().skip(failures).sum();
    assert!(sent <= 5000, "{sent}");
}

#[tokio::test(start_paused = true)]
async fn each_transient_failure_is_retried() {
    for fault in outage() {
        let server = Server::failing([fault.clone()]);
        let ingester = ingester(&server).start().unwrap();
        ingester.ingest(numbered(1)).await.unwrap();
        let flushed = tokio::time::timeout(WEEK, ingester.flush()).await;
        assert_eq!(flushed.unwrap(), Ok(()), "{fault:?}");
        assert_eq!(server.sizes(), [1, 1], "{fault:?}");
        let stats = ingester.stats();
        let known = u64::from(matches!(
            fault,
            Fault::StoredAndBroken | Fault::StoredWithoutResponse
        ));
        assert_eq!(
            (stats.accepted, stats.duplicates),
            (1 - known, known),
            "{fault:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn statistics_contain_the_error_of_the_last_request() {
    let server = Server::failing(vec![Fault::Response(401, "", "{}"); 1000]);
    let ingester = ingester(&server).max_delay(Duration::ZERO).start().unwrap();
    ingester.ingest(numbered(1)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let stats = ingester.stats();
    assert!(stats.last_error.unwrap().is_unauthorized());
    assert_eq!(stats.queued, 1);
    // The backoff grows, so that retries do not overload the server.
    assert!((3..60).contains(&stats.requests), "{}", stats.requests);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_respected() {
    let server = Server::failing([Fault::Response(429, "1800", "")]);
    let ingester = ingester(&server).start().unwrap();
    ingester.ingest(numbered(1)).await.unwrap();
    ingester.flush().await.unwrap();
    let seen = server.seen();
    let wait = seen.requests[1].0 - seen.requests[0].0;
    assert!((1800..1802).contains(&wait.as_secs()), "{wait:?}");
}

#[tokio::test(start_paused = true)]
async fn a_long_outage_makes_few_requests_and_few_small_batches() {
    const FAULTS: usize = 400;
    let server = Server::failing(vec![Fault::Response(500, "", "{}"); FAULTS]);
    let ingester = ingester(&server).max_events(100).start().unwrap();
    for number in 0..1000 {
        ingester.ingest(numbered(number)).await.unwrap();
    }
    let start = Instant::now();
    ingester.flush().await.unwrap();
    assert_eq!(server.seen().stored.len(), 1000);
    // The backoff grows to half a minute, so 400 failures take more than an hour.
    let waited = server.seen().requests[FAULTS].0 - start;
    assert!(waited > Duration::from_secs(4000), "{waited:?}");
    let after = server.sizes().split_off(FAULTS);
    assert!(after.len() <= 25, "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_of_a_day_is_shortened_to_half_an_hour() {
    let server = Server::failing([Fault::Response(503, "86400", "")]);
    let ingester = ingester(&server).start().unwrap();
    ingester.ingest(numbered(1)).await.unwrap();
    ingester.flush().await.unwrap();
    let seen = server.seen();
    let wait = seen.requests[1].0 - seen.requests[0].0;
    assert!((1800..1802).contains(&wait.as_secs()), "{wait:?}");
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_of_zero_does_not_disable_the_backoff() {
    let server = Server::failing(vec![Fault::Response(503, "0", ""); 10_000]);
    let ingester = ingester(&server).start().unwrap();
    ingester.ingest(numbered(1)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let requests = server.sizes().len();
    assert!((100..500).contains(&requests), "{requests}");
}
