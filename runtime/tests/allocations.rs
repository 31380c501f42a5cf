//! The heap use of a call: the number of allocations, and the memory of a call that waits.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod heap;

use std::collections::BTreeMap;

use allocation_counter::measure;
use bytes::Bytes;
use polar_client_runtime::codec::validate;
use polar_client_runtime::transport::{Body, BoxFuture, Transport, TransportError};

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

#[test]
fn a_call_allocates_what_it_needs_and_frees_it() {
    let client = heap::client(Instantly);
    let call = || assert!(heap::start(&client).1);
    // The first call initializes state that all calls share.
    call();
    let taken = measure(call);
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
    let taken = heap::waiting(1);
    assert!(taken.bytes_current < 4096, "{taken:?}");
    assert!(taken.count_current <= 20, "{taken:?}");
}

#[test]
fn a_valid_value_is_validated_without_allocations() {
    let list = vec!["a".to_owned(), "b".to_owned()];
    let value = BTreeMap::from([("name".to_owned(), list)]);
    let taken = measure(|| assert!(validate(&value).is_ok()));
    assert_eq!(taken.count_total, 0, "{taken:?}");
}
