use std::error::Error;

use axum::http::request::Parts;
use axum::response::Response;
use polar_client::MODULE::webhooks::Event;
use polar_client::MODULE::{Polar, Webhooks};
use polar_client::routes::Identity;
use polar_client::webhooks::Deliveries;

pub use crate::without_http as client;

pub fn run(polar: &Polar) -> Result<(), Box<dyn Error>> {
    let webhooks = Webhooks::from_env()?.axum_route(Deliveries::in_memory(), handle);
    let checkout = polar.checkouts().axum_route().success_url("https://shop.example/thanks");
    let router: axum::Router =
        axum::Router::new().route("/webhooks", webhooks).route("/checkout", checkout.identified_by(anybody));
    println!("{router:?}");
    Ok(())
}

async fn anybody(_: Parts) -> Result<Option<Identity>, Response> {
    Ok(None)
}

async fn handle(event: Event) -> Result<(), String> {
    println!("ignored {}", event.event_type());
    Ok(())
}
