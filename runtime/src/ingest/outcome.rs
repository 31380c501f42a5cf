//! What becomes of events, and how it is told.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::event::Counts;
use crate::codec::Violations;
use crate::error::{Error, ValidationEntry};
use crate::transport::BoxFuture;

/// What became of an event that was queued.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Fate {
    /// The server has it, now or from before.
    Stored,
    /// The server says that the event is wrong. It does not help to send it again.
    #[non_exhaustive]
    Refused {
        /// The response, which can be about other events of the batch, too.
        error: Arc<Error>,
        /// What it says about this event; empty if the response names none.
        entries: Vec<ValidationEntry>,
    },
    /// The server accepted the batch, and by its own count neither stored nor knew all of its events. Which ones are missing
    /// is not known, so this is the outcome of every event of the batch. Sent again with the same external id, an event is
    /// stored once.
    #[non_exhaustive]
    Unconfirmed {
        /// How many events the batch had.
        sent: u64,
        /// What the server counted.
        counts: Counts,
    },
    /// The ingester ended before the server had taken it. Whether it was stored nevertheless is not known where an answer
    /// was lost; sent again with the same external id, it is stored once.
    Unsent,
}

/// An event that was not delivered, as it was sent: with an external id, and with a time, unless the server found the
/// ingester's to be in the future and is to take its own.
#[non_exhaustive]
pub struct Undelivered<E> {
    /// The event.
    pub event: E,
    /// Why: [`Fate::Refused`], [`Fate::Unconfirmed`] or [`Fate::Unsent`].
    pub fate: Fate,
}

/// Shows no event: they hold data of customers.
impl<E> fmt::Debug for Undelivered<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Undelivered")
            .field("fate", &self.fate)
            .finish_non_exhaustive()
    }
}

/// An event that was not queued, because of an [`Obstacle`].
pub struct NotQueued<E> {
    /// The event.
    pub event: E,
    /// Why.
    pub obstacle: Obstacle,
}

/// Why an event was not queued.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Obstacle {
    /// It violates constraints of the OpenAPI description.
    Invalid(Violations),
    /// It is larger than a request may be.
    TooLarge,
    /// The queue is full. Only [`try_ingest`](super::Ingester::try_ingest) says so, others wait.
    Full,
    /// The ingester was shut down, or its driver has ended.
    Ended,
}

impl<E> fmt::Display for NotQueued<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.obstacle {
            Obstacle::Invalid(violations) => write!(f, "the event was not queued: {violations}"),
            Obstacle::TooLarge => f.write_str("the event is larger than a request may be"),
            Obstacle::Full => f.write_str("the queue of events is full"),
            Obstacle::Ended => f.write_str("the ingester takes no more events"),
        }
    }
}

/// Shows no event: they hold data of customers.
impl<E> fmt::Debug for NotQueued<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotQueued")
            .field("obstacle", &self.obstacle)
            .finish_non_exhaustive()
    }
}

impl<E> std::error::Error for NotQueued<E> {}

/// What an ingester has done so far.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Stats {
    /// How many events wait, or are on their way.
    pub queued: usize,
    /// How many the server stored when they were sent.
    pub accepted: u64,
    /// How many the server had stored already. An event whose first response was lost is among them.
    pub duplicates: u64,
    /// How many the server refused.
    pub refused: u64,
    /// How many the server accepted without counting them as stored or known ([`Fate::Unconfirmed`]).
    pub unconfirmed: u64,
    /// How many were left when the ingester ended.
    pub unsent: u64,
    /// How many of the refused, unconfirmed and unsent events were not returned: there was no handler and no more room in
    /// the report, or the handler panicked.
    pub dropped: u64,
    /// How many requests were answered or failed.
    pub requests: u64,
    /// Why the last request failed, while that holds events up. It is tried again.
    pub failing: Option<Arc<Error>>,
}

/// What an ingester did, at its end.
#[non_exhaustive]
pub struct Report<E> {
    /// The counts.
    pub stats: Stats,
    /// The events that were not delivered. Empty where
    /// [`on_undelivered`](super::IngesterBuilder::on_undelivered) got them; else all that were unsent, and of the
    /// others the first, as many as the queue holds. [`Stats::dropped`] counts the others.
    pub undelivered: Vec<Undelivered<E>>,
}

impl<E> fmt::Debug for Report<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("stats", &self.stats)
            .field("undelivered", &self.undelivered.len())
            .finish()
    }
}

/// The ingester's driver has ended: it was dropped, or there was a shutdown. What was left is in the
/// [`Report`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended;

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the ingester ended before all events were sent")
    }
}

impl std::error::Error for Ended {}

/// Tells what becomes of one event, when it is awaited. Dropping it changes nothing.
#[derive(Debug)]
#[must_use = "a receipt tells nothing until it is awaited"]
pub struct Receipt(pub(super) Arc<Slot>);

impl Receipt {
    /// Waits until it is known what becomes of the event.
    pub async fn fate(self) -> Fate {
        loop {
            let filled = self.0.filled.listen();
            if let Some(fate) = self.0.get() {
                return fate;
            }
            filled.await;
        }
    }
}

/// Awaiting a receipt is awaiting its [`fate`](Receipt::fate).
impl IntoFuture for Receipt {
    type Output = Fate;
    type IntoFuture = BoxFuture<'static, Fate>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.fate())
    }
}

/// Where the delivery outcome of an event is recorded.
#[derive(Debug, Default)]
pub(super) struct Slot {
    fate: Mutex<Option<Fate>>,
    filled: event_listener::Event,
}

impl Slot {
    pub(super) fn fill(&self, fate: Fate) {
        *self.fate.lock().unwrap_or_else(PoisonError::into_inner) = Some(fate);
        self.filled.notify(usize::MAX);
    }

    fn get(&self) -> Option<Fate> {
        let fate = self.fate.lock().unwrap_or_else(PoisonError::into_inner);
        fate.clone()
    }
}
