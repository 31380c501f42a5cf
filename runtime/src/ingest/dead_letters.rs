//! Undelivered events, which are returned to the caller: to a handler, or in the report.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use super::entry::Entry;
use super::outcome::{DeliveryOutcome, Undelivered};

/// A handler of undelivered events.
pub(super) type Handler<E> = Box<dyn Fn(Undelivered<E>) + Send + Sync>;

/// Passes undelivered events to the handler, or else keeps them for the report.
pub(super) struct DeadLetters<E> {
    handler: Option<Handler<E>>,
    /// Events for the report. The capacity limits those that are not [`Unsent`](DeliveryOutcome::Unsent).
    undelivered: Mutex<Vec<Undelivered<E>>>,
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

    /// Returns an event to the caller. `false` if it had to be dropped.
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

    /// Passes an event that is kept elsewhere to the handler, if there is one.
    pub(super) fn notify(&self, entry: Entry<E>, outcome: DeliveryOutcome) {
        let undelivered = Undelivered::new(entry, outcome);
        if let Some(handler) = &self.handler {
            call(handler, undelivered);
        }
    }

    /// Takes the events for the report.
    pub(super) fn take(&self) -> Vec<Undelivered<E>> {
        let mut kept = self
            .undelivered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        mem::take(&mut kept)
    }
}

/// Calls the handler. `false` if it panicked, which must not lose the other events.
fn call<E>(handler: &Handler<E>, undelivered: Undelivered<E>) -> bool {
    catch_unwind(AssertUnwindSafe(|| handler(undelivered))).is_ok()
}

impl<E> Undelivered<E> {
    /// Fills the receipt of an event.
    fn new(entry: Entry<E>, outcome: DeliveryOutcome) -> Self {
        if let Some(slot) = &entry.slot {
            slot.fill(outcome.clone());
        }
        let event = entry.event;
        Self { event, outcome }
    }
}
