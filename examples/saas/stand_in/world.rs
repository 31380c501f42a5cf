//! The effects of buying, using and cancelling.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use polar_client::codec;
use polar_client::ids::{CustomerId, SubscriptionId};
use polar_client::testing::{SignedDelivery, Store, json, sample_with};
use polar_client::types::{JsonValue, Timestamp};
use polar_client::v2026_10::models::{
    Checkout, CheckoutStatus, CustomerSeat, CustomerState, Order, Price, Product, Subscription,
};
use tokio::sync::mpsc::UnboundedSender;
use uuid::Uuid;

use super::{WEBHOOK_SECRET, catalog};

const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);

pub(super) struct World {
    pub(super) store: Store,
    /// The address of the business, whose server also serves the hosted pages.
    pub(super) url: String,
    outbox: UnboundedSender<SignedDelivery>,
    people: Mutex<People>,
}

#[derive(Default)]
pub(super) struct People {
    /// The customers, by external ID.
    customers: BTreeMap<String, Customer>,
    pub(super) seats: Vec<CustomerSeat>,
}

#[derive(Clone)]
struct Customer {
    id: CustomerId,
    email: String,
    credits_used: i64,
}

impl World {
    pub(super) fn new(store: Store, url: &str, outbox: UnboundedSender<SignedDelivery>) -> Self {
        Self {
            store,
            url: url.to_owned(),
            outbox,
            people: Mutex::default(),
        }
    }

