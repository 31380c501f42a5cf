//! What metering costs, beside Polar's Python SDK: `cargo bench -p polar-tests --bench metering [-- track reads ...]`.
//!
//! Prints the time of `track`, of local reads of balances, the rate of delivered events, and the memory of queued ones, or
//! the named tables of these: `track`, `reads`, `delivery`, `memory`. Spools are created in the folder for temporary files
//! (`TMPDIR`). What needs `redis-server`, PostgreSQL, or the interpreter that `POLAR_PYTHON` names (with
//! `polar-sdk[outpost]==1.0.3a5`) is skipped where that is missing.

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

/// Metering over a transport.
fn over(transport: impl Transport) -> MeteringBuilder {
    let polar = Polar::builder().access_token("polar_oat_bench");
    polar.transport(transport).build().unwrap().metering()
}

/// Metering with a server.
fn at(url: &str) -> MeteringBuilder {
    let polar = Polar::builder().access_token("polar_oat_bench");
    let polar = polar.server(Server::custom(url).unwrap());
    polar.build().unwrap().metering()
}

/// The event that everything is measured with; `python.py` tracks the same.
fn event(number: u64) -> UsageEvent {
    let event = UsageEvent::new("completion", "u-1").metadata("number", number as i64);
    event.metadata("model", "opus").metadata("cached", false)
}

/// Runs a task on a runtime of its own.
fn run<T>(mut runtime: tokio::runtime::Builder, task: impl Future<Output = T>) -> T {
    runtime.enable_all().build().unwrap().block_on(task)
}

/// A runtime with as many threads as there are cores.
fn threads() -> tokio::runtime::Builder {
    tokio::runtime::Builder::new_multi_thread()
}

/// Calls a function with the numbers of events, in so many tasks at once.
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
