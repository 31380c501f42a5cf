//! The mock of the API, used as in tests of an application.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use polar_client::testing::{Mock, Reply, sample, sample_with};
use polar_client::types::Uuid;
use polar_client::v2026_10::models::{
    EventCreateCustomer, EventsIngest, Order, OrderStatus, Price, SeatAssign, SeatsList,
};
use polar_client::v2026_10::services::{
    customer_seats, customers, events, orders, products, subscriptions,
};
use polar_client::v2026_10::{API_VERSION, ErrorCode, Polar};
use polar_client::{CallOptions, CustomerSession, Error, RetryPolicy, codec};
use serde_json::json;

const ID: Uuid = Uuid::from_u128(0x5ea7);
const SEATS: &str = include_str!("../../fixtures/seats_and_subscriptions/seats.json");
const EMPTY: &str = r#"{"items":[],"pagination":{"total_count":0,"max_page":0}}"#;

fn client(mock: &Mock) -> Polar {
    let builder = Polar::builder()
        .access_token("polar_oat_test")
        .retry(RetryPolicy::off());
    builder.transport(mock.transport()).build().unwrap()
}

/// Verifies the mock, and returns the message of the panic.
fn report(mock: &Mock) -> String {
    let panic = catch_unwind(AssertUnwindSafe(|| mock.verify())).unwrap_err();
    panic.downcast_ref::<String>().unwrap().clone()
}

#[tokio::test]
async fn responses_are_typed_and_requests_recorded() {
    let mock = Mock::new();
    let seats: SeatsList = codec::from_str(SEATS).unwrap();
    mock.on::<customer_seats::ListSeats>()
        .query("subscription_id", ID)
        .unchecked()
        .reply(&seats);
    mock.on::<subscriptions::Export>()
        .reply(&"a,b\n1,2\n".to_owned());
    mock.on::<products::List>().reply_json(EMPTY);

    let polar = client(&mock);
    let list = polar.customer_seats().list_seats().subscription_id(ID);
    assert_eq!(list.await.unwrap(), seats);
    let export = polar.subscriptions().export().await.unwrap();
    assert_eq!(export, "a,b\n1,2\n");
    let products = polar.products().list().query("a&b").id([ID, Uuid::nil()]);
    assert_eq!(products.collect_all().await.unwrap(), []);

    let requests = mock.requests();
    let ids: Vec<_> = requests
        .iter()
        .map(|request| request.operation().id)
        .collect();
    assert_eq!(
        ids,
        [
            "customer-seats:list_seats",
            "subscriptions:export",
            "products:list"
        ]
    );
    assert_eq!(
        requests[2].query()[0],
        ("query".to_owned(), "a&b".to_owned())
    );
    let values: Vec<_> = requests[2].query_values("id").collect();
    assert_eq!(values, [ID.to_string(), Uuid::nil().to_string()]);
    assert_eq!(requests[0].header("polar-version"), Some(API_VERSION));
    assert!(!format!("{requests:?}").contains("polar_oat_test"));
}

#[tokio::test]
async fn rules_match_by_path_parameters_and_body() {
    let mock = Mock::new();
    mock.on::<customers::GetExternal>()
        .path("external_id", "a&b ü")
        .reply_with(Reply::error(404, ErrorCode::ResourceNotFound, "gone"));
    let body = json!({"events": [{"name": "x", "customer_id": ID.to_string()}]});
    mock.on::<events::Ingest>()
        .body(body.clone())
        .reply_json(format!(r#"{{"inserted":{}}}"#, 1));
    mock.on::<customers::Delete>().path("id", ID).reply(&());

    let polar = client(&mock);
    let error = polar.customers().get_external("a&b ü").await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::ResourceNotFound));
    let ingest: EventsIngest = events_of(&body);
    assert_eq!(polar.events().ingest(ingest).await.unwrap().inserted, 1);
    polar.customers().delete(ID).await.unwrap();

    let requests = mock.requests();
    assert_eq!(requests[0].path("external_id"), Some("a&b ü"));
    assert_eq!(requests[0].path("id"), None);
    assert_eq!(requests[1].json(), body);
    assert_eq!(requests[2].path("id"), Some(&*ID.to_string()));
}

