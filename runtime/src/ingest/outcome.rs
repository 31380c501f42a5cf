//! Delivery outcomes, receipts, statistics and reports.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::event::Counts;
#[cfg(feature = "spool")]
use super::spool_error::SpoolError;
use crate::codec::Violations;
use crate::error::{Error, ValidationEntry};
use crate::transport::BoxFuture;

/// The delivery outcome of a queued event.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DeliveryOutcome {
    /// The server stored it, with this request or an earlier one.
    Stored,
    /// The server rejected the event as invalid. A retry would be rejected as well.
    #[non_exhaustive]
    Rejected {
        /// The response, which may also be about other events of the batch.
        error: Arc<Error>,
        /// The validation errors for this event; empty if the response names no event.
        entries: Vec<ValidationEntry>,
    },
    /// The server accepted the batch, but its counts of stored and duplicate events do not cover all events. The
    /// response does not name the missing ones, so this is the outcome of every event of the batch. It is safe to
    /// ingest them again with the same external IDs.
    #[non_exhaustive]
    Unconfirmed {
        /// The number of events of the batch.
        sent: u64,
        /// The counts of the response.
        counts: Counts,
    },
    /// The ingester ended before the server confirmed the event. If a response was lost, the event may be stored
    /// nevertheless. It is safe to ingest it again with the same external ID.
    Unsent,
}

impl DeliveryOutcome {
    /// Returns why the event is not stored, for the records of rejected events.
    #[cfg(any(feature = "postgres", feature = "spool"))]
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Rejected { error, entries } if entries.is_empty() => error.to_string(),
            Self::Rejected { entries, .. } => {
                let reasons: Vec<String> = entries.iter().map(ToString::to_string).collect();
                reasons.join("; ")
            }
            Self::Unconfirmed { .. } => {
                "unconfirmed: the server accepted the request, and counted fewer events than it had"
                    .to_owned()
            }
            Self::Stored | Self::Unsent => String::new(),
        }
    }
}

/// An event that was not delivered, as it was sent: with an external ID and a timestamp. The timestamp is missing if
/// the ingester assigned it and the server rejected it as being in the future.
#[non_exhaustive]
pub struct Undelivered<E> {
    /// The event.
    pub event: E,
    /// The reason: [`DeliveryOutcome::Rejected`], [`DeliveryOutcome::Unconfirmed`] or [`DeliveryOutcome::Unsent`].
    pub outcome: DeliveryOutcome,
}

/// Omits the event, which contains customer data.
impl<E> fmt::Debug for Undelivered<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Undelivered")
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

/// The error of an event that was not queued.
pub struct NotQueued<E> {
    /// The event.
    pub event: E,
    /// The reason.
    pub reason: NotQueuedReason,
}

/// Why an event was not queued.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum NotQueuedReason {
    /// It violates constraints of the OpenAPI description.
    Invalid(Violations),
    /// It exceeds the maximum size of a request, 8 MiB.
    TooLarge,
    /// The queue is full. Only [`try_ingest`](super::Ingester::try_ingest) returns this; other methods wait.
    Full,
    /// The ingester was shut down, or its driver has ended.
    Ended,
    /// The event could not be written to the [`Spool`](super::Spool): the disk is full, or failed, or rejected events use up
    /// the disk budget. The event is not sent as
    /// long as this process lives. If the process ends before the disk works again, the file may contain the event, and the
    /// next process sends it. It is safe to retry with the event of the error, which has an external ID.
    #[cfg(feature = "spool")]
    NotStored(SpoolError),
}

impl<E> fmt::Display for NotQueued<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            NotQueuedReason::Invalid(violations) => write!(f, "the event is invalid: {violations}"),
            NotQueuedReason::TooLarge => {
                f.write_str("the event exceeds the maximum size of a request (8 MiB)")
            }
            NotQueuedReason::Full => f.write_str("the queue of events is full"),
            NotQueuedReason::Ended => {
                f.write_str("the ingester has ended and accepts no more events")
            }
            #[cfg(feature = "spool")]
            NotQueuedReason::NotStored(error) => write!(f, "the event was not stored: {error}"),
        }
    }
}

