//! The in-memory store of the API, used as in tests of an application: directly by the client, and as an HTTP server.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

mod collections;
mod server;

use polar_client::testing::{Mock, Reply, Store, sample, sample_with};
use polar_client::types::{Clear, Uuid};
use polar_client::v2026_10::models::{
    CheckoutProductsCreate, CheckoutStatus, Customer, CustomerIndividual, CustomerIndividualCreate,
    CustomerUpdate, MetadataValue, Order, Price, ProductCreateOneTime, ProductCreateRecurring,
    ProductPriceFixedCreate, ProductSortProperty, ProductUpdate, ProductVisibility,
    RecurringInterval,
};
use polar_client::v2026_10::services::customers;
use polar_client::v2026_10::{Api, ErrorCode, Polar};
use polar_client::{CallOptions, Error, Location};
use serde_json::json;

fn client(store: &Store) -> Polar {
    let builder = Polar::builder().access_token("polar_oat_test");
    builder.transport(store.transport()).build().unwrap()
}

fn store() -> (Store, Polar) {
    let store = Store::new(Api);
    let polar = client(&store);
    (store, polar)
}

#[tokio::test]
async fn created_objects_can_be_read_listed_updated_and_deleted() {
    let (store, polar) = store();
    let customers = polar.customers();
    let create = CustomerIndividualCreate::new("grace@example.com")
        .name("Grace Hopper")
        .external_id("user/1")
        .metadata([("plan", "pro")]);
    let Customer::Individual(created) = customers.create(&create).await.unwrap() else {
        panic!("a team");
    };
    assert_eq!(
        (created.email.as_str(), created.name.as_deref()),
        ("grace@example.com", Some("Grace Hopper"))
    );
    assert_eq!(created.metadata["plan"], MetadataValue::from("pro"));
    assert_eq!(created.billing_address, None);

    let expected = Customer::Individual(created.clone());
    assert_eq!(customers.get(created.id).await.unwrap(), expected);
    let update = CustomerUpdate::new().external_id("user-1").name(Clear);
    customers.update(created.id, &update).await.unwrap();
    let Customer::Individual(updated) = customers.get_external("user-1").await.unwrap() else {
        panic!("a team");
    };
    assert_eq!(
        (updated.id, updated.name, updated.email),
        (created.id, None, created.email)
    );
    assert!(updated.modified_at.unwrap() > created.created_at);
    assert_eq!(updated.metadata, created.metadata);
    assert_eq!(customers.list().await.unwrap().items.len(), 1);
    assert!(store.get::<Customer>(created.id).is_some());

    customers.delete(created.id).await.unwrap();
    for gone in [
        customers.get(created.id).await,
        customers.get_external("user-1").await,
    ] {
        let error = gone.unwrap_err();
        assert!(error.is_not_found());
        assert_eq!(error.code(), Some(ErrorCode::ResourceNotFound));
    }
    assert!(
        customers
            .delete(created.id)
            .await
            .unwrap_err()
            .is_not_found()
    );
    assert_eq!(store.all::<Customer>(), []);
}

#[tokio::test]
async fn products_keep_their_prices_and_checkouts_their_products() {
    let (_, polar) = store();
    let create = ProductCreateRecurring::new(
        "Pro",
        [ProductPriceFixedCreate::new(4900)],
        RecurringInterval::Year,
    );
    let product = polar.products().create(&create).await.unwrap();
    assert!(product.is_recurring);
    assert_eq!(product.recurring_interval, Some(RecurringInterval::Year));
    assert_eq!(
        (product.recurring_interval_count, &product.visibility),
        (Some(1), &ProductVisibility::Public)
    );
    let [Price::Fixed(price)] = product.prices.as_slice() else {
        panic!("{:?}", product.prices);
    };
    assert_eq!((price.price_amount, price.product_id), (4900, product.id));

    let once = ProductCreateOneTime::new("Book", [ProductPriceFixedCreate::new(900)]);
    let book = polar.products().create(&once).await.unwrap();
    assert!(!book.is_recurring);
    let Price::Fixed(other) = &book.prices[0] else {
        panic!("{:?}", book.prices);
    };
    assert_ne!((price.id, product.id), (other.id, book.id));
    assert_eq!(product.organization_id, book.organization_id);

    // A price that an update refers to by its ID is not changed.
    let update: ProductUpdate = ProductUpdate::new().name("Pro 2");
    let renamed = polar.products().update(product.id, &update).await.unwrap();
    assert_eq!(
        (renamed.name.as_str(), &renamed.prices),
        ("Pro 2", &product.prices)
    );

    let create = CheckoutProductsCreate::new([product.id])
        .external_customer_id("user-1")
        .metadata([("cart", 7)]);
    let checkout = polar.checkouts().create(&create).await.unwrap();
    assert_eq!(checkout.status, CheckoutStatus::Open);
    assert_eq!(checkout.products[0].name, "Pro 2");
    assert_eq!(checkout.product_id, Some(product.id));
    assert_eq!(checkout.external_customer_id.as_deref(), Some("user-1"));
    let public = polar
        .checkouts()
        .client_get(&checkout.client_secret)
        .await
        .unwrap();
    assert_eq!(
        (public.id, public.products[0].id),
        (checkout.id, product.id)
    );
    let another = polar.checkouts().create(&create).await.unwrap();
    assert_ne!(
        (another.id, &another.client_secret),
        (checkout.id, &checkout.client_secret)
    );
}

