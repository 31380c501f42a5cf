//! Request types: lists, enums, updates, metadata, events.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use polar_client::ids::{DiscountId, ProductId};
use polar_client::types::{Clear, Decimal, Patch};
use polar_client::v2026_10::models::{
    AddressInput, CheckoutLinkUpdate, CheckoutProductsCreate, CheckoutUpdate, CostMetadata,
    CountryAlpha2Input, CustomerIndividualCreate, CustomerUpdate, EventCreateCustomer,
    EventCreateExternalCustomer, Filter, FilterClause, FilterConjunction, FilterOperator,
    LlmMetadata, MetadataQueryValue, MetadataValue, ProductCreateRecurring, ProductPriceCreate,
    ProductPriceCustomCreate, ProductPriceFixedCreate, RecurringInterval, WebhookEndpointCreate,
    WebhookEndpointUpdate, WebhookEventType, WebhookFormat,
};
use serde_json::json;

use super::{ONE, TWO, same, written};

#[test]
fn lists_of_ids() {
    let ids = [ProductId::from(ONE), ProductId::from(TWO)];
    let uuids = vec![ONE, TWO];
    same! {
        json!({"products": [ONE, TWO]});
        CheckoutProductsCreate::new(ids),
        CheckoutProductsCreate::new(&ids),
        CheckoutProductsCreate::new(ids.as_slice()),
        CheckoutProductsCreate::new(ids.iter()),
        CheckoutProductsCreate::new(ids.iter().copied()),
        CheckoutProductsCreate::new(ids.to_vec()),
        CheckoutProductsCreate::new(&ids.to_vec()),
        CheckoutProductsCreate::new([ONE, TWO]),
        CheckoutProductsCreate::new(&uuids),
        CheckoutProductsCreate::new(uuids.clone()),
        CheckoutProductsCreate::new(uuids.iter().map(|uuid| ProductId::from(*uuid))),
    }
    let update = CheckoutLinkUpdate::new;
    same! {
        json!({"products": [ONE, TWO]});
        update().products(ids),
        update().products(&ids),
        update().products(ids.as_slice()),
        update().products(ids.to_vec()),
        update().products(&ids.to_vec()),
        update().products(Some(ids.to_vec())),
        update().products(Patch::Set(ids.to_vec())),
        update().products([ONE, TWO]),
        update().products(&[ONE, TWO]),
        update().products(uuids.clone()),
        update().products(&uuids),
    }
    same! {
        json!({"discount_id": ONE});
        update().discount_id(DiscountId::from(ONE)),
        update().discount_id(ONE),
        update().discount_id(Some(DiscountId::from(ONE))),
    }
    same! {
        json!({"discount_id": null});
        update().discount_id(Clear),
        update().discount_id(None),
        update().discount_id(Patch::Clear),
    }
}

#[test]
fn lists_of_enums_and_enums() {
    let url = "https://example.com/hooks";
    let expected = json!({"url": url, "format": "raw", "events": ["order.paid", "order.refunded"]});
    let events = [WebhookEventType::OrderPaid, WebhookEventType::OrderRefunded];
    let texts = ["order.paid", "order.refunded"];
    let new = |format: WebhookFormat| {
        move |events: Vec<WebhookEventType>| WebhookEndpointCreate::new(url, format.clone(), events)
    };
    same! {
        expected;
        new(WebhookFormat::Raw)(events.to_vec()),
        WebhookEndpointCreate::new(url, WebhookFormat::Raw, events.clone()),
        WebhookEndpointCreate::new(url.to_owned(), "raw", &events),
        WebhookEndpointCreate::new(&url.to_owned(), "raw".to_owned(), events.iter()),
        WebhookEndpointCreate::new(url, &WebhookFormat::Raw, events.as_slice()),
        WebhookEndpointCreate::new(url, &"raw".to_owned(), texts),
        WebhookEndpointCreate::new(url, "raw", &texts),
        WebhookEndpointCreate::new(url, "raw", texts.to_vec()),
        WebhookEndpointCreate::new(Cow::Borrowed(url), "raw", texts.map(str::to_owned)),
        WebhookEndpointCreate::new(url, "raw", texts.map(String::from).iter()),
        WebhookEndpointCreate::new(url, "raw", texts.iter().copied()),
    }
    let update = WebhookEndpointUpdate::new;
    same! {
        json!({"events": ["order.paid", "order.refunded"]});
        update().events(events.clone()),
        update().events(&events),
        update().events(events.to_vec()),
        update().events(&events.to_vec()),
        update().events(texts),
        update().events(&texts),
        update().events(texts.to_vec()),
        update().events(texts.map(str::to_owned)),
        update().events(&texts.map(str::to_owned)),
    }
    same! {
        json!({"format": "slack"});
        update().format("slack"),
        update().format(WebhookFormat::Slack),
        update().format(Some(WebhookFormat::Slack)),
    }
    same! {
        json!({"country": "AT"});
        AddressInput::new("AT"),
        AddressInput::new(CountryAlpha2Input::At),
    }
}

