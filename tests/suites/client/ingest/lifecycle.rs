//! How an ingester ends: by `shutdown`, when its last handle is dropped, or when its driver is dropped.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use polar_client::ingest::{DeliveryOutcome, Ended, Ingester, NotQueuedReason};
use polar_client::v2026_10::models::EventCreate;
use tokio::time::Instant;
use tracing::field::Field;
use tracing::span::{Attributes, Id, Record};
use tracing::{Level, Metadata, Subscriber};

use super::outages::outage;
use super::server::{self, Fault, Server};
use super::{DEADLINE, WEEK, event, id, ingester, is_ready, numbered};

#[tokio::test(start_paused = true)]
async fn a_shutdown_returns_unsent_events_after_its_deadline() {
    let server = Server::failing(vec![Fault::NoConnection; 1000]);
    let ingester = ingester(&server).max_events(2).start().unwrap();
    let mut receipts = Vec::new();
    for number in 0..5 {
        let receipt = ingester.ingest_with_receipt(numbered(number)).await;
        receipts.push(receipt.unwrap());
    }
    let start = Instant::now();
    let report = ingester.shutdown(DEADLINE).await;
    assert_eq!(start.elapsed().as_secs(), 10);
    assert_eq!((report.stats.unsent, report.stats.queued), (5, 0));
    assert!(report.stats.last_error.unwrap().is_connection());
    // In the order of the calls. The external IDs make it safe to send the events again.
    let ids: Vec<String> = report.undelivered.iter().map(id).collect();
    assert_eq!(ids, ["e-0", "e-1", "e-2", "e-3", "e-4"]);
    for receipt in receipts {
        assert!(matches!(receipt.outcome().await, DeliveryOutcome::Unsent));
    }
    let late = ingester.ingest(numbered(6)).await.unwrap_err();
    assert_eq!(late.reason, NotQueuedReason::Ended);
    assert!(ingester.shutdown(DEADLINE).await.undelivered.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_interrupts_a_long_backoff() {
    // After so many failures, the backoff is half a minute.
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
async fn events_that_wait_for_capacity_are_returned_by_a_shutdown() {
    let server = Server::failing(vec![Fault::NoResponse; 50]);
    let ingester = ingester(&server).capacity(1).start().unwrap();
    ingester.ingest(numbered(1)).await.unwrap();
    let waiting = tokio::spawn({
        let ingester = ingester.clone();
        async move { ingester.ingest(numbered(2)).await }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    let report = ingester.shutdown(DEADLINE).await;
    let back = waiting.await.unwrap().unwrap_err();
    assert_eq!(back.reason, NotQueuedReason::Ended);
    assert_eq!(
        report.undelivered.iter().map(id).collect::<Vec<_>>(),
        ["e-1"]
    );
}

#[tokio::test(start_paused = true)]
async fn dropping_the_last_handle_sends_everything() {
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
async fn a_dropped_driver_returns_events() {
    let server = Server::failing([Fault::NoResponse]);
    let (ingester, driver) = ingester(&server).max_events(1).build().unwrap();
    let driver = tokio::spawn(driver);
    for number in 0..3 {
        ingester.ingest(numbered(number)).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    // The first event is being sent.
    assert_eq!(server.sizes(), [1]);
    let flush = tokio::spawn({
        let ingester: Ingester<EventCreate> = ingester.clone();
        async move { ingester.flush().await }
    });
    tokio::task::yield_now().await;
    driver.abort();
    assert_eq!(flush.await.unwrap(), Err(Ended));
    let report = ingester.shutdown(DEADLINE).await;
    let ids: Vec<String> = report.undelivered.iter().map(id).collect();
    assert_eq!(ids, ["e-0", "e-1", "e-2"]);
    assert_eq!(report.stats.unsent, 3);
}

#[test]
fn without_a_runtime_start_returns_an_error() {
    let server = Server::default();
    let error = ingester(&server).start().unwrap_err();
    assert!(error.to_string().contains("no tokio runtime"), "{error}");
    // A driver that is polled without a runtime ends at once, and counts the event as unsent.
    let (ingester, mut driver) = ingester(&server).build().unwrap();
    ingester.try_ingest(numbered(1)).unwrap();
    assert!(is_ready(&mut driver));
    assert_eq!(ingester.stats().unsent, 1);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_on_undelivered_loses_no_other_event() {
    let server = Server::rejecting("wrong");
    let told = Arc::new(Mutex::new(0));
    let count = Arc::clone(&told);
    let ingester = ingester(&server)
        .on_undelivered(move |_| {
            *count.lock().unwrap_or_else(|lock| lock.into_inner()) += 1;
            panic!("a bug in the handler");
        })
        .start()
        .unwrap();
    ingester.ingest(event("wrong")).await.unwrap();
    ingester.ingest(event("right")).await.unwrap();
    assert_eq!(ingester.flush().await, Ok(()));
    assert_eq!(ingester.stats().accepted, 1);
    // The handler also panics during the shutdown.
    *server.seen() = server::Seen::default();
    server.seen().poison = Some("right");
    let first = ingester.ingest_with_receipt(event("right")).await.unwrap();
    let second = ingester.ingest_with_receipt(event("right")).await.unwrap();
    let report = ingester.shutdown(DEADLINE).await;
    assert_eq!((report.stats.unsent, report.stats.dropped), (2, 3));
    for receipt in [first, second] {
        assert!(matches!(receipt.await, DeliveryOutcome::Unsent));
    }
    assert_eq!(*told.lock().unwrap_or_else(|lock| lock.into_inner()), 3);
}

#[tokio::test(start_paused = true)]
async fn events_beyond_the_capacity_of_the_report_are_counted() {
    let server = Server::rejecting("wrong");
    let ingester = ingester(&server).capacity(3).start().unwrap();
    for _ in 0..10 {
        ingester.ingest(event("wrong")).await.unwrap();
    }
    let report = ingester.shutdown(DEADLINE).await;
    assert_eq!((report.stats.rejected, report.stats.dropped), (10, 7));
    assert_eq!(report.undelivered.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_driver_returns_the_report_when_all_handles_are_dropped() {
    let server = Server::rejecting("wrong");
    for keeps in [false, true] {
        let (ingester, driver) = ingester(&server).build().unwrap();
        let driver = tokio::spawn(driver);
        ingester.ingest(event("wrong")).await.unwrap();
        let kept = keeps.then(|| ingester.clone());
        if let Some(kept) = &kept {
            kept.flush().await.unwrap();
            let report = kept.shutdown(DEADLINE).await;
            assert_eq!(report.undelivered.len(), 1);
        }
        drop((ingester, kept));
        let report = driver.await.unwrap();
        assert_eq!(report.stats.rejected, 1);
        assert_eq!(report.undelivered.len(), usize::from(!keeps));
    }
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_does_not_wait_for_a_driver_that_is_not_polled() {
    let server = Server::default();
    let (ingester, driver) = ingester(&server).build().unwrap();
    let receipt = ingester.ingest_with_receipt(numbered(1)).await.unwrap();
    let shutdown = tokio::time::timeout(Duration::from_secs(60), ingester.shutdown(DEADLINE));
    let report = shutdown.await.unwrap();
    assert_eq!(
        report.undelivered.iter().map(id).collect::<Vec<_>>(),
        ["e-1"]
    );
    assert!(matches!(receipt.outcome().await, DeliveryOutcome::Unsent));
    // The shutdown has already returned the event, so the driver does not send it.
    assert_eq!(driver.await.stats.unsent, 1);
    assert!(server.sizes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_batch_of_a_driver_that_is_not_polled_is_returned_when_it_is_dropped() {
    let server = Server::failing([Fault::NoResponse]);
    let (ingester, mut driver) = ingester(&server).max_events(1).build().unwrap();
    let receipt = ingester.ingest_with_receipt(numbered(1)).await.unwrap();
    assert!(!is_ready(&mut driver));
    let report = ingester.shutdown(DEADLINE).await;
    assert_eq!((report.stats.queued, report.stats.unsent), (1, 0));
    drop(driver);
    assert_eq!(ingester.stats().unsent, 1);
    assert!(matches!(receipt.outcome().await, DeliveryOutcome::Unsent));
    assert_eq!(ingester.shutdown(DEADLINE).await.undelivered.len(), 1);
}

/// A `tracing` subscriber that keeps warnings.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::WARN && metadata.target().starts_with("polar_client_runtime")
    }

    fn event(&self, event: &tracing::Event<'_>) {
        let mut fields = String::new();
        event.record(&mut |field: &Field, value: &dyn Debug| {
            fields += &format!("{field}={value:?} ")
        });
        self.0.lock().unwrap().push(fields);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn a_forgotten_shutdown_is_logged() {
    for shuts_down in [false, true] {
        let warnings = Warnings::default();
        tracing::subscriber::with_default(warnings.clone(), || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_time().start_paused(true).build().unwrap();
            runtime.block_on(async {
                let server = Server::failing(vec![Fault::NoConnection; 100]);
                let ingester = ingester(&server).start().unwrap();
                ingester.ingest(numbered(1)).await.unwrap();
                ingester.ingest(numbered(2)).await.unwrap();
                if shuts_down {
                    ingester.shutdown(DEADLINE).await;
                }
            });
        });
        let warnings = warnings.0.lock().unwrap();
        let unsent: Vec<_> = warnings
            .iter()
            .filter(|it| it.contains("polar.ingest.unsent"))
            .collect();
        match shuts_down {
            true => assert!(unsent.is_empty(), "{unsent:?}"),
            false => {
                assert_eq!(unsent.len(), 1);
                assert!(unsent[0].contains("polar.ingest.unsent=2"), "{unsent:?}");
            }
        }
        let paused = |it: &String| it.contains("polar.failures=1") && it.contains("polar.delay");
        assert_eq!(warnings.iter().any(paused), shuts_down, "{warnings:?}");
    }
}
