//! The IDs of events, stored in Redis.

use std::fmt;
use std::sync::LazyLock;
use std::time::Duration;

use redis::aio::ConnectionLike;
use redis::{RedisError, Script, ScriptInvocation};
use uuid::Uuid;

use super::claiming::Claiming;
use super::store::{CLAIM_TIMEOUT, Claim, RETENTION, Store};
use crate::scripts::Connection;

/// Claims an event with a token: 1 if it is new, 0 if it is claimed, 2 if it is handled.
static CLAIM: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local found = redis.call('GET', KEYS[1]) \
         if found == 'done' then return 2 end \
         if found then return 0 end \
         redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) \
         return 1",
    )
});

static COMPLETE: LazyLock<Script> =
    LazyLock::new(|| Script::new("redis.call('SET', KEYS[1], 'done', 'PX', ARGV[1]) return 1"));

/// Ends the claim with this token, and no other.
static RELEASE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0",
    )
});

/// Stores in Redis which events were handled, for programs with several processes. Cheap to clone.
///
/// An event is one key, which Redis expires: a claim after the [`claim_timeout`](Self::claim_timeout), a handled event
/// after the [`retention`](Self::retention). If the instance evicts keys or loses its data, events are handled again
/// when they are redelivered.
///
/// # Examples
/// ```no_run
/// use polar_client_runtime::redis::{Client, RedisError};
/// use polar_client_runtime::webhooks::{Deliveries, RedisStore};
///
/// async fn deliveries() -> Result<Deliveries<RedisStore>, RedisError> {
///     let client = Client::open("redis://127.0.0.1/")?;
///     let connection = client.get_connection_manager().await?; // reconnects by itself
///     Ok(Deliveries::new(RedisStore::new(connection)))
/// }
/// ```
#[derive(Clone)]
pub struct RedisStore {
    connection: Connection,
    prefix: String,
    claim_timeout: Duration,
    retention: Duration,
}

impl RedisStore {
    /// Stores the IDs at keys with the prefix `polar:delivery:`. The connection should reconnect automatically, such as
    /// a [`ConnectionManager`](redis::aio::ConnectionManager) or one to a cluster.
    #[must_use]
    pub fn new<C>(connection: C) -> Self
    where
        C: ConnectionLike + Clone + Send + Sync + 'static,
    {
        Self {
            connection: Connection::new(connection),
            prefix: "polar:delivery:".to_owned(),
            claim_timeout: CLAIM_TIMEOUT,
            retention: RETENTION,
        }
    }

    /// Sets the prefix of keys. Default: `polar:delivery:`. Programs that handle the same events independently need different
    /// prefixes.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Sets the time after which an unfinished claim expires, such as that of a crashed process. Default: 10 minutes. It
    /// must exceed the duration of the slowest handler; otherwise an event can be handled twice at the same time.
    #[must_use]
    pub fn claim_timeout(mut self, timeout: Duration) -> Self {
        self.claim_timeout = timeout;
        self
    }

    /// Sets how long the ID of a handled event is stored. Default: 30 days. An event that is delivered after that time is
    /// handled again.
    #[must_use]
    pub fn retention(mut self, retention: Duration) -> Self {
        self.retention = retention;
        self
    }

    fn invoke<'a>(&self, script: &'a Script, id: &str) -> ScriptInvocation<'a> {
        script.key(format!("{}{id}", self.prefix))
    }

    async fn end_claim(&self, id: &str, token: &Uuid) -> Result<(), RedisError> {
        let mut release = self.invoke(&RELEASE, id);
        release.arg(token.to_string());
        self.connection.run(release).await?;
        Ok(())
    }
}

impl Store for RedisStore {
    type Error = RedisError;
    type Token = Uuid;

    async fn claim(&self, id: &str) -> Result<Claim<Uuid>, RedisError> {
        let claiming = Claiming::new(self, id);
        let mut claim = self.invoke(&CLAIM, id);
        claim.arg(claiming.token().to_string());
        claim.arg(millis(self.claim_timeout));
        let outcome = self.connection.run(claim).await?;
        let token = claiming.finish();
        Ok(match outcome {
            1 => Claim::New(token),
            2 => Claim::Done,
            _ => Claim::InProgress,
        })
    }

    async fn complete(&self, id: &str, _: &Uuid) -> Result<(), RedisError> {
        let mut complete = self.invoke(&COMPLETE, id);
        complete.arg(millis(self.retention));
        self.connection.run(complete).await?;
        Ok(())
    }

    async fn release(&self, id: &str, token: &Uuid) -> Result<(), RedisError> {
        self.end_claim(id, token).await
    }

    fn abandon(&self, id: &str, token: &Uuid) {
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (store, id, token) = (self.clone(), id.to_owned(), *token);
            // If this fails, the claim expires.
            runtime.spawn(async move { store.end_claim(&id, &token).await });
        }
    }
}

/// Converts the time for Redis: at least one millisecond, and at most 100 years, because Redis rejects more.
fn millis(time: Duration) -> u64 {
    const CENTURY: u64 = 100 * 365 * 24 * 60 * 60 * 1000;
    u64::try_from(time.as_millis()).map_or(CENTURY, |millis| millis.clamp(1, CENTURY))
}

/// Omits the connection.
impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("prefix", &self.prefix)
            .field("claim_timeout", &self.claim_timeout)
            .field("retention", &self.retention)
            .finish_non_exhaustive()
    }
}
