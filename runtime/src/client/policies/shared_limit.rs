//! A rate limit that several processes share, through Redis.
//!
//! Redis stores one number: the time of the next free slot, in microseconds of the clock of Redis. A script assigns the
//! slot and returns the delay until then. So slots are assigned in the order of the requests to Redis.

use std::fmt;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use redis::aio::ConnectionLike;
use redis::{RedisError, Script};

use super::limiter::RateLimit;
use crate::log;
use crate::scripts::Connection;
use crate::time::Instant;
use crate::transport::Clock;

/// The timeout of a Redis command. After a failure, Redis is not used for this time either.
const TIMEOUT: Duration = Duration::from_secs(1);

/// The maximum delay between a slot and its request. The slots of a minute are distributed over a minute plus this
/// time, so that the limit is not exceeded within any minute.
const MAX_DELAY: Duration = Duration::from_secs(1);

/// The maximum pause that is shared. A slot that is more than an hour in the future is an error of the clock.
const MAX_PAUSE: Duration = Duration::from_secs(30 * 60);

/// Assigns a slot and returns the delay until then, or -1 if it is longer than `max_wait`. Arguments in microseconds:
/// interval, how far in the past a slot may be, `max_wait`.
static TAKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local interval, rest, max_wait = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]) \
         local time = redis.call('TIME') \
         local now = tonumber(time[1]) * 1000000 + tonumber(time[2]) \
         local slot = now - rest \
         local taken = tonumber(redis.call('GET', KEYS[1]) or '') \
         if taken and taken > slot and taken < now + 3600000000 then slot = taken end \
         local wait = math.max(0, slot - now) \
         if wait >= max_wait then return -1 end \
         local expiry = math.ceil((slot + interval + rest - now) / 1000) + 1000 \
         redis.call('SET', KEYS[1], string.format('%.0f', slot + interval), 'PX', string.format('%.0f', expiry)) \
         return wait",
    )
});

/// Postpones the next slot. Arguments in microseconds: the pause, and how far in the past a slot may be, which
/// determines when the key expires.
static PAUSE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local pause, rest = tonumber(ARGV[1]), tonumber(ARGV[2]) \
         local time = redis.call('TIME') \
         local start = tonumber(time[1]) * 1000000 + tonumber(time[2]) + pause \
         local taken = tonumber(redis.call('GET', KEYS[1]) or '') \
         if taken and taken > start then return 0 end \
         local expiry = math.ceil((pause + rest) / 1000) + 1000 \
         redis.call('SET', KEYS[1], string.format('%.0f', start), 'PX', string.format('%.0f', expiry)) \
         return 1",
    )
});

/// A [`RateLimit`] that all processes with the same key in Redis share.
///
/// Requests are sent in the order in which they ask Redis for a time slot. Times are those of the Redis server, which
/// must have version 5 or later. The processes also share a `Retry-After` of the API.
///
/// If Redis is unreachable or does not respond within a second, each client applies the limit on its own, and logs a
/// warning with the feature `tracing`. If Redis loses its data, the limit starts anew.
///
/// # Examples
/// ```no_run
/// use polar_client_runtime::client::{RateLimit, SharedRateLimit};
/// use polar_client_runtime::redis::{Client, RedisError};
///
/// async fn limit() -> Result<SharedRateLimit, RedisError> {
///     let client = Client::open("redis://127.0.0.1/")?;
///     let connection = client.get_connection_manager().await?; // reconnects
///     Ok(SharedRateLimit::new(RateLimit::per_minute(500), connection, "polar:limit"))
/// }
/// // Polar::builder().shared_rate_limit(limit)
/// ```
#[derive(Clone)]
pub struct SharedRateLimit {
    pub(in crate::client) limit: RateLimit,
    connection: Connection,
    key: String,
}

