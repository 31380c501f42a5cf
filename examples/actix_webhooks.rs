//! A server that receives webhooks, with actix-web: deliveries are verified, each event is handled once, and one that
//! could not be handled comes again.
//!
//! ```sh
//! export POLAR_WEBHOOK_SECRET=whsec_c2VjcmV0IG9mIHRoZSBleGFtcGxlcw==   # that of your endpoint, whose format is `raw`
//! cargo run --example actix_webhooks              # listens on ADDRESS, or 127.0.0.1:3000
//! ```
//!
//! A delivery to try it with, in another shell:
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

use actix_web::http::StatusCode;
use actix_web::{App, HttpResponse, HttpServer, web};
use polar_client::v2026_10::Webhooks;
use polar_client::v2026_10::webhooks::Event;
use polar_client::webhooks::{Deliveries, Delivery, Outcome};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let webhooks = web::Data::new(Webhooks::from_env()?);
    let deliveries = web::Data::new(Deliveries::in_memory());
    let app = move || {
        App::new()
            .app_data(webhooks.clone())
            .app_data(deliveries.clone())
            .route("/webhooks", web::post().to(receive))
    };
    let address = env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let server = HttpServer::new(app).bind(address)?;
    for address in server.addrs() {
        println!("listening on http://{address}");
    }
    // Ctrl-C and SIGTERM stop it, after requests that have begun are answered.
    server.run().await?;
    Ok(())
}

/// Gets what is verified; the extractor has answered everything else.
///
/// Polar hangs up after ten seconds, and the request is dropped then. So the work is done in a task of its own, which ends
/// what it has begun.
async fn receive(deliveries: web::Data<Deliveries>, delivery: Delivery<Event>) -> HttpResponse {
    let answered = actix_web::rt::spawn(answer(deliveries, delivery)).await;
    // A handler that panicked has failed.
    HttpResponse::new(answered.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
}

async fn answer(deliveries: web::Data<Deliveries>, delivery: Delivery<Event>) -> StatusCode {
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

async fn handle(event: &Event) -> Result<(), Box<dyn Error>> {
    match event {
        Event::OrderPaid(paid) => match &paid.data.product {
            Some(product) => println!("order {}: deliver {}", paid.data.id, product.name),
            // It will have none the next time either.
            None => println!("order {}: nothing to deliver", paid.data.id),
        },
        Event::SubscriptionRevoked(revoked) => {
            println!("subscription {}: take access away", revoked.data.id);
        }
        // An event whose payload differs in the version that the endpoint follows: Polar has to deliver it again, to a
        // program that knows the version.
        Event::OtherVersion(event) => {
            let (kind, version) = (event.event_type(), event.api_version());
            return Err(format!("{kind} follows version {version} of the API").into());
        }
        // Also what is newer than this program: it is accepted, or Polar would deliver it again.
        other => println!("nothing to do for {}", other.event_type()),
    }
    Ok(())
}
