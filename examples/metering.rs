//! Meters usage with a spool on disk, so that no event is lost when the process is killed or the API is down.
//!
//! ```sh
//! POLAR_ACCESS_TOKEN=polar_oat_... POLAR_SERVER=sandbox cargo run --example metering -- /var/tmp/usage u-1 5
//! ```
//!
//! The arguments are the folder of the spool, the ID of the customer in your own system, and the number of calls to
//! track. Events that this run cannot send are sent by the next one.

use std::env;
use std::error::Error;
use std::time::Duration;

use polar_client::ingest::{Spool, SpoolSync};
use polar_client::metering::TokenUsage;
use polar_client::v2026_10::Polar;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let usage = "usage: metering <folder> <customer> <calls>";
    let folder = arguments.next().ok_or(usage)?;
    let customer = arguments.next().ok_or(usage)?;
    let calls: i64 = arguments.next().ok_or(usage)?.parse()?;

    // A second process that opens the same folder gets an error.
    let spool = Spool::options(folder)
        .sync(SpoolSync::Grouped)
        .budget(64 << 20)
        .open()
        .await?;
    let recovered = spool.recovered();
    println!("{} events of earlier runs", recovered.events);
    if let Some(damage) = &recovered.damage {
        eprintln!("damaged, kept as {}", damage.file.display());
    }

    let metering = Polar::from_env()?.metering().spool(spool).start()?;
    let customer = metering.customer(customer);
    for call in 0..calls {
        let usage = TokenUsage {
            input: 1_000 + call,
            cached_input: None,
            output: 200,
        };
        // When this returns, the event is on disk.
        customer.llm("anthropic", "opus", usage).await?;
    }

    // Waits until all events are delivered. A long-running program need not call `flush`, but a serverless handler
    // must, because it may be frozen between invocations.
    let max_wait = Duration::from_secs(5);
    if tokio::time::timeout(max_wait, metering.flush())
        .await
        .is_err()
    {
        eprintln!("the API is not available: the next run sends the events");
    }

    // Rejected events stay on disk until the program retries or discards them.
    for rejected in metering.rejected(0, 100).await? {
        eprintln!("rejected, and kept on disk: {}", rejected.reason);
    }

    // Closes the folder. Unsent events stay in it.
    let report = metering.shutdown(Duration::from_secs(1)).await;
    println!(
        "{} delivered, {} left on disk",
        report.stats.accepted + report.stats.duplicates,
        report.stats.queued
    );
    Ok(())
}
