//! The responses on the reference pages of two operations decode as the right types, and are encoded unchanged.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

use polar_client_runtime::client::CustomerSession;
use polar_client_runtime::codec;
use polar_client_runtime::types::{JsonValue, Uuid};
use polar_tests::inputs::reference_responses::models::{
    BenefitType, CustomerCancellationReason, CustomerSubscription, MemberRole, Price,
    ProductPriceSource, RecurringInterval, SeatStatus, SeatTierType, SeatsList,
    SubscriptionProrationBehavior, SubscriptionStatus, TrialInterval,
};
use polar_tests::inputs::reference_responses::{Polar, services::customer_seats};
use polar_tests::{Recorder, emitted_file, emitted_item};

const SEATS: &str = include_str!("../../fixtures/reference_responses/seats.json");
const SUBSCRIPTIONS: &str = include_str!("../../fixtures/reference_responses/subscriptions.json");

fn seats() -> SeatsList {
    codec::from_str(SEATS).unwrap()
}

fn subscription() -> CustomerSubscription {
    let mut all: Vec<CustomerSubscription> = codec::from_str(SUBSCRIPTIONS).unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn json(text: &str) -> JsonValue {
    serde_json::from_str(text).unwrap()
}

/// Returns the price of the reference page at this index, with one change.
fn price(index: usize, change: impl FnOnce(&mut serde_json::Map<String, JsonValue>)) -> Price {
    let mut price = json(SUBSCRIPTIONS)[0]["prices"][index].take();
    change(price.as_object_mut().unwrap());
    codec::from_value(&price).unwrap()
}

#[test]
fn every_price_variant_is_discriminated() {
    let prices = subscription().prices;
    let [
        Price::LegacyRecurringFixed(legacy_fixed),
        Price::LegacyRecurringCustom(legacy_custom),
        Price::LegacyRecurringFree(legacy_free),
        Price::Fixed(fixed),
        Price::Custom(custom),
        Price::Free(free),
        Price::SeatBased(seat_based),
        Price::MeteredUnit(metered),
    ] = &prices[..]
    else {
        panic!("other variants: {prices:#?}");
    };

    assert_eq!(
        (legacy_fixed.price_amount, legacy_fixed.legacy),
        (1200, true)
    );
    assert_eq!(legacy_fixed.recurring_interval, RecurringInterval::Month);
    assert_eq!(
        (&*legacy_fixed.amount_type, &*legacy_fixed.r#type),
        ("fixed", "recurring")
    );
    assert_eq!(
        (legacy_custom.minimum_amount, legacy_custom.preset_amount),
        (100, Some(500))
    );
    assert_eq!(
        (&*legacy_free.amount_type, legacy_free.legacy),
        ("free", true)
    );
    assert_eq!(
        (fixed.price_amount, &*fixed.price_currency),
        (999_999_999_999, "eur")
    );
    assert_eq!(
        (custom.maximum_amount, custom.preset_amount),
        (Some(100_000), None)
    );
    assert_eq!(
        (&*free.amount_type, &free.source),
        ("free", &ProductPriceSource::Catalog)
    );
    assert_eq!(
        seat_based.seat_tiers.seat_tier_type,
        Some(SeatTierType::Volume)
    );
    assert_eq!(seat_based.seat_tiers.tiers[0].max_seats, Some(9));
    assert_eq!(seat_based.seat_tiers.tiers[1].max_seats, None);
    assert_eq!(seat_based.seat_tiers.tiers[1].price_per_seat, 800);
    assert_eq!(metered.unit_amount.to_string(), "0.050000000000");
    assert_eq!(metered.source, ProductPriceSource::AdHoc);
    assert_eq!(metered.meter.id, metered.meter_id);
}

#[test]
fn both_price_lists_have_the_same_type() {
    let subscription = subscription();
    let of_product: &Vec<Price> = &subscription.product.prices;
    let of_subscription: &Vec<Price> = &subscription.prices;

    assert_eq!(of_product[0], of_subscription[6]);
    assert_eq!(of_product[1], of_subscription[0]);
    assert_eq!(of_product[2], of_subscription[3]);
}

#[test]
fn common_fields_of_prices_are_read_without_matching() {
    let prices = subscription().prices;

    let ids: Vec<String> = prices.iter().map(|price| price.id().to_string()).collect();
    assert_eq!(ids[0], "00000031-5ea7-4c0d-9a11-000000000031");
    assert_eq!(ids[7], "00000038-5ea7-4c0d-9a11-000000000038");
    assert!(prices.iter().all(|price| !price.is_archived()));
    assert!(prices[3].as_fixed().is_some() && prices[0].as_fixed().is_none());
}

#[test]
fn a_price_is_a_legacy_one_only_if_legacy_is_true() {
    let absent = price(0, |price| drop(price.remove("legacy")));
    let null = price(0, |price| {
        drop(price.insert("legacy".into(), JsonValue::Null))
    });
    let marked = price(3, |price| {
        price.insert("legacy".into(), JsonValue::Bool(true));
        price.insert("type".into(), "recurring".into());
        price.insert("recurring_interval".into(), "year".into());
    });

    assert!(matches!(absent, Price::Fixed(_)), "{absent:?}");
    assert!(matches!(null, Price::Fixed(_)), "{null:?}");
    assert!(
        matches!(marked, Price::LegacyRecurringFixed(_)),
        "{marked:?}"
    );
}

#[test]
fn an_unknown_price_is_kept_unchanged() {
    let new = price(7, |price| {
        drop(price.insert("amount_type".into(), "metered_tiers".into()))
    });
    let untagged = price(7, |price| drop(price.remove("amount_type")));

    for unknown in [new, untagged] {
        let Price::Unknown(price) = &unknown else {
            panic!("{unknown:?}")
        };
        assert_eq!(price.raw()["unit_amount"], "0.050000000000");
        assert_eq!(&codec::to_value(&unknown), price.raw());
        assert_eq!(price.raw()["id"], unknown.id().to_string());
    }
}

#[test]
fn an_invalid_price_is_an_error_and_not_another_variant() {
    let mut page = json(SUBSCRIPTIONS);
    page[0]["prices"][0]["price_amount"] = "12.00".into();

    let error = codec::from_value::<Vec<CustomerSubscription>>(&page).unwrap_err();

    assert_eq!(error.path(), "[0].prices[0].price_amount");
    assert_eq!(error.variant(), Some("Price::LegacyRecurringFixed"));
}

#[test]
fn the_reference_subscription_is_decoded() {
    let subscription = subscription();

    assert_eq!(subscription.status, SubscriptionStatus::Active);
    assert_eq!(
        subscription.current_period_start.to_rfc3339(),
        "2026-11-02T09:30:00+00:00"
    );
    assert_eq!(subscription.trial_start, None);
    assert_eq!(subscription.seats, Some(10));
    let reason = subscription.customer_cancellation_reason;
    assert_eq!(reason, Some(CustomerCancellationReason::TooExpensive));
    assert!(subscription.is_polar_managed);
    let product = &subscription.product;
    assert_eq!(product.trial_interval, Some(TrialInterval::Week));
    assert_eq!(product.description, None);
    assert_eq!(product.benefits[0].r#type, BenefitType::LicenseKeys);
    assert_eq!(product.medias[0].service, "product_media");
    let behavior = &product.organization.proration_behavior;
    assert_eq!(behavior, &SubscriptionProrationBehavior::Prorate);
    let meter = &subscription.meters[0];
    assert_eq!((meter.consumed_units, meter.credited_units), (25.5, 100));
    assert_eq!(meter.meter.name, "Requests");
}

#[test]
fn the_reference_seats_are_decoded() {
    let list = seats();

    assert_eq!((list.available_seats, list.total_seats), (7, 10));
    let [pending, claimed, revoked] = &list.seats[..] else {
        panic!("{list:?}")
    };
    assert_eq!(pending.status, SeatStatus::Pending);
    assert_eq!((&pending.member, pending.customer_id), (&None, None));
    assert_eq!(claimed.status, SeatStatus::Claimed);
    let member = claimed.member.as_ref().unwrap();
    assert_eq!(member.role, MemberRole::BillingManager);
    assert_eq!(member.external_id.as_deref(), Some("usr_7"));
    assert_eq!(Some(member.id), claimed.member_id);
    assert_eq!(claimed.seat_metadata.as_ref().unwrap()["desk"], 4);
    assert_eq!(revoked.status, SeatStatus::Revoked);
    assert_eq!((revoked.subscription_id, &revoked.email), (None, &None));
    assert_eq!(
        revoked.order_id,
        Uuid::parse_str("00000041-5ea7-4c0d-9a11-000000000041").ok()
    );
}

#[test]
fn the_responses_round_trip_byte_for_byte() {
    assert_eq!(codec::to_string(&seats()), json(SEATS).to_string());
    assert_eq!(
        codec::to_string(&vec![subscription()]),
        json(SUBSCRIPTIONS).to_string()
    );
}

/// `seats` is optional and nullable. A missing key and null both decode as `None`.
#[test]
fn a_subscription_without_seats_has_none() {
    let mut page = json(SUBSCRIPTIONS);
    let subscription = page[0].as_object_mut().unwrap();
    subscription["seats"] = JsonValue::Null;
    let null: CustomerSubscription = codec::from_value(&page[0]).unwrap();
    page[0].as_object_mut().unwrap().remove("seats");
    let absent: CustomerSubscription = codec::from_value(&page[0]).unwrap();

    assert_eq!(null.seats, None);
    assert_eq!(null, absent);
}

#[tokio::test]
async fn the_operations_send_the_documented_requests() {
    let server = Recorder::new(200, SEATS);
    let polar = Polar::builder()
        .transport(server.clone())
        .access_token("account")
        .build()
        .unwrap();
    let id = Uuid::from_u128(7);
    let service: customer_seats::CustomerSeats<_> = polar.customer_seats();
    assert_eq!(
        service.list_seats().subscription_id(id).await.unwrap(),
        seats()
    );

    let server_of_portal = Recorder::new(200, SUBSCRIPTIONS);
    let polar = Polar::builder()
        .transport(server_of_portal.clone())
        .build()
        .unwrap();
    let portal = polar.customer_portal(CustomerSession::new("session"));
    let claimed = portal.seats().list_claimed_subscriptions().await.unwrap();
    assert_eq!(claimed, [subscription()]);

    let [seats] = &server.take()[..] else {
        panic!("not one request")
    };
    assert_eq!(seats.method, "GET");
    assert_eq!(
        seats.target,
        format!("/v1/customer-seats?subscription_id={id}")
    );
    assert_eq!(seats.authorization.as_deref(), Some("Bearer account"));
    let [claimed] = &server_of_portal.take()[..] else {
        panic!("not one request")
    };
    assert_eq!(claimed.method, "GET");
    assert_eq!(claimed.target, "/v1/customer-portal/seats/subscriptions");
    assert_eq!(claimed.authorization.as_deref(), Some("Bearer session"));
}

#[test]
fn the_emitted_price_union_matches_its_snapshot() {
    let models = emitted_file("reference_responses", "models/customer_portal.rs").unwrap();
    let codec = emitted_file("reference_responses", "codec/customer_portal.rs").unwrap();

    insta::assert_snapshot!(
        "price_enum",
        emitted_item(&models, "pub enum Price {").unwrap()
    );
    insta::assert_snapshot!(
        "price_codec",
        emitted_item(&codec, "impl Union for Price {").unwrap()
    );
    insta::assert_snapshot!(
        "price_codec_guards",
        emitted_item(&codec, "impl Price {").unwrap()
    );
}
