//! Webhooks of Polar: payments, and states of customers.

use axum::routing::MethodRouter;
use polar_client::v2026_10::Webhooks;
use polar_client::v2026_10::webhooks::Event;
use polar_client::webhooks::Deliveries;

use crate::app::App;
use crate::db::Db;

pub(crate) fn route(app: &App, webhooks: Webhooks) -> MethodRouter<App> {
    let db = app.db.clone();
    webhooks.axum_route(Deliveries::in_memory(), move |event| {
        let db = db.clone();
        async move { handle(&db, event) }
    })
}

/// Stores the content of an event. After an error, Polar delivers it again.
///
/// `customer.state_changed` contains the complete state of a customer: subscriptions, benefits and meters. So the
/// program handles no events about single subscriptions, and if an event is missed, the next one contains the current
/// state.
fn handle(db: &Db, event: Event) -> Result<(), String> {
    let kept = match event {
        Event::CustomerStateChanged(changed) => db.keep_state(changed.timestamp, &changed.data),
        Event::OrderPaid(paid) => db.keep_paid_order(&paid.data),
        Event::OtherVersion(event) => {
            let (kind, version) = (event.event_type(), event.api_version());
            return Err(format!("{kind} follows version {version} of the API"));
        }
        _ => Ok(()),
    };
    kept.map_err(|error| error.to_string())
}
