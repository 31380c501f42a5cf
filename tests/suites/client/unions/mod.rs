//! Decodes unions from values as servers send them. Each value becomes the right variant, and is encoded as the same
//! bytes.
//!
//! The prices of the customer portal are tested in `suites/inputs/reference_responses.rs`, and random values of every
//! variant by the program `decoding`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

mod values;

use polar_client::codec::{self, Decode, Encode};
use polar_client::ids::CustomerId;
use polar_client::v2026_10::ErrorCode;
use polar_client::v2026_10::models::{
    BenefitGrantWebhook, CheckoutForbiddenError, CustomField, Customer, CustomerBenefitGrant,
    CustomerPaymentMethod, Discount, DiscountDuration, Event, EventSource, EventsPage, Payment,
    PaymentMethod, Price, UserInfo,
};
use serde_json::{Map, Value, json};

const ID: &str = "7267719e-2bfa-4c78-b095-fcdc4aa788e8";
const TIME: &str = "2026-11-21T18:22:49.476450Z";

/// Decodes a value, and asserts that it is encoded as the same bytes.
fn exact<T: Decode + Encode>(json: &Value) -> T {
    let text = json.to_string();
    let value = codec::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(codec::to_string(&value), text);
    value
}

/// Merges objects.
fn merged<const N: usize>(parts: [Value; N]) -> Value {
    let entries = parts.into_iter().flat_map(|part| match part {
        Value::Object(entries) => entries,
        other => panic!("{other} is not an object"),
    });
    Value::Object(entries.collect::<Map<_, _>>())
}

fn with(object: &Value, key: &str, value: Value) -> Value {
    let mut object = object.clone();
    object[key] = value;
    object
}

#[test]
fn a_union_of_structs_has_the_size_of_two_pointers() {
    assert_eq!(size_of::<Price>(), 2 * size_of::<usize>());
    assert_eq!(size_of::<Event>(), 2 * size_of::<usize>());
}

#[test]
fn legacy_and_catalog_prices_share_a_tag() {
    let common = json!({
        "created_at": TIME, "modified_at": null, "id": ID, "source": "catalog", "amount_type": "fixed",
        "price_currency": "usd", "tax_behavior": null, "is_archived": false, "product_id": ID,
    });
    let catalog = merged([common.clone(), json!({"price_amount": 999_999_999_999_i64})]);
    let legacy = merged([
        common,
        json!({"type": "recurring", "recurring_interval": "month", "price_amount": 1200, "legacy": true}),
    ]);

    assert!(
        matches!(exact(&catalog), Price::Fixed(price) if price.price_amount == 999_999_999_999)
    );
    assert!(matches!(exact(&legacy), Price::LegacyRecurringFixed(price) if price.legacy));
    let new = with(&legacy, "amount_type", json!("by_the_moon"));
    assert!(matches!(exact(&new), Price::Unknown(it) if *it.raw() == new));

    let tag = |price: &Value| exact::<Price>(price).amount_type().to_owned();
    assert_eq!(
        [tag(&catalog), tag(&legacy), tag(&new)],
        ["fixed", "fixed", "by_the_moon"]
    );
    assert_eq!(tag(&with(&new, "amount_type", json!(7))), "");
}

#[test]
fn common_fields_of_variants_need_no_match() {
    let customer: Customer = codec::from_value(&customer()).unwrap();
    let id: CustomerId = customer.id();
    assert_eq!(id.to_string(), ID);
    // Teams may have no email address; individuals always have one.
    assert_eq!(customer.email(), Some("a@example.com"));
    assert!(format!("{customer:?}").starts_with("Individual(CustomerIndividual { id: "));
}

#[test]
fn enums_list_the_values_that_are_known() {
    let known = EventSource::VALUES.iter().map(EventSource::as_str);
    assert_eq!(known.collect::<Vec<_>>(), ["system", "user"]);
    assert!(ErrorCode::VALUES.contains(&ErrorCode::ResourceNotFound));
    assert!(!ErrorCode::VALUES.iter().any(ErrorCode::is_unknown));
}