    pub(super) fn people(&self) -> MutexGuard<'_, People> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn product(&self, id: &JsonValue) -> Option<Product> {
        self.store.get(id.as_str()?)
    }

    /// Creates the subscription and the order of a paid checkout.
    pub(super) fn pay(&self, mut checkout: Checkout, email: &str) {
        let external_id = checkout.external_customer_id.clone().unwrap_or_default();
        let customer = self.customer(&external_id, email);
        let product = checkout.product_id.and_then(|id| self.store.get(id));
        let Some(product): Option<Product> = product else {
            return;
        };
        let shown = json!({
            "id": customer.id.to_string(), "external_id": external_id, "email": email, "deleted_at": null,
        });
        let subscription: Subscription = sample_with(&json!({
            "id": new_id(),
            "amount": checkout.total_amount,
            "currency": "usd",
            "status": "active",
            "recurring_interval": "month",
            "current_period_start": text(now()),
            "current_period_end": text(now() + MONTH),
            "customer_id": customer.id.to_string(),
            "customer": shown.clone(),
            "product_id": product.id.to_string(),
            "product": codec::to_value(&product),
            "checkout_id": checkout.id.to_string(),
            "seats": checkout.seats,
            "cancel_at_period_end": false,
            "discount_id": null,
            "discount": null,
        }));
        let number = self.store.all::<Order>().len() + 1;
        let order: Order = sample_with(&json!({
            "id": new_id(),
            "created_at": text(now()),
            "status": "paid",
            "paid": true,
            "description": match checkout.seats {
                Some(seats) => format!("{} plan, {seats} seats", product.name),
                None => format!("{} plan", product.name),
            },
            "invoice_number": format!("LUMEN-{number:04}"),
            "is_invoice_generated": true,
            "currency": "usd",
            "subtotal_amount": checkout.total_amount,
            "net_amount": checkout.total_amount,
            "total_amount": checkout.total_amount,
            "tax_amount": 0,
            "discount_amount": 0,
            "billing_reason": "subscription_create",
            "seats": checkout.seats,
            "customer_id": customer.id.to_string(),
            "customer": shown,
            "product_id": product.id.to_string(),
            "subscription_id": subscription.id.to_string(),
            "checkout_id": checkout.id.to_string(),
            "discount_id": null,
            "discount": null,
        }));
        checkout.status = CheckoutStatus::Succeeded;
        self.store.put(&checkout);
        self.store.put(&subscription);
        self.store.put(&order);
        if checkout.seats.is_some() {
            self.give_seat(subscription.id, email, "claimed");
        }
        self.send("subscription.active", &codec::to_value(&subscription));
        self.send("order.paid", &codec::to_value(&order));
        self.send_state(&external_id);
    }

    fn customer(&self, external_id: &str, email: &str) -> Customer {
        let mut people = self.people();
        let customer = people.customers.entry(external_id.to_owned());
        let new = || Customer {
            id: Uuid::new_v4().into(),
            email: email.to_owned(),
            credits_used: 0,
        };
        customer.or_insert_with(new).clone()
    }

    pub(super) fn give_seat(
        &self,
        subscription: SubscriptionId,
        email: &str,
        status: &str,
    ) -> CustomerSeat {
        let seat: CustomerSeat = sample_with(&json!({
            "id": new_id(),
            "subscription_id": subscription.to_string(),
            "order_id": null,
            "status": status,
            "email": email,
            "customer_email": email,
            "member": null,
            "claimed_at": (status == "claimed").then(|| text(now())),
            "revoked_at": null,
        }));
        self.people().seats.push(seat.clone());
        seat
    }

    pub(super) fn use_credits(&self, external_id: &str, credits: i64) {
        if let Some(customer) = self.people().customers.get_mut(external_id) {
            customer.credits_used += credits;
        }
    }

    /// Ends a subscription after the paid period, or lets it continue.
    pub(super) fn set_canceled(&self, id: &str, is_canceled: bool) -> Option<Subscription> {
        let mut subscription: Subscription = self.store.get(id)?;
        subscription.cancel_at_period_end = is_canceled;
        subscription.canceled_at = is_canceled.then(now);
        subscription.ends_at = is_canceled.then_some(subscription.current_period_end);
        self.store.put(&subscription);
        let event = match is_canceled {
            true => "subscription.canceled",
            false => "subscription.uncanceled",
        };
        self.send(event, &codec::to_value(&subscription));
        let external_id = subscription.customer.external_id.clone();
        self.send_state(&external_id.unwrap_or_default());
        Some(subscription)
    }

    pub(super) fn subscriptions(&self, external_id: &str) -> Vec<Subscription> {
        let mut all: Vec<Subscription> = self.store.all();
        all.retain(|subscription| {
            subscription.customer.external_id.as_deref() == Some(external_id)
        });
        all
    }

    /// Returns the state of a customer.
    pub(super) fn state(&self, external_id: &str) -> CustomerState {
        let people = self.people();
        let customer = people.customers.get(external_id).cloned();
        drop(people);
        let customer = customer.unwrap_or_else(|| Customer {
            id: Uuid::new_v4().into(),
            email: "nobody@example.com".to_owned(),
            credits_used: 0,
        });
        let subscriptions = self.subscriptions(external_id);
        let benefits = subscriptions
            .iter()
            .flat_map(|subscription| &subscription.product.benefits);
        let grants: Vec<JsonValue> = benefits
            .map(|benefit| {
                json!({
                    "id": new_id(),
                    "benefit_id": codec::to_value(benefit)["id"],
                    "benefit_type": "custom",
                })
            })
            .collect();
        let active: Vec<JsonValue> = subscriptions.iter().map(shown_in_state).collect();
        sample_with(&json!({
            "type": "individual",
            "id": customer.id.to_string(),
            "external_id": external_id,
            "email": customer.email,
            "deleted_at": null,
            "active_subscriptions": active,
            "granted_benefits": grants,
            "active_meters": [{
                "consumed_units": customer.credits_used,
                "credited_units": catalog::CREDITS,
                "balance": catalog::CREDITS - customer.credits_used,
            }],
        }))
    }

    fn send_state(&self, external_id: &str) {
        let state = self.state(external_id);
        self.send("customer.state_changed", &codec::to_value(&state));
    }

    fn send(&self, event: &str, data: &JsonValue) {
        let body = json!({"type": event, "timestamp": text(now()), "data": data}).to_string();
        let id = format!("msg_{}", new_id());
        // Fails if the program is ending and the receiver was dropped.
        let _ = self
            .outbox
            .send(SignedDelivery::of_body(WEBHOOK_SECRET, &id, body));
    }
}

fn shown_in_state(subscription: &Subscription) -> JsonValue {
    json!({
        "id": subscription.id.to_string(),
        "status": "active",
        "amount": subscription.amount,
        "currency": subscription.currency,
        "recurring_interval": "month",
        "current_period_start": text(subscription.current_period_start),
        "current_period_end": text(subscription.current_period_end),
        "cancel_at_period_end": subscription.cancel_at_period_end,
        "product_id": subscription.product_id.to_string(),
        "seats": subscription.seats,
        "meters": [],
    })
}

/// Returns the monthly price of a product, in cents.
pub(super) fn amount(product: &Product, seats: i64) -> i64 {
    let mut amounts = product.prices.iter().filter_map(|price| match price {
        Price::Fixed(price) => Some(price.price_amount),
        Price::SeatBased(price) => Some(price.seat_tiers.tiers.first()?.price_per_seat * seats),
        _ => None,
    });
    amounts.next().unwrap_or_default()
}

pub(super) fn new_id() -> String {
    Uuid::new_v4().to_string()
}

pub(super) fn now() -> Timestamp {
    SystemTime::now().into()
}

pub(super) fn text(time: Timestamp) -> String {
    time.to_rfc3339()
}
