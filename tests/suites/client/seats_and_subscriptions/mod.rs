//! Calls two operations on an HTTP server on loopback: checks the sent requests, the decoded responses, and all kinds
//! of errors.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

mod errors;

use std::net::TcpListener;

use polar_client::v2026_10::models::{
    BenefitPublic, CustomerSubscriptionList, MemberRole, Price, RecurringInterval, SeatStatus,
    SeatsList, SubscriptionStatus,
};
use polar_client::v2026_10::{API_VERSION, ErrorCode, Polar};
use polar_client::{
    ApiError, CustomerSession, Error, OrganizationToken, RetryPolicy, Server, types::Uuid,
};
use serde_json::{Value, json};
use wiremock::matchers::{any, header, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

const ACCOUNT: &str = "polar_oat_account_token";
const SESSION: &str = "polar_cst_session_token";
const SUBSCRIPTION: Uuid = Uuid::from_u128(0x5ea7);

const SEATS: &str = include_str!("../../../fixtures/seats_and_subscriptions/seats.json");
const SUBSCRIPTIONS: &str =
    include_str!("../../../fixtures/seats_and_subscriptions/subscriptions.json");

const LIST_SEATS: &str = "customer-seats:list_seats";
const LIST_CLAIMED: &str = "customer_portal:seats:list_claimed_subscriptions";

fn client(server: &MockServer) -> Polar {
    let server = Server::custom(&server.uri()).unwrap();
    Polar::builder()
        .server(server)
        .access_token(ACCOUNT)
        .retry(RetryPolicy::off())
        .build()
        .unwrap()
}

/// Returns a server that sends this response to all requests.
async fn responding(response: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(response)
        .mount(&server)
        .await;
    server
}

fn json_answer(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body, "application/json")
}

async fn seats_from(response: ResponseTemplate) -> Result<SeatsList, Error> {
    let server = responding(response).await;
    client(&server)
        .customer_seats()
        .list_seats()
        .subscription_id(SUBSCRIPTION)
        .await
}

async fn claimed_from(response: ResponseTemplate) -> Result<CustomerSubscriptionList, Error> {
    let server = responding(response).await;
    let portal = client(&server).customer_portal(CustomerSession::new(SESSION));
    portal.seats().list_claimed_subscriptions().await
}

/// Returns the API error of a result, after checking that neither `Display` nor `Debug` shows a token.
fn api_error<T>(result: Result<T, Error>) -> Box<ApiError> {
    let Err(error) = result else {
        panic!("not an error")
    };
    assert_shows_no_token(&error);
    match error {
        Error::Api(error) => error,
        other => panic!("another error: {other:?}"),
    }
}

fn assert_shows_no_token(error: &Error) {
    for text in [
        error.to_string(),
        format!("{error:?}"),
        format!("{error:#?}"),
    ] {
        assert!(!text.contains(ACCOUNT) && !text.contains(SESSION), "{text}");
    }
}

fn value(request: &Request, name: &str) -> Option<String> {
    let mut values = request.headers.get_all(name).iter();
    let value = values.next()?.to_str().unwrap().to_owned();
    assert_eq!(values.next(), None, "{name} is sent twice");
    Some(value)
}

/// Returns the only received request.
async fn only_request(server: &MockServer) -> Request {
    let mut requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    requests.remove(0)
}

fn assert_common_headers(request: &Request, token: &str) {
    let expected = [
        ("authorization", format!("Bearer {token}")),
        ("polar-version", API_VERSION.to_owned()),
        ("accept", "application/json".to_owned()),
        (
            "user-agent",
            format!("polar-client/{}", env!("CARGO_PKG_VERSION")),
        ),
    ];
    for (name, expected) in expected {
        assert_eq!(value(request, name), Some(expected), "{name}");
    }
    assert_eq!(value(request, "content-type"), None);
    assert!(request.body.is_empty());
}

#[tokio::test]
async fn list_seats_is_sent_as_documented() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/v1/customer-seats"))
        .and(header(
            "Authorization",
            format!("Bearer {ACCOUNT}").as_str(),
        ))
        .respond_with(json_answer(200, SEATS))
        .expect(1)
        .mount(&server)
        .await;

    let order = Uuid::from_u128(0x07de7);
    let seats = client(&server).customer_seats();
    seats
        .list_seats()
        .order_id(order)
        .subscription_id(SUBSCRIPTION)
        .await
        .unwrap();

    let request = only_request(&server).await;
    assert_eq!(
        request.url.query(),
        Some(&*format!("order_id={order}&subscription_id={SUBSCRIPTION}"))
    );
    assert_common_headers(&request, ACCOUNT);
}

#[tokio::test]
async fn without_parameters_there_is_no_query() {
    let server = responding(json_answer(200, SEATS)).await;

    client(&server)
        .customer_seats()
        .list_seats()
        .send()
        .await
        .unwrap();

    assert_eq!(only_request(&server).await.url.query(), None);
}