#[tokio::test]
async fn lists_are_filtered_sorted_and_paged() {
    let (_, polar) = store();
    for (index, name) in ["Alpha", "Beta", "Gamma"].into_iter().enumerate() {
        let price = ProductPriceFixedCreate::new(100);
        let create = ProductCreateOneTime::new(name, [price]).metadata([("index", index as i64)]);
        let product = polar.products().create(&create).await.unwrap();
        if name == "Beta" {
            let archive = ProductUpdate::new().is_archived(true);
            polar.products().update(product.id, &archive).await.unwrap();
        }
    }
    let names = async |list: polar_client::v2026_10::services::products::List| -> Vec<String> {
        let items = list.collect_all().await.unwrap();
        items.into_iter().map(|product| product.name).collect()
    };
    let list = || polar.products().list();
    assert_eq!(names(list()).await, ["Gamma", "Beta", "Alpha"]);
    assert_eq!(names(list().limit(1)).await, ["Gamma", "Beta", "Alpha"]);
    assert_eq!(
        names(list().sorting([ProductSortProperty::Name])).await,
        ["Alpha", "Beta", "Gamma"]
    );
    assert_eq!(names(list().is_archived(true)).await, ["Beta"]);
    assert_eq!(names(list().query("ALP")).await, ["Alpha"]);
    assert_eq!(names(list().metadata([("index", "2")])).await, ["Gamma"]);
    assert_eq!(
        names(list().organization_id(Uuid::nil())).await,
        Vec::<String>::new()
    );
    let page = list().limit(2).page(2).await.unwrap();
    assert_eq!(
        (
            page.items.len(),
            page.pagination.total_count,
            page.pagination.max_page
        ),
        (1, 3, 2)
    );
    let invalid = list().page(0).await.unwrap_err();
    assert_eq!(
        invalid.api().unwrap().validation()[0].message,
        "Input should be greater than 0"
    );
}

#[tokio::test]
async fn unsupported_operations_can_be_inserted_or_mocked() {
    let (store, _) = store();
    let order: Order = sample_with(&json!({"status": "refunded"}));
    store.put(&order);
    let other: Order = sample_with(&json!({"id": "0ac9dc1e-0f5c-4f0c-9ae5-3a3b8a1f6d20"}));
    store.put(&other);
    store.put(&sample::<CustomerIndividual>());
    let mock = Mock::new();
    mock.otherwise(store.transport());
    mock.on::<customers::Export>()
        .reply_with(Reply::status(200).body("text/csv", "Email\na@example.com\n"));

    let polar = Polar::builder()
        .access_token("polar_oat_test")
        .transport(mock.transport())
        .build()
        .unwrap();
    assert_eq!(polar.orders().get(order.id).await.unwrap(), order);
    assert_eq!(
        polar
            .orders()
            .list()
            .customer_id(order.customer_id)
            .await
            .unwrap()
            .items
            .len(),
        2
    );
    assert!(polar.customers().get(order.customer_id).await.is_ok());
    assert!(
        polar
            .customers()
            .export()
            .await
            .unwrap()
            .starts_with("Email")
    );
    // The mock also records the requests that it passed on to the store.
    assert_eq!(mock.requests().len(), 4);

    let error = polar
        .orders()
        .finalize(order.id)
        .await
        .unwrap_err()
        .to_string();
    let expected = "orders:finalize: 418 I'm a teapot: UnsupportedByStore: orders:finalize: the store cannot respond to it";
    assert!(error.starts_with(expected), "{error}");
    let error = polar
        .orders()
        .list()
        .product_billing_type(polar_client::v2026_10::models::ProductBillingType::Recurring)
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("the store cannot filter by `product_billing_type`"),
        "{error}"
    );
}

#[tokio::test]
async fn bodies_are_validated_as_the_api_does() {
    let (_, polar) = store();
    let create = ProductCreateOneTime::new("P", [ProductPriceFixedCreate::new(100)]);
    let unchecked = CallOptions::new().send_unchecked();
    let error = polar
        .products()
        .create(&create)
        .with(unchecked)
        .await
        .unwrap_err();
    let Error::Api(api) = &error else {
        panic!("{error:?}");
    };
    assert_eq!(
        (api.status().as_u16(), error.code()),
        (422, Some(ErrorCode::RequestValidationError))
    );
    let entry = &api.validation()[0];
    assert_eq!(
        (entry.location.clone(), entry.message.as_str()),
        (
            vec![Location::Key("body".into()), Location::Key("name".into())],
            "must have at least 3 characters"
        )
    );
}

#[test]
#[should_panic(expected = "no operation reads ProductPriceFixed by ID or lists it")]
fn an_inserted_value_without_operations_is_rejected() {
    Store::new(Api).put(&sample::<polar_client::v2026_10::models::ProductPriceFixed>());
}
