//! Creates, reads, lists, updates and deletes items with random bodies, in every collection of every version. All
//! responses must be valid against the contract.

use bytes::Bytes;
use http::{Method, Request};
use polar_client::testing::Store;
use polar_client::transport::Transport as _;
use polar_tests::contract::{Contract, Generator, Operation, Rules, Schema};
use serde_json::Value;

/// The collections whose items can be created and read.
const COLLECTIONS: [&str; 11] = [
    "/v1/benefits/",
    "/v1/checkout-links/",
    "/v1/checkouts/",
    "/v1/custom-fields/",
    "/v1/customers/",
    "/v1/discounts/",
    "/v1/meters/",
    "/v1/orders/",
    "/v1/organizations/",
    "/v1/products/",
    "/v1/webhooks/endpoints",
];

struct VersionFixture {
    contract: &'static Contract,
    operations: Vec<Operation<'static>>,
    rules: Rules,
    store: Store,
}

macro_rules! version_test {
    ($name:ident $version:literal) => {
        #[tokio::test]
        async fn $name() {
            check($version, || Store::new(polar_client::$name::Api)).await;
        }
    };
}

polar_tests::each_version! { version_test() }

async fn check(version: &str, store: fn() -> Store) {
    let contract: &'static Contract = Box::leak(Box::new(Contract::of_version(version)));
    let operations = contract.operations();
    let schemas = operations.iter().filter_map(success);
    let pointers: Vec<String> = schemas.map(|(_, schema)| schema.pointer).collect();
    let rules = Rules::new(contract, pointers.iter().map(String::as_str));
    let mut fixture = VersionFixture {
        contract,
        operations,
        rules,
        store: store(),
    };
    for seed in 0..4 {
        fixture.store = store();
        for collection in COLLECTIONS {
            fixture.live(collection, seed).await;
        }
    }
}

/// Returns the status and content of the successful response.
fn success<'c>(operation: &Operation<'c>) -> Option<(u16, Schema<'c>)> {
    let responses = operation.responses().into_iter();
    let mut successes = responses.filter(|response| response.status < 300);
    let response = successes.find(|response| response.content.is_some())?;
    Some((response.status, response.content?.schema))
}

impl VersionFixture {
    /// Creates, reads, updates, lists and deletes an item, with the operations that the collection has.
    async fn live(&self, collection: &str, seed: u64) {
        let item = format!("{}/{{id}}", collection.trim_end_matches('/'));
        let create = self.operation("POST", collection).unwrap();
        let (content, _) = create.body().unwrap();
        let body = Generator::new(self.contract, seed)
            .non_null(content.schema.schema)
            .value;
        let created = self.call(create, collection, Some(&body)).await;
        let id = created["id"].as_str().unwrap();

        let path = item.replace("{id}", id);
        if let Some(get) = self.operation("GET", &item) {
            assert_eq!(self.call(get, &path, None).await, created);
        }
        if let Some(update) = self.operation("PATCH", &item) {
            let (content, _) = update.body().unwrap();
            let body = Generator::new(self.contract, seed)
                .non_null(content.schema.schema)
                .value;
            let updated = self.call(update, &path, Some(&body)).await;
            assert_eq!(updated["id"], created["id"], "{collection}");
        }
        let list = self.operation("GET", collection).unwrap();
        let listed = self.call(list, collection, None).await;
        let mut items = listed["items"].as_array().unwrap().iter();
        assert!(
            items.any(|item| item["id"] == created["id"]),
            "{collection}: {listed:#}"
        );
        if let Some(delete) = self.operation("DELETE", &item) {
            self.call(delete, &path, None).await;
            let (status, body) = self.send(&Method::DELETE, &path, None).await;
            assert_eq!((status, &body["error"]), (404, &"ResourceNotFound".into()));
        }
    }

    fn operation(&self, method: &str, path: &str) -> Option<&Operation<'static>> {
        let mut operations = self.operations.iter();
        operations.find(|operation| operation.method == method && operation.path == path)
    }

    /// Calls an operation, and validates the response against the contract.
    async fn call(&self, operation: &Operation<'_>, path: &str, body: Option<&Value>) -> Value {
        let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
        let (status, response) = self.send(&method, path, body).await;
        let shown = format!("{} {body:?}\n{status} {response:#}", operation.id);
        match success(operation) {
            Some((expected, schema)) => {
                assert_eq!(status, expected, "{shown}");
                let verdict = self.rules.check(&schema.pointer, &response);
                assert_eq!(verdict, Ok(()), "{shown}");
            }
            None => assert_eq!(status, 204, "{shown}"),
        }
        response
    }

    async fn send(&self, method: &Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", "Bearer x");
        let request = request.body(Bytes::from(body)).unwrap();
        let response = self.store.transport().execute(request).await.unwrap();
        let status = response.status().as_u16();
        let mut bytes = Vec::new();
        let mut body = response.into_body();
        while let Some(piece) = body.next().await {
            bytes.extend_from_slice(&piece.unwrap());
        }
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }
}
