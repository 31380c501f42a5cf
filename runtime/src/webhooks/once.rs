//! Events that are delivered again are recognized, and handled once.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use super::delivery::Delivery;
use super::memory::MemoryStore;
use super::store::{Claim, Store};

/// Remembers which events were handled, so that one that is delivered again is not handled again. Clones share it.
///
/// Polar delivers an event again when it got no answer with 2xx within ten seconds. It hangs up then, and a web framework
/// drops the handler of a request that is gone: see [`once`](Self::once) for what that means. Where a program runs more than
/// once, or must not forget when it ends, a `PostgresStore`, a `RedisStore` or a [`Store`] of one's own keeps the ids.
pub struct Deliveries<S = MemoryStore> {
    store: Arc<S>,
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum Outcome<T> {
    /// The handler has run, with this result.
    Handled(T),
    /// The event was handled before: answer with 2xx.
    Redelivered,
    /// The event is being handled right now. Whether that succeeds is not known yet: answer with 409, and Polar delivers it
    /// again.
    InProgress,
}

/// Why an event is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnceError<H, S> {
    /// The handler failed. The event is handled when it is delivered again.
    Handler(H),
    /// The store failed. If it did so after the handler was successful, the event is handled again.
    Store(S),
}

impl Deliveries {
    /// Keeps the ids of the last 10 000 events in memory.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::new(MemoryStore::default())
    }
}

impl<S: Store> Deliveries<S> {
    /// Keeps the ids in a store.
    #[must_use]
    pub fn new(store: S) -> Self {
        Self {
            store: Arc::new(store),
        }
    }

    /// Runs the handler, unless the event was handled before or is being handled.
    ///
    /// The event is done when the handler succeeds, and not before: one that fails, panics or is dropped leaves the event to
    /// the next delivery. A handler that is dropped midway has done half of its work, and does it again. So where handlers
    /// may take ten seconds, call this in a task of its own (`tokio::spawn`, `actix_web::rt::spawn`) and await that from the
    /// request: the task outlives the request, and the next delivery finds the event in progress or done.
    ///
    /// # Errors
    /// Those of the handler and of the store. Answer them with 5xx, so that Polar delivers the event again.
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
                // The handler's error says more; a claim that stays runs out by itself.
                claimed.settled = self.store.release(id, &claimed.token).await.is_ok();
                Err(OnceError::Handler(error))
            }
        }
    }
}

/// Shows nothing of the store, which has the ids of events.
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

/// Gives up the claim when it is dropped before the store has settled it.
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
