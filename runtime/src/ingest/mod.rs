//! Ingesting events in batches, from many tasks, through outages (feature `ingest`).
//!
//! An [`Ingester`] queues events; its [`Driver`] sends them, up to so many together, one request after the other. What may
//! pass (no connection, no answer, 429, 5xx, a token that is refused, a version that is gone) is waited out, however long it
//! takes, so that the server has every event in the end. An event is only given up when the server says that it is the
//! event that is wrong, and then without the others of its batch; or when a shutdown has no more time. Such events are
//! handed back: to a handler, or in the report, which has as many refused ones as the queue holds and counts the others.
//! An event on which the server itself fails, each time, is kept behind the others and tried again about once a minute.
//!
//! Every event is sent with an external id, by which the server knows those that it already has. So sending them again,
//! as often as it takes, stores each of them once.

mod builder;
mod driver;
mod entry;
mod handle;
mod outcome;
mod queue;

pub use builder::IngesterBuilder;
pub use driver::Driver;
pub use handle::{Ended, Ingester};
pub use outcome::{Fate, NotQueued, Obstacle, Receipt, Report, Stats, Undelivered};

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use crate::codec::{Decode, Encode};
use crate::types::Timestamp;

/// What can be ingested. Generated code implements it for the events of the API.
pub trait Event: Encode + Send + 'static {
    /// What the server answers to a batch.
    type Answer: Decode + Send + 'static;

    /// The key under which the body has its list of events.
    const LIST: &'static str;

    /// The key under which an event has its time.
    const TIME: &'static str;

    /// By what the server knows the event again.
    fn external_id(&mut self) -> &mut Option<String>;

    /// When it happened.
    fn timestamp(&mut self) -> &mut Option<Timestamp>;

    /// What became of a batch.
    fn counts(answer: &Self::Answer) -> Counts;
}

/// What became of the events of a batch that the server took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// How many it stored.
    pub accepted: i64,
    /// How many it had already.
    pub duplicates: i64,
}

/// Waits for one of the two.
async fn first_of<T>(one: impl Future<Output = T>, other: impl Future<Output = ()>) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|context| match one.as_mut().poll(context) {
        Poll::Ready(_) => Poll::Ready(()),
        Poll::Pending => other.as_mut().poll(context),
    })
    .await;
}
