//! What it costs to track an event: `cargo bench -p polar-tests --bench metering [-- <folder>]`.
//!
//! The time of `track` in memory, and through a spool in a folder (of the temporary ones by default) with each way to sync,
//! by one task and by many; and the memory of a million events that wait for the end of an outage.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a bench is a program: a panic is how it fails"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use polar_client::ingest::{Spool, SpoolSync};
use polar_client::metering::{Metering, MeteringBuilder, UsageEvent};
use polar_client::transport::{Body, BoxFuture, Transport, TransportError, TransportErrorKind};
use polar_client::v2026_10::Polar;

const MILLION: u64 = 1_000_000;

/// Has an outage.
#[derive(Debug)]
struct Unavailable;

impl Transport for Unavailable {
    fn execute(
        &self,
        _: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        let error = TransportError::new(TransportErrorKind::Connect, "the server is down");
        Box::pin(async { Err(error) })
    }
}

fn builder() -> MeteringBuilder {
    let polar = Polar::builder().access_token("polar_oat_bench");
    let metering = polar.transport(Unavailable).build().unwrap().metering();
    metering
        .capacity(2 * MILLION as usize)
        .capacity_bytes(1 << 30)
}

fn event(number: u64) -> UsageEvent {
    let event = UsageEvent::new("completion", "u-1").metadata("number", number as i64);
    event.metadata("model", "opus").metadata("cached", false)
}

fn main() {
    let folder = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    let folder = folder.map_or_else(std::env::temp_dir, PathBuf::from);
    println!("{:<28}{:>12}{:>14}", "track", "µs", "events/s");
    // On one thread nothing else runs while events are tracked.
    let runtime = tokio::runtime::Builder::new_current_thread();
    let memory = run(runtime, track(None, 1, 300_000));
    show("memory, 1 task", memory);
    println!("{:<28}{:>12}{:>14}", "  aim", "2.00", "500000");
    for (name, sync, counts) in [
        ("off", SpoolSync::Off, [20_000, 200_000]),
        ("grouped", SpoolSync::Grouped, [500, 20_000]),
        ("each", SpoolSync::Each, [500, 1_000]),
    ] {
        for (tasks, count) in [1, 256].into_iter().zip(counts) {
            let runtime = tokio::runtime::Builder::new_multi_thread();
            let rate = run(runtime, track(Some((&folder, sync)), tasks, count));
            show(&format!("spool, {name}, {tasks} tasks"), rate);
        }
    }
    println!("\n{:<28}{:>12}", "1,000,000 events wait", "MiB more");
    for (name, spool) in [
        ("memory", None),
        ("spool", Some((folder.as_path(), SpoolSync::Off))),
    ] {
        let runtime = tokio::runtime::Builder::new_multi_thread();
        let mib = run(runtime, wait(spool));
        println!("{name:<28}{mib:>12}");
    }
}

fn show(name: &str, (time, count): (Duration, u64)) {
    let each = time.as_secs_f64() / count as f64;
    println!("{name:<28}{:>12.2}{:>14.0}", each * 1e6, 1.0 / each);
}

fn run<T>(mut runtime: tokio::runtime::Builder, task: impl Future<Output = T>) -> T {
    runtime.enable_all().build().unwrap().block_on(task)
}

/// Tracks events, and returns the time that it took.
async fn track(spool: Option<(&Path, SpoolSync)>, tasks: u64, count: u64) -> (Duration, u64) {
    let (metering, _folder) = start(builder(), spool).await;
    let next = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let tasks = (0..tasks).map(|_| {
        let (metering, next) = (metering.clone(), Arc::clone(&next));
        tokio::spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return;
                }
                metering.track(event(number)).await.unwrap();
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let time = start.elapsed();
    metering.shutdown(Duration::ZERO).await;
    (time, count)
}

/// Tracks a million events during an outage, and returns how much memory that takes. Behind a spool, as many are in memory
/// as the queue holds by default.
async fn wait(spool: Option<(&Path, SpoolSync)>) -> u64 {
    let builder = match spool {
        Some(_) => builder().capacity(10_000),
        None => builder(),
    };
    let (metering, _folder) = start(builder, spool).await;
    let before = memory();
    let tasks = (0..100).map(|task| {
        let metering = metering.clone();
        tokio::spawn(async move {
            for number in (task..MILLION).step_by(100) {
                metering.track(event(number)).await.unwrap();
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let more = memory().saturating_sub(before);
    metering.shutdown(Duration::ZERO).await;
    more
}

async fn start(
    builder: MeteringBuilder,
    spool: Option<(&Path, SpoolSync)>,
) -> (Metering, Option<tempfile::TempDir>) {
    let Some((folder, sync)) = spool else {
        return (builder.start().unwrap(), None);
    };
    let folder = tempfile::tempdir_in(folder).unwrap();
    let spool = Spool::options(folder.path()).sync(sync).budget(8 << 30);
    let builder = builder.spool(spool.open().await.unwrap());
    (builder.start().unwrap(), Some(folder))
}

/// The resident memory in MiB; 0 where the operating system does not say it this way.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}
