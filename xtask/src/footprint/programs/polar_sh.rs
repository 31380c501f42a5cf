//! Lists products, creates a checkout and verifies a webhook, with polar-sh.

use std::collections::HashMap;
use std::error::Error;

use polar_sh::operations::ProductsListParams;
use polar_sh::types::CheckoutCreate;
use polar_sh::{Polar, Resources, WebhookPayload, webhooks};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    println!("edit 0");
    let polar = Polar::new(std::env::var("POLAR_ACCESS_TOKEN")?);
    let page = polar.products().list(&ProductsListParams::default()).await?;
    for product in &page.items {
        println!("{} {}", product.id, product.name);
    }
    let Some(product) = page.items.first() else {
        return Ok(());
    };
    let body: CheckoutCreate = serde_json::from_value(serde_json::json!({ "products": [product.id] }))?;
    let checkout = polar.checkouts().create(&body).await?;
    println!("{}", checkout.url);

    let headers: HashMap<String, String> = std::env::vars().collect();
    let body = std::fs::read("delivery.json")?;
    webhooks::verify(&body, &headers, &std::env::var("POLAR_WEBHOOK_SECRET")?)?;
    match serde_json::from_slice(&body)? {
        WebhookPayload::OrderPaid(paid) => println!("{} was paid", paid.data.id),
        _ => println!("ignored"),
    }
    Ok(())
}
