//! A rate limit that clients share through a real Redis server.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use polar_client::redis::aio::ConnectionManager;
use polar_client::redis::{Client, cmd};
use polar_client::transport::{Body, BoxFuture, Transport, TransportError};
use polar_client::v2026_10::{API_VERSION, Polar};
use polar_client::{CallOptions, Error, RateLimit, RetryPolicy, SharedRateLimit};
use polar_tests::servers::RedisServer;

const KEY: &str = "polar:limit";

/// A server that counts requests, and can respond with 429.
#[derive(Clone, Debug, Default)]
struct CountingServer {
    requests: Arc<AtomicU32>,
    /// The `Retry-After` of its 429 responses. `None` means that it responds with success.
    asks: Arc<Mutex<Option<&'static str>>>,
}

impl Transport for CountingServer {
    fn execute(
        &self,
        _: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        self.requests.fetch_add(1, Ordering::SeqCst);
        let response = http::Response::builder().header("polar-version", API_VERSION);
        let (response, body) = match *self.asks.lock().unwrap() {
            Some(retry_after) => (response.status(429).header("retry-after", retry_after), ""),
            None => (
                response.header("content-type", "application/json"),
                r#"{"items":[],"pagination":{"total_count":0,"max_page":0}}"#,
            ),
        };
        let response = response.body(Body::from(body.to_owned())).unwrap();
        Box::pin(async { Ok(response) })
    }
}

async fn connection(server: &RedisServer) -> ConnectionManager {
    let client = Client::open(server.url()).unwrap();
    client.get_connection_manager().await.unwrap()
}

/// Returns a client with a Redis connection of its own, as in a separate process.
async fn client(redis: &RedisServer, server: &CountingServer, limit: RateLimit) -> Polar {
    let limit = SharedRateLimit::new(limit, connection(redis).await, KEY);
    Polar::builder()
        .access_token("polar_oat_test")
        .transport(server.clone())
        .shared_rate_limit(limit)
        .retry(RetryPolicy::off())
        .build()
        .unwrap()
}

/// Returns the time in microseconds at which Redis lets the next request be sent. `None` if no client has stored it.
async fn next_turn(redis: &RedisServer) -> Option<u64> {
    let mut connection = connection(redis).await;
    let mut get = cmd("GET");
    get.arg(KEY).query_async(&mut connection).await.unwrap()
}

#[tokio::test]
async fn clients_share_one_limit() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let (server, limit) = (CountingServer::default(), RateLimit::per_minute(600));
    let start = Instant::now();
    let mut calls = Vec::new();
    for _ in 0..3 {
        let polar = client(&redis, &server, limit).await;
        calls.extend((0..30).map(|_| {
            let polar = polar.clone();
            tokio::spawn(async move { polar.orders().list().await.map(drop) })
        }));
    }
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(server.requests.load(Ordering::SeqCst), 90);
    // A tenth of the limit may be sent at once, and 541 more requests within a minute. If the clients did not share the
    // limit, each of them could send all of its requests at once.
    let least = Duration::from_secs(60) / 541 * (90 - 60);
    assert!(start.elapsed() >= least, "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_call_whose_deadline_is_too_short_leaves_the_limit_unchanged() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let (server, limit) = (CountingServer::default(), RateLimit::per_minute(1));
    let first = client(&redis, &server, limit).await;
    let second = client(&redis, &server, limit).await;
    first.orders().list().await.unwrap();
    let before = next_turn(&redis).await;
    assert!(before.is_some());
    let impatient = CallOptions::new().timeout(Duration::from_secs(10));
    let error = second.orders().list().with(impatient).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
    assert_eq!(next_turn(&redis).await, before);
    assert_eq!(server.requests.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_pause_requested_by_the_server_is_shared() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let (server, limit) = (CountingServer::default(), RateLimit::per_minute(60_000));
    let polar = client(&redis, &server, limit).await;
    polar.orders().list().await.unwrap();
    let before = next_turn(&redis).await.unwrap();
    *server.asks.lock().unwrap() = Some("20");
    let error = polar.orders().list().await.unwrap_err();
    assert!(error.is_rate_limited());
    // The pause is shared by a background task.
    while next_turn(&redis)
        .await
        .is_none_or(|turn| turn < before + 19_000_000)
    {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let other = client(&redis, &server, limit).await;
    let impatient = CallOptions::new().timeout(Duration::from_secs(3));
    let error = other.orders().list().with(impatient).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
    assert_eq!(server.requests.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn without_redis_each_client_has_its_own_limit() {
    let Some(mut redis) = RedisServer::start() else {
        return;
    };
    let (server, limit) = (CountingServer::default(), RateLimit::per_minute(60_000));
    let polar = client(&redis, &server, limit).await;
    redis.stop().unwrap();
    for _ in 0..3 {
        polar.orders().list().await.unwrap();
    }
    assert_eq!(server.requests.load(Ordering::SeqCst), 3);
    redis.restart().unwrap();
    assert_eq!(next_turn(&redis).await, None);
    // Clients use Redis again one second after a failure.
    while next_turn(&redis).await.is_none() {
        polar.orders().list().await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn connection_details_are_not_printed() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let limit = SharedRateLimit::new(RateLimit::per_minute(1), connection(&redis).await, KEY);
    let shown = format!("{limit:?}");
    assert!(shown.starts_with("SharedRateLimit { limit: "), "{shown}");
    assert!(!shown.contains("redis.sock"), "{shown}");
}
