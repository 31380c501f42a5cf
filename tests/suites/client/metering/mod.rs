//! Usage metering: which events are tracked, and how balances are read. The tests use tokio's paused clock.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

mod measure;
mod server;

use std::time::Duration;

use polar_client::ingest::NotQueuedReason;
use polar_client::metering::{
    Cost, Customer, Metadata, Metering, MeteringBuilder, Source, TokenUsage, UsageEvent,
};
use polar_client::types::{Decimal, JsonValue, Uuid};
use polar_client::v2026_10::Polar;
use serde_json::json;
use server::Server;

const METER: Uuid = Uuid::from_u128(0x4000_8000_0000_0000_0001);
const CUSTOMER: Uuid = Uuid::from_u128(0x4000_8000_0000_0000_0002);
const MEMBER: Uuid = Uuid::from_u128(0x4000_8000_0000_0000_0003);

fn builder(server: &Server) -> MeteringBuilder {
    let polar = Polar::builder()
        .access_token("polar_oat_test")
        .transport(server.clone())
        .build();
    polar.unwrap().metering()
}

fn metering(server: &Server) -> Metering {
    builder(server).start().unwrap()
}

/// Flushes, and returns the events that the server received, without the external ID and timestamp that the client
/// adds.
async fn sent(metering: &Metering, server: &Server) -> Vec<JsonValue> {
    metering.flush().await.unwrap();
    let mut events = server.seen().events.clone();
    for event in &mut events {
        let event = event.as_object_mut().unwrap();
        assert!(event.remove("external_id").is_some());
        assert!(event.remove("timestamp").is_some());
    }
    events
}

#[tokio::test(start_paused = true)]
async fn an_event_names_its_customer_in_one_way() {
    let server = Server::default();
    let metering = metering(&server);
    let customers = [
        Customer::id(CUSTOMER),
        Customer::member(CUSTOMER, MEMBER),
        Customer::external("u-1"),
        Customer::external_member("u-1", "m-1"),
    ];
    for customer in customers {
        metering.customer(customer).track("call").await.unwrap();
    }
    let expected = [
        json!({ "name": "call", "customer_id": CUSTOMER }),
        json!({ "name": "call", "customer_id": CUSTOMER, "member_id": MEMBER }),
        json!({ "name": "call", "external_customer_id": "u-1" }),
        json!({ "name": "call", "external_customer_id": "u-1", "external_member_id": "m-1" }),
    ];
    assert_eq!(sent(&metering, &server).await, expected);
}

#[tokio::test(start_paused = true)]
async fn metadata_keeps_the_types_of_its_values() {
    let server = Server::default();
    let metering = metering(&server);
    let track = metering.customer("u-1").track("call");
    let track = track.metadata("region", "eu").metadata("units", 3);
    let track = track.metadata("ratio", 1.0).metadata("cached", false);
    track.await.unwrap();
    let metadata = json!({ "region": "eu", "units": 3, "ratio": 1.0, "cached": false });
    assert_eq!(sent(&metering, &server).await[0]["metadata"], metadata);
}

#[tokio::test(start_paused = true)]
async fn calls_of_language_models_fill_the_structured_metadata() {
    let server = Server::default();
    let metering = metering(&server);
    let usage = TokenUsage {
        input: 1_200,
        cached_input: Some(1_000),
        output: 300,
    };
    let call = metering.customer("u-1").llm("anthropic", "claude", usage);
    let cost: Decimal = "0.012345678901".parse().unwrap();
    call.cost(Cost::usd_cents(cost)).await.unwrap();
    let expected = json!({
        "name": "llm",
        "external_customer_id": "u-1",
        "metadata": {
            "_llm": {
                "vendor": "anthropic", "model": "claude", "input_tokens": 1200,
                "cached_input_tokens": 1000, "output_tokens": 300, "total_tokens": 1500,
            },
            "_cost": { "amount": "0.012345678901", "currency": "usd" },
        },
    });
    assert_eq!(sent(&metering, &server).await, [expected]);
}

#[tokio::test(start_paused = true)]
async fn fields_that_the_caller_sets_are_sent_unchanged() {
    let server = Server::default();
    let metering = metering(&server);
    let event = UsageEvent::new("call", "u-1")
        .external_id("e-1")
        .parent_id("e-0")
        .organization_id(METER)
        .timestamp("2026-10-01T00:00:00Z".parse().unwrap());
    metering.track(event).await.unwrap();
    metering.flush().await.unwrap();
    let expected = json!({
        "name": "call", "external_customer_id": "u-1", "external_id": "e-1", "parent_id": "e-0",
        "organization_id": METER, "timestamp": "2026-10-01T00:00:00Z",
    });
    assert_eq!(server.seen().events, [expected]);
}

