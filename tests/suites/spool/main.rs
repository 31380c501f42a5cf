//! The spool: events on disk survive crashes, outages, full disks and damaged files.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

mod crash;
mod damage;
mod full;
mod rejected;
mod server;

use std::future::Future as _;
use std::path::Path;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::{Duration, SystemTime};

use polar_client::ingest::{NotQueuedReason, Spool, SpoolErrorKind, SpoolSync};
use polar_client::metering::{Metering, MeteringBuilder, UsageEvent};
use polar_client::v2026_10::Polar;
use server::Server;

/// The deadline of shutdowns. Only a test that fails reaches it.
const DEADLINE: Duration = Duration::from_secs(60);

fn builder(server: &Server) -> MeteringBuilder {
    let polar = Polar::builder()
        .access_token("polar_oat_test")
        .transport(server.clone())
        .build();
    let metering = polar.unwrap().metering();
    metering.max_delay(Duration::from_millis(1))
}

async fn open(folder: &Path) -> Spool {
    let options = Spool::options(folder).sync(SpoolSync::Off);
    options.open().await.unwrap()
}

async fn metering(server: &Server, folder: &Path) -> Metering {
    builder(server).spool(open(folder).await).start().unwrap()
}

fn event(number: usize) -> UsageEvent {
    let event = UsageEvent::new("call", "u-1").metadata("number", number as i64);
    event.external_id(format!("e-{number:06}"))
}

/// Tracks `count` events while the server is down, and shuts down.
async fn leave(folder: &Path, count: usize) {
    let metering = metering(&Server::down(), folder).await;
    for number in 0..count {
        metering.track(event(number)).await.unwrap();
    }
    let report = metering.shutdown(Duration::ZERO).await;
    assert_eq!(report.stats.queued, count);
    assert_eq!((report.stats.unsent, report.undelivered.len()), (0, 0));
}

/// Sends all events of a spool.
async fn deliver(server: &Server, spool: Spool) {
    let metering = builder(server).spool(spool).start().unwrap();
    metering.flush().await.unwrap();
    let report = metering.shutdown(DEADLINE).await;
    assert_eq!(report.stats.queued, 0);
}

#[tokio::test]
async fn the_next_start_sends_the_events_of_an_outage() {
    let folder = tempfile::tempdir().unwrap();
    for sync in [SpoolSync::Each, SpoolSync::Grouped, SpoolSync::Off] {
        let server = Server::down();
        let spool = Spool::options(folder.path()).sync(sync).open().await;
        let spool = spool.unwrap();
        assert_eq!(spool.recovered().events, 0);
        let metering = builder(&server).spool(spool).start().unwrap();
        let before = polar_client::types::Timestamp::from(std::time::SystemTime::now());
        for number in 0..20 {
            let event = UsageEvent::new("call", "u-1").metadata("number", number);
            metering.track(event).await.unwrap();
        }
        metering.shutdown(Duration::ZERO).await;

        server.seen().is_down = false;
        let spool = open(folder.path()).await;
        assert_eq!(
            (spool.recovered().events, &spool.recovered().damage),
            (20, &None)
        );
        deliver(&server, spool).await;
        let seen = server.seen();
        assert_eq!((seen.stored.len(), seen.duplicates), (20, 0));
        let mut numbers: Vec<_> = seen.stored.values().collect();
        numbers.sort_by_key(|event| event["metadata"]["number"].as_i64());
        for (number, event) in numbers.iter().enumerate() {
            assert_eq!(event["metadata"]["number"], number);
            let timestamp = event["timestamp"].as_str().unwrap();
            let timestamp: polar_client::types::Timestamp = timestamp.parse().unwrap();
            // The timestamp is the time at which the event was tracked, not that of the delivery.
            assert!((timestamp - before).num_seconds() < 30);
        }
    }
    let spool = open(folder.path()).await;
    assert_eq!(spool.recovered().events, 0);
}

#[tokio::test]
async fn more_events_than_the_memory_holds_are_delivered_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::down();
    let builder = builder(&server).capacity(10).max_events(5);
    let metering = builder.spool(open(folder.path()).await).start().unwrap();
    for number in 0..500 {
        metering.track(event(number)).await.unwrap();
    }
    assert_eq!(metering.stats().queued, 500);
    server.seen().is_down = false;
    metering.flush().await.unwrap();
    assert_eq!(server.seen().stored.len(), 500);
    for number in 500..600 {
        metering.track(event(number)).await.unwrap();
    }
    let report = metering.shutdown(DEADLINE).await;
    assert_eq!((report.stats.accepted, report.stats.queued), (600, 0));
}

#[tokio::test]
async fn a_folder_can_be_opened_by_one_process_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path()).await;
    let error = Spool::open(folder.path()).await.unwrap_err();
    assert_eq!(error.kind(), SpoolErrorKind::InUse);
    let path = folder.path().display().to_string();
    assert!(error.to_string().contains(&path), "{error}");
    drop(spool);
    drop(Spool::open(folder.path()).await.unwrap());
}

#[tokio::test]
async fn an_invalid_event_is_not_stored() {
    let folder = tempfile::tempdir().unwrap();
    let metering = metering(&Server::down(), folder.path()).await;
    let error = metering.track(UsageEvent::new("call", "")).await;
    assert!(matches!(
        error.unwrap_err().reason,
        NotQueuedReason::Invalid(_)
    ));
    metering.shutdown(Duration::ZERO).await;
    let late = metering.track(event(1)).await.unwrap_err();
    assert_eq!(late.reason, NotQueuedReason::Ended);
    assert_eq!(open(folder.path()).await.recovered().events, 0);
}

#[tokio::test]
async fn an_event_that_is_tracked_by_a_drop_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let metering = metering(&Server::down(), folder.path()).await;
    drop(metering.customer("u-1").timer("job"));
    metering.shutdown(Duration::ZERO).await;
    let server = Server::default();
    deliver(&server, open(folder.path()).await).await;
    assert_eq!(server.ids().len(), 1);
}

#[tokio::test]
async fn an_event_that_is_being_written_is_stored_although_its_caller_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::default();
    let metering = metering(&server, folder.path()).await;
    let event = event(1).timestamp(SystemTime::now().into());
    for _ in 0..2 {
        let mut tracking = pin!(metering.track(event.clone()));
        // Occasionally, the event is stored before the poll returns.
        let _ = tracking
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
    }
    metering.flush().await.unwrap();
    // The event was tracked again with the same external ID, so it is stored once.
    assert_eq!(server.ids(), ["e-000001"]);
    let report = metering.shutdown(DEADLINE).await;
    assert_eq!((report.stats.accepted, report.stats.duplicates), (1, 1));
}

#[tokio::test]
async fn dropping_the_last_handle_sends_everything() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::default();
    let builder = builder(&server).spool(open(folder.path()).await);
    let (metering, driver) = builder.build().unwrap();
    for number in 0..100 {
        metering.track(event(number)).await.unwrap();
    }
    drop(metering);
    let report = driver.await;
    assert_eq!((report.stats.accepted, report.stats.queued), (100, 0));
}
