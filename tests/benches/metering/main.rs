//! Measures usage metering, compared with Polar's Python SDK.
//!
//! ```text
//! cargo bench -p polar-tests --bench metering                    # all tables
//! cargo bench -p polar-tests --bench metering -- track reads     # some of them
//! ```
//!
//! | table | measures |
//! |---|---|
//! | `track` | the time until `track` returns |
//! | `reads` | the time of reading a balance that is known locally |
//! | `delivery` | the number of events that are delivered per second |
//! | `memory` | the memory of events that wait for the end of an outage |
//!
//! Spools are created in the folder for temporary files (`TMPDIR`), so their rows depend on its disk. Some rows need
//! `redis-server`, PostgreSQL, or a Python interpreter with `polar-sdk[outpost]==1.0.3a5`, whose path is in
//! `POLAR_PYTHON`. They are skipped if it is missing.

#![cfg(unix)]
#![allow(
    missing_docs,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench is a program: a panic is how it fails"
)]

mod delivery;
mod ingest_server;
mod latency;
mod memory;
mod outpost;
mod python;
mod reads;
mod spool;
mod table;
mod track;

use std::sync::Arc;

use polar_client::Server;
use polar_client::metering::{MeteringBuilder, UsageEvent};
use polar_client::transport::Transport;
use polar_client::v2026_10::Polar;

fn main() {
    const TABLES: [(&str, fn()); 4] = [
        ("track", track::print),
        ("reads", reads::print),
        ("delivery", delivery::print),
        ("memory", memory::print),
    ];
    // Cargo adds `--bench`.
    let named: Vec<String> = std::env::args().skip(1).collect();
    let named = |name: &str| named.iter().any(|argument| argument == name);
    let is_any_named = TABLES.iter().any(|(name, _)| named(name));
    for (name, print) in TABLES {
        if !is_any_named || named(name) {
            print();
        }
    }
}

/// Returns metering that sends requests over this transport.
fn over(transport: impl Transport) -> MeteringBuilder {
    let polar = Polar::builder().access_token("polar_oat_bench");
    polar.transport(transport).build().unwrap().metering()
}

/// Returns metering that sends requests to the server at this URL.
fn at(url: &str) -> MeteringBuilder {
    let polar = Polar::builder().access_token("polar_oat_bench");
    let polar = polar.server(Server::custom(url).unwrap());
    polar.build().unwrap().metering()
}

/// Returns the event that all tables use. `python.py` tracks the same one.
fn event(number: u64) -> UsageEvent {
    let event = UsageEvent::new("completion", "u-1").metadata("number", number as i64);
    event.metadata("model", "opus").metadata("cached", false)
}

/// Runs a future on a new runtime, and returns its output.
fn run<T>(mut runtime: tokio::runtime::Builder, task: impl Future<Output = T>) -> T {
    runtime.enable_all().build().unwrap().block_on(task)
}

/// Returns the builder of a runtime with a thread for each core.
fn threads() -> tokio::runtime::Builder {
    tokio::runtime::Builder::new_multi_thread()
}

/// Calls `track` with each number below `count`, from this many concurrent tasks.
async fn in_tasks<F>(tasks: u64, count: u64, track: impl Fn(u64) -> F + Send + Sync + 'static)
where
    F: Future<Output = ()> + Send,
{
    let track = Arc::new(track);
    let tasks = (0..tasks).map(|task| {
        let track = Arc::clone(&track);
        let numbers = (task..count).step_by(usize::try_from(tasks).unwrap());
        tokio::spawn(async move {
            for number in numbers {
                track(number).await;
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}
