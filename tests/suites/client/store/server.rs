//! The store and the mock as HTTP servers.

use polar_client::testing::{Mock, Reply, Server, Store, sample};
use polar_client::v2026_10::models::{Customer, CustomerIndividualCreate, Order};
use polar_client::v2026_10::services::orders;
use polar_client::v2026_10::{API_VERSION, Api, Polar};
use polar_client::{Error, RetryPolicy};
use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};

fn client(server: &Server) -> Polar {
    let url = polar_client::Server::custom(&server.url()).unwrap();
    let builder = Polar::builder().access_token("polar_oat_test").server(url);
    builder.retry(RetryPolicy::off()).build().unwrap()
}

#[tokio::test]
async fn other_programs_share_the_stored_objects() {
    let store = Store::new(Api);
    let server = Server::start(store.transport()).unwrap();
    let create = CustomerIndividualCreate::new("grace@example.com");
    let created = client(&server).customers().create(&create).await.unwrap();

    let http = reqwest::Client::new();
    let get = |path: String| {
        http.get(format!("{}{path}", server.url()))
            .header(AUTHORIZATION, "Bearer x")
    };
    let path = format!("/v1/customers/{}", created.id());
    let response = get(path.clone())
        .header("polar-version", API_VERSION)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["polar-version"], API_VERSION);
    let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    assert_eq!(body["email"], "grace@example.com");
    let export = "customers:export: the store cannot respond to it; expect the call with `Mock::on`, and pass others on with \
                  `Mock::otherwise`";
    let cases = [
        (
            get("/v1/customers/export".to_owned()),
            418,
            json!({"error": "UnsupportedByStore", "detail": export}),
        ),
        (
            get("/v1/unheard-of".to_owned()),
            404,
            json!({"detail": "Not Found"}),
        ),
        (
            http.get(format!("{}{path}", server.url())),
            401,
            json!({"error": "Unauthorized", "detail": "Unauthorized"}),
        ),
        (
            http.post(format!("{}/v1/customers/", server.url()))
                .header(AUTHORIZATION, "Bearer x")
                .body("{"),
            422,
            json!({"error": "RequestValidationError", "detail": [{"loc": ["body"], "msg": "JSON decode error", "type": "json_invalid"}]}),
        ),
        (
            http.post(format!("{}/v1/customers/", server.url()))
                .header(AUTHORIZATION, "Bearer x")
                .body("{}"),
            422,
            json!({"error": "RequestValidationError", "detail": [{"loc": ["body", "email"], "msg": "is required", "type": "missing"}]}),
        ),
    ];
    for (request, status, expected) in cases {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status);
        let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert_eq!(body, expected);
    }
    assert_eq!(store.all::<Customer>(), [created]);
}

#[tokio::test]
async fn browsers_may_send_tokens_from_any_origin() {
    let server = Server::start(Store::new(Api).transport()).unwrap();
    let preflight = reqwest::Client::new().request(
        reqwest::Method::OPTIONS,
        format!("{}/v1/products/", server.url()),
    );
    let response = preflight.send().await.unwrap();
    assert_eq!(response.status(), 204);
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    assert_eq!(
        response.headers()["access-control-allow-headers"],
        "authorization, *"
    );
    let list = reqwest::Client::new().get(format!("{}/v1/products/", server.url()));
    let response = list.header(AUTHORIZATION, "Bearer x").send().await.unwrap();
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
}

#[tokio::test]
async fn a_mock_can_be_served_over_http() {
    let mock = Mock::new();
    let server = Server::start(mock.transport()).unwrap();
    let polar = client(&server);
    let order: Order = sample();
    mock.on::<orders::Get>().path("id", order.id).reply(&order);
    mock.on::<orders::Get>().reply_with(Reply::broken_body());
    assert_eq!(polar.orders().get(order.id).await.unwrap(), order);
    let broken = polar.orders().get(order.id).await.unwrap_err();
    assert!(matches!(broken, Error::Connection { .. }), "{broken:?}");
    let requests = mock.requests();
    assert_eq!(requests[0].path("id"), Some(&*order.id.to_string()));
    assert_eq!(
        requests[0].header("authorization"),
        Some("Bearer polar_oat_test")
    );
}

#[tokio::test]
async fn a_server_stops_when_it_is_dropped() {
    let server = Server::start(Store::new(Api).transport()).unwrap();
    let polar = client(&server);
    polar.products().list().await.unwrap();
    drop(server);
    let error = polar.products().list().await.unwrap_err();
    assert!(matches!(error, Error::Connection { .. }), "{error:?}");
}

#[test]
fn a_server_needs_no_runtime() {
    let server = Server::start(Store::new(Api).transport()).unwrap();
    assert!(
        client(&server)
            .products()
            .list()
            .send_blocking()
            .unwrap()
            .items
            .is_empty()
    );
}
