//! Connections to Redis that break at any moment. Each write and reservation is executed exactly once.

use std::time::Duration;

use polar_client_runtime::metering::{Metering, ReserveError};
use polar_client_runtime::outpost::OutpostOptions;
use polar_client_runtime::redis;
use polar_client_runtime::types::Decimal;

use crate::polar::Polar;
use crate::proxy::{Break, LATEST, Proxy};
use crate::redis::Redis;
use crate::shared::{polar, process, until};
use crate::{CALLS, UNITS, event, read_locally};

/// The number of connections that each test breaks.
const BREAKS: usize = 18;

/// Starts a process that is connected to Redis through a proxy. Its leases last this many seconds. Returns `None` if
/// Redis is not installed.
async fn behind_proxy(lease: u64) -> Option<(Redis, Polar, Proxy, Metering)> {
    let redis = Redis::start().await?;
    let polar = polar().await;
    let proxy = Proxy::start(redis.socket()).await;
    let options = OutpostOptions::new()
        .snapshot_timeout(Duration::from_secs(30))
        .lease(Duration::from_secs(lease))
        .redis(proxy.url());
    let metering = polar.metering().outpost(options).start().unwrap();
    until(&metering, 2).await;
    Some((redis, polar, proxy, metering))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_event_is_counted_once() {
    let Some((redis, polar, proxy, metering)) = behind_proxy(600).await else {
        return;
    };
    let other = process(&polar, &redis);
    let mut tracked = 0;
    for round in 0..BREAKS {
        proxy.break_next(Break::ALL[round % Break::ALL.len()]);
        while !proxy.has_broken() {
            for customer in ["u-1", "u-2"] {
                let mut event = event("call").metadata("units", 0.1);
                event.customer = customer.into();
                metering.track(event).await.unwrap();
            }
            tracked += 1;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    // All late commands are executed within this time.
    tokio::time::sleep(LATEST).await;
    read_locally(&metering, CALLS).await;
    metering.flush().await.unwrap();
    for metering in [&metering, &other] {
        let consumed = read_locally(metering, CALLS).await.consumed;
        assert_eq!(consumed, (2 + tracked).into());
    }
    // The snapshot contains five units.
    let expected: Decimal = format!("{}.{}", 5 + tracked / 10, tracked % 10)
        .parse()
        .unwrap();
    assert_eq!(read_locally(&other, UNITS).await.consumed, expected);
    let count = redis.command(&["HVALS", "outpost:state:external:u-2:r-calls"]);
    let count: Vec<String> = redis::from_redis_value(count).unwrap();
    assert!(count.contains(&tracked.to_string()), "{tracked}: {count:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_reservation_is_made_and_released_once() {
    let Some((redis, polar, proxy, metering)) = behind_proxy(600).await else {
        return;
    };
    let other = process(&polar, &redis);
    until(&other, 2).await;
    for round in 0..BREAKS {
        // The state is in memory after the read, so the next script is the one that reserves.
        read_locally(&metering, CALLS).await;
        proxy.break_next(Break::ALL[round % Break::ALL.len()]);
        let mut reserved = Vec::new();
        while !proxy.has_broken() {
            match metering.reserve(CALLS, 3, "u-1").await {
                Ok(reservation) => reserved.push(reservation),
                Err(ReserveError::Unknown) => tokio::time::sleep(Duration::from_millis(5)).await,
                Err(error) => panic!("{error}"),
            }
            reserved.truncate(20);
        }
        // A late command must not reserve released units again.
        if round % 2 == 0 {
            reserved.clear();
        }
        // All late commands are executed within this time.
        tokio::time::sleep(LATEST).await;
        leases(&redis, reserved.len()).await;
        // 100 units are credited, and 2 consumed.
        let available = 98 - 3 * reserved.len();
        let error = other.reserve(CALLS, 99, "u-1").await.unwrap_err();
        assert_eq!(
            error.to_string(),
            ReserveError::Insufficient {
                available: (available as i64).into()
            }
            .to_string()
        );
        drop(reserved);
        leases(&redis, 0).await;
    }
    drop(other.reserve(CALLS, 98, "u-1").await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_that_has_failed_silently_is_replaced() {
    // The short lease makes the process check its connection often.
    let Some((_redis, _polar, proxy, _metering)) = behind_proxy(1).await else {
        return;
    };
    let before = proxy.subscriptions();
    proxy.silence_subscriptions();
    let mut checks = 0;
    while proxy.subscriptions() == before {
        checks += 1;
        assert!(checks < 3_000, "the subscription is still used");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Waits until there are this many leases.
async fn leases(redis: &Redis, expected: usize) {
    let key = format!("outpost:held:external:u-1:r-calls:{CALLS}");
    let mut checks = 0;
    loop {
        let leases: usize = redis::from_redis_value(redis.command(&["HLEN", &key])).unwrap();
        if leases == expected {
            return;
        }
        checks += 1;
        assert!(checks < 500, "{leases} leases, not {expected}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
