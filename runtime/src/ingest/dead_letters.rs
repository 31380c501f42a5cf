//! Undelivered events (dead letters), which are passed to the handler or returned in the report.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use super::entry::Entry;
use super::outcome::{DeliveryOutcome, Undelivered};

/// A handler of undelivered events.
pub(super) type Handler<E> = Box<dyn Fn(Undelivered<E>) + Send + Sync>;

/// Passes undelivered events to the handler, or collects them for the report if there is no handler.
pub(super) struct DeadLetters<E> {
    handler: Option<Handler<E>>,
    /// The events for the report.
    undelivered: Mutex<Vec<Undelivered<E>>>,
    /// The length of `undelivered` from which on only [`Unsent`](DeliveryOutcome::Unsent) events are added.
    capacity: usize,
}

impl<E> DeadLetters<E> {
    pub(super) fn new(handler: Option<Handler<E>>, capacity: usize) -> Self {
        Self {
            handler,
            undelivered: Mutex::new(Vec::new()),
            capacity,
        }
    }

    /// Passes an event to the handler, or adds it to the report. Returns `false` if the event was dropped, because the
    /// report is full or the handler panicked.
    pub(super) fn return_undelivered(&self, entry: Entry<E>, outcome: DeliveryOutcome) -> bool {
        let undelivered = Undelivered::new(entry, outcome);
        if let Some(handler) = &self.handler {
            return call(handler, undelivered);
        }
        let mut kept = self
            .undelivered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let has_room =
            matches!(undelivered.outcome, DeliveryOutcome::Unsent) || kept.len() < self.capacity;
        if has_room {
            kept.push(undelivered);
        }
        has_room
    }

    /// Passes an event that stays on disk to the handler, if there is one.
    pub(super) fn notify(&self, entry: Entry<E>, outcome: DeliveryOutcome) {
        let undelivered = Undelivered::new(entry, outcome);
        if let Some(handler) = &self.handler {
            call(handler, undelivered);
        }
    }

    /// Returns the collected events, and removes them.
    pub(super) fn take(&self) -> Vec<Undelivered<E>> {
        let mut kept = self
            .undelivered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        mem::take(&mut kept)
    }
}

/// Calls the handler. Returns `false` if it panicked: a panic must not end the driver, which has more events to send.
fn call<E>(handler: &Handler<E>, undelivered: Undelivered<E>) -> bool {
    catch_unwind(AssertUnwindSafe(|| handler(undelivered))).is_ok()
}

impl<E> Undelivered<E> {
    /// Creates the undelivered event, and passes the outcome to its receipt.
    fn new(entry: Entry<E>, outcome: DeliveryOutcome) -> Self {
        if let Some(receipt) = &entry.receipt {
            receipt.resolve(outcome.clone());
        }
        let event = entry.event;
        Self { event, outcome }
    }
}
