//! Deduplication of deliveries: each event is handled once.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use super::delivery::Delivery;
use super::memory::MemoryStore;
use super::store::{Claim, Store};

/// Stores which events were handled, so that an event that is delivered again is not handled again. Clones share it.
///
/// Polar delivers an event again when it gets no 2xx response within ten seconds. It closes the connection then, and
/// web frameworks drop the handler of a closed connection: see [`once`](Self::once) for the consequences. If several
/// processes receive deliveries, or events must be remembered across restarts, use a
/// `PostgresStore`, a `RedisStore` or a [`Store`] of your own.
pub struct Deliveries<S = MemoryStore> {
    store: Arc<S>,
}

/// The outcome of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum Outcome<T> {
    /// The handler succeeded, with this result.
    Handled(T),
    /// The event was handled before: respond with 2xx.
    Redelivered,
    /// The event is being handled, and the outcome is not known yet: respond with 409, so that Polar retries the
    /// delivery.
    InProgress,
}

/// Why an event was not handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnceError<H, S> {
    /// The handler failed. The event is handled when it is delivered again.
    Handler(H),
    /// The store failed. If the handler had succeeded before, the event is handled again.
    Store(S),
}

impl Deliveries {
    /// Stores the IDs of the last 10,000 events in memory.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::new(MemoryStore::default())
    }
}

impl<S: Store> Deliveries<S> {
    /// Stores the IDs in a store of your own.
    #[must_use]
    pub fn new(store: S) -> Self {
        Self {
            store: Arc::new(store),
        }
    }

    /// Runs the handler, unless the event was handled before or is being handled.
    ///
    /// The event counts as handled when the handler succeeds. If the handler fails, panics or is dropped, the next
    /// delivery is handled. A handler that is dropped midway has performed a part of its work, and will perform it
    /// again. If a handler may take ten seconds, call this in a task of its own (`tokio::spawn`,
    /// `actix_web::rt::spawn`) and await the task from the request: the task outlives the request, and the next
    /// delivery finds the event in progress or handled.
    ///
    /// # Errors
    /// [`OnceError`] when the handler or the store fails. Respond with 5xx, so that Polar delivers the event again.
    pub async fn once<E, T, H>(
        &self,
        delivery: &Delivery<E>,
        handler: impl Future<Output = Result<T, H>>,
    ) -> Result<Outcome<T>, OnceError<H, S::Error>> {
        self.once_by_id(&delivery.id, handler).await
    }

    pub(super) async fn once_by_id<T, H>(
        &self,
        id: &str,
        handler: impl Future<Output = Result<T, H>>,
    ) -> Result<Outcome<T>, OnceError<H, S::Error>> {
        let token = match self.store.claim(id).await.map_err(OnceError::Store)? {
            Claim::New(token) => token,
            Claim::InProgress => return Ok(Outcome::InProgress),
            Claim::Done => return Ok(Outcome::Redelivered),
        };
        let mut claimed = Claimed {
            store: &*self.store,
            id,
            token,
            settled: false,
        };
        match handler.await {
            Ok(value) => {
                let completed = self.store.complete(id, &claimed.token).await;
                completed.map_err(OnceError::Store)?;
                claimed.settled = true;
                Ok(Outcome::Handled(value))
            }
            Err(error) => {
                // The handler's error takes precedence. A claim that cannot be released expires.
                claimed.settled = self.store.release(id, &claimed.token).await.is_ok();
                Err(OnceError::Handler(error))
            }
        }
    }
}

/// Omits the store, which contains the IDs of events.
impl<S> fmt::Debug for Deliveries<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deliveries").finish_non_exhaustive()
    }
}

impl<S> Clone for Deliveries<S> {
    fn clone(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
        }
    }
}

/// Abandons the claim when it is dropped before it was settled.
struct Claimed<'a, S: Store> {
    store: &'a S,
    id: &'a str,
    token: S::Token,
    settled: bool,
}

impl<S: Store> Drop for Claimed<'_, S> {
    fn drop(&mut self) {
        if !self.settled {
            self.store.abandon(self.id, &self.token);
        }
    }
}

impl<H: fmt::Display, S: fmt::Display> fmt::Display for OnceError<H, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handler(error) => error.fmt(f),
            Self::Store(error) => write!(f, "the store of deliveries failed: {error}"),
        }
    }
}

impl<H: Error + 'static, S: Error + 'static> Error for OnceError<H, S> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Handler(error) => error.source(),
            Self::Store(error) => Some(error),
        }
    }
}
