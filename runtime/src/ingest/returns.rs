//! Events that are not delivered, and who gets them back.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use super::entry::Entry;
use super::outcome::{Fate, Undelivered};

/// Gets what was not delivered.
pub(super) type Handler<E> = Box<dyn Fn(Undelivered<E>) + Send + Sync>;

/// Hands events back: to a handler, or else into the report.
pub(super) struct Returns<E> {
    handler: Option<Handler<E>>,
    /// For the report. Of events that are not unsent, it has no more than this.
    undelivered: Mutex<Vec<Undelivered<E>>>,
    capacity: usize,
}

impl<E> Returns<E> {
    pub(super) fn new(handler: Option<Handler<E>>, capacity: usize) -> Self {
        Self {
            handler,
            undelivered: Mutex::new(Vec::new()),
            capacity,
        }
    }

    /// Hands an event back. Whether somebody has it.
    pub(super) fn hand_back(&self, entry: Entry<E>, fate: Fate) -> bool {
        if let Some(slot) = &entry.slot {
            slot.fill(fate.clone());
        }
        let event = entry.event;
        let undelivered = Undelivered { event, fate };
        if let Some(handler) = &self.handler {
            // A panic of the handler is not to take the other events along.
            return catch_unwind(AssertUnwindSafe(|| handler(undelivered))).is_ok();
        }
        let mut kept = self
            .undelivered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let has_room = matches!(undelivered.fate, Fate::Unsent) || kept.len() < self.capacity;
        if has_room {
            kept.push(undelivered);
        }
        has_room
    }

    /// The events for the report that nobody was given yet.
    pub(super) fn take(&self) -> Vec<Undelivered<E>> {
        let mut kept = self
            .undelivered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        mem::take(&mut kept)
    }
}
