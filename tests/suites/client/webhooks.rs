//! Webhook deliveries of a real server: they are verified and decode as the right events, and are rejected if one bit
//! is changed.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

use polar_client::codec;
use polar_client::types::{JsonValue, Timestamp};
use polar_client::v2026_10::models::CustomerState;
use polar_client::v2026_10::webhooks::Event;
use polar_client::v2026_10::{API_VERSION, Webhooks};
use polar_client::webhooks::{
    AnyEvent, Delivery, Entitlements, Format, VersionedEvent as _, WebhookError,
};
use polar_tests::versions::OTHER_PAYLOADS;
use polar_tests::{Recorded, recorded_deliveries};
use serde_json::json;

/// A secret in the standard format. Deliveries are signed with its characters, or with the bytes that they encode.
const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// An ID that no recorded delivery contains.
const BENEFIT: &str = "5a0e4f8c-1c8e-4c57-9a5b-6f1d2e3a4b5c";

const ID: &str = "webhook-id";
const TIMESTAMP: &str = "webhook-timestamp";
const SIGNATURE: &str = "webhook-signature";

/// Returns the recorded deliveries of events. Endpoints can also receive messages for chats, which are excluded.
fn events() -> Vec<Recorded> {
    let is_event = |delivery: &Recorded| delivery.body.starts_with(r#"{"type":"#);
    recorded_deliveries().into_iter().filter(is_event).collect()
}

fn delivered_at(recorded: &Recorded) -> Timestamp {
    let seconds = recorded.header(TIMESTAMP).parse().unwrap();
    Timestamp::from_timestamp(seconds, 0).unwrap()
}

fn verify(recorded: &Recorded) -> Result<Delivery<Event>, WebhookError> {
    verify_changed(recorded, &recorded.headers, recorded.body.as_bytes())
}

fn verify_changed(
    recorded: &Recorded,
    headers: &[(String, impl AsRef<[u8]>)],
    body: &[u8],
) -> Result<Delivery<Event>, WebhookError> {
    Webhooks::new(&recorded.secret).verify_at(headers, body, delivered_at(recorded))
}

/// Signs and verifies a delivery with this body.
fn deliver(body: &JsonValue) -> Result<Delivery<Event>, WebhookError> {
    let webhooks = Webhooks::new(SECRET);
    let (body, now) = (body.to_string(), Timestamp::default());
    let headers = webhooks.sign("id", now, &body).unwrap();
    webhooks.verify_at(headers, body, now)
}

/// Returns the body of a recorded delivery of this type, with its API version replaced.
fn body_of(kind: &str, api_version: &str) -> JsonValue {
    let is_kind = |body: &JsonValue| body["type"] == kind;
    let mut bodies = events()
        .into_iter()
        .map(|recorded| serde_json::from_str(&recorded.body).unwrap());
    let mut body: JsonValue = bodies.find(is_kind).unwrap();
    body["api_version"] = json!(api_version);
    body
}

#[test]
fn every_recorded_delivery_is_verified_and_becomes_its_event() {
    let mut kinds: Vec<String> = Vec::new();
    for recorded in events() {
        let delivery = verify(&recorded).unwrap();
        let body: JsonValue = serde_json::from_str(&recorded.body).unwrap();
        assert_eq!(delivery.event.event_type(), body["type"]);
        assert!(!delivery.event.is_unknown(), "{}", body["type"]);
        assert_eq!(delivery.id, recorded.header(ID));
        assert_eq!(delivery.timestamp, delivered_at(&recorded));
        assert_eq!(delivery.api_version, None);
        kinds.push(delivery.event.event_type().to_owned());
    }
    kinds.sort();
    kinds.dedup();
    assert_eq!(kinds.len(), 41);
}

#[test]
fn an_event_contains_its_payload() {
    let paid = verify(&events()[19]).unwrap().event;
    let Event::OrderPaid(paid) = paid else {
        panic!("{paid:?}")
    };
    assert_eq!(
        paid.data.id.to_string(),
        "0d63d459-34c7-418d-88ba-30484275a482"
    );
    assert!(paid.data.paid);
}

#[test]
fn every_recorded_event_names_its_customer() {
    for recorded in events() {
        let event = verify(&recorded).unwrap().event;
        let body: JsonValue = serde_json::from_str(&recorded.body).unwrap();
        let (data, kind) = (&body["data"], event.event_type());
        let is_customer = kind.starts_with("customer.");
        let id = if is_customer {
            &data["id"]
        } else {
            &data["customer_id"]
        };
        let found = event.customer_id().map(|id| id.to_string());
        assert_eq!(found.as_deref(), id.as_str(), "{kind}");
        let external = match is_customer {
            true => &data["external_id"],
            false if data["external_customer_id"].is_string() => &data["external_customer_id"],
            false => &data["customer"]["external_id"],
        };
        assert_eq!(event.external_customer_id(), external.as_str(), "{kind}");
        assert_eq!(json!(event.timestamp()), body["timestamp"], "{kind}");
    }
}

#[test]
fn every_recorded_event_has_data_of_one_type() {
    for recorded in events() {
        let event = verify(&recorded).unwrap().event;
        let resource = event.event_type().split('.').next().unwrap();
        let is_state = event.event_type() == "customer.state_changed";
        let found: Vec<&str> = [
            ("benefit", event.benefit().is_some()),
            ("benefit_grant", event.benefit_grant().is_some()),
            ("checkout", event.checkout().is_some()),
            ("customer", event.customer().is_some()),
            ("customer_state", event.customer_state().is_some()),
            ("customer_seat", event.customer_seat().is_some()),
            ("discount", event.discount().is_some()),
            ("member", event.member().is_some()),
            ("order", event.order().is_some()),
            ("organization", event.organization().is_some()),
            ("product", event.product().is_some()),
            ("refund", event.refund().is_some()),
            ("subscription", event.subscription().is_some()),
        ]
        .into_iter()
        .filter_map(|(name, is_it)| is_it.then_some(name))
        .collect();
        let expected = if is_state { "customer_state" } else { resource };
        assert_eq!(found, [expected], "{}", event.event_type());
    }
}

#[test]
fn unknown_events_name_the_customer_as_others_do() {
    let id = "9eac85b9-55ec-4c68-a933-84be243cb2c1";
    let time = "2026-11-22T03:00:00Z";
    let event = deliver(&json!({
        "type": "order.gifted",
        "timestamp": time,
        "data": {"customer_id": id, "customer": {"external_id": "u-1"}},
    }))
    .unwrap()
    .event;
    assert!(event.is_unknown());
    assert_eq!(event.customer_id(), Some(id.parse().unwrap()));
    assert_eq!(event.external_customer_id(), Some("u-1"));
    assert_eq!(event.timestamp(), Some(time.parse().unwrap()));
    // Null has no meaning here, so the ID of the customer is returned.
    let null = deliver(&json!({
        "type": "order.gifted",
        "data": {"external_customer_id": null, "customer": {"external_id": "u-1"}},
    }))
    .unwrap();
    assert_eq!(null.event.external_customer_id(), Some("u-1"));
    let other = deliver(&json!({"type": "order.gifted", "data": [1]})).unwrap();
    assert_eq!(other.event.customer_id(), None);
    assert_eq!(other.event.external_customer_id(), None);
    assert_eq!(other.event.timestamp(), None);
}

#[test]
fn entitlements_follow_the_newest_state_in_any_order() {
    let recorded = body_of("customer.state_changed", API_VERSION);
    let at = |time: &str, balance: f64| {
        let mut body = recorded.clone();
        body["timestamp"] = json!(time);
        body["data"]["granted_benefits"] = json!([]);
        body["data"]["active_meters"] = json!([{
            "id": BENEFIT, "created_at": time, "modified_at": null, "meter_id": BENEFIT,
            "consumed_units": 1.5, "credited_units": 10, "balance": balance,
        }]);
        let Event::CustomerStateChanged(changed) = deliver(&body).unwrap().event else {
            panic!("another event")
        };
        Entitlements::new(changed.data, changed.timestamp)
    };
    let meter = BENEFIT.parse().unwrap();
    let mut kept = at("2026-11-22T03:00:02Z", 8.5);
    assert!(!kept.update(at("2026-11-22T03:00:01Z", 10.0)));
    assert_eq!(kept.meter(meter).unwrap().balance, 8.5);
    assert!(kept.update(at("2026-11-22T03:00:03Z", 7.25)));
    assert_eq!(kept.meter(meter).unwrap().balance, 7.25);
    // A repeated delivery changes nothing. Of two deliveries with the same time, the later one is kept.
    assert!(kept.update(at("2026-11-22T03:00:03Z", 7.0)));
    assert_eq!(kept.meter(meter).unwrap().balance, 7.0);
    assert_eq!(kept.benefit(BENEFIT.parse().unwrap()), None);
    assert_eq!(kept.subscription(BENEFIT.parse().unwrap()), None);

    let stored = serde_json::to_string(&kept).unwrap();
    let restored: Entitlements<CustomerState> = serde_json::from_str(&stored).unwrap();
    assert_eq!(restored, kept);
    assert!(serde_json::from_str::<Entitlements<CustomerState>>("{}").is_err());
}

#[test]
fn recorded_states_are_searched() {
    for recorded in events() {
        let Event::CustomerStateChanged(changed) = verify(&recorded).unwrap().event else {
            continue;
        };
        let state = changed.data;
        for grant in state.granted_benefits() {
            assert_eq!(state.benefit(grant.benefit_id), Some(grant));
        }
        for subscription in state.active_subscriptions() {
            let product = subscription.product_id;
            assert_eq!(state.subscription(product).unwrap().product_id, product);
        }
        let nothing = BENEFIT.parse().unwrap();
        assert_eq!(state.benefit(nothing), None);
    }
}

#[test]
fn chat_messages_are_reported_as_such() {
    let others = recorded_deliveries()
        .into_iter()
        .filter(|recorded| !recorded.body.starts_with(r#"{"type":"#));
    let errors: Vec<WebhookError> = others.map(|it| verify(&it).unwrap_err()).collect();
    let [
        WebhookError::Formatted { format: first, .. },
        WebhookError::Formatted { format: second, .. },
    ] = errors.as_slice()
    else {
        panic!("{errors:?}")
    };
    assert_eq!((*first, *second), (Format::Discord, Format::Slack));
    assert_eq!(
        errors[0].to_string(),
        "the format of the endpoint is Discord, not `raw`"
    );
}

#[test]
fn a_delivery_with_one_changed_bit_in_a_header_is_rejected() {
    for recorded in recorded_deliveries() {
        for (index, (name, value)) in recorded.headers.iter().enumerate() {
            if ![ID, TIMESTAMP, SIGNATURE].contains(&name.as_str()) {
                continue;
            }
            for bit in 0..value.len() * 8 {
                let mut headers: Vec<(String, Vec<u8>)> = recorded
                    .headers
                    .iter()
                    .map(|(name, value)| (name.clone(), value.clone().into_bytes()))
                    .collect();
                headers[index].1[bit / 8] ^= 1 << (bit % 8);
                let error = verify_changed(&recorded, &headers, recorded.body.as_bytes());
                assert!(
                    matches!(
                        error,
                        Err(WebhookError::Signature | WebhookError::MalformedHeader { .. })
                    ),
                    "{name}, bit {bit}: {error:?}"
                );
            }
        }
    }
}

#[test]
fn a_delivery_with_one_changed_bit_in_the_body_is_rejected() {
    for (index, recorded) in recorded_deliveries().iter().enumerate() {
        // Changes each byte of one delivery, and a hundred bytes of each other one.
        let step = if index == 9 {
            1
        } else {
            recorded.body.len() / 100
        };
        for at in (0..recorded.body.len()).step_by(step) {
            let mut body = recorded.body.clone().into_bytes();
            body[at] ^= 1 << (at % 8);
            let error = verify_changed(recorded, &recorded.headers, &body);
            assert!(
                matches!(error, Err(WebhookError::Signature)),
                "byte {at}: {error:?}"
            );
        }
        let longer = format!("{}\n", recorded.body);
        for body in [&recorded.body.as_bytes()[1..], longer.as_bytes(), b""] {
            let error = verify_changed(recorded, &recorded.headers, body);
            assert!(matches!(error, Err(WebhookError::Signature)), "{error:?}");
        }
    }
}

#[test]
fn deliveries_of_another_endpoint_are_rejected() {
    let recorded = recorded_deliveries();
    let (event, message) = (&recorded[0], &recorded[36]);
    assert_ne!(event.secret, message.secret);
    let webhooks = Webhooks::new(&message.secret);
    let error = webhooks.verify_at(&event.headers, &event.body, delivered_at(event));
    assert!(matches!(error, Err(WebhookError::Signature)), "{error:?}");
    let both = webhooks.with_secret(&event.secret);
    assert!(
        both.verify_at(&event.headers, &event.body, delivered_at(event))
            .is_ok()
    );
}

#[test]
fn the_body_states_its_api_version() {
    for kind in ["order.paid", "product.updated"] {
        for &version in AnyEvent::VERSIONS {
            let delivery = deliver(&body_of(kind, version)).unwrap();
            assert_eq!(delivery.api_version.as_deref(), Some(version));
            assert_eq!(delivery.event.event_type(), kind);
            // An event whose payload is shared decodes as the same event in each of these versions.
            let is_other = matches!(delivery.event, Event::OtherVersion(_));
            let expected = OTHER_PAYLOADS.contains(&(kind, version));
            assert_eq!(is_other, expected, "{:?}", delivery.event);
            if let Event::OtherVersion(event) = &delivery.event {
                assert_eq!((event.api_version(), event.event_type()), (version, kind));
                assert!(!event.is_unknown());
            }
            // The event round-trips.
            let text = codec::to_string(&delivery.event);
            assert_eq!(codec::from_str::<Event>(&text).unwrap(), delivery.event);
        }
    }
    let own = deliver(&body_of("order.paid", API_VERSION)).unwrap();
    assert!(matches!(own.event, Event::OrderPaid(_)), "{:?}", own.event);
}

#[test]
fn an_unsupported_version_is_reported() {
    let error = deliver(&body_of("order.paid", "2031-07")).unwrap_err();
    assert!(
        matches!(&error, WebhookError::Version { version, .. } if version == "2031-07"),
        "{error:?}"
    );
    assert_eq!(
        error.to_string(),
        format!(
            "the event follows version \"2031-07\" of the API, and the program was built for {}",
            Event::VERSIONS.join(", ")
        )
    );
}

#[test]
fn the_unsigned_version_header_is_ignored() {
    let recorded = &events()[0];
    let mut headers = recorded.headers.clone();
    headers.push(("webhook-api-version".to_owned(), "2025-01".to_owned()));
    let delivery = verify_changed(recorded, &headers, recorded.body.as_bytes()).unwrap();
    assert!(matches!(delivery.event, Event::OrganizationUpdated(_)));
    assert_eq!(delivery.api_version, None);
}

#[test]
fn events_of_unknown_types_are_accepted() {
    let body =
        json!({"type": "order.gifted", "timestamp": "2026-11-21T18:24:03Z", "data": {"a": [1]}});
    let delivery = deliver(&body).unwrap();
    assert!(delivery.event.is_unknown());
    assert_eq!(delivery.event.event_type(), "order.gifted");
    assert!(matches!(&delivery.event, Event::Unknown { raw, .. } if *raw == body));

    let others = AnyEvent::VERSIONS.iter();
    for version in others.filter(|version| **version != API_VERSION) {
        let mut other = body.clone();
        other["api_version"] = json!(version);
        let delivery = deliver(&other).unwrap();
        assert!(delivery.event.is_unknown());
        // If versions share the type `Event`, it is an event of both.
        let is_own = matches!(&delivery.event, Event::Unknown { raw, .. } if *raw == other);
        assert!(
            is_own
                || matches!(&delivery.event, Event::OtherVersion(it) if it.api_version() == *version)
        );
    }
}

#[test]
fn bodies_without_an_event_are_malformed() {
    let mut broken = body_of("order.paid", API_VERSION);
    broken["data"]["total_amount"] = json!("10");
    let cases = [
        (
            broken,
            "data.total_amount: expected an integer, found \"10\" (in Event::OrderPaid)",
        ),
        (json!({"data": {}}), "type: missing"),
        (json!({"type": 1}), "type: expected a string, found 1"),
        (json!([]), "expected an object, found a list"),
    ];
    for (body, expected) in cases {
        let error = deliver(&body).unwrap_err();
        assert!(matches!(error, WebhookError::Malformed { .. }), "{error:?}");
        assert_eq!(
            error.to_string(),
            format!("the body is not an event: {expected}")
        );
    }
}

#[test]
fn standard_webhooks_agrees_on_signatures() {
    let theirs = standardwebhooks::Webhook::new(SECRET).unwrap();
    let webhooks = Webhooks::new(SECRET);
    for recorded in events() {
        let (id, now) = (recorded.header(ID), delivered_at(&recorded));
        let ours = webhooks.sign_standard(id, now, &recorded.body).unwrap();
        let signature = theirs
            .sign(id, now.timestamp(), recorded.body.as_bytes())
            .unwrap();
        assert_eq!(ours[2], (SIGNATURE, signature));
        assert!(webhooks.verify_at(&ours, &recorded.body, now).is_ok());
        // The standard library does not support the other kind of key, so it gets the bytes of the key.
        let raw = standardwebhooks::Webhook::from_bytes(SECRET.as_bytes().to_vec()).unwrap();
        let ours = webhooks.sign(id, now, &recorded.body).unwrap();
        let signature = raw
            .sign(id, now.timestamp(), recorded.body.as_bytes())
            .unwrap();
        assert_eq!(ours[2], (SIGNATURE, signature));
        assert!(webhooks.verify_at(&ours, &recorded.body, now).is_ok());
    }
}

#[test]
fn a_delivery_signed_now_is_verified() {
    let webhooks = Webhooks::new(SECRET);
    let recorded = &events()[0];
    let now = std::time::SystemTime::now();
    let headers = webhooks.sign("id", now, &recorded.body).unwrap();
    assert!(webhooks.verify(headers, &recorded.body).is_ok());
    let error = verify_now(recorded).unwrap_err();
    assert!(
        matches!(
            error,
            WebhookError::Stale { .. } | WebhookError::Future { .. }
        ),
        "{error:?}"
    );
}

fn verify_now(recorded: &Recorded) -> Result<Delivery<Event>, WebhookError> {
    Webhooks::new(&recorded.secret)
        .tolerance(std::time::Duration::ZERO)
        .verify(&recorded.headers, &recorded.body)
}
