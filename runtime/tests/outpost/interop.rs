//! This crate and Polar's Python SDK (`polar-sdk[outpost]==1.0.3a5`) share one Redis and one stand-in for Polar. The
//! environment variable `POLAR_PYTHON` contains the path of the Python interpreter.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use polar_client_runtime::metering::{Metering, Source, UsageEvent};
use polar_client_runtime::outpost::OutpostOptions;
use polar_client_runtime::types::{Decimal, JsonValue, Timestamp};
use serde_json::json;
use tokio::task::block_in_place;
use uuid::Uuid;

use crate::polar::Polar;
use crate::redis::Redis;
use crate::{BUCKET, next_bucket};

/// The number of events that each of the two services tracks before the restart of Redis.
const EVENTS: usize = 10_000;

const CUSTOMERS: [&str; 4] = ["u-0", "u-1", "u-2", "u-3"];
const FUNCTIONS: [&str; 5] = ["count", "sum", "min", "max", "avg"];

/// Returns the meter with this aggregation function.
fn meter(function: &str) -> Uuid {
    let index = FUNCTIONS.iter().position(|it| *it == function).unwrap();
    Uuid::from_u128(0x4000_8000_0000_0000_0010 + index as u128)
}

fn reducers() -> JsonValue {
    let calls = json!({ "property": "name", "operator": "eq", "value": "call" });
    let filter = json!({ "conjunction": "and", "clauses": [calls] });
    let reducers = FUNCTIONS.map(|function| {
        let aggregation = json!({ "func": function, "property": "metadata.units" });
        json!({
            "id": format!("r-{function}"), "filter": filter, "aggregation": aggregation,
            "meter_ids": [meter(function)],
        })
    });
    json!(reducers)
}

/// Returns the units of the event with this index. Their sums are exact in doubles, which the SDK uses.
fn units(index: usize) -> f64 {
    (index % 8) as f64 / 4.0
}

/// The expected statistics of a customer's usage.
#[derive(Clone, Copy)]
struct Usage {
    count: f64,
    sum: f64,
    min: f64,
    max: f64,
    credited: f64,
}

impl Usage {
    /// The usage that Polar has counted before the test.
    const INITIAL: Self = Self {
        count: 2.0,
        sum: 5.0,
        min: 1.0,
        max: 4.0,
        credited: 100.0,
    };

    fn add(&mut self, units: f64) {
        self.count += 1.0;
        self.sum += units;
        self.min = self.min.min(units);
        self.max = self.max.max(units);
    }

    /// Consumed units, credited units and balance.
    fn of(&self, function: &str) -> [f64; 3] {
        let consumed = match function {
            "count" => self.count,
            "sum" => self.sum,
            "min" => self.min,
            "max" => self.max,
            _ => self.sum / self.count,
        };
        [consumed, self.credited, self.credited - consumed]
    }

    fn snapshot(&self, customer: &str, function: &str, version: u32, cold_until: i64) -> JsonValue {
        json!({
            "customer_id": null, "external_customer_id": customer, "customer_exists": true,
            "meter_id": meter(function), "version": version, "cold_until": cold_until,
            "count": self.count as i64, "sum": self.sum, "min": self.min, "max": self.max,
            "credited_units": self.credited,
        })
    }
}

/// The Python service.
struct Peer {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Peer {
    fn start(python: &str, redis: &Redis, polar: &Polar) -> Self {
        let mut child = Command::new(python)
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/outpost/peer.py"
            ))
            .arg(redis.url().replace("redis+unix", "unix"))
            .arg(format!("http://{}", polar.address))
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