/// Omits the event, which contains customer data.
impl<E> fmt::Debug for NotQueued<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotQueued")
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl<E> std::error::Error for NotQueued<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.reason {
            #[cfg(feature = "spool")]
            NotQueuedReason::NotStored(error) => error.source(),
            _ => None,
        }
    }
}

/// Counts of an ingester.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Events that are queued or being sent.
    pub queued: usize,
    /// Events that the server stored.
    pub accepted: u64,
    /// Events that the server had stored before, such as those whose first response was lost.
    pub duplicates: u64,
    /// Events that the server rejected.
    pub rejected: u64,
    /// Events of batches of which the server counted fewer than were sent ([`DeliveryOutcome::Unconfirmed`]).
    pub unconfirmed: u64,
    /// Events that were still queued when the ingester ended.
    pub unsent: u64,
    /// Rejected, unconfirmed and unsent events that were not returned, because there was no handler and the report was
    /// full, or because the handler panicked.
    pub dropped: u64,
    /// Requests that got a response or failed.
    pub requests: u64,
    /// The error of the last request if it failed and is being retried; `None` while delivery works.
    pub failing: Option<Arc<Error>>,
    /// The state of the [`Spool`](super::Spool), if there is one. [`queued`](Self::queued) counts the events in it, too.
    #[cfg(feature = "spool")]
    pub spool: Option<SpoolStats>,
}

/// The state of a [`Spool`](super::Spool).
#[cfg(feature = "spool")]
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SpoolStats {
    /// The size of the stored events on disk, in bytes, including rejected ones.
    pub bytes: u64,
    /// The maximum of [`bytes`](Self::bytes), set with [`SpoolOptions::budget`](super::SpoolOptions::budget).
    pub budget: u64,
    /// The number of [rejected events](super::RejectedEvent) on disk, including those of earlier processes.
    pub rejected: u64,
    /// The number of stored events that cannot be decoded, such as those of a newer version of the program. They stay on
    /// disk.
    pub unreadable: usize,
    /// The error of the last disk access if it failed and is being retried.
    pub failing: Option<Arc<SpoolError>>,
}

/// The final report of an ingester.
#[non_exhaustive]
pub struct Report<E> {
    /// The counts.
    pub stats: Stats,
    /// The events that were not delivered. Empty if they were passed to
    /// [`on_undelivered`](super::IngesterBuilder::on_undelivered), or are on disk. Contains all unsent events, and of the
    /// others the first, up to the capacity of the queue. [`Stats::dropped`] counts the rest.
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

/// The error of a flush when the ingester has ended: its driver was dropped, or it was shut down. The remaining events
/// are in the [`Report`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended;

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the ingester ended before all events were sent")
    }
}

impl std::error::Error for Ended {}

/// Resolves to the delivery outcome of one event when it is awaited. Dropping it has no effect on the event.
#[derive(Debug)]
#[must_use = "a receipt does nothing until it is awaited"]
pub struct Receipt(pub(super) Arc<Slot>);

impl Receipt {
    /// Returns the delivery outcome of the event, if it has one.
    #[cfg(feature = "postgres")]
    pub(crate) fn get(&self) -> Option<DeliveryOutcome> {
        self.0.get()
    }

    /// Waits for the delivery outcome of the event.
    pub async fn outcome(self) -> DeliveryOutcome {
        loop {
            let filled = self.0.filled.listen();
            if let Some(outcome) = self.0.get() {
                return outcome;
            }
            filled.await;
        }
    }
}

/// Equivalent to [`outcome`](Receipt::outcome).
impl IntoFuture for Receipt {
    type Output = DeliveryOutcome;
    type IntoFuture = BoxFuture<'static, DeliveryOutcome>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.outcome())
    }
}

/// Passes the delivery outcome of an event to its receipt.
#[derive(Debug, Default)]
pub(super) struct Slot {
    outcome: Mutex<Option<DeliveryOutcome>>,
    filled: event_listener::Event,
}

impl Slot {
    pub(super) fn fill(&self, outcome: DeliveryOutcome) {
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        self.filled.notify(usize::MAX);
    }

    fn get(&self) -> Option<DeliveryOutcome> {
        let outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        outcome.clone()
    }
}
