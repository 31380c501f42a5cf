//! Delivery outcomes, receipts, statistics and reports.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::event::Counts;
#[cfg(feature = "spool")]
use super::spool_error::SpoolError;
use crate::codec::Violations;
use crate::error::{Error, ValidationEntry};
use crate::transport::BoxFuture;

/// What happened to a queued event: whether the server stored it, or why it was not delivered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DeliveryOutcome {
    /// The server stored the event, now or after an earlier attempt.
    Stored,
    /// The server rejected the event as invalid. It is not retried.
    #[non_exhaustive]
    Rejected {
        /// The error response of the request. It may also concern other events of the batch.
        error: Arc<Error>,
        /// The validation errors of this event. Empty if the response does not say which event is invalid.
        entries: Vec<ValidationEntry>,
    },
    /// The server accepted the batch, but counted fewer stored and duplicate events than the batch contains.
    ///
    /// The response does not say which events are missing, so every event of the batch has this outcome. It is safe to
    /// ingest them again with the same external IDs.
    #[non_exhaustive]
    Unconfirmed {
        /// The number of events in the batch.
        sent: u64,
        /// The counts in the response.
        counts: Counts,
    },
    /// The ingester ended before the server confirmed the event.
    ///
    /// The event is stored nevertheless if only the response was lost. It is safe to ingest it again with the same
    /// external ID.
    Unsent,
}

impl DeliveryOutcome {
    /// Returns why the event was not delivered, as a string that is stored with it. Empty for `Stored` and `Unsent`.
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

/// An event that was not delivered, and the reason.
#[non_exhaustive]
pub struct Undelivered<E> {
    /// The event as it was sent, with its external ID and timestamp.
    ///
    /// The timestamp is `None` if the ingester had set it and the server rejected it as being in the future.
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

/// The error for an event that was not queued. Contains the event, so that it can be ingested again.
pub struct NotQueued<E> {
    /// The event. It has an external ID, even if the caller set none.
    pub event: E,
    /// Why the event was not queued.
    pub reason: NotQueuedReason,
}

/// Why an event was not queued.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum NotQueuedReason {
    /// The event violates constraints of the OpenAPI description.
    Invalid(Violations),
    /// The event is larger than 8 MiB, the maximum size of a request.
    TooLarge,
    /// The queue is full. Returned only by [`try_ingest`](super::Ingester::try_ingest); other methods wait.
    Full,
    /// The ingester was shut down, or its driver was dropped.
    Ended,
    /// The event could not be stored in the [`Spool`](super::Spool): the disk failed or is full, or rejected events use
    /// up the disk budget.
    ///
    /// This process does not send the event. If the process ends before the disk works again, the file may contain the
    /// event nevertheless; the next process then sends it. It is safe to ingest the event of the error again, because
    /// it has an external ID.
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
            NotQueuedReason::Full => f.write_str("the event queue is full"),
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

/// Counts of an ingester's events and requests since it was built, and its current state.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Stats {
    /// The number of events that are queued or being sent now.
    pub queued: usize,
    /// The number of events that the server stored.
    pub accepted: u64,
    /// The number of events that the server had already stored. An example is an event whose first response was lost.
    pub duplicates: u64,
    /// The number of events that the server rejected.
    pub rejected: u64,
    /// The number of events that the server accepted but did not count ([`DeliveryOutcome::Unconfirmed`]).
    pub unconfirmed: u64,
    /// The number of events that were still queued when the ingester ended. With a `Spool`, 0 unless events could not
    /// be stored.
    pub unsent: u64,
    /// The number of undelivered events that were not returned: the report was full, or the handler panicked.
    pub dropped: u64,
    /// The number of completed requests, including failed ones.
    pub requests: u64,
    /// The error of the last request, if that failed and is being retried. `None` after a request that got a response
    /// of the API, and before the first request.
    pub last_error: Option<Arc<Error>>,
    /// The state of the [`Spool`](super::Spool); `None` if there is none. Its events are included in
    /// [`queued`](Self::queued).
    #[cfg(feature = "spool")]
    pub spool: Option<SpoolStats>,
}

/// The current disk usage and failures of a [`Spool`](super::Spool).
#[cfg(feature = "spool")]
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SpoolStats {
    /// The size of all stored events on disk, in bytes. Includes rejected events.
    pub bytes: u64,
    /// The disk budget in bytes, set with [`SpoolOptions::budget`](super::SpoolOptions::budget).
    pub budget: u64,
    /// The number of [rejected events](super::RejectedEvent) on disk. Includes those of earlier processes.
    pub rejected: u64,
    /// The number of stored events that this version of the program cannot decode. They stay on disk, for a version
    /// that can.
    pub unreadable: usize,
    /// The error of the last disk access, if that failed and is being retried. `None` while the disk works.
    pub last_error: Option<Arc<SpoolError>>,
}

/// The final counts of an ingester, and the events that it did not deliver.
#[non_exhaustive]
pub struct Report<E> {
    /// The final counts of events and requests.
    pub stats: Stats,
    /// The events that were not delivered.
    ///
    /// All unsent events are included. Rejected and unconfirmed events are included up to the capacity of the queue;
    /// [`Stats::dropped`] counts the rest.
    ///
    /// Empty if there is a handler ([`on_undelivered`](super::IngesterBuilder::on_undelivered)). With a `Spool`, the
    /// events stay on disk and are not included.
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

/// The error of a flush if the ingester ends before all events are delivered: it was shut down, or its driver was
/// dropped.
///
/// The [`Report`] contains the remaining events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended;

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the ingester ended before all events were sent")
    }
}

impl std::error::Error for Ended {}

/// A future that resolves to the delivery outcome of one event. Returned by
/// [`ingest_with_receipt`](super::Ingester::ingest_with_receipt).
///
/// Dropping it has no effect on the event.
#[derive(Debug)]
#[must_use = "a receipt does nothing until it is awaited"]
pub struct Receipt(pub(super) Arc<ReceiptState>);

impl Receipt {
    /// Returns the delivery outcome of the event; `None` if it is not known yet.
    #[cfg(feature = "postgres")]
    pub(crate) fn get(&self) -> Option<DeliveryOutcome> {
        self.0.get()
    }

    /// Waits for the delivery outcome of the event, and returns it. The same as awaiting the receipt.
    pub async fn outcome(self) -> DeliveryOutcome {
        loop {
            let resolved = self.0.resolved.listen();
            if let Some(outcome) = self.0.get() {
                return outcome;
            }
            resolved.await;
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

/// The state that a queued event shares with its receipt: the delivery outcome.
#[derive(Debug, Default)]
pub(super) struct ReceiptState {
    outcome: Mutex<Option<DeliveryOutcome>>,
    resolved: event_listener::Event,
}

impl ReceiptState {
    pub(super) fn resolve(&self, outcome: DeliveryOutcome) {
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        self.resolved.notify(usize::MAX);
    }

    fn get(&self) -> Option<DeliveryOutcome> {
        let outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        outcome.clone()
    }
}
