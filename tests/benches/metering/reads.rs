//! Measures the time of reading a balance that is known locally.

use std::time::{Duration, Instant};

use polar_client::metering::{Metering, Source};
use polar_tests::servers::RedisServer;

use crate::latency::Latencies;
use crate::outpost::{METERS, Outpost};
use crate::python;
use crate::table::{NO_PYTHON, NO_REDIS, a_second, head, micros, row, skipped};
use crate::{run, threads};

/// The number of measured reads.
const READS: u32 = 200_000;
/// The number of measured reads that each follow an event.
const READS_AFTER_EVENTS: u32 = 10_000;

/// The pause between the events of the other process, in the row where another process tracks.
const PAUSE: Duration = Duration::from_millis(1);

pub(crate) fn print() {
    head("local read", &["p50, µs", "p99, µs", "reads/s", "aim, p99"]);
    show("memory", &in_memory(), None);
    const NAMES: [&str; 3] = [
        "Redis",
        "Redis, right after an event",
        "Redis, another process tracks",
    ];
    let Some(redis) = RedisServer::start() else {
        NAMES.iter().for_each(|name| skipped(name, NO_REDIS));
        return;
    };
    for (name, latencies) in NAMES.iter().zip(in_redis(&redis)) {
        show(name, &latencies, Some("1000"));
    }
    // The SDK uses the same Redis server.
    let polar = Outpost::start();
    let url = redis.url().replace("redis+unix", "unix");
    for (name, task, count) in [
        ("Python SDK, Redis", "read", 20_000),
        (
            "Python SDK, Redis, right after an event",
            "track_and_read",
            5_000,
        ),
    ] {
        let [count, meter, timestamp] = [
            format!("{count}"),
            METERS[0].to_string(),
            polar.timestamp.to_rfc3339(),
        ];
        let arguments = [task, &count, &polar.url(), &url, &meter, &timestamp];
        match python::times(&arguments) {
            Some(times) => show(name, &Latencies::new(times), None),
            None => skipped(name, NO_PYTHON),
        }
    }
}

fn show(name: &str, latencies: &Latencies, aim: Option<&str>) {
    let [p50, p99] = [50, 99].map(|percent| micros(latencies.percentile(percent)));
    let aim = aim.unwrap_or_default().to_owned();
    row(name, &[p50, p99, a_second(latencies.mean()), aim]);
}

fn in_memory() -> Latencies {
    let polar = Outpost::start();
    run(threads(), async {
        let metering = polar.metering(None).start().unwrap();
        polar.until_known(&metering).await;
        reads(&metering, READS, None).await
    })
}

fn in_redis(redis: &RedisServer) -> [Latencies; 3] {
    let polar = Outpost::start();
    run(threads(), async {
        let [metering, other] =
            [(), ()].map(|()| polar.metering(Some(&redis.url())).start().unwrap());
        polar.until_known(&metering).await;
        polar.until_known(&other).await;
        let quiet = reads(&metering, READS, None).await;
        let own = reads(&metering, READS_AFTER_EVENTS, Some(&polar)).await;
        let event = polar.event(1);
        let tracking = tokio::spawn(async move {
            loop {
                other.track(event.clone()).await.unwrap();
                tokio::time::sleep(PAUSE).await;
            }
        });
        let others = reads(&metering, READS, None).await;
        tracking.abort();
        [quiet, own, others]
    })
}

/// Measures reads, one after the other. If `events` is set, an event is tracked before each read, which is not part of
/// the measured time.
async fn reads(metering: &Metering, count: u32, events: Option<&Outpost>) -> Latencies {
    let mut times = Vec::with_capacity(count as usize);
    for number in 0..count {
        if let Some(polar) = events {
            let event = polar.event(number.into());
            metering.track(event).await.unwrap();
        }
        let start = Instant::now();
        let balance = metering.meter(METERS[0], "u-1").await;
        times.push(start.elapsed());
        assert_eq!(balance.unwrap().unwrap().source, Source::Local);
    }
    Latencies::new(times)
}
