//! A server that receives webhooks, with axum: deliveries are verified, each event is handled once, and one that could
//! not be handled comes again.
//!
//! ```sh
//! export POLAR_WEBHOOK_SECRET=whsec_...     # of an endpoint with the format `raw`
//! cargo run --example axum_webhooks         # listens on ADDRESS, or 127.0.0.1:3000
//! ```
//!
//! A delivery to try it with, in a shell that knows the secret as well:
//!
//! ```sh
//! body='{"type":"order.gifted","timestamp":"2026-11-22T03:00:00Z","data":{}}'
//! id=msg_1 now=$(date +%s)
//! signature=$(printf %s "$id.$now.$body" | openssl dgst -sha256 -hmac "$POLAR_WEBHOOK_SECRET" -binary | base64)
//! curl -i http://127.0.0.1:3000/webhooks --data-raw "$body" \
//!   -H "webhook-id: $id" -H "webhook-timestamp: $now" -H "webhook-signature: v1,$signature"
//! ```

use std::env;
use std::error::Error;

use axum::Router;
use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::routing::post;
use polar_client::v2026_10::Webhooks;
use polar_client::v2026_10::webhooks::Event;
use polar_client::webhooks::{Deliveries, Delivery, Outcome};
use tokio::net::TcpListener;

#[derive(Clone, FromRef)]
struct App {
    webhooks: Webhooks,
    deliveries: Deliveries,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let app = App {
        webhooks: Webhooks::from_env()?,
        deliveries: Deliveries::in_memory(),
    };
    let router = Router::new()
        .route("/webhooks", post(receive))
        .with_state(app);
    let address = env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, router)
        .with_graceful_shutdown(stopped())
        .await?;
    Ok(())
}

/// Gets what is verified; the extractor has answered everything else.
async fn receive(State(deliveries): State<Deliveries>, delivery: Delivery<Event>) -> StatusCode {
    match deliveries.once(&delivery, handle(&delivery.event)).await {
        Ok(Outcome::Handled(()) | Outcome::Redelivered) => StatusCode::NO_CONTENT,
        // Its other delivery may yet fail, so this one must not count.
        Ok(Outcome::InProgress) => StatusCode::CONFLICT,
        Err(error) => {
            eprintln!("{}: {error}", delivery.id);
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}

async fn handle(event: &Event) -> Result<(), Box<dyn Error + Send + Sync>> {
    match event {
        Event::OrderPaid(paid) => {
            let product = paid.data.product.as_ref();
            let product = product.ok_or("the order has no product")?;
            println!("order {}: deliver {}", paid.data.id, product.name);
        }
        Event::SubscriptionRevoked(revoked) => {
            println!("subscription {}: take access away", revoked.data.id);
        }
        // Also what is newer than this program: it is accepted, or Polar would deliver it again.
        other => println!("nothing to do for {}", other.event_type()),
    }
    Ok(())
}

/// Ctrl-C, or the signal by which servers are stopped. Requests that have begun are answered first.
async fn stopped() {
    #[cfg(unix)]
    let terminated = async {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate()).ok()?.recv().await
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<Option<()>>();
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated => {}
    }
}