/// Returns the properties of a discount other than those of its duration and amount.
fn discount_of(kind: &str) -> Value {
    json!({
        "created_at": TIME, "modified_at": null, "id": ID, "metadata": {}, "name": "Spring", "code": null,
        "starts_at": null, "ends_at": null, "max_redemptions": null, "max_redemptions_per_customer": null,
        "redemptions_count": 0, "organization_id": ID, "products": [], "type": kind,
    })
}

#[test]
fn repeating_discounts_decode_to_their_own_variants() {
    let fixed = json!({"amount": 500, "currency": "usd", "amounts": {"eur": 450, "usd": 500}});
    let percentage = json!({"basis_points": 1000});
    let repeating = json!({"duration": "repeating", "duration_in_months": 3});
    let once = json!({"duration": "once"});

    let discount = |duration: &Value, amount: &Value, kind: &str| {
        // Not `exact`: some versions have further fields, which are encoded as null.
        let discount = merged([duration.clone(), amount.clone(), discount_of(kind)]);
        codec::from_str::<Discount>(&discount.to_string()).unwrap()
    };
    let Discount::FixedRepeat(repeat) = discount(&repeating, &fixed, "fixed") else {
        panic!("not repeating")
    };
    assert_eq!((repeat.duration_in_months, repeat.amounts["eur"]), (3, 450));
    let Discount::PercentageRepeat(repeat) = discount(&repeating, &percentage, "percentage") else {
        panic!("not repeating")
    };
    assert_eq!(
        (repeat.duration, repeat.basis_points),
        (DiscountDuration::Repeating, 1000)
    );
    let forever = json!({"duration": "forever"});
    assert!(matches!(
        discount(&once, &fixed, "fixed"),
        Discount::FixedOnceForever(_)
    ));
    assert!(matches!(
        discount(&forever, &percentage, "percentage"),
        Discount::PercentageOnceForever(_)
    ));
    assert!(matches!(
        discount(&once, &fixed, "barter"),
        Discount::Unknown(_)
    ));
}

#[test]
fn events_are_discriminated_by_source_and_system_events_by_name() {
    let event = |source: &str, name: &str, metadata: Value| {
        let common = json!({
            "id": ID, "timestamp": TIME, "organization_id": ID, "customer_id": null, "customer": null,
            "external_customer_id": "usr_7", "member_id": null, "external_member_id": null,
            "child_count": 0, "parent_id": null, "label": "Label",
        });
        let names = match source {
            "user" => json!({"name": name, "source": source}),
            _ => json!({"source": source, "name": name}),
        };
        exact::<Event>(&merged([common, names, json!({"metadata": metadata})]))
    };
    let credited = json!({"meter_id": ID, "units": 100, "rollover": false});

    let Event::MeterCredit(credit) = event("system", "meter.credited", credited.clone()) else {
        panic!("no credit")
    };
    assert_eq!(credit.metadata.units, 100);
    // Users may name an event like a system event.
    let Event::User(user) = event(
        "user",
        "meter.credited",
        json!({"model": "x", "units": 1.0}),
    ) else {
        panic!("not of a user")
    };
    assert_eq!((&*user.name, &*user.source), ("meter.credited", "user"));
    assert!(matches!(
        event("system", "meter.exploded", credited.clone()),
        Event::Unknown(_)
    ));
    assert!(matches!(
        event("moon", "meter.credited", credited),
        Event::Unknown(_)
    ));
}

#[test]
fn a_page_of_events_is_counted_or_not() {
    let page =
        |pagination: Value| exact::<EventsPage>(&json!({"items": [], "pagination": pagination}));

    let counted = page(json!({"total_count": 3, "max_page": 0}));
    let EventsPage::List(list) = counted else {
        panic!("{counted:?}")
    };
    assert_eq!(
        (list.pagination.total_count, list.pagination.max_page),
        (3, 0)
    );
    let cursor = page(json!({"has_next_page": false}));
    let EventsPage::CursorList(list) = cursor else {
        panic!("{cursor:?}")
    };
    assert!(!list.pagination.has_next_page);
    assert!(matches!(page(json!({})), EventsPage::Unknown(_)));
}

