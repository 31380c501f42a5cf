//! Ingests events for usage-based billing: reads lines `<customer> <event> <units>`, and sends them in batches.
//!
//! ```sh
//! echo 'u-1 tokens 1500' | POLAR_ACCESS_TOKEN=polar_oat_... POLAR_SERVER=sandbox cargo run --example ingest
//! ```
//!
//! `<customer>` is the ID of the customer in your own system. During an outage of the API no event is lost, and memory
//! use is bounded: reading stops when the queue is full, and continues after the outage.
//!
//! Events that are rejected, or unsent ten seconds after the last line, are written to standard output as JSON. They
//! contain the external IDs, which make it safe to send them again.

use std::error::Error;
use std::io::{self, BufRead as _};
use std::process::ExitCode;
use std::time::Duration;

use polar_client::codec;
use polar_client::ingest::Ingester;
use polar_client::v2026_10::Polar;
use polar_client::v2026_10::models::{EventCreate, EventCreateExternalCustomer};

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let polar = Polar::from_env()?;
    let ingester = polar
        .events()
        .ingester()
        .max_events(100)
        .max_delay(Duration::from_secs(2))
        .capacity(1_000)
        .start()?;

    // Clones share the queue, so each task can have its own. Standard input is read by a separate thread.
    let reader = ingester.clone();
    let reading = tokio::task::spawn_blocking(move || read(&reader)).await;

    // Shut down before handling the result of the reader: even after an error, the queue contains events.
    let report = ingester.shutdown(Duration::from_secs(10)).await;
    eprintln!(
        "{} accepted, {} duplicates, {} rejected, {} unsent",
        report.stats.accepted, report.stats.duplicates, report.stats.rejected, report.stats.unsent
    );
    for lost in &report.undelivered {
        println!("{}", codec::to_string(&lost.event));
    }
    let rejected = reading??;
    Ok(
        match rejected + report.stats.rejected + report.stats.unsent {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::FAILURE,
        },
    )
}

/// Queues an event for each line of standard input. Returns the number of events that were not queued, because they are
/// invalid.
fn read(ingester: &Ingester<EventCreate>) -> io::Result<u64> {
    let runtime = tokio::runtime::Handle::current();
    let mut rejected = 0;
    for line in io::stdin().lock().lines() {
        let Some(event) = event(&line?) else {
            eprintln!("invalid line: expected `<customer> <event> <units>`");
            continue;
        };
        // Waits until the queue has capacity.
        if let Err(error) = runtime.block_on(ingester.ingest(event)) {
            eprintln!("{error}");
            println!("{}", codec::to_string(&error.event));
            rejected += 1;
        }
    }
    Ok(rejected)
}

fn event(line: &str) -> Option<EventCreateExternalCustomer> {
    let mut words = line.split_whitespace();
    let (customer, name) = (words.next()?, words.next()?);
    let units: i64 = words.next()?.parse().ok()?;
    let event = EventCreateExternalCustomer::new(name, customer);
    Some(event.metadata([("units", units)]))
}