#[tokio::test]
async fn list_seats_decodes_seats() {
    let list = seats_from(json_answer(200, SEATS)).await.unwrap();

    assert_eq!((list.available_seats, list.total_seats), (7, 10));
    let [pending, claimed] = &list.seats[..] else {
        panic!("{list:?}")
    };
    assert_eq!(pending.status, SeatStatus::Pending);
    assert_eq!((&pending.member, pending.claimed_at), (&None, None));
    assert_eq!(pending.subscription_id, Some(SUBSCRIPTION.into()));
    assert_eq!(claimed.status, SeatStatus::Unknown("lent".to_owned()));
    assert_eq!(claimed.member.as_ref().unwrap().role, MemberRole::Owner);
    assert_eq!(
        claimed.claimed_at.unwrap().timestamp_subsec_micros(),
        476_450
    );
    assert_eq!(claimed.seat_metadata.as_ref().unwrap()["desk"], 4);
}

#[tokio::test]
async fn the_portal_sends_the_session_token_not_the_account_token() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/v1/customer-portal/seats/subscriptions"))
        .and(header(
            "Authorization",
            format!("Bearer {SESSION}").as_str(),
        ))
        .respond_with(json_answer(200, SUBSCRIPTIONS))
        .expect(1)
        .mount(&server)
        .await;

    let portal = client(&server).customer_portal(CustomerSession::new(SESSION));
    portal
        .seats()
        .list_claimed_subscriptions()
        .page(2)
        .limit(50)
        .await
        .unwrap();

    let request = only_request(&server).await;
    assert_eq!(request.url.query(), Some("page=2&limit=50"));
    assert_common_headers(&request, SESSION);
    let head = format!("{} {:?}", request.url, request.headers);
    assert!(!head.contains(ACCOUNT), "the account's token was sent");
}

#[tokio::test]
async fn list_claimed_subscriptions_decodes_subscriptions() {
    let list = claimed_from(json_answer(200, SUBSCRIPTIONS)).await.unwrap();

    assert_eq!(
        (list.pagination.total_count, list.pagination.max_page),
        (1, 1)
    );
    let [subscription] = &list.items[..] else {
        panic!("{list:?}")
    };
    assert_eq!(subscription.status, SubscriptionStatus::Active);
    assert_eq!((subscription.seats, subscription.units), (Some(10), None));
    assert_eq!(
        subscription.pending_update.as_ref().unwrap().seats,
        Some(12)
    );
    let benefits = &subscription.product.benefits[..];
    let [
        BenefitPublic::LicenseKeys(_),
        BenefitPublic::MeterCredit(credit),
    ] = benefits
    else {
        panic!("{benefits:?}")
    };
    assert_eq!(credit.properties.as_ref().map(|it| it.units), Some(100));
}

#[tokio::test]
async fn list_claimed_subscriptions_discriminates_prices() {
    let list = claimed_from(json_answer(200, SUBSCRIPTIONS)).await.unwrap();

    let prices = &list.items[0].prices[..];
    let [
        Price::LegacyRecurringFixed(legacy_fixed),
        Price::LegacyRecurringCustom(legacy_custom),
        Price::Fixed(fixed),
        Price::Custom(custom),
        Price::SeatBased(seat_based),
        Price::UnitBased(unit_based),
        Price::MeteredUnit(metered_unit),
        Price::MeteredTiers(metered_tiers),
        Price::Unknown(free),
    ] = prices
    else {
        panic!("{prices:#?}")
    };
    assert_eq!(legacy_fixed.recurring_interval, RecurringInterval::Month);
    assert_eq!(legacy_fixed.price_amount, 1200);
    assert_eq!(legacy_custom.preset_amount, Some(500));
    assert_eq!(fixed.price_amount, 999_999_999_999);
    assert_eq!((custom.minimum_amount, custom.maximum_amount), (50, None));
    // The fixture contains the tiers under the names of all versions.
    assert_eq!(seat_based.amount_type, "seat_based");
    assert_eq!(unit_based.minimum_units, Some(5));
    assert_eq!(metered_unit.unit_amount.to_string(), "0.050000000000");
    assert_eq!(metered_tiers.tiers.tiers[0].bound, Some(1000));
    assert_eq!(free.raw()["amount_type"], "free");
}

#[tokio::test]
async fn a_plain_array_is_the_only_page() {
    let page: Value = serde_json::from_str(SUBSCRIPTIONS).unwrap();
    let whole = claimed_from(json_answer(200, SUBSCRIPTIONS)).await.unwrap();
    let list = claimed_from(json_answer(200, &page["items"].to_string()));
    let list = list.await.unwrap();
    assert_eq!(list.items, whole.items);
    let count = i64::try_from(list.items.len()).unwrap();
    let pagination = (list.pagination.total_count, list.pagination.max_page);
    assert_eq!(pagination, (count, 1));
}

#[tokio::test]
async fn types_with_a_token_do_not_print_it() {
    let server = responding(json_answer(200, SEATS)).await;
    let polar = client(&server);
    let portal = polar.customer_portal(CustomerSession::new(SESSION));
    let request = portal.seats().list_claimed_subscriptions();
    let printed = [
        format!("{polar:#?}"),
        format!("{:#?}", polar.customer_seats()),
        format!("{:#?}", polar.customer_seats().list_seats()),
        format!("{:#?}", polar.customer_seats().list_seats().send()),
        format!("{portal:#?}"),
        format!("{request:#?}"),
        format!("{:#?}", OrganizationToken::new(ACCOUNT)),
        format!("{:#?}", Polar::builder().access_token(ACCOUNT)),
    ];

    for text in printed {
        assert!(!text.contains(ACCOUNT) && !text.contains(SESSION), "{text}");
    }
}
