//! Lists products. Each measured program is this one with the code of a feature in `feature.rs`.

mod feature;

use std::error::Error;
use std::future::{Future, IntoFuture};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use polar_client::transport::{Body, BoxFuture, Transport, TransportError, TransportErrorKind};
use polar_client::MODULE::Polar;

fn main() -> Result<(), Box<dyn Error>> {
    let polar = feature::client()?;
    if let Some(page) = once(polar.products().list().into_future()) {
        println!("{} products", page?.items.len());
    }
    feature::run(&polar)
}

/// Creates a client with a transport that sends nothing.
pub fn without_http() -> Result<Polar, polar_client::Error> {
    Polar::builder().access_token("polar_oat_...").transport(NullTransport).build()
}

/// Polls a future once, so that its code is part of the executable without a runtime.
pub fn once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

#[derive(Debug)]
pub struct NullTransport;

impl Transport for NullTransport {
    fn execute(
        &self,
        _: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin(async { Err(TransportError::new(TransportErrorKind::Connect, "no network")) })
    }
}