#[test]
fn prices_of_a_product() {
    let price = || ProductPriceFixedCreate::new(1000);
    let expected = json!({
        "name": "Pro", "recurring_interval": "month",
        "prices": [{"amount_type": "fixed", "price_amount": 1000}],
    });
    same! {
        expected;
        ProductCreateRecurring::new("Pro", [price()], "month"),
        ProductCreateRecurring::new("Pro", vec![price()], RecurringInterval::Month),
        ProductCreateRecurring::new("Pro", [ProductPriceCreate::from(price())], "month"),
        ProductCreateRecurring::new("Pro", Some(price()), "month"),
    }
    // The values of an array have the type of the first one.
    let several = [
        ProductPriceCreate::from(price()),
        ProductPriceCustomCreate::new().into(),
    ];
    let product = ProductCreateRecurring::new("Pro", several, "month");
    assert_eq!(written(&product)["prices"][1]["amount_type"], "custom");
}

#[test]
fn strings_of_an_update() {
    let update = CustomerUpdate::new;
    let (owned, found) = ("Ada".to_owned(), Some("Ada".to_owned()));
    same! {
        json!({"name": "Ada"});
        update().name("Ada"),
        update().name(&owned),
        update().name(owned.clone()),
        update().name(owned.as_str()),
        update().name(found.clone()),
        update().name(Some("Ada".to_owned())),
        update().name(found.as_deref().map(str::to_owned)),
    }
    same!(json!({"name": null}); update().name(Clear), update().name(None));
}

#[test]
fn metadata() {
    let customer = || CustomerIndividualCreate::new("ada@example.com");
    let text = "pro".to_owned();
    let expected =
        json!({"type": "individual", "email": "ada@example.com", "metadata": {"plan": "pro"}});
    same! {
        expected;
        customer().metadata([("plan", "pro")]),
        customer().metadata(vec![("plan", "pro")]),
        customer().metadata([("plan".to_owned(), text.clone())]),
        customer().metadata([("plan", &text)]),
        customer().metadata([("plan", Cow::Borrowed("pro"))]),
        customer().metadata([("plan", MetadataValue::from("pro"))]),
        customer().metadata(BTreeMap::from([("plan", "pro")])),
        customer().metadata(HashMap::from([("plan".to_owned(), text.clone())])),
        customer().metadata(&HashMap::from([("plan".to_owned(), text.clone())])),
        customer().metadata(Some(("plan", "pro"))),
    }
    let several = [
        ("plan", MetadataValue::from("pro")),
        ("seats", 5.into()),
        ("trial", true.into()),
    ];
    let metadata = json!({"plan": "pro", "seats": 5, "trial": true});
    assert_eq!(
        written(&customer().metadata(several.clone()))["metadata"],
        metadata
    );
    let update = CheckoutUpdate::new().customer_metadata(several);
    assert_eq!(written(&update), json!({"customer_metadata": metadata}));
}

#[test]
fn numbers_in_metadata() {
    let list = ["a", "b", "c"];
    same! {
        json!(3);
        MetadataValue::from(3), MetadataValue::from(3_i8), MetadataValue::from(3_i16), MetadataValue::from(3_i32),
        MetadataValue::from(3_i64), MetadataValue::from(3_u8), MetadataValue::from(3_u16), MetadataValue::from(3_u32),
        MetadataValue::from(3_u64), MetadataValue::from(3_isize), MetadataValue::from(3_usize),
        MetadataValue::from(list.len()),
    }
    same!(json!(0.5); MetadataValue::from(0.5), MetadataValue::from(0.5_f32), MetadataValue::from(0.5_f64));
    same!(json!(true); MetadataValue::from(true));
    // Values beyond the range of `i64` are sent without loss.
    let beyond = MetadataValue::from(u64::MAX);
    assert!(beyond.is_unknown());
    assert_eq!(written(&beyond), json!(u64::MAX));
}

