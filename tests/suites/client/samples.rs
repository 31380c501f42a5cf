//! Sample values for tests of an application. The program `decoding` tests that the samples of all types are valid.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

use std::time::UNIX_EPOCH;

use polar_client::codec;
use polar_client::testing::{Sample, SignedDelivery, sample, sample_with};
use polar_client::v2026_10::Webhooks;
use polar_client::v2026_10::models::{
    Checkout, Customer, Discount, Order, OrderList, OrderStatus, Price, Product, ProductPriceFixed,
    Subscription, WebhookEventType,
};
use polar_client::v2026_10::webhooks::Event;
use polar_client::webhooks::WebhookError;
use serde_json::{Value, json};

/// Compares some samples with snapshots. Reviewers see in these whether samples are plausible.
#[test]
fn samples_are_plausible() {
    fn text<T: Sample + codec::Encode>() -> String {
        format!("{:#}", codec::to_value(&sample::<T>()))
    }
    insta::assert_snapshot!("order", text::<Order>());
    insta::assert_snapshot!("subscription", text::<Subscription>());
    insta::assert_snapshot!("checkout", text::<Checkout>());
}

#[test]
fn references_in_a_sample_agree_on_ids() {
    let order: Order = sample();
    let product: Product = sample();
    let subscription: Subscription = sample();
    assert_eq!(order.customer_id, order.customer.id);
    assert_eq!(order.product_id, Some(product.id));
    assert_eq!(order.subscription_id, Some(subscription.id));
    assert_eq!(
        order.subscription.as_ref().map(|it| it.id),
        Some(subscription.id)
    );
    assert_eq!(subscription.customer_id, order.customer_id);
    let Some(Customer::Individual(customer)) = Some(sample::<Customer>()) else {
        panic!("a team");
    };
    assert_eq!(customer.id, order.customer_id);
    assert_eq!(Some(customer.email), order.customer.email);
    let meter = &subscription.meters[0];
    assert_ne!(meter.id, *meter.meter_id.as_uuid());
    assert_eq!(meter.meter_id, meter.meter.id);
    assert_ne!(order.items[0].id, *order.id.as_uuid());
    let Price::Fixed(price) = &product.prices[0] else {
        panic!("{:?}", product.prices);
    };
    assert_eq!(order.items[0].product_price_id, Some(price.id));
}

#[test]
fn variants_lists_and_pages_have_samples() {
    assert!(matches!(sample::<Price>(), Price::Fixed(_)));
    let fixed: ProductPriceFixed = sample();
    assert_eq!(fixed.price_amount, 1000);
    assert!(!sample::<Discount>().is_unknown());
    let page: OrderList = sample();
    assert_eq!(page.items, [sample::<Order>()]);
    assert_eq!(
        (page.pagination.total_count, page.pagination.max_page),
        (1, 1)
    );
    assert_eq!(sample::<Vec<Order>>(), [sample::<Order>()]);
    assert_eq!(sample::<Option<Order>>(), Some(sample::<Order>()));
}

#[test]
fn overrides_are_kept_and_other_fields_adjusted() {
    let id = "0ac9dc1e-0f5c-4f0c-9ae5-3a3b8a1f6d20";
    let order: Order = sample_with(&json!({
        "status": "refunded",
        "customer_id": id,
        "items": [{"label": "Seat"}, {"label": "Setup"}],
        "metadata": {"plan": "pro", "seats": 3},
        "not_documented": true,
    }));
    assert_eq!(order.status, OrderStatus::Refunded);
    assert_eq!(order.customer_id.to_string(), id);
    assert_eq!(order.customer.id, order.customer_id);
    let labels: Vec<_> = order.items.iter().map(|item| item.label.as_str()).collect();
    assert_eq!(labels, ["Seat", "Setup"]);
    assert_ne!(order.items[0].id, order.items[1].id);
    assert_eq!(order.metadata.len(), 2);

    let custom: Price = sample_with(&json!({"amount_type": "custom"}));
    assert!(matches!(custom, Price::Custom(_)), "{custom:?}");
    let team: Customer = sample_with(&json!({"type": "team", "email": null}));
    assert!(matches!(team, Customer::Team(_)), "{team:?}");
}

#[test]
#[should_panic(expected = "no sample of Order: /status: unknown value \"lost\"")]
fn overrides_must_be_valid() {
    let _: Order = sample_with(&json!({"status": "lost"}));
}

#[test]
fn events_of_every_type_have_samples() {
    let mut types = 0;
    for name in polar_tests::recorded_deliveries()
        .iter()
        .filter_map(|delivery| {
            let body: Value = serde_json::from_str(&delivery.body).ok()?;
            Some(body["type"].as_str()?.to_owned())
        })
    {
        types += 1;
        let event = Event::sample(&name);
        assert_eq!(event.event_type(), name);
        assert!(!event.is_unknown(), "{name}");
    }
    assert!(types > 30, "{types}");
    let paid = Event::sample(WebhookEventType::OrderPaid);
    let Event::OrderPaid(payload) = &paid else {
        panic!("{paid:?}");
    };
    assert_eq!(payload.data, sample::<Order>());
    assert!(Event::sample("order.gifted").is_unknown());
}

#[test]
fn deliveries_are_signed_with_the_secret() {
    const SECRET: &str = "whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cw==";
    let event = Event::sample(WebhookEventType::SubscriptionCanceled);
    let delivery = SignedDelivery::new(SECRET, &event);
    let verified = Webhooks::new(SECRET).verify(delivery.headers(), delivery.body());
    assert_eq!(verified.unwrap().event, event);
    let other = Webhooks::new("another secret").verify(delivery.headers(), delivery.body());
    assert!(matches!(other, Err(WebhookError::Signature)), "{other:?}");

    // The ID is derived from the event, so that redelivery can be tested.
    assert_eq!(
        SignedDelivery::new(SECRET, &event).headers()["webhook-id"],
        delivery.headers()["webhook-id"]
    );
    let another = SignedDelivery::new(SECRET, &Event::sample("order.paid"));
    assert_ne!(
        another.headers()["webhook-id"],
        delivery.headers()["webhook-id"]
    );

    let old = SignedDelivery::at(SECRET, "msg_1", UNIX_EPOCH, "{}");
    let stale = Webhooks::new(SECRET).verify(old.headers(), old.body());
    assert!(
        matches!(stale, Err(WebhookError::Stale { .. })),
        "{stale:?}"
    );
    let request = old.request("/webhooks");
    assert_eq!(
        (request.method().as_str(), request.uri().path()),
        ("POST", "/webhooks")
    );
    assert_eq!(
        (request.headers(), request.body()),
        (old.headers(), old.body())
    );
    assert!(!format!("{delivery:?}").contains("v1,"));
}
