//! Locally computed balances, with a stand-in for Polar on loopback.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

#[cfg(all(unix, feature = "redis"))]
mod broken;
#[cfg(all(unix, feature = "redis"))]
mod interop;
#[cfg(all(unix, feature = "redis"))]
mod killed;
mod polar;
#[cfg(all(unix, feature = "redis"))]
mod proxy;
#[cfg(all(unix, feature = "redis"))]
mod redis;
#[cfg(all(unix, feature = "redis"))]
mod servers;
#[cfg(all(unix, feature = "redis"))]
mod shared;
#[cfg(feature = "spool")]
mod spooled;

use std::time::{Duration, SystemTime};

use polar::{ORGANIZATION, Polar};
use polar_client_runtime::metering::{
    Balance, Metering, ReserveError, Source, TokenUsage, UsageEvent,
};
use polar_client_runtime::outpost::OutpostOptions;
use polar_client_runtime::types::{Decimal, JsonValue, Timestamp};
use serde_json::json;
use uuid::Uuid;

const CALLS: Uuid = Uuid::from_u128(0x4000_8000_0000_0000_0001);
const UNITS: Uuid = Uuid::from_u128(0x4000_8000_0000_0000_0002);
const PEOPLE: Uuid = Uuid::from_u128(0x4000_8000_0000_0000_0003);
const BUCKET: i64 = 300_000_000;

fn reducers() -> JsonValue {
    let calls = json!({ "property": "name", "operator": "eq", "value": "call" });
    let all = json!({ "conjunction": "and", "clauses": [calls] });
    json!([
        { "id": "r-calls", "filter": all, "aggregation": { "func": "count" }, "meter_ids": [CALLS] },
        {
            "id": "r-units", "filter": all, "meter_ids": [UNITS],
            "aggregation": { "func": "sum", "property": "metadata.units" },
        },
        {
            "id": "r-people", "filter": all, "meter_ids": [PEOPLE],
            "aggregation": { "func": "unique", "property": "metadata.who" },
        },
    ])
}

/// Returns the start of the next bucket. No process has counted events after this time.
fn next_bucket() -> i64 {
    let now = Timestamp::from(SystemTime::now()).timestamp_micros();
    now - now.rem_euclid(BUCKET) + BUCKET
}

fn snapshot(customer: &str, meter: Uuid, cold_until: i64) -> JsonValue {
    json!({
        "customer_id": null, "external_customer_id": customer, "customer_exists": true,
        "meter_id": meter, "version": 1, "cold_until": cold_until,
        "count": 2, "sum": 5, "min": 1, "max": 4, "credited_units": 100,
    })
}

/// Returns an event with a timestamp that no snapshot covers.
fn event(name: &str) -> UsageEvent {
    let time = Timestamp::from_timestamp_micros(next_bucket() + 1_000_000).unwrap();
    UsageEvent::new(name, "u-1").timestamp(time)
}

async fn started() -> (Polar, Metering) {
    let polar = Polar::start().await;
    polar.world().reducers = Some(reducers());
    polar.world().balance = Some((77.0, 100.0));
    for meter in [CALLS, UNITS] {
        polar.keep(&snapshot("u-1", meter, next_bucket()));
    }
    let options = OutpostOptions::new().snapshot_timeout(Duration::from_secs(30));
    let metering = polar.metering().outpost(options).start().unwrap();
    // The first read does not wait for the connection.
    metering.track(event("warm-up")).await.unwrap();
    read_locally(&metering, CALLS).await;
    (polar, metering)
}

async fn read(metering: &Metering, meter: Uuid) -> Balance {
    metering.meter(meter, "u-1").await.unwrap().unwrap()
}

