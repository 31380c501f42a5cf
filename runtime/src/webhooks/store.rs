//! The trait of stores of event IDs.

use std::future::Future;
#[cfg(any(feature = "postgres", feature = "redis"))]
use std::time::Duration;

/// The default time until a claim expires.
#[cfg(any(feature = "postgres", feature = "redis"))]
pub(super) const CLAIM_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// The default time for which the ID of a handled event is kept.
#[cfg(any(feature = "postgres", feature = "redis"))]
pub(super) const RETENTION: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A store of event IDs. `PostgresStore` (feature `postgres`) and `RedisStore` (feature `redis`) are shared by
/// several processes; [`MemoryStore`](super::MemoryStore) is for a single process.
///
/// A process that crashes cannot release its claims, so claims must expire: later than any handler takes, because an
/// event would be handled twice otherwise, and long before the last of Polar's ten attempts, because the event would be
/// lost otherwise. An event in progress gets no 2xx response, which uses up an attempt.
///
/// A handler that outlives its claim must not release the claim of another one. Each claim therefore has a token, which
/// is required to release it.
///
/// In SQL, each method is one statement. In the table `delivery (id TEXT PRIMARY KEY, until TIMESTAMP, done BOOLEAN)`,
/// a claim expires at `until`, which is also its token:
///
/// ```sql
/// -- claim: a row is returned if the claim is new; if none is, `SELECT done` returns whether it is done or in progress.
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

    /// Distinguishes a claim from later ones for the same event: a random number, or the time of the claim. `()` if
    /// claims do not expire.
    type Token: Send + Sync;

    /// Claims the ID of an event, unless it is claimed or handled. Of several concurrent callers, one succeeds.
    ///
    /// The caller may drop the future before it is ready. A claim that the store made nevertheless must be released, or
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

    /// Releases the claim after a failure, so that the event can be claimed again. Does nothing if the event is
    /// handled, or the claim has expired and was replaced.
    fn release(
        &self,
        id: &str,
        token: &Self::Token,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Releases a claim without waiting: the handler was dropped or panicked, or the store failed to settle the claim.
    /// A claim that is not released here must expire.
    fn abandon(&self, id: &str, token: &Self::Token) {
        let _ = (id, token);
    }
}

/// The state of an event in a [`Store`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Claim<T = ()> {
    /// It was unknown. The caller has claimed it, with this token.
    New(T),
    /// It is claimed by another caller.
    InProgress,
    /// It was handled.
    Done,
}
