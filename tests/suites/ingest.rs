//! The ingester of the published crate against a server that fails in all the ways that servers do. Time is tokio's paused
//! clock, so outages of hours take no time.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

#[path = "ingest/server.rs"]
mod server;

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use polar_client::ingest::{Ended, Fate, Ingester, IngesterBuilder, Obstacle, Undelivered};
use polar_client::types::Timestamp;
use polar_client::v2026_10::Polar;
use polar_client::v2026_10::models::{EventCreate, EventCreateExternalCustomer};
use server::{Fault, Server};
use tokio::time::Instant;

fn ingester(server: &Server) -> IngesterBuilder<EventCreate> {
    let polar = Polar::builder()
        .access_token("polar_oat_test")
        .transport(server.clone())
        .build();
    polar.unwrap().events().ingester()
}

fn event(name: &str) -> EventCreateExternalCustomer {
    EventCreateExternalCustomer::new(name, "u-1")
}

fn numbered(number: usize) -> EventCreateExternalCustomer {
    event("tokens").external_id(format!("e-{number}"))
}

/// Whether a future is ready without waiting.
fn is_ready(future: impl Future) -> bool {
    let poll = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
    matches!(poll, Poll::Ready(_))
}

const PATIENCE: Duration = Duration::from_secs(10);