impl SharedRateLimit {
    /// Creates a limit that all processes with the same `key` in Redis share. All of them must set the same `limit`.
    ///
    /// The connection should reconnect automatically, for example a
    /// [`ConnectionManager`](redis::aio::ConnectionManager) or a connection to a cluster.
    #[must_use]
    pub fn new<C>(limit: RateLimit, connection: C, key: impl Into<String>) -> Self
    where
        C: ConnectionLike + Clone + Send + Sync + 'static,
    {
        Self {
            limit,
            connection: Connection::new(connection),
            key: key.into(),
        }
    }

    fn interval(&self) -> u64 {
        let interval = self.limit.interval();
        micros(interval + interval / 60) + 1
    }

    /// Returns how far in the past a slot may be. The key expires after the same time.
    fn rest(&self) -> u64 {
        self.interval() * u64::from(self.limit.burst() - 1)
    }

    /// Assigns a slot, and returns the delay until then. `None` if it is not within `max_wait`.
    async fn take(&self, max_wait: Duration) -> Result<Option<Duration>, RedisError> {
        let mut take = TAKE.key(&self.key);
        take.arg(self.interval()).arg(self.rest());
        take.arg(micros(max_wait));
        let wait = self.connection.run(take).await?;
        Ok(u64::try_from(wait).ok().map(Duration::from_micros))
    }

    async fn postpone(&self, pause: Duration) -> Result<(), RedisError> {
        let mut postpone = PAUSE.key(&self.key);
        postpone.arg(micros(pause.min(MAX_PAUSE)));
        postpone.arg(self.rest());
        self.connection.run(postpone).await?;
        Ok(())
    }
}

/// Omits the connection.
impl fmt::Debug for SharedRateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedRateLimit")
            .field("limit", &self.limit)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// The shared rate limit of a client.
#[derive(Debug)]
pub(in crate::client) struct SharedLimiter {
    limit: SharedRateLimit,
    /// The time until which Redis is not used after a failure.
    broken: Mutex<Option<Instant>>,
}

impl SharedLimiter {
    pub(in crate::client) fn new(limit: SharedRateLimit) -> Self {
        Self {
            limit,
            broken: Mutex::new(None),
        }
    }

    /// Waits for a time slot. `None` if it is not within `max_wait`.
    pub(in crate::client) async fn acquire(&self, clock: &Clock, max_wait: Duration) -> Option<()> {
        let begin = clock.now();
        loop {
            let start = clock.now();
            if self.is_broken(start) {
                return Some(());
            }
            let left = max_wait.saturating_sub(start.saturating_duration_since(begin));
            let wait = match clock.within(TIMEOUT, self.limit.take(left)).await {
                Some(Ok(wait)) => wait?,
                Some(Err(error)) => return self.fail(clock, &error),
                None => return self.fail(clock, &"no response within a second"),
            };
            if !wait.is_zero() {
                clock.sleep(wait).await;
            }
            let waited = clock.now().saturating_duration_since(start);
            if waited.saturating_sub(wait) < MAX_DELAY {
                return Some(());
            }
            // The slot is too far in the past, because later requests have been sent since. The request asks for a new
            // slot.
        }
    }

    /// Postpones the slots of all processes by this time.
    pub(in crate::client) fn pause(&self, pause: Duration) {
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let limit = self.limit.clone();
            // A failure is ignored, because the other processes also get 429 responses from the server.
            runtime.spawn(async move { limit.postpone(pause).await });
        }
    }

    fn is_broken(&self, now: Instant) -> bool {
        let broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        broken.is_some_and(|until| now < until)
    }

    /// Logs the failure and returns `None`, so that the client's own limit is used.
    fn fail(&self, clock: &Clock, error: &dyn fmt::Display) -> Option<()> {
        log::shared_limit_failed(error);
        let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        *broken = clock.now().checked_add(TIMEOUT);
        Some(())
    }
}

fn micros(time: Duration) -> u64 {
    // Lua's numbers are not exact for times of more than 100 years.
    const CENTURY: u64 = 100 * 365 * 24 * 60 * 60 * 1_000_000;
    u64::try_from(time.as_micros()).map_or(CENTURY, |micros| micros.min(CENTURY))
}
