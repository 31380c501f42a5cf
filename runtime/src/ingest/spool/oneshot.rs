//! A one-shot channel from a thread to a task.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use event_listener::Event as Notify;

/// Creates a channel for one value.
pub(super) fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let channel = Arc::new(Channel {
        state: Mutex::new(State {
            value: None,
            is_settled: false,
        }),
        settled: Notify::new(),
    });
    (Sender(Arc::clone(&channel)), Receiver(channel))
}

/// Sends the value.
pub(super) struct Sender<T>(Arc<Channel<T>>);

/// Receives the value.
pub(super) struct Receiver<T>(Arc<Channel<T>>);

struct Channel<T> {
    state: Mutex<State<T>>,
    settled: Notify,
}

struct State<T> {
    value: Option<T>,
    /// Whether the sender was dropped, with or without sending a value.
    is_settled: bool,
}

impl<T> Sender<T> {
    pub(super) fn send(self, value: T) {
        self.0.lock().value = Some(value);
    }
}

/// Wakes the receiver. If no value was sent, the thread has panicked.
impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.0.lock().is_settled = true;
        self.0.settled.notify(usize::MAX);
    }
}

impl<T> Receiver<T> {
    /// Waits for the value. Returns `None` if the sender was dropped without sending one.
    pub(super) async fn receive(self) -> Option<T> {
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

impl<T> Channel<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