/// Returns a customer as the benefit grants of webhooks contain it.
fn customer() -> Value {
    json!({
        "id": ID, "created_at": TIME, "modified_at": null, "metadata": {"tier": 1}, "external_id": null,
        "email": "a@example.com", "email_verified": true, "name": null, "billing_name": null,
        "billing_address": null, "tax_id": ["FR61954506077", "eu_vat"], "locale": null, "organization_id": ID,
        "default_payment_method_id": null, "deleted_at": null, "first_user_event_at": null,
        "avatar_url": "https://example.com/a", "type": "individual",
    })
}

#[test]
fn grants_are_discriminated_by_the_type_of_their_benefit() {
    let grant = |kind: &str, properties: Value| {
        let benefit = json!({
            "id": ID, "created_at": TIME, "modified_at": null, "type": kind, "description": "d", "selectable": true,
            "deletable": true, "is_deleted": false, "organization_id": ID, "metadata": {}, "visibility": "public",
            "properties": {}, "visibility_configurable": true,
        });
        json!({
            "created_at": TIME, "modified_at": null, "id": ID, "granted_at": TIME, "is_granted": true,
            "revoked_at": null, "is_revoked": false, "subscription_id": null, "order_id": null, "customer_id": ID,
            "member_id": null, "benefit_id": ID, "error": null, "customer": customer(), "member": null,
            "benefit": benefit, "properties": properties, "previous_properties": null,
        })
    };

    let flag: BenefitGrantWebhook = codec::from_value(&grant("feature_flag", json!({}))).unwrap();
    assert!(
        matches!(flag, BenefitGrantWebhook::FeatureFlag(grant) if grant.benefit.r#type == "feature_flag")
    );
    let new = grant("telepathy", json!({"to": "all"}));
    assert!(matches!(exact(&new), BenefitGrantWebhook::Unknown(it) if *it.raw() == new));
    // Grants in the customer portal have other fields of customer and benefit. The error names the missing fields, with
    // those that all variants require if the variant is unknown.
    let error = codec::from_value::<CustomerBenefitGrant>(&new).unwrap_err();
    assert_eq!(
        (error.path(), error.variant()),
        (
            "customer.oauth_accounts",
            Some("CustomerBenefitGrant::Unknown")
        )
    );
    let mut in_portal = new;
    in_portal["customer"]["oauth_accounts"] = json!({});
    let unknown: CustomerBenefitGrant = exact(&in_portal);
    assert!(matches!(&unknown, CustomerBenefitGrant::Unknown(it) if *it.raw() == in_portal));
    assert_eq!(unknown.customer_id().to_string(), ID);
    let error =
        codec::from_value::<CustomerBenefitGrant>(&grant("feature_flag", json!({}))).unwrap_err();
    assert_eq!(error.variant(), Some("CustomerBenefitGrant::FeatureFlag"));
}

#[test]
fn unknown_payments_and_payment_methods_decode_as_generic_ones() {
    let payment = |method: &str, metadata: Value| {
        merged([
            json!({
                "created_at": TIME, "modified_at": null, "id": ID, "processor": "stripe", "status": "succeeded",
                "amount": 1000, "currency": "usd", "method": method, "trigger": "purchase", "decline_reason": null,
                "decline_message": null, "organization_id": ID, "checkout_id": null, "order_id": ID,
                "processor_metadata": {},
            }),
            metadata,
        ])
    };
    let card = json!({"method_metadata": {"brand": "visa", "last4": "4242"}});
    assert!(
        matches!(exact(&payment("card", card)), Payment::Card(it) if it.method_metadata.last4 == "4242")
    );
    assert!(
        matches!(exact(&payment("shells", json!({}))), Payment::Generic(it) if it.method == "shells")
    );
    for tag in ["card", "kr_card"] {
        assert!(
            matches!(exact(&payment(tag, json!({}))), Payment::Generic(it) if it.method == tag)
        );
    }
    let broken = payment("card", json!({"method_metadata": {"brand": "visa"}}));
    let error = codec::from_value::<Payment>(&broken).unwrap_err();
    assert_eq!(
        (error.path(), error.variant()),
        ("method_metadata.last4", Some("Payment::Card"))
    );

    let method = |kind: &str, metadata: Value, end: Value| {
        let start = json!({
            "id": ID, "created_at": TIME, "modified_at": null, "processor": "stripe", "customer_id": ID, "type": kind,
        });
        merged([start, metadata, end])
    };
    let card = json!({"method_metadata": {"brand": "visa", "last4": "4242", "exp_month": 2, "exp_year": 2030, "wallet": null}});
    let default = json!({"is_default": true});
    let exact_card: PaymentMethod = exact(&method("card", card.clone(), default.clone()));
    assert!(matches!(exact_card, PaymentMethod::Card(it) if it.method_metadata.exp_year == 2030));
    let exact_other: PaymentMethod = exact(&method("shells", json!({}), default));
    assert!(matches!(exact_other, PaymentMethod::Generic(it) if it.r#type == "shells"));
    assert!(matches!(
        exact(&method("card", card, json!({}))),
        CustomerPaymentMethod::Card(_)
    ));
    assert!(matches!(
        exact(&method("shells", json!({}), json!({}))),
        CustomerPaymentMethod::Generic(_)
    ));
    for tag in ["card", "kr_card"] {
        let default = json!({"is_default": false});
        let method = |end: Value| method(tag, json!({}), end);
        assert!(matches!(exact(&method(default)), PaymentMethod::Generic(it) if it.r#type == tag));
        assert!(
            matches!(exact(&method(json!({}))), CustomerPaymentMethod::Generic(it) if it.r#type == tag)
        );
    }
}

#[test]
fn checkout_errors_are_discriminated_by_class() {
    let error =
        |class: &str| exact::<CheckoutForbiddenError>(&json!({"error": class, "detail": "d"}));

    assert!(matches!(
        error("AlreadyActiveSubscriptionError"),
        CheckoutForbiddenError::AlreadyActiveSubscriptionError(it) if it.detail == "d"
    ));
    assert!(matches!(
        error("TrialAlreadyRedeemed"),
        CheckoutForbiddenError::TrialAlreadyRedeemed(_)
    ));
    assert!(matches!(
        error("MoonIsFull"),
        CheckoutForbiddenError::Unknown(_)
    ));
}

#[test]
fn custom_fields_are_discriminated_by_type() {
    let field = |kind: &str, properties: Value| {
        exact::<CustomField>(&json!({
            "created_at": TIME, "modified_at": null, "id": ID, "metadata": {}, "type": kind, "slug": "size",
            "name": "Size", "organization_id": ID, "properties": properties,
        }))
    };

    let checkbox = json!({"form_label": "I agree"});
    assert!(matches!(
        field("checkbox", checkbox.clone()),
        CustomField::Checkbox(_)
    ));
    let text = json!({"form_label": "Size", "textarea": false, "max_length": 3});
    assert!(
        matches!(field("text", text), CustomField::Text(it) if it.properties.max_length == Some(3))
    );
    let select = json!({"options": [{"value": "s", "label": "Small"}]});
    assert!(
        matches!(field("select", select), CustomField::Select(it) if it.properties.options[0].value == "s")
    );
    assert!(matches!(field("color", checkbox), CustomField::Unknown(_)));
}

#[test]
fn token_owners_are_discriminated_by_their_keys() {
    let user = json!({"sub": ID, "name": "A", "email": "a@example.com", "email_verified": true});
    let organization = json!({"sub": ID, "name": "Record Co"});

    assert!(matches!(exact(&user), UserInfo::User(it) if it.email_verified == Some(true)));
    let unknown = json!({"sub": ID, "name": "A", "email": null, "email_verified": null});
    let unknown = codec::from_str(&unknown.to_string()).unwrap();
    assert!(matches!(unknown, UserInfo::User(it) if it.email.is_none()));
    assert!(
        matches!(exact(&organization), UserInfo::Organization(it) if it.name.as_deref() == Some("Record Co"))
    );
}