/// Longer than any outage.
const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// All ways to fail that pass.
fn outage() -> Vec<Fault> {
    let html = "<html>502 Bad Gateway</html>";
    vec![
        Fault::NoConnection,
        Fault::Answer(
            500,
            "",
            r#"{"error":"InternalServerError","detail":"Internal Server Error"}"#,
        ),
        Fault::StoredAndBroken,
        Fault::Broken,
        Fault::Answer(502, "", html),
        Fault::Answer(503, "120", ""),
        Fault::Answer(429, "1800", ""),
        Fault::Silence,
        Fault::StoredAndSilence,
        // A page of something in between that means well.
        Fault::Answer(200, "", "<html>Sign in to this network</html>"),
        Fault::Answer(422, "", html),
        Fault::Answer(400, "", html),
        // In JSON, and still not a word of the API.
        Fault::Gateway(
            422,
            r#"{"error":"blocked","detail":[{"loc":["body","events",0,"name"],"msg":"no","type":"x"}]}"#,
        ),
        Fault::Gateway(400, r#"{"error":"bad_request"}"#),
        // A token that is being replaced, a version that is gone.
        Fault::Answer(
            401,
            "",
            r#"{"error":"invalid_token","error_description":"revoked"}"#,
        ),
        Fault::Answer(
            403,
            "",
            r#"{"error":"insufficient_scope","error_description":"scopes"}"#,
        ),
        Fault::Answer(404, "", r#"{"detail":"Not Found"}"#),
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
    // Those whose answer was lost: twice per outage a batch, which is sent again as it was.
    assert!(stats.duplicates > 0 && stats.duplicates <= 600, "{stats:?}");
    assert_eq!((stats.refused, stats.unsent, stats.queued), (0, 0, 0));
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
    let server = Server::failing(vec![Fault::Answer(401, "", "{}"); 1000]);
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
async fn events_are_sent_when_there_are_enough_or_when_they_have_waited() {
    let server = Server::default();
    let ingester = ingester(&server)
        .max_events(3)
        .max_delay(Duration::from_secs(5))
        .start()
        .unwrap();
    let start = Instant::now();
    for number in 0..4 {
        ingester.ingest(numbered(number)).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    let seen = server.seen();
    let times: Vec<u64> = seen
        .requests
        .iter()
        .map(|(at, _)| (*at - start).as_secs())
        .collect();
    assert_eq!(times, [0, 5]);
    drop(seen);
    assert_eq!(server.sizes(), [3, 1]);
    assert_eq!(ingester.stats().accepted, 4);
}

#[tokio::test(start_paused = true)]
async fn a_flush_does_not_wait_for_more_events() {
    let server = Server::default();
    let ingester = ingester(&server).max_delay(WEEK).start().unwrap();
    ingester.ingest(numbered(1)).await.unwrap();
    ingester.ingest(numbered(2)).await.unwrap();
    let start = Instant::now();
    ingester.flush().await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(1));
    assert_eq!(server.sizes(), [2]);
    ingester.flush().await.unwrap();
    assert_eq!(server.sizes(), [2]);
}

#[tokio::test(start_paused = true)]
async fn requests_stay_below_the_limit_of_the_server() {
    let server = Server::default();
    let ingester = ingester(&server).capacity_bytes(100 << 20).start().unwrap();
    let large = "x".repeat(3 << 20);
    for number in 0..5 {
        let event = numbered(number).parent_id(large.as_str());
        ingester.ingest(event).await.unwrap();
    }
    ingester.shutdown(PATIENCE).await;
    assert_eq!(server.sizes(), [2, 2, 1]);
    assert!(server.seen().largest <= 8 << 20);
}

#[tokio::test(start_paused = true)]
async fn the_queue_is_bounded_and_who_has_more_waits() {
    let server = Server::failing(vec![Fault::NoConnection; 50]);
    let ingester = ingester(&server).capacity(3).start().unwrap();
    for number in 0..3 {
        ingester.try_ingest(numbered(number)).unwrap();
    }
    let full = ingester.try_ingest(numbered(3)).unwrap_err();
    assert_eq!(full.obstacle, Obstacle::Full);
    let EventCreate::ExternalCustomer(back) = full.event else {
        panic!("another event");
    };
    assert_eq!(back.external_id.as_deref(), Some("e-3"));
    // Not ready, and dropped without a trace.
    assert!(!is_ready(ingester.ingest(numbered(4))));
    // Ready when the server works again.
    ingester.ingest(*back).await.unwrap();
    assert!(server.sizes().len() > 50);
    ingester.shutdown(PATIENCE).await;
    let ids = ["e-0", "e-1", "e-2", "e-3"].map(str::to_owned);
    assert_eq!(server.seen().stored, BTreeSet::from(ids));
}

#[tokio::test(start_paused = true)]
async fn the_queue_is_bounded_in_bytes() {
    let server = Server::failing(vec![Fault::Silence; 50]);
    let ingester = ingester(&server).capacity_bytes(1000).start().unwrap();
    let large = numbered(0).parent_id("x".repeat(2000));
    // Alone it may be larger than the queue.
    ingester.try_ingest(large).unwrap();
    let full = ingester.try_ingest(numbered(1)).unwrap_err();
    assert_eq!(full.obstacle, Obstacle::Full);
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
        assert_eq!((stats.accepted, stats.refused, stats.queued), (17, 3, 0));
        assert_eq!(server.seen().stored.len(), 17);
        for receipt in wrong {
            let Fate::Refused { error, entries, .. } = receipt.fate().await else {
                panic!("it was not refused");
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

fn id(lost: &Undelivered<EventCreate>) -> String {
    match &lost.event {
        EventCreate::ExternalCustomer(event) => event.external_id.clone().unwrap(),
        _ => panic!("another event"),
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
    let Fate::Refused { entries, .. } = &lost.fate else {
        panic!("{lost:?}");
    };
    assert_eq!(entries[0].path(), "body.events[1].customer_id");
    assert_eq!(entries[0].message, "no such customer");
}

#[tokio::test(start_paused = true)]
async fn requests_that_the_server_finds_too_large_are_divided() {
    let server = Server::taking(4);
    let ingester = ingester(&server).start().unwrap();
    for number in 0..10 {
        ingester.ingest(numbered(number)).await.unwrap();
    }
    let report = ingester.shutdown(PATIENCE).await;
    assert_eq!(report.stats.accepted, 10);
    assert_eq!(server.sizes(), [10, 5, 2, 3, 5, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_that_has_no_more_time_hands_events_back() {
    let server = Server::failing(vec![Fault::NoConnection; 1000]);
    let ingester = ingester(&server).max_events(2).start().unwrap();
    let mut receipts = Vec::new();
    for number in 0..5 {
        let receipt = ingester.ingest_with_receipt(numbered(number)).await;
        receipts.push(receipt.unwrap());
    }
    let start = Instant::now();
    let report = ingester.shutdown(PATIENCE).await;
    assert_eq!(start.elapsed().as_secs(), 10);
    assert_eq!((report.stats.unsent, report.stats.queued), (5, 0));
    assert!(report.stats.failing.unwrap().is_connection());
    // In order, and with the ids by which they can be sent again.
    let ids: Vec<String> = report.undelivered.iter().map(id).collect();
    assert_eq!(ids, ["e-0", "e-1", "e-2", "e-3", "e-4"]);
    for receipt in receipts {
        assert!(matches!(receipt.fate().await, Fate::Unsent));
    }
    let late = ingester.ingest(numbered(6)).await.unwrap_err();
    assert_eq!(late.obstacle, Obstacle::Ended);
    assert!(ingester.shutdown(PATIENCE).await.undelivered.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_does_not_sit_out_a_long_wait() {
    // By then the waits are half a minute.
    let server = Server::failing(vec![Fault::NoConnection; 12]);
    let ingester = ingester(&server).max_delay(Duration::ZERO).start().unwrap();
    ingester.ingest(numbered(1)).await.unwrap();
    while server.sizes().len() < 12 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let report = ingester.shutdown(Duration::from_secs(2)).await;
    assert_eq!((report.stats.accepted, report.stats.unsent), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_room_is_given_back_by_a_shutdown() {
    let server = Server::failing(vec![Fault::Silence; 50]);
    let ingester = ingester(&server).capacity(1).start().unwrap();
    ingester.ingest(numbered(1)).await.unwrap();
    let waiting = tokio::spawn({
        let ingester = ingester.clone();
        async move { ingester.ingest(numbered(2)).await }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    let report = ingester.shutdown(PATIENCE).await;
    let back = waiting.await.unwrap().unwrap_err();
    assert_eq!(back.obstacle, Obstacle::Ended);
    assert_eq!(
        report.undelivered.iter().map(id).collect::<Vec<_>>(),
        ["e-1"]
    );
}

#[tokio::test(start_paused = true)]
async fn the_last_handle_to_go_has_everything_sent() {
    let server = Server::failing(outage());
    let (ingester, driver) = ingester(&server).max_delay(WEEK).build().unwrap();
    let other = ingester.clone();
    let driver = tokio::spawn(driver);
    ingester.ingest(numbered(1)).await.unwrap();
    drop(ingester);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(server.sizes().is_empty());
    drop(other);
    driver.await.unwrap();
    assert_eq!(server.seen().stored.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_driver_that_is_dropped_hands_events_back() {
    let server = Server::failing([Fault::Silence]);
    let (ingester, driver) = ingester(&server).max_events(1).build().unwrap();
    let driver = tokio::spawn(driver);
    for number in 0..3 {
        ingester.ingest(numbered(number)).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    // One is on its way.
    assert_eq!(server.sizes(), [1]);
    let flush = tokio::spawn({
        let ingester: Ingester<EventCreate> = ingester.clone();
        async move { ingester.flush().await }
    });
    tokio::task::yield_now().await;
    driver.abort();
    assert_eq!(flush.await.unwrap(), Err(Ended));
    let report = ingester.shutdown(PATIENCE).await;
    let ids: Vec<String> = report.undelivered.iter().map(id).collect();
    assert_eq!(ids, ["e-0", "e-1", "e-2"]);
    assert_eq!(report.stats.unsent, 3);
}

#[tokio::test(start_paused = true)]
async fn events_get_an_id_and_a_time_unless_they_have_one() {
    let server = Server::default();
    let ingester = ingester(&server).start().unwrap();
    let before = Timestamp::from(SystemTime::now());
    ingester.ingest(event("new")).await.unwrap();
    ingester
        .ingest(event("empty").external_id(""))
        .await
        .unwrap();
    let past: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
    let known = event("known").external_id("mine").timestamp(past);
    ingester.ingest(known).await.unwrap();
    ingester.shutdown(PATIENCE).await;
    let after = Timestamp::from(SystemTime::now());

    let seen = server.seen();
    let events = &seen.requests[0].1;
    let mut ids = BTreeSet::new();
    for event in &events[..2] {
        let id = event["external_id"].as_str().unwrap();
        assert_eq!(id.len(), 36, "{id}");
        ids.insert(id.to_owned());
        let text = event["timestamp"].as_str().unwrap();
        assert!(text.ends_with('Z'), "{text}");
        let time: Timestamp = text.parse().unwrap();
        // The API counts in microseconds.
        assert!(
            time >= before - Duration::from_micros(1) && time <= after,
            "{text}"
        );
    }
    assert_eq!(ids.len(), 2);
    assert_eq!(events[2]["external_id"], "mine");
    assert_eq!(events[2]["timestamp"], "2026-01-02T03:04:05Z");
}

#[tokio::test(start_paused = true)]
async fn the_server_decides_how_long_to_wait() {
    let server = Server::failing([Fault::Answer(429, "1800", "")]);
    let ingester = ingester(&server).start().unwrap();
    ingester.ingest(numbered(1)).await.unwrap();
    ingester.flush().await.unwrap();
    let seen = server.seen();
    let wait = seen.requests[1].0 - seen.requests[0].0;
    assert!((1800..1802).contains(&wait.as_secs()), "{wait:?}");
}

#[tokio::test(start_paused = true)]
async fn events_that_can_never_be_sent_are_not_queued() {
    let server = Server::default();
    let ingester = ingester(&server).start().unwrap();
    let long = ingester.ingest(event(&"x".repeat(200))).await.unwrap_err();
    let Obstacle::Invalid(violations) = &long.obstacle else {
        panic!("{long:?}");
    };
    assert!(violations.to_string().contains("name"), "{violations}");
    let large = event("large").parent_id("x".repeat(9 << 20));
    let large = ingester.ingest(large).await.unwrap_err();
    assert_eq!(large.obstacle, Obstacle::TooLarge);
    let report = ingester.shutdown(PATIENCE).await;
    assert_eq!(report.stats.requests, 0);
}

#[tokio::test(start_paused = true)]
async fn the_words_of_errors_and_of_debug_hold_no_event() {
    let server = Server::failing(vec![Fault::NoConnection; 100]);
    let ingester = ingester(&server).capacity(1).start().unwrap();
    let secret = || {
        event("n")
            .external_id("secret-id")
            .parent_id("secret-parent")
    };
    ingester.ingest(secret()).await.unwrap();
    let full = ingester.try_ingest(secret()).unwrap_err();
    let shown = format!("{full:?} {full} {ingester:?}");
    let report = ingester.shutdown(PATIENCE).await;
    let shown = format!("{shown} {report:?} {:?}", report.undelivered);
    assert!(
        !shown.contains("secret") && !shown.contains("polar_oat"),
        "{shown}"
    );
}

#[test]
fn without_a_runtime_there_is_an_error_and_no_panic() {
    let server = Server::default();
    let error = ingester(&server).start().unwrap_err();
    assert!(error.to_string().contains("no tokio runtime"), "{error}");
    // A driver that is polled where there is no clock ends, and says so.
    let (ingester, mut driver) = ingester(&server).build().unwrap();
    ingester.try_ingest(numbered(1)).unwrap();
    assert!(is_ready(&mut driver));
    assert_eq!(ingester.stats().unsent, 1);
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
    assert_eq!((report.stats.accepted, report.stats.refused), (3, 1));
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
    assert_eq!((report.stats.refused, report.stats.unsent), (0, 1));
    assert_eq!(
        report.undelivered.iter().map(id).collect::<Vec<_>>(),
        ["e-20"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_long_outage_makes_few_requests_and_leaves_no_crumbs() {
    const FAULTS: usize = 400;
    let server = Server::failing(vec![Fault::Answer(500, "", "{}"); FAULTS]);
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
    let server = Server::failing([Fault::Answer(503, "86400", "")]);
    let ingester = ingester(&server).start().unwrap();
    ingester.ingest(numbered(1)).await.unwrap();
    ingester.flush().await.unwrap();
    let seen = server.seen();
    let wait = seen.requests[1].0 - seen.requests[0].0;
    assert!((1800..1802).contains(&wait.as_secs()), "{wait:?}");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_panics_takes_nothing_along() {
    let server = Server::refusing("wrong");
    let told = Arc::new(Mutex::new(0));
    let count = Arc::clone(&told);
    let ingester = ingester(&server)
        .on_undelivered(move |_| {
            *count.lock().unwrap_or_else(|lock| lock.into_inner()) += 1;
            panic!("a handler that is wrong");
        })
        .start()
        .unwrap();
    ingester.ingest(event("wrong")).await.unwrap();
    ingester.ingest(event("right")).await.unwrap();
    assert_eq!(ingester.flush().await, Ok(()));
    assert_eq!(ingester.stats().accepted, 1);
    // And at the end.
    *server.seen() = server::Seen::default();
    server.seen().poison = Some("right");
    let first = ingester.ingest_with_receipt(event("right")).await.unwrap();
    let second = ingester.ingest_with_receipt(event("right")).await.unwrap();
    let report = ingester.shutdown(PATIENCE).await;
    assert_eq!((report.stats.unsent, report.stats.dropped), (2, 3));
    for receipt in [first, second] {
        assert!(matches!(receipt.fate().await, Fate::Unsent));
    }
    assert_eq!(*told.lock().unwrap_or_else(|lock| lock.into_inner()), 3);
}

#[tokio::test(start_paused = true)]
async fn what_the_report_has_no_room_for_is_counted() {
    let server = Server::refusing("wrong");
    let ingester = ingester(&server).capacity(3).start().unwrap();
    for _ in 0..10 {
        ingester.ingest(event("wrong")).await.unwrap();
    }
    let report = ingester.shutdown(PATIENCE).await;
    assert_eq!((report.stats.refused, report.stats.dropped), (10, 7));
    assert_eq!(report.undelivered.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_driver_reports_when_nobody_else_can() {
    let server = Server::refusing("wrong");
    for keeps in [false, true] {
        let (ingester, driver) = ingester(&server).build().unwrap();
        let driver = tokio::spawn(driver);
        ingester.ingest(event("wrong")).await.unwrap();
        let kept = keeps.then(|| ingester.clone());
        if let Some(kept) = &kept {
            kept.flush().await.unwrap();
            let report = kept.shutdown(PATIENCE).await;
            assert_eq!(report.undelivered.len(), 1);
        }
        drop((ingester, kept));
        let report = driver.await.unwrap();
        assert_eq!(report.stats.refused, 1);
        assert_eq!(report.undelivered.len(), usize::from(!keeps));
    }
}

#[tokio::test(start_paused = true)]
async fn the_room_of_a_large_event_is_for_several_small_ones() {
    // The large one gets through, and what comes then never does.
    let server = Server::default();
    let ingester = ingester(&server)
        .capacity_bytes(3000)
        .max_delay(WEEK)
        .start()
        .unwrap();
    let large = numbered(0).parent_id("x".repeat(2900));
    ingester.ingest(large).await.unwrap();
    let waiting: Vec<_> = (1..4)
        .map(|number| {
            let ingester = ingester.clone();
            tokio::spawn(async move { ingester.ingest(numbered(number)).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    ingester.flush().await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(server.sizes(), [1]);
    for waiting in waiting {
        assert!(waiting.is_finished());
        waiting.await.unwrap().unwrap();
    }
    assert_eq!(ingester.stats().queued, 3);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_does_not_wait_for_a_driver_that_does_not_run() {
    let server = Server::default();
    let (ingester, driver) = ingester(&server).build().unwrap();
    let receipt = ingester.ingest_with_receipt(numbered(1)).await.unwrap();
    let shutdown = tokio::time::timeout(Duration::from_secs(60), ingester.shutdown(PATIENCE));
    let report = shutdown.await.unwrap();
    assert_eq!(
        report.undelivered.iter().map(id).collect::<Vec<_>>(),
        ["e-1"]
    );
    assert!(matches!(receipt.fate().await, Fate::Unsent));
    // It has nothing left to do, and does not send the event after all.
    assert_eq!(driver.await.stats.unsent, 1);
    assert!(server.sizes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_a_driver_that_does_not_run_has_in_its_hands_comes_back_with_it() {
    let server = Server::failing([Fault::Silence]);
    let (ingester, mut driver) = ingester(&server).max_events(1).build().unwrap();
    let receipt = ingester.ingest_with_receipt(numbered(1)).await.unwrap();
    assert!(!is_ready(&mut driver));
    let report = ingester.shutdown(PATIENCE).await;
    assert_eq!((report.stats.queued, report.stats.unsent), (1, 0));
    drop(driver);
    assert_eq!(ingester.stats().unsent, 1);
    assert!(matches!(receipt.fate().await, Fate::Unsent));
    assert_eq!(ingester.shutdown(PATIENCE).await.undelivered.len(), 1);
}
