//! Responses of the API: rejections of events, and the counts of accepted and duplicate events.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use polar_client::ingest::{DeliveryOutcome, Undelivered};
use polar_client::types::Timestamp;
use polar_client::v2026_10::models::EventCreate;

use super::server::Server;
use super::{DEADLINE, event, id, ingester, numbered};

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
async fn events_are_sent_without_timestamp_if_the_clock_of_the_server_is_behind() {
    let server = Server::at("2026-01-02T00:00:00Z");
    let ingester = ingester(&server).start().unwrap();
    let future: Timestamp = "2026-01-03T00:00:00Z".parse().unwrap();
    for number in 0..3 {
        ingester.ingest(numbered(number)).await.unwrap();
    }
    // Only timestamps that the ingester has set are removed, not that of a caller.
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
    // Unconfirmed events are not retried, and later events are sent as usual.
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
async fn a_rejection_that_names_events_is_recognized_without_the_version_header() {
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
async fn impossible_counts_in_a_response_are_limited_to_the_events_of_the_request() {
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
