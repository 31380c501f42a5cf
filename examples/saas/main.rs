//! A complete software-as-a-service business: prices, checkout, seats, usage, invoices and cancellation.
//!
//! ```sh
//! cargo run --example saas      # then open http://127.0.0.1:3000
//! ```
//!
//! Without `POLAR_ACCESS_TOKEN`, the program needs no account: it uses a [simulated Polar](stand_in), which accepts
//! test payments. With a token, it sells the products of that organization. Then also set:
//!
//! - `POLAR_SERVER=sandbox`, to use the sandbox.
//! - `POLAR_WEBHOOK_SECRET`: the secret of your webhook endpoint.
//! - `PUBLIC_URL`: the URL at which Polar and browsers reach this program.
//!
//! Each file contains one topic of such a business. Only the folder `stand_in/` is not needed in a real program.

mod account;
mod app;
mod cancel;
mod checkout;
mod db;
mod invoices;
mod pages;
mod pricing;
mod seats;
mod sign_in;
mod stand_in;
mod usage;
mod webhooks;

use std::env;
use std::error::Error;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use polar_client::v2026_10::{Polar, Webhooks};
use tokio::net::TcpListener;

use app::App;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    let local_url = format!("http://{}", listener.local_addr()?);
    let public_url = env::var("PUBLIC_URL").unwrap_or_else(|_| local_url.clone());

    let is_real = env::var_os("POLAR_ACCESS_TOKEN").is_some();
    let stand_in = match is_real {
        true => None,
        false => Some(stand_in::start(&local_url)?),
    };
    let (polar, webhooks) = match &stand_in {
        None => (Polar::from_env()?, Webhooks::from_env()?),
        Some(stand_in) => (stand_in.polar()?, Webhooks::new(stand_in::WEBHOOK_SECRET)),
    };
    let path = env::var("DATABASE").unwrap_or_else(|_| ":memory:".to_owned());
    let app = App::new(polar, &path)?;

    let mut router = business(&app, webhooks, &public_url);
    if let Some(stand_in) = &stand_in {
        router = router.merge(stand_in.pages());
    }
    println!("open {public_url}");
    axum::serve(listener, router)
        .with_graceful_shutdown(async {
            let _ = tokio::signal::ctrl_c().await;
        })
        .await?;
    // Sends the queued usage events, which would otherwise not be billed.
    app.usage.shutdown(Duration::from_secs(10)).await;
    Ok(())
}

fn business(app: &App, webhooks: Webhooks, public_url: &str) -> Router {
    Router::new()
        .route("/", get(pricing::page))
        .route("/sign-in", get(sign_in::page).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/checkout", checkout::route(app, public_url))
        .route("/thanks", get(checkout::thanks))
        .route("/account", get(account::page))
        .route("/portal", account::portal(app, public_url))
        .route("/cancel", get(cancel::page).post(cancel::cancel))
        .route("/resume", post(cancel::resume))
        .route("/usage", get(usage::page).post(usage::report))
        .route("/seats", get(seats::page).post(seats::assign))
        .route("/seats/{id}/revoke", post(seats::revoke))
        .route("/invoices", get(invoices::page))
        .route("/invoices/{id}", get(invoices::download))
        .route("/style.css", get(pages::stylesheet))
        .route("/webhooks", webhooks::route(app, webhooks))
        .fallback(pages::not_found)
        .with_state(app.clone())
}
