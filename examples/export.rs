//! Exports the paid orders, and prints them.
//!
//! ```sh
//! POLAR_ACCESS_TOKEN=polar_oat_... POLAR_SERVER=sandbox cargo run --example export
//! ```

use polar_client::v2026_10::Polar;
use polar_client::v2026_10::models::OrderStatus;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), polar_client::Error> {
    let polar = Polar::from_env()?;
    // Rows are streamed, so the export need not fit into memory.
    let mut rows = polar.orders().export().status([OrderStatus::Paid]).rows();
    while let Some(row) = rows.try_next().await? {
        println!(
            "{} {:>10} {} {}",
            row.created_at.format("%Y-%m-%d"),
            // Converts cents to the unit of the currency.
            row.net_amount,
            row.currency,
            row.email.as_deref().unwrap_or("-"),
        );
    }
    Ok(())
}
