//! Calls whose use of the heap is measured, over a client that allocates nothing besides them.

use std::future::pending;
use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::Duration;

use allocation_counter::{AllocationInfo, measure};
use bytes::Bytes;
use polar_client_runtime::client::{
    Access, ApiVersion, Call, Client, ClientBuilder, Credential, Method, Operation, Safety, Server,
};
use polar_client_runtime::transport::{Body, BoxFuture, Timer, Transport, TransportError};
use polar_client_runtime::types::{JsonValue, Uuid};

pub(crate) struct Version;

impl ApiVersion for Version {
    const VERSION: &'static str = "2026-10";
    const DEFAULT_SERVER: Server = Server::fixed("production", "https://api.example");
    const SERVERS: &'static [Server] = &[];
    const NOT_FOUND: &'static [&'static str] = &[];
    type Polar<C: Credential> = Client<C>;

    fn wrap<C: Credential>(client: Client<C>) -> Client<C> {
        client
    }
}

static OPERATION: Operation = Operation {
    id: "things:update",
    method: Method::Patch,
    path: "/v1/things/{id}",
    access: Access::Account,
    safety: Safety::Idempotent,
};

/// Never responds, without allocating.
#[derive(Debug)]
struct Never;

impl Transport for Never {
    fn execute(
        &self,
        _: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin(pending())
    }
}

/// A timer that never fires, without allocating.
#[derive(Debug)]
struct Stopped;

impl Timer for Stopped {
    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(pending())
    }
}

/// Returns a client over a transport.
pub(crate) fn client(transport: impl Transport) -> Client<impl Credential> {
    ClientBuilder::<_, Version>::new()
        .access_token("polar_oat_test")
        .transport(transport)
        .timer(Stopped)
        .build()
        .unwrap()
}

/// Starts a call with all parts: a path parameter, a query parameter, and a body. Returns whether it is complete.
pub(crate) fn start(client: &Client<impl Credential>) -> (Call<JsonValue>, bool) {
    let mut request = client.request(&OPERATION);
    request.path("id", &Uuid::from_u128(1));
    request.query("page", &7_i64);
    request.json_body(&"some text");
    let mut call = Call::json(request);
    let mut context = Context::from_waker(Waker::noop());
    let is_complete = Pin::new(&mut call).poll(&mut context).is_ready();
    (call, is_complete)
}

/// Measures this many calls that wait for their responses. A call before them initializes state that all calls
/// share.
pub(crate) fn waiting(count: usize) -> AllocationInfo {
    let client = client(Never);
    let mut calls = Vec::with_capacity(count + 1);
    calls.push(start(&client));
    let taken = measure(|| calls.extend((0..count).map(|_| start(&client))));
    assert!(calls.iter().all(|(_, is_complete)| !is_complete));
    taken
}
