//! `Store`: the trait of stores of event IDs.

use std::future::Future;
#[cfg(any(feature = "postgres", feature = "redis"))]
use std::time::Duration;

/// The default time after which a claim expires.
#[cfg(any(feature = "postgres", feature = "redis"))]
pub(super) const CLAIM_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// The default time for which the ID of a handled event is kept.
#[cfg(any(feature = "postgres", feature = "redis"))]
pub(super) const RETENTION: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A store of the IDs of handled events, for [`Deliveries`](super::Deliveries).
///
/// Existing stores are [`MemoryStore`](super::MemoryStore) for a single process, and `PostgresStore` (feature
/// `postgres`) and `RedisStore` (feature `redis`) for several processes. Implement this trait for any other database.
///
/// A handler *claims* an event before it handles it, so that no other handler handles the event at the same time. Then
/// it completes or releases the claim.
///
/// # Expiry
/// A process that crashes cannot release its claims, so claims must expire. A claim must last longer than any handler
/// takes; otherwise an event can be handled twice. It must expire long before the last of Polar's ten delivery
/// attempts; otherwise the event can be lost.
///
/// # Tokens
/// The claim of a slow handler may expire, and another handler may claim the event. The slow handler must not release
/// that second claim. Each claim therefore has a token, which is required to release it.
///
/// # Implementation in SQL
/// Each method is one statement on a table `delivery (id TEXT PRIMARY KEY, until TIMESTAMP, done BOOLEAN)`. A claim
/// expires at `until`, which is also its token:
///
/// ```sql
/// -- claim: returns a row if the claim is new. Otherwise, `SELECT done` tells whether the event is done or in progress.
/// INSERT INTO delivery VALUES ($id, $now_plus_10_minutes, FALSE)
///     ON CONFLICT (id) DO UPDATE SET until = excluded.until WHERE NOT delivery.done AND delivery.until < $now
///     RETURNING until;
/// -- complete
/// UPDATE delivery SET done = TRUE WHERE id = $id;
/// -- release
/// DELETE FROM delivery WHERE id = $id AND until = $token AND NOT done;
/// ```
pub trait Store: Send + Sync {
    /// The error of the store.
    type Error: Send;

    /// The token of a claim, by which it is distinguished from later claims of the same event. For example a random
    /// number, or `()` if claims do not expire.
    type Token: Send + Sync;

    /// Claims an event, unless it is already claimed or handled. Of several concurrent callers, only one gets the
    /// claim.
    ///
    /// The caller may drop the future before it is ready. If the claim was made nevertheless, it must be released or
    /// expire.
    fn claim(
        &self,
        id: &str,
    ) -> impl Future<Output = Result<Claim<Self::Token>, Self::Error>> + Send;

    /// Marks the event as handled, even if the claim has expired.
    fn complete(
        &self,
        id: &str,
        token: &Self::Token,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Releases a claim after the handler has failed, so that the event can be claimed again. Does nothing if the event
    /// is handled, or if the claim has expired and there is another one.
    fn release(
        &self,
        id: &str,
        token: &Self::Token,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Releases a claim without waiting, after the handler was dropped or has panicked, or after the store has failed.
    ///
    /// The default implementation does nothing, so that the claim has to expire.
    fn abandon(&self, id: &str, token: &Self::Token) {
        let _ = (id, token);
    }
}

/// The result of claiming an event in a [`Store`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Claim<T = ()> {
    /// The caller has claimed the event. Contains the token of the claim.
    New(T),
    /// Another caller has claimed the event.
    InProgress,
    /// The event was handled before.
    Done,
}
