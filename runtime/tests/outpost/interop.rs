//! One Redis and one stand-in for Polar, shared by this crate and Polar's Python SDK (`polar-sdk[outpost]==1.0.3a5`).
//! The environment variable `POLAR_PYTHON` names the interpreter.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use polar_client_runtime::outpost::OutpostOptions;
use polar_client_runtime::types::Json;
use serde_json::json;
use uuid::Uuid;

use crate::polar::Polar;
use crate::redis::Redis;
use crate::{BUCKET, CALLS, UNITS, event, next_bucket, read_locally, reducers, snapshot};

/// The number of events that each of the two tracks.
const EVENTS: usize = 5_000;

/// The service in Python.
struct Peer {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Peer {
    fn start(python: &str, redis: &Redis, polar: &Polar) -> Self {
        let timestamp = event("call").timestamp.unwrap().to_rfc3339();
        let mut child = Command::new(python)
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/outpost/peer.py"
            ))
            .arg(redis.url().replace("redis+unix", "unix"))
            .arg(format!("http://{}", polar.address))
            .arg(timestamp)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut peer = Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
        };
        assert_eq!(peer.line(), "ready");
        peer
    }

    fn say(&mut self, command: &str) {
        writeln!(self.input, "{command}").unwrap();
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Consumed, credited and balance of a meter.
    fn read(&mut self, meter: Uuid) -> Json {
        self.say(&format!("read {meter}"));
        serde_json::from_str(&self.line()).unwrap()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_in_other_languages_share_the_state() {
    let Ok(python) = std::env::var("POLAR_PYTHON") else {
        return eprintln!("SKIPPED: POLAR_PYTHON names no Python with polar-sdk[outpost]");
    };
    let Some(mut redis) = Redis::start().await else {
        return;
    };
    let polar = Polar::start().await;
    polar.world().reducers = Some(reducers());
    polar.world().balance = Some((77.0, 100.0));
    for meter in [CALLS, UNITS] {
        polar.keep(&snapshot("u-1", meter, next_bucket()));
    }
    let options = OutpostOptions::new().snapshot_timeout(Duration::from_secs(30));
    let metering = polar.metering().outpost(options.redis(redis.url()));
    let metering = metering.start().unwrap();
    let mut peer = tokio::task::block_in_place(|| Peer::start(&python, &redis, &polar));
    // The Python process reads once, so that it requests snapshots.
    tokio::task::block_in_place(|| peer.read(CALLS));
    peer.say(&format!("track {EVENTS}"));
    for index in 0..EVENTS {
        let units = (index % 8) as f64 / 4.0;
        metering
            .track(event("call").metadata("units", units))
            .await
            .unwrap();
        if index == EVENTS / 2 {
            // Credits change in the middle.
            let mut next = snapshot("u-1", CALLS, next_bucket());
            next["version"] = json!(2);
            next["credited_units"] = json!(20_000.5);
            polar.snapshot(&next);
        }
    }
    metering.flush().await.unwrap();
    assert_eq!(tokio::task::block_in_place(|| peer.line()), "tracked");
    // Those of the snapshot, and those of both processes.
    let calls = 2 + 2 * EVENTS;
    let expected = json!([calls as f64, 20_000.5, 20_000.5 - calls as f64]);
    same(&metering, &mut peer, CALLS, Some(&expected)).await;
    same(&metering, &mut peer, UNITS, None).await;
    // A snapshot that covers everything, and more events.
    for meter in [CALLS, UNITS] {
        let mut next = snapshot("u-1", meter, next_bucket() + BUCKET);
        next["version"] = json!(3);
        next["sum"] = json!(8_755.25);
        next["count"] = json!(10_000);
        polar.snapshot(&next);
    }
    let expected = json!([10_000.0, 100.0, -9_900.0]);
    same(&metering, &mut peer, CALLS, Some(&expected)).await;
    same(
        &metering,
        &mut peer,
        UNITS,
        Some(&json!([8_755.25, 100.0, -8_655.25])),
    )
    .await;
    // A restart without the stored state: another epoch, and snapshots are requested again.
    redis.stop();
    redis.restart().await;
    polar.drop_sockets();
    let expected = json!([10_000.0, 100.0, -9_900.0]);
    same(&metering, &mut peer, CALLS, Some(&expected)).await;
}

/// Waits until both read the expected balance.
async fn same(
    metering: &polar_client_runtime::metering::Metering,
    peer: &mut Peer,
    meter: Uuid,
    expected: Option<&Json>,
) {
    let mut last = None;
    for _ in 0..600 {
        let own = read_locally(metering, meter).await;
        let double =
            |it: &polar_client_runtime::types::Decimal| it.as_str().parse::<f64>().unwrap();
        let own = [&own.consumed, &own.credited, &own.balance].map(double);
        let others = tokio::task::block_in_place(|| peer.read(meter));
        let others_read: Vec<f64> = others
            .as_array()
            .map(|values| values.iter().filter_map(Json::as_f64).collect())
            .unwrap_or_default();
        if own[..] == others_read[..] && expected.is_none_or(|it| *it == json!(own)) {
            return;
        }
        last = Some((own, others));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{last:?}, not {expected:?}");
}
