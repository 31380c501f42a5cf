//! Servers that fail, completely or because of some events, and gateways between them and the client.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use polar_client::ingest::{DeliveryOutcome, Ingester, Undelivered};
use polar_client::types::Timestamp;
use polar_client::v2026_10::models::EventCreate;
use tokio::time::Instant;

use super::server::{Fault, Server};
use super::{DEADLINE, WEEK, event, id, ingester, numbered};

/// All transient failures.
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
        // JSON of a gateway, not of the API.
        Fault::Gateway(
            422,
            r#"{"error":"blocked","detail":[{"loc":["body","events",0,"name"],"msg":"no","type":"x"}]}"#,
        ),
        Fault::Gateway(400, r#"{"error":"bad_request"}"#),
        // A token that is being replaced, and a retired version of the API.
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
    // Events whose response was lost: twice per outage and batch, which is retried unchanged.
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
async fn rejected_events_do_not_delay_the_others() {
    for server in [
        Server::rejecting("wrong"),
        Server::rejecting_without_index("wrong"),
    ] {
        let undelivered = Arc::new(Mutex::new(Vec::new()));
        let list = Arc::clone(&undelivered);
        let ingester = ingester(&server)
            .on_undelivered(move |lost: Undelivered<EventCreate>| list.lock().unwrap().push(lost))
            .start()
            .unwrap();
        let mut wrong = Vec::new();
        for number in 0..20 {
            let name = if number % 7 == 3 { "wrong" } else { "right" };
            let event = event(name).external_id(format!("e-{number}"));
            let receipt = ingester.ingest_with_receipt(event).await.unwrap();
            if name == "wrong" {
                wrong.push(receipt);
            }
        }
        ingester.flush().await.unwrap();
        let stats = ingester.stats();
        assert_eq!((stats.accepted, stats.rejected, stats.queued), (17, 3, 0));
        assert_eq!(server.seen().stored.len(), 17);
        for receipt in wrong {
            let DeliveryOutcome::Rejected { error, entries, .. } = receipt.outcome().await else {
                panic!("not rejected");
            };
            assert!(error.is_invalid());
            assert!(entries.len() <= 1);
        }
        let ids: BTreeSet<String> = undelivered.lock().unwrap().iter().map(id).collect();
        assert_eq!(
            ids,
            BTreeSet::from(["e-3", "e-10", "e-17"].map(str::to_owned))
        );
        let report = ingester.shutdown(DEADLINE).await;
        assert!(report.undelivered.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejection_contains_the_validation_errors_of_the_event() {
    let server = Server::rejecting("wrong");
    let ingester = ingester(&server).start().unwrap();
    for name in ["right", "wrong", "right"] {
        ingester.ingest(event(name)).await.unwrap();
    }
    let report = ingester.shutdown(DEADLINE).await;
    assert_eq!(server.sizes(), [3, 2]);
    let [lost] = report.undelivered.as_slice() else {
        panic!("{report:?}");
    };
    let DeliveryOutcome::Rejected { entries, .. } = &lost.outcome else {
        panic!("{lost:?}");
    };
    assert_eq!(entries[0].path(), "body.events[1].customer_id");
    assert_eq!(entries[0].message, "no such customer");
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
async fn a_server_whose_clock_is_behind_assigns_the_timestamp() {
    let server = Server::at("2026-01-02T00:00:00Z");
    let ingester = ingester(&server).start().unwrap();
    let future: Timestamp = "2026-01-03T00:00:00Z".parse().unwrap();
    for number in 0..3 {
        ingester.ingest(numbered(number)).await.unwrap();
    }
    // The caller's own timestamp is not removed.
    let theirs = numbered(3).timestamp(future);
    ingester.ingest(theirs).await.unwrap();
    let report = ingester.shutdown(DEADLINE).await;
    assert_eq!((report.stats.accepted, report.stats.rejected), (3, 1));
    assert_eq!(
        report.undelivered.iter().map(id).collect::<Vec<_>>(),
        ["e-3"]
    );
    assert_eq!(server.sizes(), [4, 3]);
    let seen = server.seen();
    for event in &seen.requests[1].1 {
        assert!(
            event.get("timestamp").is_none_or(|time| time.is_null()),
            "{event}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_that_makes_the_server_fail_does_not_delay_the_others() {
    let server = Server::failing_on("poison");
    let ingester = ingester(&server).max_events(64).start().unwrap();
    for number in 0..128 {
        let name = if number == 20 { "poison" } else { "tokens" };
        let event = event(name).external_id(format!("e-{number}"));
        ingester.ingest(event).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(server.seen().stored.len(), 127);
    assert_eq!(ingester.stats().queued, 1);
    // Later batches are not divided, and the event is retried about once a minute.
    let before = server.sizes().len();
    for number in 128..192 {
        ingester.ingest(numbered(number)).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(600)).await;
    let sizes = server.sizes().split_off(before);
    assert_eq!(
        sizes.iter().filter(|size| **size == 64).count(),
        1,
        "{sizes:?}"
    );
    let alone = sizes.iter().filter(|size| **size == 1).count();
    assert!((4..12).contains(&alone), "{sizes:?}");
    assert_eq!(sizes.len(), alone + 1, "{sizes:?}");
    // It is not given up.
    let report = ingester.shutdown(DEADLINE).await;
    assert_eq!((report.stats.rejected, report.stats.unsent), (0, 1));
    assert_eq!(
        report.undelivered.iter().map(id).collect::<Vec<_>>(),
        ["e-20"]
    );
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
    // The delay is up to half a minute.
    let hours = server.seen().requests[FAULTS].0 - start;
    assert!(hours > Duration::from_secs(4000), "{hours:?}");
    let after = server.sizes().split_off(FAULTS);
    assert!(after.len() <= 25, "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn a_long_retry_after_is_shortened() {
    let server = Server::failing([Fault::Response(503, "86400", "")]);
    let ingester = ingester(&server).start().unwrap();
    ingester.ingest(numbered(1)).await.unwrap();
    ingester.flush().await.unwrap();
    let seen = server.seen();
    let wait = seen.requests[1].0 - seen.requests[0].0;
    assert!((1800..1802).contains(&wait.as_secs()), "{wait:?}");
}

/// Queues this many events, some of which make the server fail. Returns the number of the others.
async fn queue_events(
    ingester: &Ingester<EventCreate>,
    count: usize,
    is_poison: impl Fn(usize) -> bool,
) -> usize {
    for number in 0..count {
        let name = if is_poison(number) {
            "poison"
        } else {
            "tokens"
        };
        let event = event(name).external_id(format!("e-{number}"));
        ingester.ingest(event).await.unwrap();
    }
    (0..count).filter(|number| !is_poison(*number)).count()
}

#[tokio::test(start_paused = true)]
async fn valid_events_are_stored_within_seconds_whatever_share_makes_the_server_fail() {
    for (poison_every, count, max_seconds) in [
        (500, 500, 10.0),
        (29, 290, 15.0),
        (29, 2900, 30.0),
        (10, 500, 60.0),
        (2, 60, 300.0),
    ] {
        let server = Server::failing_on("poison");
        let ingester = ingester(&server).start().unwrap();
        let start = Instant::now();
        let good = queue_events(&ingester, count, |number| {
            number % poison_every == poison_every / 2
        })
        .await;
        while server.seen().stored.len() < good {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let requests = server.sizes().len();
        // Without the time of the requests themselves, of which each takes 20 ms.
        let waited = start.elapsed().as_secs_f64() - requests as f64 / 50.0;
        assert!(
            waited < max_seconds,
            "one in {poison_every} of {count}: {waited} s, {requests} requests"
        );
        let bad = count - good;
        assert!(
            requests < 60 + 25 * bad,
            "one in {poison_every} of {count}: {requests} requests"
        );
        // The last response is still pending.
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(ingester.stats().queued, bad);
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_is_isolated_whatever_failure_it_causes() {
    for fault in [
        Fault::Broken,
        Fault::NoResponse,
        Fault::Response(502, "", "<html>502 Bad Gateway</html>"),
        Fault::Response(503, "1", ""),
        Fault::Response(503, "0", ""),
        // A firewall that blocks its content.
        Fault::Gateway(403, "<html>Forbidden</html>"),
        Fault::Gateway(400, "<html>Bad Request</html>"),
    ] {
        let server = Server::failing_on("poison");
        server.seen().poison_fault = Some(fault.clone());
        let ingester = ingester(&server).max_events(100).start().unwrap();
        let good = queue_events(&ingester, 300, |number| number == 42).await;
        tokio::time::sleep(Duration::from_secs(600)).await;
        assert_eq!(server.seen().stored.len(), good, "{fault:?}");
        let (requests, stats) = (server.sizes().len(), ingester.stats());
        assert!(requests < 60, "{fault:?}: {requests}");
        assert_eq!((stats.rejected, stats.queued), (0, 1), "{fault:?}");
    }
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

#[tokio::test(start_paused = true)]
async fn a_batch_of_failing_events_does_not_delay_the_others() {
    let server = Server::failing_on("poison");
    let ingester = ingester(&server).max_events(100).start().unwrap();
    queue_events(&ingester, 300, |number| number < 200).await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(server.seen().stored.len(), 100);
    // The remaining events are not given up, and are retried rarely.
    let before = server.sizes().len();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let requests = server.sizes().len() - before;
    assert!(requests < 1000, "{requests}");
    // When the server no longer fails because of them, they are stored.
    server.seen().poison = None;
    tokio::time::timeout(Duration::from_secs(120), ingester.flush())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(server.seen().stored.len(), 300);
}

#[tokio::test(start_paused = true)]
async fn suspects_are_retried_one_at_a_time_until_one_is_stored() {
    let server = Server::failing_on("poison");
    let ingester = ingester(&server).start().unwrap();
    let good = queue_events(&ingester, 100, |number| number % 5 == 0).await;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(server.seen().stored.len(), good);
    let before = server.sizes().len();
    tokio::time::sleep(Duration::from_secs(600)).await;
    let sizes = server.sizes().split_off(before);
    assert!(
        (9..=11).contains(&sizes.len()) && sizes.iter().all(|size| *size == 1),
        "{sizes:?}"
    );
    server.seen().poison = None;
    let before = server.sizes().len();
    ingester.flush().await.unwrap();
    assert_eq!(server.sizes().split_off(before), [1, 19]);
}

#[tokio::test(start_paused = true)]
async fn events_that_the_server_does_not_count_are_unconfirmed() {
    let server = Server::default();
    server.seen().counts_nothing = true;
    let ingester = ingester(&server).start().unwrap();
    let receipt = ingester.ingest_with_receipt(numbered(0)).await.unwrap();
    for number in 1..5 {
        ingester.ingest(numbered(number)).await.unwrap();
    }
    ingester.flush().await.unwrap();
    let DeliveryOutcome::Unconfirmed { sent, counts, .. } = receipt.outcome().await else {
        panic!("not unconfirmed");
    };
    assert_eq!((sent, counts.accepted, counts.duplicates), (5, 0, 0));
    // They are not retried, and later events are sent as usual.
    server.seen().counts_nothing = false;
    ingester.ingest(numbered(5)).await.unwrap();
    let report = ingester.shutdown(DEADLINE).await;
    assert_eq!(server.sizes(), [5, 1]);
    let stats = &report.stats;
    assert_eq!((stats.accepted, stats.unconfirmed, stats.queued), (1, 5, 0));
    let ids: Vec<String> = report.undelivered.iter().map(id).collect();
    assert_eq!(ids, ["e-0", "e-1", "e-2", "e-3", "e-4"]);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_causes_a_retry_after_does_not_delay_the_others() {
    let server = Server::failing_on("poison");
    server.seen().poison_fault = Some(Fault::Response(503, "600", ""));
    let ingester = ingester(&server).max_events(64).start().unwrap();
    let good = queue_events(&ingester, 128, |number| number == 20).await;
    // The batch is sent four times before it is divided, and each `Retry-After` is respected.
    tokio::time::sleep(Duration::from_secs(3000)).await;
    assert_eq!(server.seen().stored.len(), good);
    // The event is retried after the `Retry-After`, and others are sent meanwhile.
    let before = server.sizes().len();
    for number in 200..210 {
        ingester.ingest(numbered(number)).await.unwrap();
        tokio::time::sleep(Duration::from_secs(300)).await;
        assert_eq!(server.seen().stored.len(), good + number - 199);
    }
    let tried = server.sizes().len() - before - 10;
    assert!((4..=6).contains(&tried), "{tried}");
}

#[tokio::test(start_paused = true)]
async fn events_that_the_response_names_are_rejected_behind_a_proxy_that_removes_the_version() {
    let server = Server::rejecting("wrong");
    server.seen().hides_version = true;
    let ingester = ingester(&server).start().unwrap();
    for name in ["right", "wrong", "right"] {
        ingester.ingest(event(name)).await.unwrap();
    }
    ingester.flush().await.unwrap();
    assert_eq!(server.sizes(), [3, 2]);
    let stats = ingester.stats();
    assert_eq!((stats.accepted, stats.rejected, stats.queued), (2, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn no_more_events_are_counted_than_were_sent() {
    let server = Server::default();
    let ingester = ingester(&server).start().unwrap();
    for (counts, sum) in [
        ((i64::MAX, i64::MAX), (2, 0)),
        ((i64::MAX, 0), (4, 0)),
        ((1, i64::MAX), (5, 1)),
        ((-1, 2), (5, 3)),
    ] {
        server.seen().counts = Some(counts);
        ingester.ingest(event("a")).await.unwrap();
        ingester.ingest(event("b")).await.unwrap();
        ingester.flush().await.unwrap();
        let stats = ingester.stats();
        assert_eq!((stats.accepted, stats.duplicates), sum, "{counts:?}");
        assert_eq!((stats.unconfirmed, stats.queued), (0, 0), "{counts:?}");
    }
}
