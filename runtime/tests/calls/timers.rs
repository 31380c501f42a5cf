//! Clients on runtimes other than tokio.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::polar::{Api, Polar};
use bytes::Bytes;
use polar_client_runtime::client::{Anonymous, ClientBuilder};
use polar_client_runtime::transport::{
    Body, BoxFuture, Timer, Transport, TransportError, TransportErrorKind,
};

/// Rejects this number of requests.
#[derive(Debug)]
struct Refusing(Mutex<usize>);

impl Transport for Refusing {
    fn execute(
        &self,
        _: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        let mut left = self.0.lock().unwrap();
        let refused = *left > 0;
        *left = left.saturating_sub(1);
        Box::pin(async move {
            match refused {
                true => Err(TransportError::new(TransportErrorKind::Connect, "refused")),
                false => Ok(http::Response::new("[]".into())),
            }
        })
    }
}

/// A clock on which every wait ends at once, by advancing the time.
#[derive(Clone, Debug)]
struct Jumping(Arc<Mutex<Instant>>);

impl Timer for Jumping {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let now = Arc::clone(&self.0);
        Box::pin(async move { *now.lock().unwrap() += duration })
    }

    fn now(&self) -> Instant {
        *self.0.lock().unwrap()
    }
}

fn builder(refused: usize) -> ClientBuilder<Anonymous, Api> {
    Polar::builder().transport(Refusing(Mutex::new(refused)))
}

/// Returns the output of a future that must be ready when it is first polled.
fn now<F: IntoFuture>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future.into_future());
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("it waits"),
    }
}

#[test]
fn a_custom_timer_enables_retries_without_tokio() {
    let start = Instant::now();
    let timer = Jumping(Arc::new(Mutex::new(start)));
    let polar = builder(2).timer(timer.clone()).build().unwrap();
    assert!(now(polar.list()).unwrap().is_empty());
    let waited = timer.now() - start;
    assert!(waited <= Duration::from_millis(1500), "{waited:?}");
}

#[test]
fn calls_without_a_timer_are_not_retried() {
    let polar = builder(1).build().unwrap();
    assert!(now(polar.list()).unwrap_err().is_connection());
    assert!(now(polar.list()).unwrap().is_empty());
}

/// Responds with a body that never arrives if `true`, and else rejects the request.
#[cfg(feature = "reqwest")]
#[derive(Debug)]
struct Waiting(bool);

#[cfg(feature = "reqwest")]
struct Never;

#[cfg(feature = "reqwest")]
impl futures_core::Stream for Never {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(self: std::pin::Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Pending
    }
}

#[cfg(feature = "reqwest")]
impl Transport for Waiting {
    fn execute(
        &self,
        _: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin(async {
            match self.0 {
                true => Ok(http::Response::new(Body::stream(Never))),
                false => Err(TransportError::new(TransportErrorKind::Connect, "refused")),
            }
        })
    }
}

#[cfg(feature = "reqwest")]
#[tokio::test(start_paused = true)]
async fn a_future_that_leaves_its_runtime_returns_an_error() {
    use polar_client_runtime::Error;
    use std::pin::Pin;

    let unavailable = |error: &Error| matches!(error, Error::Configuration { .. });
    // The next chunk of a body is awaited on another thread.
    let polar = Polar::builder().transport(Waiting(true)).build().unwrap();
    let mut stream = polar.export().send_stream().await.unwrap();
    let error = std::thread::spawn(move || now(stream.next())).join();
    assert!(unavailable(&error.unwrap().unwrap().unwrap_err()));
    // A call waits for its retry on another thread.
    let polar = Polar::builder().transport(Waiting(false)).build().unwrap();
    let mut call = Box::pin(polar.list().send());
    let mut context = Context::from_waker(Waker::noop());
    assert!(Pin::new(&mut call).poll(&mut context).is_pending());
    let error = std::thread::spawn(move || now(call)).join().unwrap();
    assert!(unavailable(&error.unwrap_err()));
}

#[cfg(not(feature = "reqwest"))]
#[test]
fn a_rate_limit_needs_a_timer() {
    use polar_client_runtime::Error;
    use polar_client_runtime::client::RateLimit;

    let limited = builder(0).rate_limit(RateLimit::per_minute(1)).build();
    assert!(matches!(limited, Err(Error::Configuration { .. })));
}
