//! Measures how many events are delivered per second, from the first `track` to the last response. This crate and the
//! SDK send them to the same server on loopback.

use std::time::{Duration, Instant};

use polar_client::ingest::SpoolSync;
use polar_client::metering::Metering;
use polar_client::outbox::Outbox;
use polar_client::postgres::Postgres;
use polar_client::tokio_postgres::NoTls;
use polar_tests::servers::{PostgresServer, RedisServer};

use crate::outpost::Outpost;
use crate::table::{NO_POSTGRES, NO_PYTHON, NO_REDIS, a_second, head, median, row, skipped};
use crate::{at, event, in_tasks, ingest_server, python, run, spool, threads, track};

const ROUNDS: usize = 5;
const EVENTS: u64 = 200_000;
const SPOOLED_EVENTS: u64 = 50_000;
const PYTHON_EVENTS: u64 = 20_000;

/// The number of events that the SDK delivers if it also counts them in Redis, which is slower.
const PYTHON_COUNTED_EVENTS: u64 = 3_000;

/// The aim: the ratio of events per second to those of the SDK.
const MIN_RATIO: &str = "50";

const COLUMNS: [&str; 3] = ["events/s", "ratio to SDK", "aim"];

/// Prints a row: the events per second, and their ratio to the reference if there is one. `each` and `reference` are
/// times per event.
fn show(name: &str, each: Duration, reference: Option<Duration>, aim: &str) {
    let ratio = reference.map(|it| it.as_secs_f64() / each.as_secs_f64());
    let ratio = ratio.map_or_else(String::new, |ratio| format!("{ratio:.1}"));
    row(name, &[a_second(each), ratio, aim.to_owned()]);
}

pub(crate) fn print() {
    let url = ingest_server::start();
    head("delivered", &COLUMNS);
    // Alternately, so that other load of the machine affects both.
    let (mut ours, mut defaults, mut same_size) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(in_memory(&url));
        defaults.extend(by_python(&url, 100));
        same_size.extend(by_python(&url, 500));
    }
    let reference = (!defaults.is_empty()).then(|| median(defaults));
    show("memory", median(ours), reference, MIN_RATIO);
    for (name, sync) in [("off", SpoolSync::Off), ("grouped", SpoolSync::Grouped)] {
        let name = format!("spool, {name}, 256 tasks");
        show(&name, spooled(&url, sync), reference, "");
    }
    match relayed(&url) {
        Some(each) => show("outbox, by one relay", each, reference, ""),
        None => skipped("outbox, by one relay", NO_POSTGRES),
    }
    match reference {
        Some(each) => {
            show("Python SDK, default: 100 a request", each, None, "");
            let each = median(same_size);
            show("Python SDK, 500 a request", each, reference, "");
        }
        None => skipped("Python SDK", NO_PYTHON),
    }
    print_counted();
}

/// Prints the table of events that are also counted in Redis, for local balances.
fn print_counted() {
    head("delivered, and counted in Redis", &COLUMNS);
    let Some(redis) = RedisServer::start() else {
        return skipped("memory", NO_REDIS);
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(counted(&redis));
        theirs.extend(counted_by_python(&redis));
    }
    let reference = (!theirs.is_empty()).then(|| median(theirs));
    show("memory", median(ours), reference, MIN_RATIO);
    match reference {
        Some(each) => show("Python SDK", each, None, ""),
        None => skipped("Python SDK", NO_PYTHON),
    }
}

fn counted(redis: &RedisServer) -> Duration {
    let polar = Outpost::start();
    run(threads(), async {
        let metering = polar.metering(Some(&redis.url())).start().unwrap();
        polar.until_known(&metering).await;
        let event = polar.event(1);
        let start = Instant::now();
        for _ in 0..SPOOLED_EVENTS {
            metering.track(event.clone()).await.unwrap();
        }
        // Returns when Polar and Redis have received all events.
        metering.flush().await.unwrap();
        start.elapsed() / SPOOLED_EVENTS as u32
    })
}

fn counted_by_python(redis: &RedisServer) -> Option<Duration> {
    let polar = Outpost::start();
    let (count, url) = (PYTHON_COUNTED_EVENTS.to_string(), polar.url());
    let redis = redis.url().replace("redis+unix", "unix");
    let timestamp = polar.timestamp.to_rfc3339();
    let seconds = python::seconds(&["deliver_counted", &count, &url, &redis, &timestamp])?;
    Some(Duration::from_secs_f64(seconds) / PYTHON_COUNTED_EVENTS as u32)
}

fn in_memory(url: &str) -> Duration {
    run(threads(), async {
        let metering = at(url).start().unwrap();
        // Establishes the connection, which is not measured.
        deliver(&metering, 1, 500).await;
        deliver(&metering, 1, EVENTS).await
    })
}

fn spooled(url: &str, sync: SpoolSync) -> Duration {
    run(threads(), async {
        let (builder, _folder) = spool::attach(at(url), sync).await;
        let metering = builder.start().unwrap();
        let each = deliver(&metering, 256, SPOOLED_EVENTS).await;
        metering.shutdown(Duration::from_secs(60)).await;
        each
    })
}

async fn deliver(metering: &Metering, tasks: u64, count: u64) -> Duration {
    let start = Instant::now();
    let tracking = metering.clone();
    in_tasks(tasks, count, move |number| {
        let metering = tracking.clone();
        async move { metering.track(event(number)).await.unwrap() }
    })
    .await;
    metering.flush().await.unwrap();
    let each = start.elapsed() / count as u32;
    assert_eq!(metering.stats().unsent, 0);
    each
}

/// Returns the time per event until a relay has delivered committed events, and the database has recorded that. `None`
/// if PostgreSQL is not installed.
fn relayed(url: &str) -> Option<Duration> {
    let server = PostgresServer::start_durable()?;
    Some(run(threads(), async {
        let client = track::connect(&server).await;
        client.batch_execute(Outbox::MIGRATION).await.unwrap();
        let outbox = Outbox::new();
        let events = (0..SPOOLED_EVENTS).map(event);
        outbox.track_all(&client, events).await.unwrap();
        let database = Postgres::new(server.url("postgres").parse().unwrap(), NoTls);
        let start = Instant::now();
        let relay = at(url).relay(database).start().unwrap();
        while relay.stats().delivered < SPOOLED_EVENTS {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let each = start.elapsed() / SPOOLED_EVENTS as u32;
        relay.shutdown(Duration::from_secs(60)).await;
        each
    }))
}

/// Returns the time per event with the SDK and this many events per request. `None` if `POLAR_PYTHON` is not set.
fn by_python(url: &str, batch: u32) -> Option<Duration> {
    let (count, batch) = (PYTHON_EVENTS.to_string(), batch.to_string());
    let seconds = python::seconds(&["deliver", &count, url, &batch])?;
    Some(Duration::from_secs_f64(seconds) / PYTHON_EVENTS as u32)
}
