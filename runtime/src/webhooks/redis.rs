//! `RedisStore`: stores event IDs in Redis.

use std::fmt;
use std::sync::LazyLock;
use std::time::Duration;

use redis::aio::ConnectionLike;
use redis::{RedisError, Script, ScriptInvocation};
use uuid::Uuid;

use super::claiming::Claiming;
use super::store::{CLAIM_TIMEOUT, Claim, RETENTION, Store};
use crate::scripts::Connection;

/// Claims an event with a token. Returns 1 if the claim is new, 0 if the event is claimed already, 2 if it was handled.
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

/// Releases a claim, but only if it has this token.
static RELEASE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0",
    )
});

/// Stores the IDs of handled events in Redis, so that several processes share them. Cheap to clone.
///
/// Each event has one key. Redis removes a claim after the [`claim_timeout`](Self::claim_timeout), and a handled event
/// after the [`retention`](Self::retention). If Redis evicts keys or loses its data, an event is handled again when it
/// is delivered again.
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
    /// Creates a store whose keys have the prefix `polar:delivery:`.
    ///
    /// The connection should reconnect automatically, as a [`ConnectionManager`](redis::aio::ConnectionManager) or a
    /// cluster connection does.
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

    /// Sets the prefix of the keys. Default: `polar:delivery:`.
    ///
    /// If several programs receive the same events, and each is to handle all of them, give each its own prefix.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Sets the time after which the claim of a handler expires, in case its process crashed. Default: 10 minutes.
    ///
    /// It must be longer than the slowest handler takes. Otherwise an event can be handled twice at the same time.
    #[must_use]
    pub fn claim_timeout(mut self, timeout: Duration) -> Self {
        self.claim_timeout = timeout;
        self
    }

    /// Sets how long the ID of a handled event is stored. Default: 30 days. An event that is delivered later is handled
    /// again.
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

/// Returns the time in milliseconds: at least one, and at most 100 years, which is within the limits of Redis.
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
