//! The ingester, on a simulated server that fails in the ways that real ones do. The tests use tokio's paused clock, so
//! an outage of hours takes no time.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

mod isolation;
mod lifecycle;
mod outages;
mod responses;
mod server;
mod sizes;
mod spans;

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use polar_client::ingest::{IngesterBuilder, NotQueuedReason, Undelivered};
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

/// Returns whether a future is ready when it is first polled.
fn is_ready(future: impl Future) -> bool {
    let poll = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
    matches!(poll, Poll::Ready(_))
}

/// The deadline of shutdowns.
const DEADLINE: Duration = Duration::from_secs(10);

/// Longer than any simulated outage.
const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Returns the external ID of an event that was not delivered.
fn id(lost: &Undelivered<EventCreate>) -> String {
    match &lost.event {
        EventCreate::ExternalCustomer(event) => event.external_id.clone().unwrap(),
        _ => panic!("another event"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_sent_when_it_is_full_or_after_the_maximum_delay() {
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
async fn a_flush_sends_a_batch_that_is_not_full() {
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
async fn large_events_are_sent_in_several_requests_below_the_size_limit() {
    let server = Server::default();
    let ingester = ingester(&server).capacity_bytes(100 << 20).start().unwrap();
    let large = "x".repeat(3 << 20);
    for number in 0..5 {
        let event = numbered(number).parent_id(large.as_str());
        ingester.ingest(event).await.unwrap();
    }
    ingester.shutdown(DEADLINE).await;
    assert_eq!(server.sizes(), [2, 2, 1]);
    assert!(server.seen().largest <= 8 << 20);
}

#[tokio::test(start_paused = true)]
async fn ingest_waits_for_capacity_when_the_queue_is_full() {
    let server = Server::failing(vec![Fault::NoConnection; 50]);
    let ingester = ingester(&server).capacity(3).start().unwrap();
    for number in 0..3 {
        ingester.try_ingest(numbered(number)).unwrap();
    }
    let full = ingester.try_ingest(numbered(3)).unwrap_err();
    assert_eq!(full.reason, NotQueuedReason::Full);
    let EventCreate::ExternalCustomer(back) = full.event else {
        panic!("another event");
    };
    assert_eq!(back.external_id.as_deref(), Some("e-3"));
    // It is not ready, so it is dropped, and its event is never queued.
    assert!(!is_ready(ingester.ingest(numbered(4))));
    // Becomes ready when the outage is over.
    ingester.ingest(*back).await.unwrap();
    assert!(server.sizes().len() > 50);
    ingester.shutdown(DEADLINE).await;
    let ids = ["e-0", "e-1", "e-2", "e-3"].map(str::to_owned);
    assert_eq!(server.seen().stored, BTreeSet::from(ids));
}

#[tokio::test(start_paused = true)]
async fn the_queue_is_bounded_in_bytes() {
    let server = Server::failing(vec![Fault::NoResponse; 50]);
    let ingester = ingester(&server).capacity_bytes(1000).start().unwrap();
    let large = numbered(0).parent_id("x".repeat(2000));
    // A single event may be larger than the capacity if the queue is empty.
    ingester.try_ingest(large).unwrap();
    let full = ingester.try_ingest(numbered(1)).unwrap_err();
    assert_eq!(full.reason, NotQueuedReason::Full);
}

#[tokio::test(start_paused = true)]
async fn missing_external_ids_and_timestamps_are_set() {
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
    ingester.shutdown(DEADLINE).await;
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
        // The API stores microseconds, so the timestamp may be rounded.
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
async fn events_that_can_never_be_sent_are_not_queued() {
    let server = Server::default();
    let ingester = ingester(&server).start().unwrap();
    let long = ingester.ingest(event(&"x".repeat(200))).await.unwrap_err();
    let NotQueuedReason::Invalid(violations) = &long.reason else {
        panic!("{long:?}");
    };
    assert!(violations.to_string().contains("name"), "{violations}");
    let large = event("large").parent_id("x".repeat(9 << 20));
    let large = ingester.ingest(large).await.unwrap_err();
    assert_eq!(large.reason, NotQueuedReason::TooLarge);
    let report = ingester.shutdown(DEADLINE).await;
    assert_eq!(report.stats.requests, 0);
}

#[tokio::test(start_paused = true)]
async fn errors_and_debug_output_contain_no_event() {
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
    let report = ingester.shutdown(DEADLINE).await;
    let shown = format!("{shown} {report:?} {:?}", report.undelivered);
    assert!(
        !shown.contains("secret") && !shown.contains("polar_oat"),
        "{shown}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_capacity_of_a_large_event_is_used_by_several_small_ones() {
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
