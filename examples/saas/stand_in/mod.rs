//! A simulated Polar, with which the program runs without an account. It has an API with two products, a checkout that
//! accepts a test card, a customer portal, invoices, and webhooks. A real program needs none of this.
//!
//! A [`Store`] contains the resources of the API, and responds to most calls. `api.rs` contains the other calls,
//! `hosted.rs` the pages, and `world.rs` the effects of buying and canceling.

mod api;
mod catalog;
mod hosted;
mod pdf;
mod world;

use std::error::Error;
use std::io;
use std::sync::Arc;

use axum::Router;
use polar_client::testing::{Mock, Server, SignedDelivery, Store};
use polar_client::v2026_10::{Api, Polar};
use polar_client::{Error as PolarError, reqwest};
use tokio::sync::mpsc::{self, UnboundedReceiver};

use world::World;

/// The secret that signs deliveries.
pub(crate) const WEBHOOK_SECRET: &str = "whsec_dGhpcyBpcyBhIGRlbW9uc3RyYXRpb24=";

pub(crate) struct StandIn {
    world: Arc<World>,
    server: Server,
    /// Reports at the end if the API would not have sent one of its responses.
    _mock: Mock,
}

/// Starts the stand-in for a business at this address. It needs a runtime, which delivers the webhooks.
pub(crate) fn start(business: &str) -> io::Result<StandIn> {
    let store = Store::new(Api);
    for product in catalog::products() {
        store.put(&product);
    }
    let (outbox, deliveries) = mpsc::unbounded_channel();
    let world = Arc::new(World::new(store.clone(), business, outbox));
    let mock = Mock::new();
    api::expect(&mock, &world);
    mock.otherwise(store.transport());
    let server = Server::start(mock.transport())?;
    tokio::spawn(deliver(format!("{business}/webhooks"), deliveries));
    Ok(StandIn {
        world,
        server,
        _mock: mock,
    })
}

impl StandIn {
    /// Returns a client of the stand-in.
    pub(crate) fn polar(&self) -> Result<Polar, PolarError> {
        let server = polar_client::Server::custom(&self.server.url())?;
        Polar::builder()
            .access_token("polar_oat_demonstration")
            .server(server)
            .build()
    }

    /// The pages of Polar that a customer sees.
    pub(crate) fn pages<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        hosted::router(&self.world)
    }
}

/// Delivers events one after the other, as Polar does.
async fn deliver(url: String, mut deliveries: UnboundedReceiver<SignedDelivery>) {
    let client = reqwest::Client::new();
    while let Some(delivery) = deliveries.recv().await {
        if let Err(error) = send(&client, &url, &delivery).await {
            eprintln!("a webhook could not be delivered: {error}");
        }
    }
}

async fn send(
    client: &reqwest::Client,
    url: &str,
    delivery: &SignedDelivery,
) -> Result<(), Box<dyn Error>> {
    let request = client.post(url).headers(delivery.headers().clone());
    let response = request.body(delivery.body().clone()).send().await?;
    response.error_for_status()?;
    Ok(())
}