/// Reads until the balance is a local one.
async fn read_locally(metering: &Metering, meter: Uuid) -> Balance {
    loop {
        let balance = read(metering, meter).await;
        if balance.source == Source::Local {
            return balance;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_balance_includes_what_was_tracked_just_now() {
    let (polar, metering) = started().await;
    let balance = read(&metering, CALLS).await;
    assert_eq!((balance.consumed, balance.credited), (2.into(), 100.into()));
    metering
        .track(event("call").metadata("units", 0.1))
        .await
        .unwrap();
    metering
        .track(event("call").metadata("units", 0.2))
        .await
        .unwrap();
    metering
        .track(event("call").metadata("units", "many"))
        .await
        .unwrap();
    metering
        .track(event("other").metadata("units", 7))
        .await
        .unwrap();
    let balance = read(&metering, CALLS).await;
    assert_eq!((balance.consumed, balance.balance), (5.into(), 95.into()));
    assert_eq!(balance.source, Source::Local);
    let balance = read_locally(&metering, UNITS).await;
    assert_eq!(balance.consumed, decimal("5.3"));
    assert_eq!(balance.balance, decimal("94.7"));
    // The same events are sent to the API.
    metering.flush().await.unwrap();
    assert_eq!(polar.world().events.len(), 5);
}

#[tokio::test]
async fn a_snapshot_takes_the_place_of_the_buckets_that_it_covers() {
    let (polar, metering) = started().await;
    metering.track(event("call")).await.unwrap();
    let mut next = snapshot("u-1", CALLS, next_bucket() + BUCKET);
    next["version"] = json!(2);
    next["count"] = json!(40);
    next["credited_units"] = json!(50.5);
    polar.snapshot(&next);
    let balance = loop {
        let balance = read(&metering, CALLS).await;
        if balance.consumed != 3.into() {
            break balance;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert_eq!(
        (balance.consumed, balance.balance),
        (40.into(), decimal("10.5"))
    );
    // Events that are older than the snapshot are included in it.
    metering.track(event("call")).await.unwrap();
    assert_eq!(read(&metering, CALLS).await.consumed, 40.into());
}

#[tokio::test]
async fn the_connection_has_the_headers_of_the_client() {
    let (polar, metering) = started().await;
    let shown = format!("{metering:?} {:?}", OutpostOptions::new());
    assert!(!shown.contains("hush"), "{shown}");
    let world = polar.world();
    let headers = &world.upgrades[0];
    assert_eq!(headers["authorization"], "Bearer polar_oat_hush");
    assert_eq!(headers["polar-organization"], ORGANIZATION.to_string());
    assert_eq!(headers["polar-version"], "2026-10");
    assert_eq!(headers["sec-websocket-version"], "13");
}

/// Returns the reducers with another filter for the meter of calls.
fn changed_reducers() -> JsonValue {
    let mut reducers = reducers();
    reducers[0]["filter"]["clauses"][0]["value"] = json!("new call");
    json!({ "type": "configuration", "payload": { "reducers": reducers } })
}

#[tokio::test]
async fn a_meter_with_another_definition_is_counted_anew() {
    let (polar, metering) = started().await;
    metering
        .track(event("call").metadata("units", 1))
        .await
        .unwrap();
    assert_eq!(read(&metering, CALLS).await.consumed, 3.into());
    // Polar sends a snapshot that the event is not in.
    polar.push(&changed_reducers());
    while read(&metering, CALLS).await.consumed != 2.into() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    metering.track(event("new call")).await.unwrap();
    metering.track(event("call")).await.unwrap();
    assert_eq!(read_locally(&metering, CALLS).await.consumed, 3.into());
    // The other meter is not affected.
    assert_eq!(read_locally(&metering, UNITS).await.consumed, 6.into());
}

#[tokio::test]
async fn events_from_before_the_configuration_are_counted() {
    let polar = Polar::start().await;
    polar.world().balance = Some((77.0, 100.0));
    polar.keep(&snapshot("u-1", CALLS, next_bucket()));
    let metering = polar
        .metering()
        .outpost(OutpostOptions::new())
        .start()
        .unwrap();
    for _ in 0..3 {
        metering.track(event("call")).await.unwrap();
    }
    assert_eq!(read(&metering, CALLS).await.source, Source::Api);
    polar.until(|world| !world.upgrades.is_empty()).await;
    polar.world().reducers = Some(reducers());
    let configuration = json!({ "type": "configuration", "payload": { "reducers": reducers() } });
    let balance = loop {
        polar.push(&configuration);
        let balance = read(&metering, CALLS).await;
        if balance.source == Source::Local {
            break balance;
        }
    };
    assert_eq!(balance.consumed, 5.into());
}

#[tokio::test]
async fn what_is_not_known_locally_is_read_from_the_api() {
    let (polar, metering) = started().await;
    let from_api = |balance: Balance| {
        assert_eq!((balance.source, balance.consumed), (Source::Api, 77.into()));
    };
    // Polar sends no snapshots for meters with the function `unique`, nor for meters without a reducer.
    from_api(read(&metering, PEOPLE).await);
    from_api(read(&metering, Uuid::from_u128(9)).await);
    // The snapshot does not arrive in time.
    let options = OutpostOptions::new().snapshot_timeout(Duration::from_millis(50));
    let other = polar.metering().outpost(options).start().unwrap();
    let balance = other.meter(CALLS, "u-2").await.unwrap();
    from_api(balance.unwrap());
    // The snapshot is from before the start of this process. It may lack events of earlier processes.
    polar.keep(&snapshot("u-3", CALLS, next_bucket() - 2 * BUCKET));
    metering
        .track(UsageEvent::new("call", "u-3"))
        .await
        .unwrap();
    let balance = metering.meter(CALLS, "u-3").await.unwrap();
    from_api(balance.unwrap());
}

#[tokio::test]
async fn a_customer_that_polar_does_not_know_has_no_balance_until_it_does() {
    let (polar, metering) = started().await;
    let mut missing = snapshot("u-9", CALLS, next_bucket());
    missing["customer_exists"] = json!(false);
    polar.keep(&missing);
    assert_eq!(metering.meter(CALLS, "u-9").await.unwrap(), None);
    polar.keep(&snapshot("u-9", CALLS, next_bucket()));
    // Each read requests a snapshot again.
    while metering.meter(CALLS, "u-9").await.unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_connection_that_drops_is_made_again_and_everything_is_asked_for() {
    let (polar, metering) = started().await;
    polar.world().asks.clear();
    polar.drop_sockets();
    polar.until(|world| world.upgrades.len() == 2).await;
    polar.until(|world| !world.asks.is_empty()).await;
    metering.track(event("call")).await.unwrap();
    let balance = read_locally(&metering, CALLS).await;
    assert_eq!(balance.consumed, 3.into());
}

#[tokio::test]
async fn a_connection_that_is_silent_is_replaced() {
    let (polar, _metering) = started().await;
    polar.silence();
    // The paused clock advances whenever all tasks are idle.
    tokio::time::pause();
    let replaced = polar.until(|world| world.upgrades.len() == 2);
    let replaced = tokio::time::timeout(Duration::from_secs(3_600), replaced);
    replaced.await.unwrap();
}

#[tokio::test]
async fn without_connection_and_api_the_last_balance_is_better_than_none() {
    let (polar, metering) = started().await;
    metering.track(event("call")).await.unwrap();
    polar.world().refusal = Some(503);
    polar.drop_sockets();
    while read(&metering, CALLS).await.source == Source::Local {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    polar.world().failure = Some(503);
    metering.track(event("call")).await.unwrap();
    let balance = read(&metering, CALLS).await;
    assert_eq!(
        (balance.source, balance.consumed),
        (Source::Local, 4.into())
    );
    // An error that is not transient is returned.
    polar.world().failure = Some(403);
    assert!(
        metering
            .meter(CALLS, "u-1")
            .await
            .unwrap_err()
            .is_forbidden()
    );
}

#[tokio::test]
async fn a_refused_credential_is_final() {
    let polar = Polar::start().await;
    polar.world().refusal = Some(401);
    polar.world().balance = Some((77.0, 100.0));
    let metering = polar
        .metering()
        .outpost(OutpostOptions::new())
        .start()
        .unwrap();
    polar.until(|world| world.upgrades.len() == 1).await;
    metering.track(event("call")).await.unwrap();
    assert_eq!(read(&metering, CALLS).await.source, Source::Api);
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(polar.world().upgrades.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_read_is_skipped() {
    let (polar, metering) = started().await;
    let mut both = snapshot("u-1", CALLS, next_bucket());
    both["customer_id"] = json!("c-1");
    both["version"] = json!(9);
    both["count"] = json!(99);
    let mut infinite = snapshot("u-1", CALLS, next_bucket());
    infinite["sum"] = json!("many");
    let nonsense = [
        json!({ "type": "meter_usage", "payload": both }),
        json!({ "type": "meter_usage", "payload": infinite }),
        json!({ "type": "meter_usage", "payload": null }),
        json!({ "type": "configuration", "payload": 1 }),
        json!({ "type": "new" }),
        json!([]),
    ];
    nonsense.iter().for_each(|message| polar.push(message));
    let mut next = snapshot("u-1", CALLS, next_bucket());
    next["version"] = json!(2);
    next["credited_units"] = json!(1);
    polar.snapshot(&next);
    while read(&metering, CALLS).await.credited != 1.into() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(read(&metering, CALLS).await.consumed, 2.into());
    assert_eq!(polar.world().upgrades.len(), 1);
}

#[tokio::test]
async fn structured_metadata_is_counted_by_its_path() {
    let polar = Polar::start().await;
    let llm = json!({ "property": "_llm.vendor", "operator": "eq", "value": "anthropic" });
    let aggregation = json!({ "func": "sum", "property": "_llm.total_tokens" });
    polar.world().reducers = Some(json!([
        { "id": "r", "filter": llm, "aggregation": aggregation, "meter_ids": [UNITS] },
    ]));
    polar.world().balance = Some((77.0, 100.0));
    polar.keep(&snapshot("u-1", UNITS, 0));
    polar.keep(&snapshot("u-1", UNITS, next_bucket()));
    let metering = polar
        .metering()
        .outpost(OutpostOptions::new())
        .start()
        .unwrap();
    let customer = metering.customer("u-1");
    let usage = TokenUsage {
        input: 100,
        cached_input: None,
        output: 20,
    };
    let time = event("call").timestamp.unwrap();
    customer
        .llm("anthropic", "opus", usage)
        .timestamp(time)
        .await
        .unwrap();
    customer
        .llm("other", "small", usage)
        .timestamp(time)
        .await
        .unwrap();
    assert_eq!(read_locally(&metering, UNITS).await.consumed, 125.into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_never_reserve_more_than_the_balance() {
    let (_polar, metering) = started().await;
    let customer = metering.customer("u-1");
    let attempts = (0..200).map(|_| {
        let customer = customer.clone();
        tokio::spawn(async move { customer.reserve(CALLS, 3).await })
    });
    let attempts: Vec<_> = attempts.collect();
    let mut reserved = Vec::new();
    for attempt in attempts {
        match attempt.await.unwrap() {
            Ok(reservation) => reserved.push(reservation),
            Err(ReserveError::Insufficient { available }) => assert!(available < 3.into()),
            Err(error) => panic!("{error}"),
        }
    }
    // 100 units are credited, and 2 consumed.
    assert_eq!(reserved.len(), 32);
    let settled = reserved.pop().unwrap();
    assert_eq!(*settled.units(), 3.into());
    settled.settle(event("call")).await.unwrap();
    assert_eq!(read(&metering, CALLS).await.consumed, 3.into());
    // Two were available, two were released, and one was used.
    let again = customer.reserve(CALLS, 4).await.unwrap();
    drop((again, reserved));
    let all = customer.reserve(CALLS, 97).await.unwrap();
    let error = customer.reserve(CALLS, 1).await.unwrap_err();
    assert!(matches!(error, ReserveError::Insufficient { available } if available == 0.into()));
    drop(all);
}

#[tokio::test]
async fn a_reservation_needs_a_balance_that_is_known() {
    let (polar, metering) = started().await;
    let customer = metering.customer("u-1");
    for units in [0, -1] {
        let error = customer.reserve(CALLS, units).await.unwrap_err();
        assert!(matches!(error, ReserveError::InvalidUnits), "{error}");
    }
    let error = customer.reserve(PEOPLE, 1).await.unwrap_err();
    assert!(matches!(error, ReserveError::Unknown), "{error}");
    let alone = polar.metering().start().unwrap();
    let error = alone.reserve(CALLS, 1, "u-1").await.unwrap_err();
    assert!(matches!(error, ReserveError::Unknown), "{error}");
    // The state is incomplete. The API returns 23, and may not have counted the event yet.
    polar.keep(&snapshot("u-3", CALLS, next_bucket() - 2 * BUCKET));
    metering
        .track(UsageEvent::new("call", "u-3"))
        .await
        .unwrap();
    let error = metering.reserve(CALLS, 23, "u-3").await.unwrap_err();
    assert!(matches!(error, ReserveError::Insufficient { available } if available == 22.into()));
    let reserved = metering.reserve(CALLS, 22, "u-3").await.unwrap();
    drop(reserved);
}

#[tokio::test]
async fn a_shutdown_ends_the_connection() {
    let (polar, metering) = started().await;
    metering.shutdown(Duration::from_secs(10)).await;
    let balance = read(&metering, CALLS).await;
    assert_eq!(balance.source, Source::Api);
    // The connection is closed when its task ends.
    let ping = json!({ "type": "other" });
    while polar.sockets() > 0 {
        polar.push(&ping);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
