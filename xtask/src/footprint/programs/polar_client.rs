//! Lists products, creates a checkout and verifies a webhook, with polar-client.

use std::collections::HashMap;
use std::error::Error;

use polar_client::MODULE::models::CheckoutCreate;
use polar_client::MODULE::webhooks::Event;
use polar_client::MODULE::{Polar, Webhooks};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    println!("edit 0");
    let polar = Polar::from_env()?;
    let page = polar.products().list().await?;
    for product in &page.items {
        println!("{} {}", product.id, product.name);
    }
    let Some(product) = page.items.first() else {
        return Ok(());
    };
    let checkout = polar.checkouts().create(CheckoutCreate::new([product.id])).await?;
    println!("{}", checkout.url);

    let headers: HashMap<String, String> = std::env::vars().collect();
    let body = std::fs::read("delivery.json")?;
    match Webhooks::from_env()?.verify(&headers, &body)?.event {
        Event::OrderPaid(paid) => println!("{} was paid", paid.data.id),
        other => println!("ignored {}", other.event_type()),
    }
    Ok(())
}