#[tokio::test]
async fn a_different_body_is_reported_with_the_locations() {
    let mock = Mock::new();
    mock.on::<customer_seats::AssignSeat>()
        .body(json!({"email": "a@example.com", "metadata": {"a/b": "c"}, "order_id": ID}))
        .reply_sample();
    let assign = SeatAssign::new()
        .subscription_id(ID)
        .email("a@example.com")
        .metadata([("a/b", "secret")]);
    let error = client(&mock).customer_seats().assign_seat(assign).await;
    let detail = error.unwrap_err().to_string();
    let places =
        "the body differs at /metadata/a~1b, /order_id (missing), /subscription_id (not expected)";
    assert!(detail.contains(places), "{detail}");
    assert!(!detail.contains("secret"), "{detail}");
    assert!(report(&mock).contains(places));
}

fn events_of(body: &serde_json::Value) -> EventsIngest {
    let name = body["events"][0]["name"].as_str().unwrap();
    EventsIngest::new([EventCreateCustomer::new(name, ID)])
}

#[tokio::test]
async fn file_storages_respond_as_configured() {
    let mock = Mock::new();
    mock.on::<orders::Invoice>().reply_sample();
    mock.storage(Reply::status(200).body("application/pdf", "%PDF-1.7"));
    let invoice = client(&mock).orders().download_invoice(ID).bytes().await;
    assert_eq!(invoice.unwrap().as_ref(), b"%PDF-1.7");
    assert_eq!(mock.requests()[1].operation().id, "storage:get");
}

#[tokio::test]
async fn responses_of_one_operation_are_returned_in_order() {
    let mock = Mock::new();
    mock.on::<customers::Delete>().times(2).reply(&());
    mock.on::<customers::Delete>()
        .any_times()
        .reply_with(Reply::error(403, ErrorCode::NotPermitted, "no"));
    let customers = client(&mock).customers();
    for _ in 0..2 {
        customers.delete(ID).await.unwrap();
    }
    for _ in 0..3 {
        let error = customers.delete(ID).await.unwrap_err();
        assert!(matches!(error.code(), Some(ErrorCode::NotPermitted)));
    }
}

#[tokio::test]
async fn network_and_proxy_failures_can_be_simulated() {
    async fn failure(reply: Reply) -> Error {
        let mock = Mock::new();
        mock.on::<orders::Finalize>().any_times().reply_with(reply);
        client(&mock).orders().finalize(ID).await.unwrap_err()
    }
    let rejected = failure(Reply::connection_refused()).await;
    assert!(matches!(rejected, Error::Connection { .. }), "{rejected:?}");
    let broken = failure(Reply::broken_body()).await;
    assert!(matches!(broken, Error::Connection { .. }), "{broken:?}");
    let late = failure(Reply::timed_out()).await;
    assert!(matches!(late, Error::Timeout { .. }), "{late:?}");

    let mock = Mock::new();
    mock.on::<orders::Finalize>().reply_with(Reply::never());
    let soon = CallOptions::new().timeout(Duration::from_millis(20));
    let finalize = client(&mock).orders().finalize(ID).with(soon);
    assert!(finalize.await.unwrap_err().is_timeout());

    let proxy = failure(Reply::bad_gateway()).await;
    let answer = proxy.api().unwrap();
    assert_eq!(answer.status().as_u16(), 502);
    assert!(answer.body().starts_with(b"<html>"));
    assert!(!answer.headers().contains_key("polar-version"));

    let answer = Reply::json(409, "{}").header("x-request", "7");
    let conflict = failure(answer).await;
    let headers = conflict.api().unwrap().headers();
    assert_eq!(
        (&headers["x-request"], &headers["polar-version"]),
        (&"7".parse().unwrap(), &API_VERSION.parse().unwrap())
    );
    let limited = failure(Reply::rate_limited(0)).await;
    let answer = limited.api().unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (429, &"0".parse().unwrap())
    );
    assert!(answer.body().is_empty());
}

#[tokio::test]
async fn retries_count_as_separate_calls() {
    let mock = Mock::new();
    let answers = [
        Reply::connection_refused(),
        Reply::rate_limited(0),
        Reply::status(204),
    ];
    for answer in answers {
        mock.on::<customers::Delete>().reply_with(answer);
    }
    let builder = Polar::builder().access_token("polar_oat_test");
    let polar = builder.transport(mock.transport()).build().unwrap();
    polar.customers().delete(ID).await.unwrap();
    assert_eq!(mock.requests().len(), 3);
}

