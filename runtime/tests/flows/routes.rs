//! Routes that redirect visitors to sessions: requests to the API, identities of visitors, and targets of redirects.

#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::future::ready;

use crate::script::{ScriptedTransport, Step, rate_limited, response};
use axum::body::Body;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::MethodRouter;
use http::StatusCode;
use http::request::Parts;
use polar_client_runtime::client::{Access, Method, Operation, RetryPolicy, Safety};
use polar_client_runtime::routes::{CheckoutRoute, Identity, PortalRoute};
use polar_client_runtime::transport::TransportErrorKind;
use serde_json::{Value, json};
use tower_service::Service as _;
use uuid::Uuid;

const PRODUCT: &str = "3c90c3cc-0d44-4b50-8888-8dd25736052a";
const OTHER: &str = "0b1a1c0e-7d0f-4b5e-9b1c-2f6d7c8e9f00";
const CUSTOMER: &str = "9eac85b9-55ec-4c68-a933-84be243cb2c1";
const CHECKOUT: &str = r#"{"url":"https://polar.example/checkout/polar_c_hush"}"#;
const SESSION: &str = r#"{"customer_portal_url":"https://polar.example/portal?token=hush"}"#;

static CREATE_CHECKOUT: Operation = create("checkouts:create", "/v1/checkouts/");
static CREATE_SESSION: Operation = create("customer-sessions:create", "/v1/customer-sessions/");

const fn create(id: &'static str, path: &'static str) -> Operation {
    Operation {
        id,
        method: Method::Post,
        path,
        access: Access::Account,
        safety: Safety::NotIdempotent,
    }
}

fn id(text: &str) -> Uuid {
    text.parse().unwrap()
}

fn checkout(script: &ScriptedTransport) -> CheckoutRoute {
    let policy = RetryPolicy::off();
    let polar = script.builder().retry(policy).build().unwrap();
    CheckoutRoute::new(polar.client.request(&CREATE_CHECKOUT))
}

fn portal(script: &ScriptedTransport) -> PortalRoute {
    let policy = RetryPolicy::off();
    let polar = script.builder().retry(policy).build().unwrap();
    PortalRoute::new(polar.client.request(&CREATE_SESSION))
}

/// Identifies every visitor as the same user.
fn logged_in(
    identity: Option<Identity>,
) -> impl Fn(Parts) -> std::future::Ready<Result<Option<Identity>, Response>> + Clone {
    move |_| ready(Ok(identity.clone()))
}

async fn get(mut route: MethodRouter, uri: &str) -> Response {
    let request = http::Request::get(uri).body(Body::empty()).unwrap();
    route.call(request).await.unwrap()
}

fn location(response: &Response) -> Option<&str> {
    Some(response.headers().get("location")?.to_str().unwrap())
}

async fn text(response: Response) -> String {
    let body = axum::body::to_bytes(response.into_body(), 1024).await;
    String::from_utf8(body.unwrap().to_vec()).unwrap()
}

/// Returns the body of the only request that was sent.
fn sent(script: &ScriptedTransport) -> Value {
    let requests = script.sent();
    assert_eq!(requests.len(), 1);
    serde_json::from_slice(requests[0].body()).unwrap()
}

fn query(parameters: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::from("/?"));
    query.append_pair("products", PRODUCT);
    query.extend_pairs(parameters).finish()
}