#[tokio::test(start_paused = true)]
async fn an_invalid_event_is_returned_with_the_place_of_the_mistake() {
    let server = Server::default();
    let metering = metering(&server);
    let invalid = [
        (UsageEvent::new("x".repeat(129), "u-1"), "name"),
        (UsageEvent::new("call", ""), "external_customer_id"),
        (
            UsageEvent::new("call", Customer::external_member("u-1", "")),
            "external_member_id",
        ),
        (
            UsageEvent::new("call", "u-1").metadata("region", ""),
            "metadata.region",
        ),
        (
            UsageEvent::new("call", "u-1").metadata("ratio", f64::NAN),
            "metadata.ratio",
        ),
    ];
    for (event, path) in invalid {
        let error = metering.track(event.clone()).await.unwrap_err();
        let NotQueuedReason::Invalid(violations) = &error.reason else {
            panic!("{error}");
        };
        assert_eq!(violations.as_slice()[0].path(), path);
        assert_eq!(error.event.name, event.name);
    }
    assert_eq!(metering.stats().queued, 0);
}

#[tokio::test(start_paused = true)]
async fn events_are_decoded_as_they_were_encoded() {
    let usage = TokenUsage::default();
    let mut event = UsageEvent::new("call", Customer::member(CUSTOMER, MEMBER))
        .metadata("text", "1")
        .metadata("integer", i64::MAX)
        .metadata("float", 1e300)
        .metadata("boolean", true)
        .cost(Cost::usd_cents(3))
        .external_id("e-1")
        .timestamp("2026-10-01T00:00:00.123456Z".parse().unwrap());
    event.metadata.llm = Some(polar_client::metering::Llm::new("v", "m", usage));
    let bare = UsageEvent::new("call", Customer::external_member("u", "m"));
    assert_eq!(bare.metadata, Metadata::default());
    for event in [event, bare] {
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<UsageEvent>(&text).unwrap(), event);
    }
}

#[tokio::test(start_paused = true)]
async fn a_balance_is_read_exactly() {
    let server = Server::default();
    let metering = metering(&server);
    let item =
        r#"{"id":"x","consumed_units":0.1,"credited_units":9007199254740993,"balance":-12.5}"#;
    server.seen().balances = item.to_owned();
    let balance = metering.meter(METER, "u/1").await.unwrap().unwrap();
    assert_eq!(balance.consumed.as_str(), "0.1");
    assert_eq!(balance.credited.as_str(), "9007199254740993");
    assert_eq!(balance.balance.as_str(), "-12.5");
    assert_eq!(balance.source, Source::Api);
    assert_eq!(balance.age, Duration::ZERO);
    metering.customer(CUSTOMER).meter(METER).await.unwrap();
    let queries = [
        format!("meter_id={METER}&external_customer_id=u%2F1&limit=1"),
        format!("meter_id={METER}&customer_id={CUSTOMER}&limit=1"),
    ];
    assert_eq!(server.seen().queries, queries);
}

#[tokio::test(start_paused = true)]
async fn a_missing_balance_is_none() {
    let server = Server::default();
    let metering = metering(&server);
    assert_eq!(metering.meter(METER, "u-1").await.unwrap(), None);
    // No request is sent: without a customer ID, the server would return the meters of any customer.
    assert_eq!(metering.meter(METER, "").await.unwrap(), None);
    assert_eq!(server.seen().queries.len(), 1);
    server.seen().is_down = true;
    let error = metering.meter(METER, "u-1").await.unwrap_err();
    assert_eq!(error.operation(), Some("customer_meters:list"));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_returns_what_was_not_sent() {
    let server = Server::default();
    server.seen().is_down = true;
    let metering = metering(&server);
    metering.customer("u-1").track("call").await.unwrap();
    let report = metering.shutdown(Duration::from_secs(5)).await;
    assert_eq!(report.undelivered.len(), 1);
    let error = metering.customer("u-1").track("call").await.unwrap_err();
    assert_eq!(error.reason, NotQueuedReason::Ended);
}
