//! Processes that reserve units of one balance, and are killed.
//!
//! Each process runs this test program again. The environment variable `POLAR_OUTPOST_CHILD` contains the URL of Redis,
//! the address of the stand-in for Polar, and the number of reservations.

use std::collections::HashMap;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use polar_client_runtime::metering::ReserveError;
use polar_client_runtime::outpost::OutpostOptions;
use polar_client_runtime::redis;

use crate::CALLS;
use crate::polar::metering;
use crate::redis::Redis;
use crate::shared::{polar, until};

const VARIABLE: &str = "POLAR_OUTPOST_CHILD";

/// The number of units in a reservation.
const EACH: usize = 7;

/// The number of reservations that the balance of 98 units allows.
const ALL: usize = 14;

/// The number of reservations of the process that is killed.
const KILLED: usize = 5;

/// The child process: makes reservations, prints a line for each, and keeps them until it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Ok(arguments) = env::var(VARIABLE) else {
        return;
    };
    let arguments: Vec<_> = arguments.split(';').collect();
    let [redis, polar, count] = arguments[..] else {
        panic!("{arguments:?}");
    };
    let options = OutpostOptions::new()
        .snapshot_timeout(Duration::from_secs(30))
        .lease(Duration::from_secs(1))
        .redis(redis);
    let polar: SocketAddr = polar.parse().unwrap();
    let metering = metering(polar).outpost(options).start().unwrap();
    until(&metering, 2).await;
    let mut reserved = Vec::new();
    let count: usize = count.parse().unwrap();
    while reserved.len() < count {
        match metering.reserve(CALLS, EACH as i64, "u-1").await {
            Ok(reservation) => {
                reserved.push(reservation);
                writeln!(std::io::stdout(), "reserved").unwrap();
            }
            Err(ReserveError::Insufficient { available }) => {
                assert!(available < (EACH as i64).into(), "{available}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
    std::future::pending().await
}

struct Process {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Process {
    fn start(redis: &Redis, polar: SocketAddr, count: usize) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "killed::child", "--nocapture"])
            .env(VARIABLE, format!("{};{polar};{count}", redis.url()))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, output }
    }

    /// Waits until the process has made this many more reservations.
    fn reserved(&mut self, count: usize) {
        for _ in 0..count {
            let mut line = String::new();
            while !line.ends_with("reserved\n") {
                line.clear();
                let size = self.output.read_line(&mut line).unwrap();
                assert_ne!(size, 0, "the process ended");
            }
        }
    }

    /// Kills the process with SIGKILL.
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns when leases expire, by their tokens: in milliseconds since 1970, by the clock of Redis.
fn leases(redis: &Redis) -> HashMap<String, u64> {
    let key = format!("outpost:held:external:u-1:r-calls:{CALLS}");
    let leases = redis.command(&["HGETALL", &key]);
    let leases: HashMap<String, String> = redis::from_redis_value(leases).unwrap();
    let leases = leases.into_iter().map(|(token, lease)| {
        let (units, expiry) = lease.split_once(' ').unwrap();
        assert_eq!(units, EACH.to_string());
        (token, expiry.parse().unwrap())
    });
    leases.collect()
}

/// Returns the time of the clock of Redis, in milliseconds since 1970.
fn time(redis: &Redis) -> u64 {
    let (seconds, micros): (u64, u64) = redis::from_redis_value(redis.command(&["TIME"])).unwrap();
    seconds * 1_000 + micros / 1_000
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn units_of_a_killed_process_are_available_when_its_leases_have_expired() {
    let Some(redis) = Redis::start().await else {
        return;
    };
    let polar = polar().await;
    tokio::task::block_in_place(|| {
        let mut killed = Process::start(&redis, polar.address, KILLED);
        killed.reserved(KILLED);
        let first = leases(&redis);
        let mut other = Process::start(&redis, polar.address, ALL);
        other.reserved(ALL - KILLED);
        // A running process renews its leases.
        let renewed = |expiries: &HashMap<String, u64>| {
            first
                .iter()
                .all(|(token, expiry)| expiries[token] > *expiry)
        };
        while !renewed(&leases(&redis)) {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(leases(&redis).len(), ALL);
        killed.kill();
        let last = leases(&redis);
        let last: Vec<u64> = first.keys().map(|token| last[token]).collect();
        other.reserved(1);
        assert!(time(&redis) >= *last.iter().min().unwrap());
        other.reserved(KILLED - 1);
        assert!(time(&redis) >= *last.iter().max().unwrap());
        let all = leases(&redis);
        assert_eq!(all.len(), ALL);
        assert!(first.keys().all(|token| !all.contains_key(token)));
    });
}
