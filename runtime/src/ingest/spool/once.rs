//! A one-shot channel from a thread to a task.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use event_listener::Event as Notify;

/// Returns the two ends of a channel for one value.
pub(super) fn once<T>() -> (Setter<T>, Getter<T>) {
    let shared = Arc::new(Shared {
        state: Mutex::new(State {
            value: None,
            is_settled: false,
        }),
        settled: Notify::new(),
    });
    (Setter(Arc::clone(&shared)), Getter(shared))
}

/// Sets the value.
pub(super) struct Setter<T>(Arc<Shared<T>>);

/// Waits for the value.
pub(super) struct Getter<T>(Arc<Shared<T>>);

struct Shared<T> {
    state: Mutex<State<T>>,
    settled: Notify,
}

struct State<T> {
    value: Option<T>,
    /// Whether the value was set, or never will be.
    is_settled: bool,
}

impl<T> Setter<T> {
    pub(super) fn set(self, value: T) {
        self.0.lock().value = Some(value);
    }
}

/// Wakes the task, also if there is no value: the thread panicked.
impl<T> Drop for Setter<T> {
    fn drop(&mut self) {
        self.0.lock().is_settled = true;
        self.0.settled.notify(usize::MAX);
    }
}

impl<T> Getter<T> {
    /// Waits for the value; `None` if the other end was dropped without setting one.
    pub(super) async fn get(self) -> Option<T> {
        loop {
            let settled = self.0.settled.listen();
            {
                let mut state = self.0.lock();
                if state.is_settled {
                    return state.value.take();
                }
            }
            settled.await;
        }
    }
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
