//! Servers that fail, in whole or on some events, and what is between them and the client.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use polar_client::ingest::{DeliveryOutcome, Ingester, Undelivered};
use polar_client::types::Timestamp;
use polar_client::v2026_10::models::EventCreate;
use tokio::time::Instant;

use super::server::{Fault, Server};
use super::{PATIENCE, WEEK, event, id, ingester, numbered};

/// All ways to fail that pass.
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
        Fault::Silence,
        Fault::StoredAndSilence,
        // A page of something in between that means well.
        Fault::Response(200, "", "<html>Sign in to this network</html>"),
        Fault::Response(422, "", html),
        Fault::Response(400, "", html),
        // In JSON, and still not a word of the API.
        Fault::Gateway(
            422,
            r#"{"error":"blocked","detail":[{"loc":["body","events",0,"name"],"msg":"no","type":"x"}]}"#,
        ),
        Fault::Gateway(400, r#"{"error":"bad_request"}"#),
        // A token that is being replaced, a version that is gone.
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
async fn nothing_is_lost_and_nothing_is_stored_twice_through_an_outage() {
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
    // Those whose response was lost: twice per outage and batch, which is retried unchanged.
    assert!(stats.duplicates > 0 && stats.duplicates <= 600, "{stats:?}");
    assert_eq!((stats.rejected, stats.unsent, stats.queued), (0, 0, 0));
    assert!(stats.failing.is_none());
    assert!(report.undelivered.is_empty());
    assert_eq!(stats.requests as usize, server.sizes().len());
    assert!(server.sizes().iter().all(|size| *size <= 100));
    let sent: usize = server.sizes().iter().skip(failures).sum();
    assert!(sent <= 5000, "{sent}");
}

#[tokio::test(start_paused = true)]
async fn each_way_to_fail_passes() {
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
            Fault::StoredAndBroken | Fault::StoredAndSilence
        ));
        assert_eq!(
            (stats.accepted, stats.duplicates),
            (1 - known, known),
            "{fault:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_holds_events_up_can_be_seen() {
    let server = Server::failing(vec![Fault::Response(401, "", "{}"); 1000]);
    let ingester = ingester(&server).max_delay(Duration::ZERO).start().unwrap();
    ingester.ingest(numbered(1)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let stats = ingester.stats();
    assert!(stats.failing.unwrap().is_unauthorized());
    assert_eq!(stats.queued, 1);
    // Waits grow: an outage is not made worse.
    assert!((3..60).contains(&stats.requests), "{}", stats.requests);
}

#[tokio::test(start_paused = true)]
async fn events_that_are_wrong_do_not_hold_up_the_others() {
    for server in [
        Server::refusing("wrong"),
        Server::refusing_without_a_word("wrong"),
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
        let report = ingester.shutdown(PATIENCE).await;
        assert!(report.undelivered.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn the_server_says_what_is_wrong_with_an_event() {
    let server = Server::refusing("wrong");
    let ingester = ingester(&server).start().unwrap();
    for name in ["right", "wrong", "right"] {
        ingester.ingest(event(name)).await.unwrap();
    }
    let report = ingester.shutdown(PATIENCE).await;
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
async fn the_server_decides_how_long_to_wait() {
    let server = Server::failing([Fault::Response(429, "1800", "")]);
    let ingester = ingester(&server).start().unwrap();
    ingester.ingest(numbered(1)).await.unwrap();
    ingester.flush().await.unwrap();
    let seen = server.seen();
    let wait = seen.requests[1].0 - seen.requests[0].0;
    assert!((1800..1802).contains(&wait.as_secs()), "{wait:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_whose_clock_is_behind_takes_its_own_time() {
    let server = Server::at("2026-01-02T00:00:00Z");
    let ingester = ingester(&server).start().unwrap();
    let future: Timestamp = "2026-01-03T00:00:00Z".parse().unwrap();
    for number in 0..3 {
        ingester.ingest(numbered(number)).await.unwrap();
    }
    // This one is the caller's to set right.
    let theirs = numbered(3).timestamp(future);
    ingester.ingest(theirs).await.unwrap();
    let report = ingester.shutdown(PATIENCE).await;
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
async fn an_event_on_which_the_server_fails_does_not_hold_up_the_others() {
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
    // Those that come later are not divided, and the one is tried about once a minute.
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
    let report = ingester.shutdown(PATIENCE).await;
    assert_eq!((report.stats.rejected, report.stats.unsent), (0, 1));
    assert_eq!(
        report.undelivered.iter().map(id).collect::<Vec<_>>(),
        ["e-20"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_long_outage_makes_few_requests_and_leaves_no_crumbs() {
    const FAULTS: usize = 400;
    let server = Server::failing(vec![Fault::Response(500, "", "{}"); FAULTS]);
    let ingester = ingester(&server).max_events(100).start().unwrap();
    for number in 0..1000 {
        ingester.ingest(numbered(number)).await.unwrap();
    }
    let start = Instant::now();
    ingester.flush().await.unwrap();
    assert_eq!(server.seen().stored.len(), 1000);
    // Waits of up to half a minute, all the time.
    let hours = server.seen().requests[FAULTS].0 - start;
    assert!(hours > Duration::from_secs(4000), "{hours:?}");
    let after = server.sizes().split_off(FAULTS);
    assert!(after.len() <= 25, "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn the_wait_that_is_obeyed_has_an_end() {
    let server = Server::failing([Fault::Response(503, "86400", "")]);
    let ingester = ingester(&server).start().unwrap();
    ingester.ingest(numbered(1)).await.unwrap();
    ingester.flush().await.unwrap();
    let seen = server.seen();
    let wait = seen.requests[1].0 - seen.requests[0].0;
    assert!((1800..1802).contains(&wait.as_secs()), "{wait:?}");
}

/// Queues this many events, of which the server fails on some. Gives the number of the others.
async fn queue(
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
async fn good_events_are_stored_within_seconds_whatever_the_server_fails_on() {
    for (every, count, limit) in [
        (500, 500, 10.0),
        (29, 290, 15.0),
        (29, 2900, 30.0),
        (10, 500, 60.0),
        (2, 60, 300.0),
    ] {
        let server = Server::failing_on("poison");
        let ingester = ingester(&server).start().unwrap();
        let start = Instant::now();
        let good = queue(&ingester, count, |number| number % every == every / 2).await;
        while server.seen().stored.len() < good {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let requests = server.sizes().len();
        // A request takes a fiftieth of a second. There are no waits between divisions.
        let waited = start.elapsed().as_secs_f64() - requests as f64 / 50.0;
        assert!(
            waited < limit,
            "one in {every} of {count}: {waited} s, {requests} requests"
        );
        let bad = count - good;
        assert!(
            requests < 60 + 25 * bad,
            "one in {every} of {count}: {requests} requests"
        );
        // The last response is still on its way.
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(ingester.stats().queued, bad);
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_may_break_a_request_in_any_way() {
    for pain in [
        Fault::Broken,
        Fault::Silence,
        Fault::Response(502, "", "<html>502 Bad Gateway</html>"),
        Fault::Response(503, "1", ""),
        Fault::Response(503, "0", ""),
        // A firewall that dislikes its texts.
        Fault::Gateway(403, "<html>Forbidden</html>"),
        Fault::Gateway(400, "<html>Bad Request</html>"),
    ] {
        let server = Server::failing_on("poison");
        server.seen().pain = Some(pain.clone());
        let ingester = ingester(&server).max_events(100).start().unwrap();
        let good = queue(&ingester, 300, |number| number == 42).await;
        tokio::time::sleep(Duration::from_secs(600)).await;
        assert_eq!(server.seen().stored.len(), good, "{pain:?}");
        let (requests, stats) = (server.sizes().len(), ingester.stats());
        assert!(requests < 60, "{pain:?}: {requests}");
        assert_eq!((stats.rejected, stats.queued), (0, 1), "{pain:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_asks_for_no_patience_gets_some() {
    let server = Server::failing(vec![Fault::Response(503, "0", ""); 10_000]);
    let ingester = ingester(&server).start().unwrap();
    ingester.ingest(numbered(1)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let requests = server.sizes().len();
    assert!((100..500).contains(&requests), "{requests}");
}

#[tokio::test(start_paused = true)]
async fn a_batch_of_which_no_event_gets_through_holds_up_no_other() {
    let server = Server::failing_on("poison");
    let ingester = ingester(&server).max_events(100).start().unwrap();
    queue(&ingester, 300, |number| number < 200).await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(server.seen().stored.len(), 100);
    // Those that are left are not given up, and not sent without end.
    let before = server.sizes().len();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let requests = server.sizes().len() - before;
    assert!(requests < 1000, "{requests}");
    // When the server works on them, they get through, though nothing else does.
    server.seen().poison = None;
    tokio::time::timeout(Duration::from_secs(120), ingester.flush())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(server.seen().stored.len(), 300);
}

#[tokio::test(start_paused = true)]
async fn suspects_are_tried_one_at_a_time_until_one_gets_through() {
    let server = Server::failing_on("poison");
    let ingester = ingester(&server).start().unwrap();
    let good = queue(&ingester, 100, |number| number % 5 == 0).await;
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
async fn what_the_server_does_not_count_is_not_stored() {
    let server = Server::default();
    server.seen().forgets = true;
    let ingester = ingester(&server).start().unwrap();
    let receipt = ingester.ingest_with_receipt(numbered(0)).await.unwrap();
    for number in 1..5 {
        ingester.ingest(numbered(number)).await.unwrap();
    }
    ingester.flush().await.unwrap();
    let DeliveryOutcome::Unconfirmed { sent, counts, .. } = receipt.outcome().await else {
        panic!("nothing says that it is stored");
    };
    assert_eq!((sent, counts.accepted, counts.duplicates), (5, 0, 0));
    // It costs one request, and the next ones are as good as they are.
    server.seen().forgets = false;
    ingester.ingest(numbered(5)).await.unwrap();
    let report = ingester.shutdown(PATIENCE).await;
    assert_eq!(server.sizes(), [5, 1]);
    let stats = &report.stats;
    assert_eq!((stats.accepted, stats.unconfirmed, stats.queued), (1, 5, 0));
    let ids: Vec<String> = report.undelivered.iter().map(id).collect();
    assert_eq!(ids, ["e-0", "e-1", "e-2", "e-3", "e-4"]);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_makes_the_server_ask_for_time_holds_up_no_other() {
    let server = Server::failing_on("poison");
    server.seen().pain = Some(Fault::Response(503, "600", ""));
    let ingester = ingester(&server).max_events(64).start().unwrap();
    let good = queue(&ingester, 128, |number| number == 20).await;
    // The batch is sent four times before it is divided, and the server is believed each time.
    tokio::time::sleep(Duration::from_secs(3000)).await;
    assert_eq!(server.seen().stored.len(), good);
    // The event is tried when the server asks, and others are sent meanwhile.
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
async fn events_that_the_server_names_are_rejected_behind_a_proxy_that_removes_the_version() {
    let server = Server::refusing("wrong");
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
