//! Timers and counters of bytes: the measured usage is tracked when they are dropped or finished.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http_body_util::{BodyExt as _, Full};
use serde_json::json;
use tokio::io::AsyncReadExt as _;

use super::server::Server;
use super::{builder, metering, sent};

#[tokio::test(start_paused = true)]
async fn a_timer_tracks_seconds_when_it_is_dropped_or_finished() {
    let server = Server::default();
    let metering = metering(&server);
    let customer = metering.customer("u-1");
    let dropped = customer.timer("job").metadata("kind", "dropped");
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let finished = customer.timer("job").metadata("kind", "finished");
    drop(dropped);
    tokio::time::sleep(Duration::from_secs(2)).await;
    finished.finish().await.unwrap();
    customer.timer("job").cancel();
    let events = sent(&metering, &server).await;
    let metadata: Vec<_> = events.iter().map(|event| &event["metadata"]).collect();
    let expected = [
        json!({ "kind": "dropped", "seconds": 1.5 }),
        json!({ "kind": "finished", "seconds": 2.0 }),
    ];
    // The paused clock has a resolution of milliseconds, and the first one may have started before.
    assert_eq!(metadata.len(), expected.len());
    for (metadata, expected) in metadata.into_iter().zip(expected) {
        let seconds = |json: &serde_json::Value| json["seconds"].as_f64().unwrap();
        assert_eq!(metadata["kind"], expected["kind"]);
        assert!((seconds(metadata) - seconds(&expected)).abs() < 0.01);
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_timer_is_tracked_even_if_the_queue_is_full() {
    let server = Server::default();
    server.seen().is_down = true;
    let metering = builder(&server).capacity(1).start().unwrap();
    metering.customer("u-1").track("call").await.unwrap();
    drop(metering.customer("u-1").timer("job"));
    assert_eq!(metering.stats().queued, 2);
    server.seen().is_down = false;
    assert_eq!(sent(&metering, &server).await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn bytes_of_a_reader_are_counted() {
    let server = Server::default();
    let metering = metering(&server);
    let customer = metering.customer("u-1");
    let mut reader = customer.count_bytes("download", &[7_u8; 3_000][..]);
    reader.read_exact(&mut [0; 1_000]).await.unwrap();
    assert_eq!(reader.bytes(), 1_000);
    let mut rest = reader.finish().await.unwrap();
    let mut text = Vec::new();
    rest.read_to_end(&mut text).await.unwrap();
    assert_eq!(text.len(), 2_000);
    let events = sent(&metering, &server).await;
    assert_eq!(events[0]["metadata"], json!({ "bytes": 1_000 }));
    assert_eq!(events.len(), 1);
}

/// A stream of two chunks and an error.
struct Chunks(u32);

impl Stream for Chunks {
    type Item = Result<Bytes, &'static str>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0 += 1;
        Poll::Ready(match self.0 {
            1 | 2 => Some(Ok(Bytes::from_static(b"12345"))),
            3 => Some(Err("broken")),
            _ => None,
        })
    }
}

#[tokio::test(start_paused = true)]
async fn bytes_of_a_stream_are_counted_when_it_is_dropped() {
    let server = Server::default();
    let metering = metering(&server);
    let customer = metering.customer("u-1");
    let mut stream = customer.count_bytes("upload", Chunks(0));
    let mut ok = 0;
    while let Some(chunk) = poll_fn(|context| Pin::new(&mut stream).poll_next(context)).await {
        ok += usize::from(chunk.is_ok());
    }
    assert_eq!(ok, 2);
    drop(stream);
    let events = sent(&metering, &server).await;
    assert_eq!(events[0]["metadata"], json!({ "bytes": 10 }));
}

#[tokio::test(start_paused = true)]
async fn bytes_of_an_http_body_are_counted() {
    let server = Server::default();
    let metering = metering(&server);
    let customer = metering.customer("u-1");
    let body = customer.count_bytes("egress", Full::new(Bytes::from_static(b"123456789")));
    let body = body.metadata("route", "/files").collect().await.unwrap();
    assert_eq!(body.to_bytes().len(), 9);
    let events = sent(&metering, &server).await;
    assert_eq!(
        events[0]["metadata"],
        json!({ "bytes": 9, "route": "/files" })
    );
}
