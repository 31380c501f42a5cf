//! What a place for the ids of events has to do.

use std::future::Future;
#[cfg(any(feature = "postgres", feature = "redis"))]
use std::time::Duration;

/// When a claim runs out that nobody ended.
#[cfg(any(feature = "postgres", feature = "redis"))]
pub(super) const CLAIM_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// How long an event that was handled is remembered.
#[cfg(any(feature = "postgres", feature = "redis"))]
pub(super) const RETENTION: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Where the ids of events are kept. `PostgresStore` (feature `postgres`) and `RedisStore` (feature `redis`) are stores for
/// programs of several processes, [`MemoryStore`](super::MemoryStore) is one for a single process.
///
/// A program that ends in the middle of its work cannot release its claim, so a claim has to run out by itself: later than
/// any handler takes, or an event is handled twice at once, and long before the last of Polar's ten attempts, or the event
/// is lost. The answer to an event in progress is not 2xx, and uses up an attempt.
///
/// A handler that outlives its claim must not end the claim of the next one. So a claim has a token, and whoever releases
/// it shows the token.
///
/// In SQL, each method is one statement. With a table `delivery (id TEXT PRIMARY KEY, until TIMESTAMP, done BOOLEAN)`, where
/// a claim runs out `until` then, which is its token:
///
/// ```sql
/// -- claim: a row is returned if the claim is new; if none is, `SELECT done` tells whether it is done or in progress.
/// INSERT INTO delivery VALUES ($id, $now_plus_10_minutes, FALSE)
///     ON CONFLICT (id) DO UPDATE SET until = excluded.until WHERE NOT delivery.done AND delivery.until < $now
///     RETURNING until;
/// -- complete
/// UPDATE delivery SET done = TRUE WHERE id = $id;
/// -- release
/// DELETE FROM delivery WHERE id = $id AND until = $token AND NOT done;
/// ```
pub trait Store: Send + Sync {
    /// What can go wrong with it.
    type Error: Send;

    /// What tells a claim from a later one of the same event: a random number, or the time of the claim. `()` where claims
    /// do not run out.
    type Token: Send + Sync;

    /// Claims the id of an event, unless it is claimed or done. Of several callers at once, one gets it.
    fn claim(
        &self,
        id: &str,
    ) -> impl Future<Output = Result<Claim<Self::Token>, Self::Error>> + Send;

    /// The event with this id was handled. It is done from now on, even if the claim is no longer the caller's.
    fn complete(
        &self,
        id: &str,
        token: &Self::Token,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// The event with this id could not be handled. It may be claimed again, unless it is done or the claim is no longer
    /// the caller's.
    fn release(
        &self,
        id: &str,
        token: &Self::Token,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Like [`release`](Self::release), where nothing can be waited for: the handler was dropped or panicked, or the store
    /// did not get as far as to settle the claim. What is not released here has to run out by itself.
    fn abandon(&self, id: &str, token: &Self::Token) {
        let _ = (id, token);
    }
}

/// What a [`Store`] knows of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Claim<T = ()> {
    /// Nothing so far. It is the caller's now, who shows this token later.
    New(T),
    /// Somebody is handling it.
    InProgress,
    /// It was handled.
    Done,
}
