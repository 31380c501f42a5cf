//! Several processes that share states in Redis.

use std::time::Duration;

use polar_client_runtime::metering::{Metering, Reservation, ReserveError, Source};
use polar_client_runtime::outpost::OutpostOptions;
use polar_client_runtime::redis;
use polar_client_runtime::types::Decimal;
use uuid::Uuid;

use crate::polar::Polar;
use crate::redis::Redis;
use crate::{
    BUCKET, CALLS, UNITS, changed_reducers, event, next_bucket, read, read_locally, reducers,
    snapshot,
};

pub(crate) async fn polar() -> Polar {
    let polar = Polar::start().await;
    polar.world().reducers = Some(reducers());
    polar.world().balance = Some((77.0, 100.0));
    for meter in [CALLS, UNITS] {
        polar.keep(&snapshot("u-1", meter, next_bucket()));
    }
    polar
}

pub(crate) fn process(polar: &Polar, redis: &Redis) -> Metering {
    let options = OutpostOptions::new()
        .snapshot_timeout(Duration::from_secs(30))
        .redis(redis.url());
    polar.metering().outpost(options).start().unwrap()
}

/// Starts a process, and waits for its first snapshot. Returns `None` if Redis is not installed.
async fn one_process() -> Option<(Redis, Polar, Metering)> {
    let redis = Redis::start().await?;
    let polar = polar().await;
    let metering = process(&polar, &redis);
    until(&metering, 2).await;
    Some((redis, polar, metering))
}

