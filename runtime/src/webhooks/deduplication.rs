//! `Deliveries`: handles each event once.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use super::delivery::Delivery;
use super::memory::MemoryStore;
use super::store::{Claim, Store};

/// Handles each event once, although Polar may deliver it several times.
///
/// It stores the IDs of handled events. Clones share one store. Polar delivers an event again if it gets no 2xx
/// response within ten seconds.
///
/// [`in_memory`](Self::in_memory) is for a single process. If several processes receive deliveries, or the IDs must
/// survive restarts, use a `PostgresStore` (feature `postgres`), a `RedisStore` (feature `redis`) or your own
/// implementation of [`Store`].
pub struct Deliveries<S = MemoryStore> {
    store: Arc<S>,
}

/// How a delivery was processed: handled now, handled before, or still in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum Outcome<T> {
    /// The handler succeeded. Contains its result.
    Handled(T),
    /// The event was handled before, so the handler was not called. Respond with 2xx.
    Redelivered,
    /// An earlier delivery of the event is still being handled, so the handler was not called. Respond with 409, so
    /// that Polar delivers the event again.
    InProgress,
}

/// The error of an event that was not handled, or not recorded as handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnceError<H, S> {
    /// The handler failed. The event is handled again when it is delivered again.
    Handler(H),
    /// The store failed. The event is handled again when it is delivered again, even if the handler has succeeded.
    Store(S),
}

impl Deliveries {
    /// Stores the IDs of the last 10,000 handled events in memory, in a [`MemoryStore`].
    #[must_use]
    pub fn in_memory() -> Self {
        Self::new(MemoryStore::default())
    }
}

impl<S: Store> Deliveries<S> {
    /// Stores the IDs of handled events in this store.
    #[must_use]
    pub fn new(store: S) -> Self {
        Self {
            store: Arc::new(store),
        }
    }

    /// Runs the handler, unless the event was handled before or is being handled now.
    ///
    /// The event is recorded as handled if the handler succeeds. If the handler fails, panics or is dropped, the next
    /// delivery runs it again.
    ///
    /// # Cancellation
    /// After ten seconds, Polar closes the connection, and web frameworks drop the request. A handler that is dropped
    /// then has done only a part of its work, and does it again for the next delivery. If a handler may take that long,
    /// call this method in a separate task (`tokio::spawn`, `actix_web::rt::spawn`), and await the task in the request.
    /// The task then completes even if the request is dropped.
    ///
    /// # Errors
    /// Returns [`OnceError`] if the handler or the store fails. Respond with 5xx, so that Polar delivers the event
    /// again.
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
                // If the claim cannot be released, it expires. The error of the handler is returned in either case.
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

/// A claim of an event. Dropping it abandons the claim, unless it was completed or released.
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
