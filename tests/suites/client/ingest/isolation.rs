//! Servers that fail because of single events. The ingester divides batches until such an event is alone, and the other
//! events are delivered.

use std::time::Duration;

use polar_client::ingest::Ingester;
use polar_client::v2026_10::models::EventCreate;
use tokio::time::Instant;

use super::server::{Fault, Server};
use super::{DEADLINE, event, id, ingester, numbered};

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
    // Later batches are sent whole, and the failing event is retried alone, about once a minute.
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
    // Until the shutdown, the event is neither rejected nor dropped.
    let report = ingester.shutdown(DEADLINE).await;
    assert_eq!((report.stats.rejected, report.stats.unsent), (0, 1));
    assert_eq!(
        report.undelivered.iter().map(id).collect::<Vec<_>>(),
        ["e-20"]
    );
}

/// Queues `count` events. Those whose number `is_poison` selects make the server fail. Returns the number of the other
/// events.
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
        // Excludes the time of the requests, each of which takes 20 ms.
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
        // The server has stored the last event, but the ingester has not received the response yet.
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
        // A firewall that blocks the content of the event.
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
async fn a_batch_of_failing_events_does_not_delay_the_others() {
    let server = Server::failing_on("poison");
    let ingester = ingester(&server).max_events(100).start().unwrap();
    queue_events(&ingester, 300, |number| number < 200).await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(server.seen().stored.len(), 100);
    // The failing events stay in the queue, and are retried rarely.
    let before = server.sizes().len();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let requests = server.sizes().len() - before;
    assert!(requests < 1000, "{requests}");
    // They are stored when the server no longer fails because of them.
    server.seen().poison = None;
    tokio::time::timeout(Duration::from_secs(120), ingester.flush())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(server.seen().stored.len(), 300);
}

#[tokio::test(start_paused = true)]
async fn failing_events_are_retried_one_at_a_time_until_one_is_stored() {
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