#[tokio::test]
async fn visitors_are_redirected_to_a_new_checkout() {
    let script = ScriptedTransport::new([response(201, CHECKOUT)]);
    let route = checkout(&script)
        .success_url("https://shop.example/thanks?checkout={CHECKOUT_ID}")
        .return_url("https://shop.example/")
        .metadata("source", "shop")
        .identified_by(logged_in(None));
    let uri = query(&[
        ("products", OTHER),
        ("customerEmail", "ada@example.com"),
        ("customerName", "Ada"),
        ("customerTaxId", "ATU1"),
        ("customerBillingAddress", r#"{"country":"AT"}"#),
        ("metadata", r#"{"source":"forged","campaign":"spring"}"#),
        ("allowDiscountCodes", "false"),
        ("seats", "3"),
        ("locale", "de"),
        ("discountId", ""),
        ("utm_source", "mail"),
        ("successUrl", "https://evil.example/"),
        ("returnUrl", "https://evil.example/"),
        ("customerIpAddress", "192.0.2.1"),
    ]);
    let response = get(route, &uri).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(
        location(&response),
        Some("https://polar.example/checkout/polar_c_hush")
    );
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(script.sent()[0].uri().path(), "/v1/checkouts/");
    assert_eq!(
        sent(&script),
        json!({
            "products": [PRODUCT, OTHER],
            "customer_email": "ada@example.com",
            "customer_name": "Ada",
            "customer_tax_id": "ATU1",
            "customer_billing_address": {"country": "AT"},
            "metadata": {"source": "shop", "campaign": "spring"},
            "allow_discount_codes": false,
            "seats": 3,
            "locale": "de",
            "success_url": "https://shop.example/thanks?checkout={CHECKOUT_ID}",
            "return_url": "https://shop.example/",
        })
    );
}

#[tokio::test]
async fn the_program_identifies_the_logged_in_customer() {
    let script = ScriptedTransport::new([response(201, CHECKOUT)]);
    let identity = Identity::external_id("u/1").email("ada@example.com");
    let route = checkout(&script).identified_by(logged_in(Some(identity)));
    let uri = query(&[
        ("customerExternalId", "u/1"),
        ("customerEmail", "Ada@Example.com"),
        ("customerName", "Ada"),
        ("customerMetadata", r#"{"a":1}"#),
    ]);
    let response = get(route, &uri).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(
        sent(&script),
        json!({
            "products": [PRODUCT],
            "external_customer_id": "u/1",
            "customer_email": "ada@example.com",
            "customer_name": "Ada",
            "customer_metadata": {"a": 1},
        })
    );
}

#[tokio::test]
async fn queries_that_name_another_customer_are_rejected() {
    let external = || Some(Identity::external_id("u-1"));
    let by_id = || Some(Identity::customer_id(id(CUSTOMER)).email("ada@example.com"));
    for (identity, name, value) in [
        (None, "customerId", CUSTOMER),
        (None, "customerExternalId", "u-1"),
        (None, "customerMetadata", "{}"),
        (external(), "customerExternalId", "u-2"),
        (external(), "customerId", CUSTOMER),
        (external(), "customerEmail", "eve@example.com"),
        (by_id(), "customerId", OTHER),
        (by_id(), "customerId", "x"),
        (by_id(), "customerExternalId", "u-1"),
        (by_id(), "customerEmail", "eve@example.com"),
    ] {
        let script = ScriptedTransport::new([response(201, CHECKOUT)]);
        let route = checkout(&script).identified_by(logged_in(identity.clone()));
        let response = get(route, &query(&[(name, value)])).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{name}={value}");
        assert_eq!(script.count(), 0);
        if identity.is_some() {
            let route = portal(&script).identified_by(logged_in(identity));
            let response = get(route, &query(&[(name, value)])).await;
            assert_eq!(response.status(), StatusCode::FORBIDDEN, "{name}={value}");
            assert_eq!(script.count(), 0);
        }
    }
}

#[tokio::test]
async fn only_offered_products_can_be_chosen() {
    let all = [response(201, CHECKOUT)];
    for (product, discount, status) in [
        (PRODUCT, None, 303),
        (PRODUCT, Some(OTHER), 303),
        (OTHER, None, 403),
        (PRODUCT, Some(PRODUCT), 403),
    ] {
        let script = ScriptedTransport::new(all.clone());
        let route = checkout(&script)
            .products([id(PRODUCT)])
            .discounts([id(OTHER)])
            .allow_discount_codes(false)
            .identified_by(logged_in(None));
        let mut uri = format!("/?products={product}&allowDiscountCodes=true");
        if let Some(discount) = discount {
            uri += &format!("&discountId={discount}");
        }
        assert_eq!(get(route, &uri).await.status(), status, "{uri}");
        if status == 303 {
            assert_eq!(sent(&script)["allow_discount_codes"], false);
            assert_eq!(
                sent(&script).get("discount_id"),
                discount.map(Value::from).as_ref()
            );
        }
    }
    let script = ScriptedTransport::new(all);
    let route = checkout(&script).identified_by(logged_in(None));
    let response = get(route, &query(&[("discountId", OTHER)])).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN, "none is offered");
}

#[tokio::test]
async fn parameters_that_cannot_be_used_are_named() {
    let (p, script) = (PRODUCT, ScriptedTransport::new([response(201, CHECKOUT)]));
    for (uri, message) in [
        ("/".to_owned(), "products are missing"),
        ("/?products=".to_owned(), "products are missing"),
        ("/?products=pro".to_owned(), "products are not UUIDs"),
        (format!("/?products={p},{p}"), "products are not UUIDs"),
        (query(&[("seats", "0")]), "seats is not a positive integer"),
        (
            query(&[("seats", "many")]),
            "seats is not a positive integer",
        ),
        (
            query(&[("metadata", "[1]")]),
            "metadata is not a JSON object",
        ),
        (
            query(&[("customerBillingAddress", "AT")]),
            "customerBillingAddress is not a JSON object",
        ),
        (
            query(&[("allowDiscountCodes", "yes")]),
            "allowDiscountCodes is neither true nor false",
        ),
        (query(&[("discountId", "x")]), "discountId is not a UUID"),
        (
            query(&[("customerEmail", "a@b.c"), ("customerEmail", "d@e.f")]),
            "customerEmail is repeated",
        ),
    ] {
        let route = checkout(&script).identified_by(logged_in(None));
        let response = get(route, &uri).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{uri}");
        assert_eq!(text(response).await, message);
    }
    assert_eq!(script.count(), 0);
}

#[tokio::test]
async fn customers_are_redirected_to_their_portal() {
    for (identity, body) in [
        (
            Identity::external_id("u-1").email("ada@example.com"),
            json!({"external_customer_id": "u-1", "return_url": "https://shop.example/"}),
        ),
        (
            Identity::customer_id(id(CUSTOMER)).member_id(id(OTHER)),
            json!({"customer_id": CUSTOMER, "member_id": OTHER, "return_url": "https://shop.example/"}),
        ),
        (
            Identity::external_id("team").external_member_id("u-1"),
            json!({"external_customer_id": "team", "external_member_id": "u-1",
                   "return_url": "https://shop.example/"}),
        ),
    ] {
        let script = ScriptedTransport::new([response(201, SESSION)]);
        let route = portal(&script)
            .return_url("https://shop.example/")
            .identified_by(logged_in(Some(identity)));
        let response = get(route, "/?return_url=https://evil.example/").await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(
            location(&response),
            Some("https://polar.example/portal?token=hush")
        );
        assert_eq!(sent(&script), body);
    }
}

#[tokio::test]
async fn the_portal_is_for_customers_who_are_logged_in() {
    let script = ScriptedTransport::new([response(201, SESSION)]);
    let anonymous = portal(&script).identified_by(logged_in(None));
    assert_eq!(get(anonymous, "/").await.status(), StatusCode::UNAUTHORIZED);
    let login = |_| ready(Err(Redirect::to("/login").into_response()));
    let response = get(portal(&script).identified_by(login), "/").await;
    assert_eq!(location(&response), Some("/login"));
    assert_eq!(script.count(), 0);
}

#[tokio::test]
async fn head_requests_create_no_sessions() {
    let script = ScriptedTransport::new([]);
    let visitor = logged_in(Some(Identity::external_id("user-7")));
    for mut route in [
        checkout(&script).identified_by(visitor.clone()),
        portal(&script).identified_by(visitor.clone()),
    ] {
        let request = http::Request::head(query(&[])).body(Body::empty());
        let response = route.call(request.unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers()["allow"], "GET");
    }
    assert!(script.sent().is_empty());
}

#[tokio::test]
async fn the_function_sees_the_request() {
    let script = ScriptedTransport::new([response(201, SESSION)]);
    let by_header = async |parts: Parts| {
        let user = parts
            .headers
            .get("x-user")
            .and_then(|user| user.to_str().ok());
        Ok(user.map(Identity::external_id))
    };
    let mut route: MethodRouter = portal(&script).identified_by(by_header);
    let request = http::Request::get("/").header("x-user", "u-7");
    let response = route.call(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.unwrap().status(), StatusCode::SEE_OTHER);
    assert_eq!(sent(&script)["external_customer_id"], "u-7");
}

#[tokio::test]
async fn visitors_are_redirected_only_to_allowed_urls() {
    for url in [
        "http://polar.example/checkout",
        "javascript:alert(1)",
        "https://polar.example@evil.example/",
        r"https://polar.example/\r\nset-cookie: a=b",
        "/checkout",
    ] {
        let body = format!(r#"{{"url":"{url}"}}"#).leak();
        let script = ScriptedTransport::new([response(201, body)]);
        let route = checkout(&script).identified_by(logged_in(None));
        let response = get(route, &query(&[])).await;
        assert_eq!(response.status(), StatusCode::BAD_GATEWAY, "{url}");
        assert_eq!(location(&response), None);
        assert_eq!(response.headers().get("set-cookie"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn api_errors_become_statuses_without_details() {
    let invalid = r#"{"error":"RequestValidationError","detail":[{"loc":["body","hush"],"msg":"hush","type":"x"}]}"#;
    let named = r#"{"error":"Hush","detail":"hush"}"#;
    for (step, checkout_status, portal_status) in [
        (response(422, invalid), 400, 404),
        (rate_limited("7"), 503, 503),
        (response(401, named), 500, 500),
        (response(403, named), 500, 500),
        (response(404, named), 500, 500),
        (response(500, named), 502, 502),
        (response(201, r#"{"hush":1}"#), 500, 500),
        (Step::Fail(TransportErrorKind::Interrupted), 502, 502),
        (Step::Fail(TransportErrorKind::Connect), 502, 502),
        (Step::Hang, 504, 504),
    ] {
        let script = ScriptedTransport::new([step.clone()]);
        let customer = Some(Identity::external_id("u-1"));
        let routes = [
            (
                checkout(&script).identified_by(logged_in(None)),
                checkout_status,
            ),
            (
                portal(&script).identified_by(logged_in(customer)),
                portal_status,
            ),
        ];
        for (route, status) in routes {
            let response = get(route, &query(&[])).await;
            assert_eq!(response.status(), status, "{step:?}");
            let delay = response.headers().get("retry-after");
            let expected = (status == 503).then_some("7");
            assert_eq!(delay.map(|it| it.to_str().unwrap()), expected);
            assert_eq!(response.headers()["cache-control"], "no-store");
            let text = text(response).await;
            assert!(!text.is_empty() && !text.contains("ush"), "{text}");
        }
    }
}

#[test]
fn identities_keep_personal_data_out_of_logs() {
    let identity = Identity::external_id("u-1")
        .email("hush@example.com")
        .name("hush");
    let shown = format!("{identity:?}");
    assert!(shown.contains("u-1") && !shown.contains("hush"), "{shown}");
}
