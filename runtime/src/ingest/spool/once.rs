//! A one-shot channel from a thread to a task.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use event_listener::Event as Notify;

/// A value that is set once and taken once.
pub(super) struct Once<T> {
    value: Mutex<Option<T>>,
    is_set: Notify,
}

impl<T> Once<T> {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            value: Mutex::new(None),
            is_set: Notify::new(),
        })
    }

    pub(super) fn set(&self, value: T) {
        *self.lock() = Some(value);
        self.is_set.notify(usize::MAX);
    }

    /// Waits for the value.
    pub(super) async fn take(&self) -> T {
        loop {
            let is_set = self.is_set.listen();
            let value = self.lock().take();
            match value {
                Some(value) => return value,
                None => is_set.await,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<T>> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