#[tokio::test]
async fn a_removed_version_is_distinguished_from_a_missing_resource() {
    let mock = Mock::new();
    mock.on::<customers::Get>()
        .reply_with(Reply::version_gone());
    let missing = Reply::error(404, ErrorCode::ResourceNotFound, "no");
    mock.on::<customers::Get>().reply_with(missing);
    let customers = client(&mock).customers();
    assert!(customers.get(ID).await.unwrap_err().is_version_gone());
    assert!(customers.get(ID).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn unexpected_calls_fail_and_are_reported_on_verify() {
    let mock = Mock::new();
    mock.on::<customers::Get>()
        .path("id", Uuid::nil())
        .times(0)
        .reply_json("{}");
    let error = client(&mock).customers().get(ID).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with(&format!(
            "customers:get: 418 I'm a teapot: UnexpectedCall: not expected: customers:get with id={ID}; \
             customers:get with id={} (",
            Uuid::nil()
        )),
        "{text}"
    );
    let session = CustomerSession::new("polar_cst_hush");
    let portal = client(&mock).customer_portal(session);
    portal.orders().list().limit(3).await.unwrap_err();
    let report = report(&mock);
    assert!(
        report.contains("\n- not expected: customer_portal:orders:list with limit=3"),
        "{report}"
    );
    assert!(
        report.contains("\n- not expected: customers:get with id="),
        "{report}"
    );
    assert!(!report.contains("hush"));
    // The mock was reset, so it can be dropped without an error.
    assert!(mock.requests().is_empty());
}

#[test]
fn missing_calls_are_reported_with_their_source_location() {
    let mock = Mock::new();
    mock.on::<customers::Get>().times(2).reply_json("{}");
    let report = report(&mock);
    let place = concat!("(", file!(), ":");
    assert!(
        report.starts_with(&format!("calls to the mock:\n- customers:get {place}")),
        "{report}"
    );
    assert!(
        report.ends_with("): expected 2 times, got 0 times"),
        "{report}"
    );

    let mock = Mock::new();
    mock.on::<customers::Delete>().reply(&());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(mock))).is_err());
}

#[test]
#[should_panic(expected = "the path of customers:get has no `customer_id`: /v1/customers/{id}")]
fn a_contradictory_condition_is_rejected() {
    let mock = Mock::new();
    let _ = mock.on::<customers::Get>().path("customer_id", ID);
}

#[tokio::test]
async fn replies_can_be_samples_models_and_items() {
    let mock = Mock::new();
    mock.on::<orders::Get>().reply_sample();
    let mut order: Order = sample();
    order.status = OrderStatus::Refunded;
    mock.on::<orders::Get>().reply(&order);
    mock.on::<orders::List>()
        .reply_items([order.clone(), sample()]);
    mock.on::<products::List>().reply_items([]);

    let polar = client(&mock);
    assert_eq!(polar.orders().get(ID).await.unwrap(), sample::<Order>());
    assert_eq!(polar.orders().get(ID).await.unwrap(), order);
    let list = polar.orders().list().await.unwrap();
    assert_eq!(list.items, [order, sample()]);
    assert_eq!(
        (list.pagination.total_count, list.pagination.max_page),
        (2, 1)
    );
    let products = polar.products().list().await.unwrap();
    assert_eq!((products.items.len(), products.pagination.max_page), (0, 0));
}

/// Lets the mock respond with a sample order in which one property has this value. Returns the error of the call, and
/// the report of the mock.
async fn rejected(property: &str, value: serde_json::Value) -> (String, String) {
    let mock = Mock::new();
    let mut order = codec::to_value(&sample::<Order>());
    *order.pointer_mut(property).unwrap() = value;
    mock.on::<orders::Get>()
        .path("id", ID)
        .reply_json(order.to_string());
    let error = client(&mock).orders().get(ID).await.unwrap_err();
    (error.to_string(), report(&mock))
}

#[tokio::test]
async fn a_response_invalid_for_the_api_is_rejected_with_its_location() {
    let (error, report) = rejected("/status", json!("paidd")).await;
    let expected = format!("the response to orders:get with id={ID} ({}:", file!());
    assert!(
        error.contains(&format!(
            "orders:get: 418 I'm a teapot: InvalidResponse: {expected}"
        )),
        "{error}"
    );
    let reason =
        "/status: unknown value \"paidd\", must be one of \"draft\", \"pending\", \"paid\"";
    assert!(error.contains(reason), "{error}");
    assert!(
        report.contains(&expected) && report.contains(reason),
        "{report}"
    );

    let cases = [
        (
            "/total_amount",
            json!("10.00"),
            "/total_amount: must be an integer, is \"10.00\"",
        ),
        (
            "/customer/type",
            json!("robot"),
            "/customer/type: unknown value \"robot\"",
        ),
        (
            "/customer/email",
            json!(7),
            "/customer/email: must be a string, is 7",
        ),
        (
            "/items/0/id",
            json!("1"),
            "/items/0/id: is not a valid uuid: \"1\"",
        ),
        ("/items/0", json!({}), "/items/0/created_at: is required; "),
        (
            "/created_at",
            json!("yesterday"),
            "/created_at: is not a valid date-time: \"yesterday\"",
        ),
        (
            "/product_id",
            json!(false),
            "/product_id: must be a string, is false",
        ),
    ];
    for (property, value, expected) in cases {
        let (error, _) = rejected(property, value).await;
        assert!(error.contains(expected), "{error}");
    }
    let mock = Mock::new();
    mock.on::<orders::Get>().reply_json("{");
    let error = client(&mock)
        .orders()
        .get(ID)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("is invalid: invalid JSON: EOF while parsing"),
        "{error}"
    );
    assert!(catch_unwind(AssertUnwindSafe(|| drop(mock))).is_err());
}

