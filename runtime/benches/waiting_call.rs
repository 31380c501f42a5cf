//! The memory of a call that waits for its response, with and without spans:
//! `cargo bench -p polar-client-runtime --bench waiting_call`.
//!
//! Many calls are started over a transport that never responds and allocates nothing, and their allocations are divided
//! by their number. The bench runs itself a second time with the feature `tracing`.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a bench is a program: a panic is how it fails"
)]

use std::pin::Pin;
use std::process::Command;
use std::task::{Context, Waker};

use bytes::Bytes;
use polar_client_runtime::Error;
use polar_client_runtime::client::{
    Access, ApiVersion, Call, Client, ClientBuilder, Credential, Method, Operation, Safety, Server,
};
use polar_client_runtime::transport::{Body, BoxFuture, Timer, Transport, TransportError};
use polar_client_runtime::types::Json;

const CALLS: usize = 1000;

/// The aim, in bytes per waiting call.
const TARGET_BYTES: i64 = 4096;

const WITH_TRACING: &str = "WAITING_CALL_WITH_TRACING";

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
    id: "things:list",
    method: Method::Get,
    path: "/v1/things/",
    access: Access::Account,
    safety: Safety::Safe,
};

/// Never responds.
#[derive(Debug)]
struct Never;

impl Transport for Never {
    fn execute(
        &self,
        _: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin(std::future::pending())
    }
}

/// Waits for ever.
#[derive(Debug)]
struct Stopped;

impl Timer for Stopped {
    fn sleep(&self, _: std::time::Duration) -> BoxFuture<'static, ()> {
        Box::pin(std::future::pending())
    }
}

fn main() -> Result<(), Error> {
    let client = ClientBuilder::<_, Version>::new()
        .access_token("polar_oat_bench")
        .transport(Never)
        .timer(Stopped)
        .build()?;
    let begin = || {
        let mut call = Call::<Json>::json(client.request(&OPERATION));
        let _ = Pin::new(&mut call).poll(&mut Context::from_waker(Waker::noop()));
        call
    };
    let mut calls = Vec::with_capacity(CALLS);
    drop(begin());
    let taken = allocation_counter::measure(|| calls.extend((0..CALLS).map(|_| begin())));
    let bytes = taken.bytes_current / CALLS as i64;
    let blocks = taken.count_current / CALLS as i64;
    let spans = if cfg!(feature = "tracing") {
        "with"
    } else {
        "without"
    };
    println!(
        "a waiting call {spans} `tracing`: {bytes} bytes in {blocks} allocations, aim {TARGET_BYTES}"
    );
    if !cfg!(feature = "tracing") && std::env::var_os(WITH_TRACING).is_none() {
        const RUN_WITH_TRACING: [&str; 7] = [
            "bench",
            "-p",
            "polar-client-runtime",
            "--bench",
            "waiting_call",
            "--features",
            "tracing",
        ];
        let status = Command::new(env!("CARGO"))
            .args(RUN_WITH_TRACING)
            .env(WITH_TRACING, "1")
            .status();
        assert!(status.unwrap().success());
    }
    Ok(())
}
