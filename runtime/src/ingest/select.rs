//! Waiting for the first of two futures.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

/// Waits for whichever of the two futures completes first.
pub(crate) async fn first_of<T>(one: impl Future<Output = T>, other: impl Future<Output = ()>) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|context| match one.as_mut().poll(context) {
        Poll::Ready(_) => Poll::Ready(()),
        Poll::Pending => other.as_mut().poll(context),
    })
    .await;
}
