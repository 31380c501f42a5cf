//! Receives webhooks with axum: verifies deliveries, handles each event once, and lets Polar redeliver events that
//! could not be handled.
//!
//! ```sh
//! export POLAR_WEBHOOK_SECRET=whsec_c2VjcmV0IG9mIHRoZSBleGFtcGxlcw==   # secret of your endpoint (format: raw)
//! cargo run --example axum_webhooks               # listens on ADDRESS, or 127.0.0.1:3000
//! ```
//!
//! Send a test delivery from another shell:
//!
//! ```sh
//! export POLAR_WEBHOOK_SECRET=whsec_c2VjcmV0IG9mIHRoZSBleGFtcGxlcw==
//! body='{"type":"order.gifted","timestamp":"2026-11-22T03:00:00Z","data":{}}'
//! id=msg_1 now=$(date +%s)
//! signature=$(printf %s "$id.$now.$body" | openssl dgst -sha256 -hmac "$POLAR_WEBHOOK_SECRET" -binary | base64)
//! curl -i http://127.0.0.1:3000/webhooks --data-raw "$body" \
//!   -H "webhook-id: $id" -H "webhook-timestamp: $now" -H "webhook-signature: v1,$signature"
//! ```

use std::env;
use std::error::Error;

use axum::Router;
use polar_client::v2026_10::Webhooks;
use polar_client::v2026_10::webhooks::Event;
use polar_client::webhooks::Deliveries;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let webhooks = Webhooks::from_env()?.axum_route(Deliveries::in_memory(), handle);
    let router = Router::new().route("/webhooks", webhooks);
    let address = env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, router)
        .with_graceful_shutdown(stopped())
        .await?;
    Ok(())
}

/// Handles a verified event that has not been handled before. After an error, Polar delivers it again.
async fn handle(event: Event) -> Result<(), String> {
    match event {
        Event::OrderPaid(paid) => match &paid.data.product {
            Some(product) => println!("order {}: deliver {}", paid.data.id, product.name),
            // Redelivery would not help: the order has no product.
            None => println!("order {}: nothing to deliver", paid.data.id),
        },
        Event::SubscriptionRevoked(revoked) => {
            println!("subscription {}: take access away", revoked.data.id);
        }
        // The endpoint uses an API version in which this payload has another schema. The error makes Polar deliver the
        // event again, after the program was updated.
        Event::OtherVersion(event) => {
            let (kind, version) = (event.event_type(), event.api_version());
            return Err(format!("{kind} follows version {version} of the API"));
        }
        // Unknown events are accepted, too: after an error, Polar would deliver them again.
        other => println!("nothing to do for {}", other.event_type()),
    }
    Ok(())
}

/// Waits for Ctrl-C or SIGTERM. The server then completes pending requests before it stops.
async fn stopped() {
    #[cfg(unix)]
    let terminated = async {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate()).ok()?.recv().await
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<Option<()>>();
    tokio::select! {
        Ok(()) = tokio::signal::ctrl_c() => {}
        Some(()) = terminated => {}
        // Signals are not available, so the server runs until it is killed.
        else => std::future::pending().await,
    }
}
