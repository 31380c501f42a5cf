//! Servers and proxies that reject requests because of their size.

use std::time::Duration;

use tokio::time::Instant;

use super::server::Server;
use super::{DEADLINE, ingester, numbered};

#[tokio::test(start_paused = true)]
async fn requests_that_are_too_large_are_divided() {
    let server = Server::limited_to(4);
    let ingester = ingester(&server).start().unwrap();
    for number in 0..10 {
        ingester.ingest(numbered(number)).await.unwrap();
    }
    let report = ingester.shutdown(DEADLINE).await;
    assert_eq!(report.stats.accepted, 10);
    assert_eq!(server.sizes(), [10, 5, 2, 3, 5, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn bodies_become_smaller_behind_a_gateway_with_a_limit() {
    let server = Server::behind_gateway(1 << 20);
    let ingester = ingester(&server).capacity_bytes(100 << 20).start().unwrap();
    let large = "x".repeat(10 << 10);
    for number in 0..2000 {
        let event = numbered(number).parent_id(large.as_str());
        ingester.ingest(event).await.unwrap();
    }
    let start = Instant::now();
    ingester.flush().await.unwrap();
    let stats = ingester.stats();
    assert_eq!((stats.accepted, stats.rejected), (2000, 0));
    assert!(
        start.elapsed() < Duration::from_secs(30),
        "{:?}",
        start.elapsed()
    );
    // 20 MB are sent in bodies of at least half a megabyte: the ingester finds the limit once, and keeps to it.
    let requests = server.sizes().len();
    assert!(requests < 60, "{requests}: {:?}", server.sizes());
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_rejects_every_body_is_an_outage() {
    for size in [10, 10 << 10] {
        let server = Server::behind_gateway(1);
        let ingester = ingester(&server).capacity_bytes(100 << 20).start().unwrap();
        let large = "x".repeat(size);
        for number in 0..2000 {
            let event = numbered(number).parent_id(large.as_str());
            ingester.ingest(event).await.unwrap();
        }
        tokio::time::sleep(Duration::from_secs(3600)).await;
        let stats = ingester.stats();
        assert_eq!((stats.rejected, stats.queued), (0, 2000));
        assert!(stats.last_error.is_some());
        assert!((100..500).contains(&stats.requests), "{}", stats.requests);
        server.seen().gateway = None;
        ingester.flush().await.unwrap();
        let requests = ingester.stats().requests - stats.requests;
        assert!(requests < 400, "{requests}");
        assert_eq!(server.seen().stored.len(), 2000);
    }
}

#[tokio::test(start_paused = true)]
async fn a_single_event_that_a_gateway_rejects_is_kept() {
    let server = Server::behind_gateway(1 << 20);
    let ingester = ingester(&server).start().unwrap();
    for number in 0..100 {
        let size = if number == 50 { 2 << 20 } else { 10 };
        let event = numbered(number).parent_id("x".repeat(size));
        ingester.ingest(event).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(server.seen().stored.len(), 99);
    let report = ingester.shutdown(DEADLINE).await;
    assert_eq!((report.stats.rejected, report.stats.unsent), (0, 1));
}
