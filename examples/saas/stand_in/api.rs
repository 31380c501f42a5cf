//! The operations that do more than storing a resource.

use std::sync::Arc;
use std::time::Duration;

use polar_client::testing::{Mock, json, sample_with};
use polar_client::v2026_10::models::{
    CustomerSeat, EventsIngestResponse, SeatStatus, SeatsList, Subscription,
};
use polar_client::v2026_10::services::{
    checkouts, customer_seats, customer_sessions, customers, events, orders, subscriptions,
};

use super::world::{World, amount, new_id, now, text};

const HOUR: Duration = Duration::from_secs(60 * 60);

pub(super) fn expect(mock: &Mock, world: &Arc<World>) {
    checkout(mock, world);
    customer(mock, world);
    seats(mock, world);
    let usage = Arc::clone(world);
    mock.on::<events::Ingest>()
        .any_times()
        .reply_by(move |request| ingest(&usage, &request.json()["events"]));
    let cancel = Arc::clone(world);
    mock.on::<subscriptions::Update>()
        .any_times()
        .reply_by(move |request| update(&cancel, request.path("id"), &request.json()));
    let url = world.url.clone();
    mock.on::<orders::Invoice>()
        .any_times()
        .reply_by(move |request| {
            let id = request.path("id").unwrap_or_default();
            sample_with(&json!({"url": format!("{url}/polar/invoices/{id}")}))
        });
}

fn checkout(mock: &Mock, world: &Arc<World>) {
    let world = Arc::clone(world);
    mock.on::<checkouts::Create>()
        .any_times()
        .reply_by(move |request| {
            let body = request.json();
            let id = new_id();
            let product = world.product(&body["products"][0]);
            let is_team = product
                .as_ref()
                .is_some_and(|product| amount(product, 1) != amount(product, 2));
            let seats = is_team.then(|| body["seats"].as_i64().unwrap_or(1));
            let total = product
                .as_ref()
                .map_or(0, |product| amount(product, seats.unwrap_or(1)));
            let success = body["success_url"].as_str().unwrap_or_default();
            let checkout = sample_with(&json!({
                "id": id,
                "url": format!("{}/polar/checkout/{id}", world.url),
                "expires_at": text(now() + HOUR),
                "status": "open",
                "success_url": success.replace("{CHECKOUT_ID}", &id),
                "return_url": body["return_url"],
                "external_customer_id": body["external_customer_id"],
                "customer_email": body["customer_email"],
                "product_id": body["products"][0],
                "seats": seats,
                "amount": total,
                "net_amount": total,
                "total_amount": total,
                "currency": "usd",
                "discount_id": null,
                "discount": null,
            }));
            world.store.put(&checkout);
            checkout
        });
}

fn customer(mock: &Mock, world: &Arc<World>) {
    let state = Arc::clone(world);
    mock.on::<customers::GetStateExternal>()
        .any_times()
        .reply_by(move |request| state.state(request.path("external_id").unwrap_or_default()));
    let url = world.url.clone();
    mock.on::<customer_sessions::Create>()
        .any_times()
        .reply_by(move |request| {
            let body = request.json();
            let id = body["external_customer_id"].as_str().unwrap_or_default();
            sample_with(&json!({
                "return_url": body["return_url"],
                "customer_portal_url": format!("{url}/polar/portal/{id}"),
            }))
        });
}

fn seats(mock: &Mock, world: &Arc<World>) {
    let listed = Arc::clone(world);
    mock.on::<customer_seats::ListSeats>()
        .any_times()
        .reply_by(move |request| {
            let id = request.query_values("subscription_id").next();
            list(&listed, id.unwrap_or_default())
        });
    let given = Arc::clone(world);
    mock.on::<customer_seats::AssignSeat>()
        .any_times()
        .reply_by(move |request| {
            let body = request.json();
            let email = body["email"].as_str().unwrap_or_default();
            match body["subscription_id"].as_str().map(str::parse) {
                Some(Ok(id)) => given.give_seat(id, email, "pending"),
                _ => sample_with(&json!({})),
            }
        });
    let revoked = Arc::clone(world);
    mock.on::<customer_seats::RevokeSeat>()
        .any_times()
        .reply_by(move |request| {
            let id = request.path("seat_id").unwrap_or_default();
            let mut people = revoked.people();
            let mut seats = people.seats.iter_mut();
            match seats.find(|seat| seat.id.to_string() == id) {
                Some(seat) => {
                    seat.status = SeatStatus::Revoked;
                    seat.revoked_at = Some(now());
                    seat.clone()
                }
                None => sample_with(&json!({})),
            }
        });
}

fn list(world: &World, subscription: &str) -> SeatsList {
    let is_of = |seat: &&CustomerSeat| {
        let id = seat.subscription_id.map(|id| id.to_string());
        id.as_deref() == Some(subscription)
    };
    let mut list: SeatsList = sample_with(&json!({}));
    list.seats = world.people().seats.iter().filter(is_of).cloned().collect();
    let taken = list
        .seats
        .iter()
        .filter(|seat| seat.status != SeatStatus::Revoked);
    let taken = i64::try_from(taken.count()).unwrap_or(i64::MAX);
    let bought: Option<Subscription> = world.store.get(subscription);
    list.total_seats = bought.and_then(|bought| bought.seats).unwrap_or_default();
    list.available_seats = list.total_seats - taken;
    list
}

fn ingest(world: &World, events: &polar_client::types::JsonValue) -> EventsIngestResponse {
    let events = events.as_array().map(Vec::as_slice).unwrap_or_default();
    for event in events {
        let customer = event["external_customer_id"].as_str().unwrap_or_default();
        let credits = event["metadata"]["credits"].as_i64().unwrap_or_default();
        world.use_credits(customer, credits);
    }
    sample_with(&json!({"inserted": events.len(), "duplicates": 0}))
}

fn update(world: &World, id: Option<&str>, body: &polar_client::types::JsonValue) -> Subscription {
    let is_canceled = body["cancel_at_period_end"] == true;
    let updated = world.set_canceled(id.unwrap_or_default(), is_canceled);
    updated.unwrap_or_else(|| sample_with(&json!({})))
}
