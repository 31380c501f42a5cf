//! Downloads the invoice or the receipt of an order to a file. If the invoice does not exist yet, it is generated
//! first.
//!
//! ```sh
//! POLAR_ACCESS_TOKEN=polar_oat_... cargo run --example download -- invoice 0d63d459-34c7-418d-88ba-30484275a482 invoice.pdf
//! ```
//!
//! Set `POLAR_SERVER=sandbox` to use the sandbox.

use std::error::Error;
use std::time::Duration;

use polar_client::ids::OrderId;
use polar_client::v2026_10::{ErrorCode, Polar};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, order, path] = arguments.as_slice() else {
        return Err("usage: download invoice|receipt ORDER FILE".into());
    };
    let order: OrderId = order.parse()?;

    let orders = Polar::from_env()?.orders();
    let download = match what.as_str() {
        "invoice" => orders.download_invoice(order),
        "receipt" => orders.download_receipt(order),
        _ => return Err("there are invoices and receipts".into()),
    };
    match download
        .timeout(Duration::from_secs(60))
        .to_file(path)
        .await
    {
        Ok(bytes) => println!("{bytes} bytes in {path}"),
        Err(error) if error.code() == Some(ErrorCode::MissingInvoiceBillingDetails) => {
            return Err("the order has no billing name and address yet".into());
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
