//! The heap use of a call: the number of allocations, and the memory of a call that waits.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::future::pending;
use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::Duration;

use allocation_counter::{AllocationInfo, measure};
use bytes::Bytes;
use polar_client_runtime::client::{
    Access, ApiVersion, Call, Client, ClientBuilder, Credential, Method, Operation, Request,
    Safety, Server,
};
use polar_client_runtime::transport::{Body, BoxFuture, Timer, Transport, TransportError};
use polar_client_runtime::types::{Json, Uuid};

struct Version;

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
    safety: Safety::Safe,
};

/// Responds at once. The only allocation is the boxed future.
#[derive(Debug)]
struct Instantly;

impl Transport for Instantly {
    fn execute(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin(async move {
            drop(request);
            Ok(http::Response::new("7".into()))
        })
    }
}

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

fn client(transport: impl Transport) -> Client<impl Credential> {
    ClientBuilder::<_, Version>::new()
        .access_token("polar_oat_test")
        .transport(transport)
        .timer(Stopped)
        .build()
        .unwrap()
}

/// Returns a request with a path parameter, a query parameter and a body.
fn request(client: &Client<impl Credential>) -> Request {
    let mut request = client.request(&OPERATION);
    request.path("id", &Uuid::from_u128(1));
    request.query("page", &7_i64);
    request.json_body(&"some text");
    request
}

fn poll(call: &mut Call<Json>) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    Pin::new(call).poll(&mut context).is_ready()
}

/// Counts the allocations of a second call. The first one initializes state that all calls share.
fn second(client: &Client<impl Credential>) -> AllocationInfo {
    let call = || {
        let mut call = Call::<Json>::json(request(client));
        assert!(poll(&mut call));
    };
    call();
    measure(call)
}

#[test]
fn a_call_allocates_what_it_needs_and_frees_it() {
    let taken = second(&client(Instantly));
    assert_eq!((taken.count_current, taken.bytes_current), (0, 0));
    // Allocations for the names of metrics, and those of the OpenTelemetry library.
    let telemetry = if cfg!(feature = "opentelemetry") {
        20
    } else {
        0
    };
    let most = 30 + telemetry;
    assert!(taken.count_total <= most, "{taken:?}");
    assert!(taken.bytes_max < 6 * 1024, "{taken:?}");
}

#[test]
fn a_waiting_call_uses_little_memory() {
    let client = client(Never);
    let begin = || {
        let mut call = Call::<Json>::json(request(&client));
        assert!(!poll(&mut call));
        call
    };
    drop(begin());
    let mut waiting = None;
    let taken = measure(|| waiting = Some(begin()));
    assert!(taken.bytes_current < 4096, "{taken:?}");
    assert!(taken.count_current <= 20, "{taken:?}");
}