#[test]
fn numbers_that_json_cannot_represent_are_rejected() {
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let customer =
            CustomerIndividualCreate::new("ada@example.com").metadata([("score", number)]);
        let violations = customer.validate().unwrap_err();
        assert_eq!(
            violations.to_string(),
            "metadata.score: must be a finite number"
        );
    }
}

#[test]
fn values_of_filters() {
    let expected = json!({"property": "tokens", "operator": "gt", "value": 100});
    same! {
        expected;
        FilterClause::new("tokens", FilterOperator::Gt, 100),
        FilterClause::new("tokens", "gt", 100_i64),
        FilterClause::new("tokens", "gt", 100_usize),
    }
    let clause = FilterClause::new("plan", "eq", "pro");
    same! {
        json!({"conjunction": "and", "clauses": [{"property": "plan", "operator": "eq", "value": "pro"}]});
        Filter::new("and", [clause.clone()]),
        Filter::new(FilterConjunction::And, vec![clause.clone()]),
    }
    let value = |value: MetadataQueryValue| written(&value);
    assert_eq!(value(["a", "b"].into()), json!(["a", "b"]));
    assert_eq!(value(vec!["a", "b"].into()), json!(["a", "b"]));
    assert_eq!(value(["a", "b"].as_slice().into()), json!(["a", "b"]));
    assert_eq!(value(3_u32.into()), json!(3));
}

#[test]
fn values_of_metadata_are_read_like_json() {
    let values = [
        MetadataValue::from("pro"),
        5_000_000_000_i64.into(),
        1.5.into(),
        true.into(),
    ];
    let texts = values.each_ref().map(MetadataValue::as_str);
    assert_eq!(texts, [Some("pro"), None, None, None]);
    let integers = values.each_ref().map(MetadataValue::as_i64);
    assert_eq!(integers, [None, Some(5_000_000_000), None, None]);
    let numbers = values.each_ref().map(MetadataValue::as_f64);
    assert_eq!(numbers, [None, Some(5e9), Some(1.5), None]);
    let booleans = values.each_ref().map(MetadataValue::as_bool);
    assert_eq!(booleans, [None, None, None, Some(true)]);
}

#[test]
fn optional_fields_are_assigned() {
    let mut checkout = CheckoutProductsCreate::new([ONE]);
    checkout.customer_email = Some("ada@example.com".to_owned());
    checkout.seats = None;
    let setters = CheckoutProductsCreate::new([ONE]).customer_email("ada@example.com");
    assert_eq!(written(&checkout), written(&setters));
}

#[test]
fn events() -> Result<(), Box<dyn std::error::Error>> {
    let event = || EventCreateExternalCustomer::new("tokens", "customer-1");
    let cost = CostMetadata::new("0.05".parse()?, "usd");
    let llm = LlmMetadata::new("anthropic", "opus", 10, 5, 15);
    let metadata = json!({
        "_cost": {"amount": "0.05", "currency": "usd"},
        "_llm": {
            "vendor": "anthropic", "model": "opus", "input_tokens": 10, "output_tokens": 5, "total_tokens": 15,
        },
        "units": 3,
    });
    same! {
        json!({"name": "tokens", "external_customer_id": "customer-1", "metadata": metadata});
        event().metadata([("units", 3)]).cost(cost.clone()).llm(llm.clone()),
        event().llm(llm.clone()).cost(cost.clone()).metadata([("units", 3_usize)]),
    }
    same! {
        json!({"name": "tokens", "customer_id": ONE, "metadata": {"units": 3}});
        EventCreateCustomer::new("tokens", ONE).metadata([("units", 3)]),
        EventCreateCustomer::new("tokens", ONE).metadata(HashMap::from([("units", 3)])),
    }
    assert_eq!(cost.amount, "0.05".parse::<Decimal>()?);
    Ok(())
}