/// Reads the balance until this number of units is consumed.
pub(crate) async fn until(metering: &Metering, consumed: impl Into<Decimal>) {
    let consumed = consumed.into();
    while read_locally(metering, CALLS).await.consumed != consumed {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_count_together() {
    let Some(redis) = Redis::start().await else {
        return;
    };
    let polar = polar().await;
    let (one, other) = (process(&polar, &redis), process(&polar, &redis));
    until(&one, 2).await;
    until(&other, 2).await;
    for index in 0..500 {
        let metering = if index % 2 == 0 { &one } else { &other };
        let event = event("call").metadata("units", 0.1);
        metering.track(event).await.unwrap();
    }
    // A process sees its own events at once.
    one.flush().await.unwrap();
    other.flush().await.unwrap();
    until(&one, 502).await;
    until(&other, 502).await;
    let expected: Decimal = "55".parse().unwrap();
    for metering in [&one, &other] {
        assert_eq!(read_locally(metering, UNITS).await.consumed, expected);
    }
    // A process that starts later sees earlier events.
    let third = process(&polar, &redis);
    until(&third, 502).await;
    // The snapshot includes all events.
    let mut next = snapshot("u-1", CALLS, next_bucket() + BUCKET);
    next["version"] = 2.into();
    next["count"] = 600.into();
    polar.snapshot(&next);
    for metering in [&one, &other, &third] {
        until(metering, 600).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_never_reserve_more_than_the_balance() {
    let Some(redis) = Redis::start().await else {
        return;
    };
    let polar = polar().await;
    let processes = [process(&polar, &redis), process(&polar, &redis)];
    for metering in &processes {
        until(metering, 2).await;
    }
    let attempts: Vec<_> = (0..100)
        .map(|index| {
            let metering = processes[index % 2].clone();
            tokio::spawn(async move { metering.reserve(CALLS, 3, "u-1").await })
        })
        .collect();
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
    reserved.pop().unwrap().settle(event("call")).await.unwrap();
    drop(reserved);
    // All units are available again, except for the used ones.
    let [one, other] = processes;
    let all = loop {
        match one.reserve(CALLS, 97, "u-1").await {
            Ok(all) => break all,
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    };
    let error = other.reserve(CALLS, 1, "u-1").await.unwrap_err();
    assert!(matches!(error, ReserveError::Insufficient { available } if available == 0.into()));
    drop(all);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_of_redis_is_bridged_by_the_api() {
    let Some(mut redis) = Redis::start().await else {
        return;
    };
    let polar = polar().await;
    let metering = process(&polar, &redis);
    until(&metering, 2).await;
    redis.stop();
    while read(&metering, CALLS).await.source == Source::Local {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let error = metering.reserve(CALLS, 1, "u-1").await.unwrap_err();
    assert!(matches!(error, ReserveError::Unknown), "{error}");
    metering.track(event("call")).await.unwrap();
    // The state gets a new epoch. Events that were tracked meanwhile are written, and snapshots are requested.
    redis.restart().await;
    until(&metering, 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_by_an_old_definition_of_a_meter_are_not_used() {
    let Some(redis) = Redis::start().await else {
        return;
    };
    let polar = polar().await;
    // Events after the snapshot are in buckets.
    polar.keep(&snapshot("u-1", CALLS, next_bucket() - 2 * BUCKET));
    let metering = process(&polar, &redis);
    metering.track(event("call")).await.unwrap();
    until(&metering, 3).await;
    polar.push(&changed_reducers());
    while read(&metering, CALLS).await.source == Source::Local {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let error = metering.reserve(CALLS, 1, "u-1").await.unwrap_err();
    assert!(matches!(error, ReserveError::Unknown), "{error}");
    let mut next = snapshot("u-1", CALLS, next_bucket() + BUCKET);
    next["version"] = 2.into();
    polar.snapshot(&next);
    until(&metering, 2).await;
    drop(metering.reserve(CALLS, 98, "u-1").await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sums_are_exact() {
    let Some((_redis, _polar, metering)) = one_process().await else {
        return;
    };
    for units in [123_456_789_012_345.0, 0.000_001, 0.000_002, -0.5] {
        metering
            .track(event("call").metadata("units", units))
            .await
            .unwrap();
        // Each is added by Redis.
        read_locally(&metering, UNITS).await;
    }
    let expected: Decimal = "123456789012349.500003".parse().unwrap();
    assert_eq!(read_locally(&metering, UNITS).await.consumed, expected);
}

/// Waits until a meter has leases, and returns their key.
async fn leases(redis: &Redis, meter: Uuid) -> String {
    loop {
        let key = format!("outpost:held:*:{meter}");
        let keys: Vec<String> = redis::from_redis_value(redis.command(&["KEYS", &key])).unwrap();
        if let Some(key) = keys.into_iter().next() {
            return key;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn available(reserved: Result<Reservation, ReserveError>) -> Decimal {
    match reserved {
        Err(ReserveError::Insufficient { available }) => available,
        other => panic!("{other:?}"),
    }
}

/// Waits until units are available, and reserves them.
async fn reserved(metering: &Metering, units: u32) -> Reservation {
    loop {
        match metering.reserve(CALLS, units, "u-1").await {
            Ok(reservation) => return reservation,
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fractions_are_reserved_exactly() {
    let Some((_redis, _polar, metering)) = one_process().await else {
        return;
    };
    // 95 are available. The sum of so many tenths in doubles is larger than 94.9.
    let tenth: Decimal = "0.1".parse().unwrap();
    let mut reserved = Vec::new();
    for _ in 0..949 {
        reserved.push(metering.reserve(UNITS, tenth.clone(), "u-1").await.unwrap());
    }
    let more: Decimal = "0.100000001".parse().unwrap();
    assert_eq!(available(metering.reserve(UNITS, more, "u-1").await), tenth);
    reserved.push(metering.reserve(UNITS, tenth, "u-1").await.unwrap());
    let least: Decimal = "0.000000001".parse().unwrap();
    assert_eq!(
        available(metering.reserve(UNITS, least, "u-1").await),
        0.into()
    );
    for units in ["0.0000000001", "1000000000000000"] {
        let units: Decimal = units.parse().unwrap();
        let error = metering.reserve(UNITS, units, "u-1").await.unwrap_err();
        assert!(matches!(error, ReserveError::InvalidUnits), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_are_never_rounded_in_favor_of_the_customer() {
    let Some(redis) = Redis::start().await else {
        return;
    };
    let polar = polar().await;
    let metering = process(&polar, &redis);
    read_locally(&metering, UNITS).await;
    let keys = redis.command(&["KEYS", "outpost:state:*:r-units"]);
    let keys: Vec<String> = redis::from_redis_value(keys).unwrap();
    let [state] = keys.as_slice() else {
        panic!("{keys:?}");
    };
    let credited = format!("credited:{UNITS}");
    for (credit, used, expected) in [
        ("0.9999999996", "0", "0.999999999"),
        ("1", "0.0000000004", "0.999999999"),
        ("1", "1e-10", "0.999999999"),
        ("0", "-0.9999999996", "0.999999999"),
        (
            "100000000000001",
            "100000000000000.0000000004",
            "0.999999999",
        ),
        ("-0.5", "0", "-0.5"),
    ] {
        redis.command(&["HSET", state, &credited, credit, "cold:sum", used]);
        let expected: Decimal = expected.parse().unwrap();
        let reserved = metering.reserve(UNITS, 1, "u-1").await;
        assert_eq!(available(reserved), expected, "{credit} {used}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_redis_forgets_the_scripts() {
    let Some((redis, _polar, metering)) = one_process().await else {
        return;
    };
    redis.command(&["SCRIPT", "FLUSH"]);
    metering.track(event("call")).await.unwrap();
    until(&metering, 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_redis_forgets_the_process() {
    let Some((redis, _polar, metering)) = one_process().await else {
        return;
    };
    redis.command(&["DEL", &writer(&redis)]);
    metering.track(event("call")).await.unwrap();
    until(&metering, 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_scripts_are_forbidden_for_a_while() {
    let Some((redis, _polar, metering)) = one_process().await else {
        return;
    };
    redis.command(&["ACL", "SETUSER", "default", "-evalsha"]);
    metering.track(event("call")).await.unwrap();
    while read(&metering, CALLS).await.source == Source::Local {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    redis.command(&["ACL", "SETUSER", "default", "+evalsha"]);
    until(&metering, 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_that_cannot_be_added_to_does_not_break_the_connection() {
    let Some((redis, _polar, metering)) = one_process().await else {
        return;
    };
    let event = || event("call").metadata("units", 1);
    metering.track(event()).await.unwrap();
    until(&metering, 3).await;
    read_locally(&metering, UNITS).await;
    let session = || redis.command(&["HGET", &writer(&redis), "session"]);
    let before = session();
    let state = "outpost:state:external:u-1:r-units";
    let fields: Vec<String> = redis::from_redis_value(redis.command(&["HKEYS", state])).unwrap();
    let counts = fields.iter().filter(|it| it.starts_with("bucket:"));
    for field in counts.filter(|it| it.ends_with(":count")) {
        redis.command(&["HSET", state, field, "none"]);
    }
    metering.track(event()).await.unwrap();
    metering.flush().await.unwrap();
    until(&metering, 4).await;
    assert_eq!(session(), before);
    // Two writes for each event.
    let executed = redis.command(&["HGET", &writer(&redis), "executed"]);
    assert_eq!(redis::from_redis_value::<u64>(executed).unwrap(), 4);
}

/// Returns the key of the only process.
fn writer(redis: &Redis) -> String {
    let keys = redis.command(&["KEYS", "outpost:writer:*"]);
    let mut keys: Vec<String> = redis::from_redis_value(keys).unwrap();
    assert_eq!(keys.len(), 1);
    keys.remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn units_stay_reserved_while_redis_is_full() {
    let Some(redis) = Redis::start().await else {
        return;
    };
    let polar = polar().await;
    let (one, other) = (process(&polar, &redis), process(&polar, &redis));
    until(&one, 2).await;
    until(&other, 2).await;
    let all = one.reserve(CALLS, 98, "u-1").await.unwrap();
    let leases = leases(&redis, CALLS).await;
    redis.command(&["CONFIG", "SET", "maxmemory", "1"]);
    all.settle(event("call")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let held: usize = redis::from_redis_value(redis.command(&["HLEN", &leases])).unwrap();
    assert_eq!(held, 1, "released before the event was counted");
    redis.command(&["CONFIG", "SET", "maxmemory", "0"]);
    until(&other, 3).await;
    drop(reserved(&other, 97).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_that_redis_lost_is_made_again() {
    let Some((redis, _polar, metering)) = one_process().await else {
        return;
    };
    let all = metering.reserve(CALLS, 98, "u-1").await.unwrap();
    redis.command(&["DEL", &leases(&redis, CALLS).await]);
    // Leases are renewed after a reconnect.
    redis.command(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    leases(&redis, CALLS).await;
    drop(all);
    drop(reserved(&metering, 98).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn units_of_a_process_that_died_are_available_when_its_lease_expires() {
    let Some((redis, _polar, metering)) = one_process().await else {
        return;
    };
    let key = leases_of_a_dead_process(&redis, &metering, "99999999999999").await;
    assert_eq!(available(metering.reserve(CALLS, 1, "u-1").await), 0.into());
    redis.command(&["HSET", &key, "dead", "98 1"]);
    drop(reserved(&metering, 98).await);
}

/// Adds a lease that no process renews. It expires at this time, in milliseconds since 1970.
async fn leases_of_a_dead_process(redis: &Redis, metering: &Metering, expiry: &str) -> String {
    let probe = metering.reserve(CALLS, 1, "u-1").await.unwrap();
    let key = leases(redis, CALLS).await;
    redis.command(&["HSET", &key, "dead", &format!("98 {expiry}")]);
    drop(probe);
    loop {
        let left: usize = redis::from_redis_value(redis.command(&["HLEN", &key])).unwrap();
        if left == 1 {
            return key;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