    /// Consumed units, credited units and balance; a string if there is an error.
    fn read(&mut self, function: &str, customer: &str) -> JsonValue {
        self.say(&format!("read {} {customer}", meter(function)));
        serde_json::from_str(&self.line()).unwrap()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Both services, and the balances that they should read.
struct Services {
    redis: Redis,
    polar: Polar,
    metering: Metering,
    peer: Peer,
    expected: BTreeMap<&'static str, Usage>,
    /// The start of the bucket that events belong to. No earlier event is counted by any process.
    bucket: i64,
    /// How many events of this crate Polar has to receive.
    own_events: usize,
}

impl Services {
    async fn start(python: &str, redis: Redis) -> Self {
        let polar = Polar::start().await;
        polar.world().reducers = Some(reducers());
        let bucket = next_bucket();
        let expected: BTreeMap<_, _> = CUSTOMERS.map(|it| (it, Usage::INITIAL)).into();
        for (customer, usage) in &expected {
            for function in FUNCTIONS {
                polar.keep(&usage.snapshot(customer, function, 1, bucket));
            }
        }
        let options = OutpostOptions::new().snapshot_timeout(Duration::from_secs(30));
        let metering = polar.metering().outpost(options.redis(redis.url()));
        let metering = metering.start().unwrap();
        let peer = block_in_place(|| Peer::start(python, &redis, &polar));
        Self {
            redis,
            polar,
            metering,
            peer,
            expected,
            bucket,
            own_events: 0,
        }
    }

    fn timestamp(&self) -> Timestamp {
        Timestamp::from_timestamp_micros(self.bucket + 1_000_000).unwrap()
    }

    fn usage(&mut self, customer: &str) -> &mut Usage {
        self.expected.get_mut(customer).unwrap()
    }

    /// Makes the Python service track this many events, in the background.
    fn begin(&mut self, count: usize) {
        let timestamp = self.timestamp().to_rfc3339();
        self.peer.say(&format!("track {count} {timestamp}"));
        self.expect(count);
    }

    /// Waits until the Python service has tracked the events.
    fn finish(&mut self) {
        assert_eq!(block_in_place(|| self.peer.line()), "tracked");
    }

    /// Tracks this many events with this crate.
    async fn track(&mut self, count: usize) {
        for index in 0..count {
            let event = UsageEvent::new("call", CUSTOMERS[index % 4]);
            let event = event.timestamp(self.timestamp());
            let event = event.metadata("units", units(index));
            self.metering.track(event).await.unwrap();
        }
        self.expect(count);
        self.own_events += count;
    }

    fn expect(&mut self, count: usize) {
        for index in 0..count {
            self.usage(CUSTOMERS[index % 4]).add(units(index));
        }
    }

    /// Sends a snapshot with other credits, and the same usage as before the test.
    fn credit(&mut self, customer: &str, version: u32, credited: f64) {
        for function in FUNCTIONS {
            let usage = Usage {
                credited,
                ..Usage::INITIAL
            };
            let snapshot = usage.snapshot(customer, function, version, self.bucket);
            self.polar.snapshot(&snapshot);
        }
    }

    /// Reads every meter of every customer with both services, until all balances are as expected.
    async fn until_equal(&mut self) {
        self.metering.flush().await.unwrap();
        for (customer, usage) in self.expected.clone() {
            for function in FUNCTIONS {
                self.until_equal_in(customer, function, &usage).await;
            }
        }
    }

    async fn until_equal_in(&mut self, customer: &str, function: &str, usage: &Usage) {
        let expected = usage.of(function);
        let mut last = None;
        for _ in 0..600 {
            let own = self.read(function, customer).await;
            let other = block_in_place(|| self.peer.read(function, customer));
            if are_equal(own.as_ref(), &expected) && are_equal(Some(&other), &expected) {
                return;
            }
            last = Some((own, other));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{customer} {function}: {last:?}, not {expected:?}");
    }

    /// Returns the local balance; `None` if it is unknown.
    async fn read(&self, function: &str, customer: &str) -> Option<JsonValue> {
        let balance = self.metering.meter(meter(function), customer).await.ok()?;
        let balance = balance.filter(|it| it.source == Source::Local)?;
        let double = |it: &Decimal| it.as_str().parse::<f64>().unwrap();
        let values = [&balance.consumed, &balance.credited, &balance.balance].map(double);
        Some(json!(values))
    }

    /// Runs a command for the stored state of each reducer for a customer.
    fn change(&self, customer: &str, command: &[&str]) {
        for function in FUNCTIONS {
            let key = format!("outpost:state:external:{customer}:r-{function}");
            let words = [&command[..1], &[key.as_str()], &command[1..]].concat();
            self.redis.command(&words);
        }
    }
}

/// Returns whether these are the expected numbers. Averages may differ slightly: the two services round them
/// differently.
fn are_equal(read: Option<&JsonValue>, expected: &[f64; 3]) -> bool {
    let numbers = read.and_then(JsonValue::as_array);
    let numbers: Vec<f64> = numbers
        .into_iter()
        .flatten()
        .filter_map(JsonValue::as_f64)
        .collect();
    let mut pairs = numbers.iter().zip(expected);
    numbers.len() == expected.len() && pairs.all(|(read, it)| (read - it).abs() < 1e-9)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_in_other_languages_share_the_state() {
    let Ok(python) = std::env::var("POLAR_PYTHON") else {
        return eprintln!("SKIPPED: POLAR_PYTHON names no Python with polar-sdk[outpost]");
    };
    let Some(redis) = Redis::start().await else {
        return;
    };
    let mut services = Services::start(&python, redis).await;
    services.until_equal().await;

    // The credits change meanwhile, with a version number that skips others. A late, older snapshot changes nothing.
    services.begin(EVENTS / 2);
    services.track(EVENTS / 4).await;
    services.credit("u-0", 5, 20_000.5);
    services.usage("u-0").credited = 20_000.5;
    services.credit("u-0", 3, 7.0);
    services.track(EVENTS / 4).await;
    services.finish();
    services.until_equal().await;

    // A third service tracks seven events, and its updates are lost. The revision of the next update then shows a gap,
    // so both services read the whole state.
    let bucket = services.bucket;
    services.change("u-0", &["HINCRBY", &format!("bucket:{bucket}:count"), "7"]);
    services.change(
        "u-0",
        &["HINCRBYFLOAT", &format!("bucket:{bucket}:sum"), "1.75"],
    );
    services.change("u-0", &["HINCRBY", "revision", "7"]);
    (0..7).for_each(|_| services.usage("u-0").add(0.25));
    services.track(4).await;
    services.until_equal().await;

    // The state gets another epoch and a smaller revision, as if it were lost and created again.
    services.change("u-1", &["HSET", "epoch", "other", "revision", "1"]);
    services.begin(4);
    services.finish();
    services.until_equal().await;

    // The connections to Polar are lost, and the credits change before the services reconnect and request snapshots.
    let upgrades = services.polar.world().upgrades.len();
    services.polar.drop_sockets();
    services.credit("u-1", 8, 3.5);
    services.usage("u-1").credited = 3.5;
    services.begin(EVENTS / 2);
    services.track(EVENTS / 2).await;
    services.finish();
    let is_connected = |world: &crate::polar::World| world.upgrades.len() >= upgrades + 2;
    services.polar.until(is_connected).await;
    services.until_equal().await;

    // Snapshots include all events so far. Further events follow.
    services.bucket += BUCKET;
    for (customer, usage) in &services.expected {
        for function in FUNCTIONS {
            let snapshot = usage.snapshot(customer, function, 9, services.bucket);
            services.polar.snapshot(&snapshot);
        }
    }
    services.until_equal().await;
    let covered = services.expected.clone();
    services.begin(40);
    services.track(40).await;
    services.finish();
    services.until_equal().await;

    // Redis restarts without its data. Only the snapshots are left, until more events are tracked.
    services.redis.stop();
    services.redis.restart().await;
    services.polar.drop_sockets();
    services.expected = covered;
    services.until_equal().await;
    services.begin(40);
    services.track(40).await;
    services.finish();
    services.until_equal().await;

    // All events were also sent to Polar. Only those of this crate have external IDs.
    let world = services.polar.world();
    let own = world
        .events
        .iter()
        .filter(|event| event["external_id"].is_string());
    let own = own.count();
    assert_eq!(own, services.own_events);
    assert_eq!(world.events.len() - own, EVENTS + 4 + 40 + 40);
}
