//! Calls: filters, enums, servers, organizations, receipts.

use polar_client::ids::{CustomerId, OrderId, OrganizationId};
use polar_client::types::Date;
use polar_client::v2026_10::models::{
    EventCreateExternalCustomer, OrderSortProperty, OrderStatus, TimeInterval,
};
use polar_client::v2026_10::{Ingester, Polar};
use polar_tests::Recorder;

use super::{ONE, TWO};

/// Asserts that all requests have this target.
macro_rules! target {
    ($expected:expr; $polar:ident: $($request:expr),+ $(,)?) => {{
        let recorder = Recorder::new(404, "{}");
        let $polar = Polar::builder()
            .access_token("polar_oat_x")
            .transport(recorder.clone())
            .build()
            .unwrap();
        $($request.await.map(drop).unwrap_err();)+
        for sent in recorder.take() {
            assert_eq!(sent.target, $expected);
        }
    }};
}

#[tokio::test]
async fn one_value_or_several() {
    let (id, ids) = (
        CustomerId::from(ONE),
        [CustomerId::from(ONE), CustomerId::from(TWO)],
    );
    target! {
        format!("/v1/orders/?customer_id={ONE}"); polar:
        polar.orders().list().customer_id(id),
        polar.orders().list().customer_id(ONE),
        polar.orders().list().customer_id([id]),
        polar.orders().list().customer_id([ONE]),
        polar.orders().list().customer_id(vec![ONE]),
    }
    target! {
        format!("/v1/orders/?customer_id={ONE}&customer_id={TWO}"); polar:
        polar.orders().list().customer_id(ids),
        polar.orders().list().customer_id(&ids),
        polar.orders().list().customer_id(ids.as_slice()),
        polar.orders().list().customer_id(ids.to_vec()),
        polar.orders().list().customer_id(&ids.to_vec()),
        polar.orders().list().customer_id([ONE, TWO]),
        polar.orders().list().customer_id(&[ONE, TWO]),
        polar.orders().list().customer_id(&vec![ONE, TWO]),
    }
    let (one, two) = ("u-1".to_owned(), "u-2".to_owned());
    target! {
        "/v1/orders/?external_customer_id=u-1"; polar:
        polar.orders().list().external_customer_id("u-1"),
        polar.orders().list().external_customer_id(&one),
        polar.orders().list().external_customer_id(one.clone()),
        polar.orders().list().external_customer_id(one.as_str()),
        polar.orders().list().external_customer_id(["u-1"]),
    }
    target! {
        "/v1/orders/?external_customer_id=u-1&external_customer_id=u-2"; polar:
        polar.orders().list().external_customer_id(["u-1", "u-2"]),
        polar.orders().list().external_customer_id(&["u-1", "u-2"]),
        polar.orders().list().external_customer_id(vec!["u-1", "u-2"]),
        polar.orders().list().external_customer_id(&vec!["u-1", "u-2"]),
        polar.orders().list().external_customer_id([one.as_str(), &two]),
        polar.orders().list().external_customer_id([one.clone(), two.clone()]),
        polar.orders().list().external_customer_id(vec![one.clone(), two.clone()]),
        polar.orders().list().external_customer_id(&[one.clone(), two.clone()]),
        polar.orders().list().external_customer_id(&vec![one.clone(), two.clone()]),
    }
    target! {
        "/v1/orders/?status=paid&status=refunded&sorting=-created_at"; polar:
        polar.orders().list().status(["paid", "refunded"]).sorting("-created_at"),
        polar.orders().list().status(vec!["paid", "refunded"]).sorting(OrderSortProperty::CreatedAtDesc),
        polar.orders().list().status(&["paid", "refunded"]).sorting(["-created_at"]),
        polar
            .orders()
            .list()
            .status([OrderStatus::Paid, OrderStatus::Refunded])
            .sorting([OrderSortProperty::CreatedAtDesc]),
        polar
            .orders()
            .list()
            .status(&[OrderStatus::Paid, OrderStatus::Refunded])
            .sorting(vec![OrderSortProperty::CreatedAtDesc]),
    }
}

#[tokio::test]
async fn arguments() {
    let day = Date::from_ymd_opt(2026, 11, 26).unwrap();
    target! {
        "/v1/metrics/?start_date=2026-11-26&end_date=2026-11-26&interval=day"; polar:
        polar.metrics().get(day, day, "day"),
        polar.metrics().get(day, day, TimeInterval::Day),
        polar.metrics().get(day, day, "day".to_owned()),
        polar.metrics().get(day, day, &TimeInterval::Day),
    }
    let text = ONE.to_string();
    target! {
        format!("/v1/orders/{ONE}"); polar:
        polar.orders().get(ONE),
        polar.orders().get(OrderId::from(ONE)),
        polar.orders().get(text.parse::<OrderId>().unwrap()),
    }
    target! {
        "/v1/customers/?metadata%5Bplan%5D=pro&metadata%5Bplan%5D=free"; polar:
        polar.customers().list().metadata([("plan", ["pro", "free"])]),
        polar.customers().list().metadata([("plan", vec!["pro", "free"])]),
        polar.customers().list().metadata([("plan", "pro"), ("plan", "free")]),
    }
}

#[test]
fn clients_of_the_sandbox_and_of_an_organization() {
    let polar = Polar::sandbox("polar_oat_x");
    assert!(format!("{polar:?}").contains("https://sandbox-api.polar.sh"));
    let organization = OrganizationId::from(ONE);
    for polar in [polar.organization(ONE), polar.organization(organization)] {
        assert!(format!("{polar:?}").contains(&format!("organization: Some({ONE})")));
    }
}

/// A program can name the type of an ingester of its version, and await receipts.
#[tokio::test]
async fn ingesters_and_receipts() {
    struct Application {
        events: Ingester,
    }
    let body = r#"{"inserted": 1, "duplicates": 0}"#;
    let recorder = Recorder::new(200, body);
    let polar = Polar::builder()
        .access_token("polar_oat_x")
        .transport(recorder)
        .build()
        .unwrap();
    let application = Application {
        events: polar.events().ingester().start().unwrap(),
    };
    let event = EventCreateExternalCustomer::new("tokens", "u-1").metadata([("units", 3)]);
    let receipt = application.events.ingest_with_receipt(event).await.unwrap();
    assert!(matches!(
        receipt.await,
        polar_client::ingest::DeliveryOutcome::Stored
    ));
}