#[tokio::test]
async fn unknown_values_are_sent_when_a_test_asks_for_them() {
    let mock = Mock::new();
    let mut product = codec::to_value(&sample::<polar_client::v2026_10::models::Product>());
    product["prices"][0]["amount_type"] = json!("barter");
    product["visibility"] = json!("whispered");
    product["new_key"] = json!(1);
    mock.on::<products::Get>()
        .unchecked()
        .reply_json(product.to_string());
    let product = client(&mock).products().get(ID).await.unwrap();
    assert!(matches!(product.prices[0], Price::Unknown(_)));
    assert!(product.visibility.is_unknown());

    mock.on::<products::Get>().unchecked().reply_json("{}");
    let error = client(&mock).products().get(ID).await.unwrap_err();
    assert!(matches!(error, Error::Decode { .. }), "{error:?}");
    // Error responses are not validated: servers have more errors than the OpenAPI description lists.
    mock.on::<products::Get>()
        .reply_with(Reply::error(503, "Unheard", "of"));
    assert!(
        client(&mock)
            .products()
            .get(ID)
            .await
            .unwrap_err()
            .api()
            .is_some()
    );
}

#[tokio::test]
async fn a_response_can_be_computed_from_the_request() {
    let mock = Mock::new();
    mock.on::<events::Ingest>().times(2).reply_by(|request| {
        let sent = request.json()["events"].as_array().map_or(0, Vec::len);
        sample_with(&json!({"inserted": sent}))
    });
    let polar = client(&mock);
    for count in [1, 3] {
        let event = EventCreateCustomer::new("x", ID);
        let ingest = EventsIngest::new(vec![event; count]);
        let inserted = polar.events().ingest(ingest).await.unwrap().inserted;
        assert_eq!(usize::try_from(inserted), Ok(count));
    }
    mock.on::<orders::Get>().reply_by(|request| {
        let mut order: Order = sample();
        order.status = OrderStatus::from(request.path("id").unwrap_or_default());
        order
    });
    let error = polar.orders().get(ID).await.unwrap_err().to_string();
    assert!(
        error.contains("is invalid: /status: unknown value"),
        "{error}"
    );
    assert!(catch_unwind(AssertUnwindSafe(|| drop(mock))).is_err());
}

#[tokio::test]
async fn routes_redirect_to_checkouts_and_portals() {
    use axum::body::Body;
    use axum::http::request::Parts;
    use axum::response::Response;
    use polar_client::routes::Identity;
    use polar_client::v2026_10::services::{checkouts, customer_sessions};
    use tower_service::Service as _;

    async fn visitor(_: Parts) -> Result<Option<Identity>, Response> {
        Ok(Some(Identity::external_id("u-1").email("ada@example.com")))
    }

    let mock = Mock::new();
    let checkout = json!({"url": "https://polar.example/checkout"});
    mock.on::<checkouts::Create>()
        .reply(&sample_with(&checkout));
    let session = json!({"customer_portal_url": "https://polar.example/portal"});
    mock.on::<customer_sessions::Create>()
        .reply(&sample_with(&session));
    let polar = client(&mock);
    let checkout = polar.checkouts().axum_route().products([ID]);
    let portal = polar.customer_sessions().axum_route();
    let mut router: axum::Router = axum::Router::new()
        .route("/checkout", checkout.identified_by(visitor))
        .route("/portal", portal.identified_by(visitor));
    for (uri, target) in [
        (
            format!("/checkout?products={ID}"),
            "https://polar.example/checkout",
        ),
        ("/portal".to_owned(), "https://polar.example/portal"),
    ] {
        let request = axum::http::Request::get(uri).body(Body::empty()).unwrap();
        let response = router.call(request).await.unwrap();
        assert_eq!(response.headers()["location"], target);
    }
    mock.verify();
}
