//! Measures the memory of a million events that wait for the end of an outage.

use std::time::Duration;

use polar_client::ingest::SpoolSync;

use crate::table::{NO_PYTHON, head, row, skipped};
use crate::track::{Unavailable, unlimited};
use crate::{event, in_tasks, over, python, run, spool, threads};

const EVENTS: u64 = 1_000_000;

pub(crate) fn print() {
    head("1,000,000 events wait", &["MiB more", "bytes each"]);
    let show = |name: &str, bytes: u64| {
        let mib = bytes / (1 << 20);
        row(name, &[mib.to_string(), (bytes / EVENTS).to_string()]);
    };
    show("memory", waiting(None));
    show("spool, off", waiting(Some(SpoolSync::Off)));
    match python::seconds(&["wait", &EVENTS.to_string()]) {
        Some(bytes) => show("Python SDK", bytes as u64),
        None => skipped("Python SDK", NO_PYTHON),
    }
}

/// Tracks events during an outage, and returns by how many bytes the memory of the process grows. With a spool, only as
/// many events are in memory as the default queue holds; the others are on disk.
fn waiting(sync: Option<SpoolSync>) -> u64 {
    run(threads(), async {
        let (builder, _folder) = match sync {
            Some(sync) => {
                let (builder, folder) = spool::attach(over(Unavailable), sync).await;
                (builder, Some(folder))
            }
            None => (unlimited(over(Unavailable)), None),
        };
        let metering = builder.start().unwrap();
        let before = resident();
        let tracking = metering.clone();
        in_tasks(100, EVENTS, move |number| {
            let metering = tracking.clone();
            async move { metering.track(event(number)).await.unwrap() }
        })
        .await;
        let more = resident().saturating_sub(before);
        metering.shutdown(Duration::ZERO).await;
        more
    })
}

/// Returns the resident memory of this process in bytes. 0 on operating systems without `/proc`.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}
