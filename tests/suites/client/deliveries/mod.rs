//! All stores of webhook deliveries satisfy the same contract: the one in memory, and those on real Redis and
//! PostgreSQL servers.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

mod contract;

use std::future::Future as _;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use contract::Pair;
use polar_client_runtime::postgres::Postgres;
use polar_client_runtime::redis::Client;
use polar_client_runtime::tokio_postgres::{self, NoTls};
use polar_client_runtime::webhooks::{
    Claim, Deliveries, MemoryStore, PostgresStore, RedisStore, Store,
};
use polar_tests::servers::{PostgresServer, RedisServer};

/// The timeout of a claim that expires during a test.
const SHORT: Duration = Duration::from_millis(50);

async fn memory_store() -> Pair<MemoryStore> {
    let store = Arc::new(MemoryStore::with_capacity(1000));
    Pair(Arc::clone(&store), store)
}

async fn redis_store(server: &RedisServer) -> RedisStore {
    let client = Client::open(server.url()).unwrap();
    RedisStore::new(client.get_connection_manager().await.unwrap())
}

/// Returns two stores of the same events, each with its own connection.
async fn redis_stores(server: &RedisServer) -> Pair<RedisStore> {
    let (one, other) = (redis_store(server).await, redis_store(server).await);
    Pair(Arc::new(one), Arc::new(other))
}

async fn postgres_database(server: &PostgresServer) -> tokio_postgres::Config {
    let config: tokio_postgres::Config = server.url("postgres").parse().unwrap();
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    let migration = PostgresStore::MIGRATION;
    client.batch_execute(migration).await.unwrap();
    config
}

/// Returns two stores of the same events, each with its own connection.
async fn postgres_stores(server: &PostgresServer) -> Pair<PostgresStore> {
    let config = postgres_database(server).await;
    let store = || PostgresStore::new(Postgres::new(config.clone(), NoTls));
    Pair(Arc::new(store()), Arc::new(store()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory_satisfies_the_contract() {
    contract::satisfies_contract(&memory_store().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn redis_satisfies_the_contract() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let stores = redis_stores(&server).await;
    contract::satisfies_contract(&stores).await;
    let short = |store: &RedisStore| Arc::new(store.clone().claim_timeout(SHORT));
    contract::claims_expire(&Pair(short(&stores.0), Arc::clone(&stores.1))).await;
    let forgetful = |store: &RedisStore| Arc::new(store.clone().retention(SHORT));
    contract::forgets_events(&Pair(forgetful(&stores.0), forgetful(&stores.1))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn postgres_satisfies_the_contract() {
    let Some(server) = PostgresServer::start() else {
        return;
    };
    let stores = postgres_stores(&server).await;
    contract::satisfies_contract(&stores).await;
    let short = |store: &PostgresStore| Arc::new(store.clone().claim_timeout(SHORT));
    contract::claims_expire(&Pair(short(&stores.0), Arc::clone(&stores.1))).await;
    let forgetful = |store: &PostgresStore| Arc::new(store.clone().retention(SHORT));
    contract::forgets_events(&Pair(forgetful(&stores.0), forgetful(&stores.1))).await;
}

#[tokio::test]
async fn prefixes_keep_the_events_of_programs_apart() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let store = redis_store(&server).await;
    let other = store.clone().prefix("other:");
    assert!(matches!(store.claim("a").await, Ok(Claim::New(_))));
    assert!(matches!(other.claim("a").await, Ok(Claim::New(_))));
    assert!(matches!(store.claim("a").await, Ok(Claim::InProgress)));
}

#[tokio::test]
async fn rows_that_have_expired_are_removed_and_no_others() {
    let Some(server) = PostgresServer::start() else {
        return;
    };
    let config = postgres_database(&server).await;
    let store = PostgresStore::new(Postgres::new(config, NoTls));
    let brief = store.clone().retention(Duration::ZERO);
    let Ok(Claim::New(token)) = store.claim("claimed").await else {
        panic!("not claimed");
    };
    store.complete("done", &token).await.unwrap();
    brief.complete("expired", &token).await.unwrap();
    assert_eq!(store.purge().await.unwrap(), 1);
    assert!(matches!(store.claim("done").await, Ok(Claim::Done)));
    assert!(matches!(
        store.claim("claimed").await,
        Ok(Claim::InProgress)
    ));
    assert!(matches!(store.claim("expired").await, Ok(Claim::New(_))));
}

#[tokio::test]
async fn stores_fail_while_a_server_is_down_and_work_when_it_is_back() {
    if let Some(mut server) = RedisServer::start() {
        let store = redis_store(&server).await;
        server.stop().unwrap();
        assert!(store.claim("a").await.is_err());
        server.restart().unwrap();
        contract::works_eventually(&store).await;
    }
    if let Some(mut server) = PostgresServer::start() {
        let config = postgres_database(&server).await;
        let store = PostgresStore::new(Postgres::new(config, NoTls));
        let Ok(Claim::New(token)) = store.claim("before").await else {
            panic!("not claimed");
        };
        server.stop().unwrap();
        assert!(store.complete("before", &token).await.is_err());
        server.restart().unwrap();
        contract::works_eventually(&store).await;
        assert!(matches!(store.claim("before").await, Ok(Claim::InProgress)));
    }
}

#[tokio::test]
async fn debug_shows_no_connection_details() {
    let config: tokio_postgres::Config = "postgresql://me:hush@localhost/db".parse().unwrap();
    let store = PostgresStore::new(Postgres::new(config, NoTls));
    let shown = format!("{store:?} {:?}", Deliveries::new(store.clone()));
    assert!(!shown.contains("hush"), "{shown}");
}

#[test]
fn without_a_runtime_the_database_is_an_error() {
    let config: tokio_postgres::Config = "postgresql://localhost/db".parse().unwrap();
    let store = PostgresStore::new(Postgres::new(config, NoTls));
    let mut claim = std::pin::pin!(store.claim("a"));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(Err(error)) = claim.as_mut().poll(&mut context) else {
        panic!("not an error");
    };
    assert_eq!(
        error.to_string(),
        "the database can be used on a tokio runtime only, and there is none"
    );
}

/// Checks a claim whose caller is dropped before the store responds: the event can be claimed again at once.
async fn a_dropped_claim_is_given_up<S: Store>(store: &S) {
    assert!(matches!(store.claim("first").await, Ok(Claim::New(_))));
    let dropped = (0..100)
        .map(|number| format!("dropped-{number}"))
        .find(|id| {
            let claim = pin!(store.claim(id));
            // Occasionally the response has already arrived, so the claim succeeds.
            let poll = claim.poll(&mut Context::from_waker(Waker::noop()));
            poll.is_pending()
        });
    let dropped = dropped.unwrap();
    for _ in 0..600 {
        if matches!(store.claim(&dropped).await, Ok(Claim::New(_))) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the claim is still held");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn redis_gives_up_a_claim_that_is_dropped() {
    if let Some(server) = RedisServer::start() {
        a_dropped_claim_is_given_up(&redis_store(&server).await).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn postgres_gives_up_a_claim_that_is_dropped() {
    if let Some(server) = PostgresServer::start() {
        let config = postgres_database(&server).await;
        let store = PostgresStore::new(Postgres::new(config, NoTls));
        a_dropped_claim_is_given_up(&store).await;
    }
}
