//! Decides which benefits customers may use, from the customer states in webhooks. So most decisions need no request to
//! the API.
//!
//! ```sh
//! export POLAR_ACCESS_TOKEN=polar_oat_... POLAR_SERVER=sandbox
//! export POLAR_WEBHOOK_SECRET=whsec_...      # secret of an endpoint with the event `customer.state_changed`
//! cargo run --example entitlements           # listens on ADDRESS, or 127.0.0.1:3000
//! curl http://127.0.0.1:3000/customers/<external ID>/benefits/<benefit ID>     # prints true or false
//! ```
//!
//! This program keeps the states in memory. `Entitlements` can be serialized, so a database can store it as JSON.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::env;
use std::error::Error as StdError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use polar_client::Error;
use polar_client::ids::BenefitId;
use polar_client::v2026_10::models::CustomerState;
use polar_client::v2026_10::webhooks::Event;
use polar_client::v2026_10::{Polar, Webhooks};
use polar_client::webhooks::{Deliveries, Entitlements};
use tokio::net::TcpListener;

type Kept = HashMap<String, Entitlements<CustomerState>>;

#[derive(Clone)]
struct Access {
    polar: Polar,
    /// The newest known states, by the external ID of the customer. This is the ID of the user in your own system.
    kept: Arc<Mutex<Kept>>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let access = Access {
        polar: Polar::from_env()?,
        kept: Arc::default(),
    };
    let receiver = access.clone();
    let webhooks = Webhooks::from_env()?.axum_route(Deliveries::in_memory(), move |event| {
        let receiver = receiver.clone();
        async move { receiver.handle(event) }
    });
    let router = Router::new()
        .route("/webhooks", webhooks)
        .route("/customers/{customer}/benefits/{benefit}", get(has_benefit))
        .with_state(access);
    let address = env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, router).await?)
}

async fn has_benefit(
    State(access): State<Access>,
    Path((customer, benefit)): Path<(String, BenefitId)>,
) -> Result<String, StatusCode> {
    let may_use = access.may_use(&customer, benefit).await;
    may_use.map(|it| it.to_string()).map_err(|error| {
        eprintln!("{error}");
        StatusCode::BAD_GATEWAY
    })
}

impl Access {
    /// Stores the state that an event contains. After an error, Polar delivers the event again.
    fn handle(&self, event: Event) -> Result<(), String> {
        match event {
            Event::CustomerStateChanged(changed) => {
                self.keep(Entitlements::new(changed.data, changed.timestamp));
                Ok(())
            }
            Event::OtherVersion(event) => {
                let (kind, version) = (event.event_type(), event.api_version());
                Err(format!("{kind} follows version {version} of the API"))
            }
            _ => Ok(()),
        }
    }

    /// Stores a state, unless a newer one is known: events may arrive in any order.
    fn keep(&self, state: Entitlements<CustomerState>) {
        // Customers without an external ID are not users of this program.
        let Some(customer) = state.external_id().map(str::to_owned) else {
            return;
        };
        match self.kept().entry(customer) {
            Entry::Occupied(mut known) => {
                known.get_mut().update(state);
            }
            Entry::Vacant(new) => {
                new.insert(state);
            }
        }
    }

    async fn may_use(&self, customer: &str, benefit: BenefitId) -> Result<bool, Error> {
        if let Some(state) = self.kept().get(customer) {
            return Ok(state.benefit(benefit).is_some());
        }
        // The program has received no event about this customer since it was started.
        let before = SystemTime::now();
        match self.polar.customers().get_state_external(customer).await {
            Ok(state) => {
                let may_use = state.benefit(benefit).is_some();
                self.keep(Entitlements::new(state, before));
                Ok(may_use)
            }
            // A user becomes a customer with the first purchase.
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
