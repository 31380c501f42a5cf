//! A rate limit that several processes share, through Redis.
//!
//! The state is one number: the time of the next turn that nobody has, in microseconds by the clock of Redis. A script
//! takes a turn, so that processes get theirs in the order in which they ask, and returns how long to wait for it.

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

/// How long Redis may take to respond, and how long it is left alone after it failed.
const PATIENCE: Duration = Duration::from_secs(1);

/// A request may be sent this much later than at its turn. Turns are spread over a minute and this time, so that there are
/// no more requests than allowed within any minute nevertheless.
const LATEST: Duration = Duration::from_secs(1);

/// The longest pause that is shared. A turn that is later than in an hour is an error of the clock.
const LONGEST_PAUSE: Duration = Duration::from_secs(30 * 60);

/// Takes a turn, unless that is as late as the caller's patience ends: then it returns -1. In microseconds: the interval, how
/// far in the past a turn may be after a rest, and the patience.
static TAKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local interval, rest, patience = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]) \
         local time = redis.call('TIME') \
         local now = tonumber(time[1]) * 1000000 + tonumber(time[2]) \
         local turn = now - rest \
         local taken = tonumber(redis.call('GET', KEYS[1]) or '') \
         if taken and taken > turn and taken < now + 3600000000 then turn = taken end \
         local wait = math.max(0, turn - now) \
         if wait >= patience then return -1 end \
         local expiry = math.ceil((turn + interval + rest - now) / 1000) + 1000 \
         redis.call('SET', KEYS[1], string.format('%.0f', turn + interval), 'PX', string.format('%.0f', expiry)) \
         return wait",
    )
});

/// Puts the next turn off. In microseconds: the pause, and how far in the past a turn may be after a rest.
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
/// Requests are sent in the order in which they ask Redis for their turns, whichever process they are from. Times are those
/// of the Redis server, version 5 or later. A `Retry-After` of the API is shared, too.
///
/// While Redis is unreachable or does not respond within a second, each client has the limit for itself, and a warning is
/// logged with the feature `tracing`. So does each client begin anew when Redis has lost its memory.
///
/// # Examples
/// ```no_run
/// use polar_client_runtime::client::{RateLimit, SharedRateLimit};
/// use polar_client_runtime::redis::{Client, RedisError};
///
/// async fn limit() -> Result<SharedRateLimit, RedisError> {
///     let client = Client::open("redis://127.0.0.1/")?;
///     let connection = client.get_connection_manager().await?; // reconnects by itself
///     Ok(SharedRateLimit::new(RateLimit::per_minute(500), connection, "polar:limit"))
/// }
/// // Polar::builder().shared_rate_limit(limit)
/// ```
#[derive(Clone)]
pub struct SharedRateLimit {
    pub(super) limit: RateLimit,
    connection: Connection,
    key: String,
}

impl SharedRateLimit {
    /// Shares a limit with everybody who uses the same key and the same limit. The connection should reconnect by itself: a
    /// [`ConnectionManager`](redis::aio::ConnectionManager), or one to a cluster.
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

    /// How far in the past a turn may be.
    fn rest(&self) -> u64 {
        self.interval() * u64::from(self.limit.burst() - 1)
    }

    /// Takes a turn, and returns how long to wait for it.
    async fn take(&self, patience: Duration) -> Result<Option<Duration>, RedisError> {
        let mut take = TAKE.key(&self.key);
        take.arg(self.interval()).arg(self.rest());
        take.arg(micros(patience));
        let wait = self.connection.run(take).await?;
        Ok(u64::try_from(wait).ok().map(Duration::from_micros))
    }

    async fn put_off(&self, pause: Duration) -> Result<(), RedisError> {
        let mut put_off = PAUSE.key(&self.key);
        put_off.arg(micros(pause.min(LONGEST_PAUSE)));
        put_off.arg(self.rest());
        self.connection.run(put_off).await?;
        Ok(())
    }
}

/// Shows nothing of the connection.
impl fmt::Debug for SharedRateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedRateLimit")
            .field("limit", &self.limit)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// The place of a client among those who share a limit.
#[derive(Debug)]
pub(in crate::client) struct SharedTurns {
    limit: SharedRateLimit,
    /// Redis failed, and is asked again at this time.
    broken: Mutex<Option<Instant>>,
}

impl SharedTurns {
    pub(super) fn new(limit: SharedRateLimit) -> Self {
        Self {
            limit,
            broken: Mutex::new(None),
        }
    }

    /// Waits for a turn. `None` if that would take longer than `patience`.
    pub(in crate::client) async fn take_turn(
        &self,
        clock: &Clock,
        patience: Duration,
    ) -> Option<()> {
        let begin = clock.now();
        loop {
            let start = clock.now();
            if self.is_broken(start) {
                return Some(());
            }
            let left = patience.saturating_sub(start.saturating_duration_since(begin));
            let wait = match clock.within(PATIENCE, self.limit.take(left)).await {
                Some(Ok(wait)) => wait?,
                Some(Err(error)) => return self.fail(clock, &error),
                None => return self.fail(clock, &"no response within a second"),
            };
            if !wait.is_zero() {
                clock.sleep(wait).await;
            }
            let waited = clock.now().saturating_duration_since(start);
            if waited.saturating_sub(wait) < LATEST {
                return Some(());
            }
            // Too late: others have gone since, and this one needs a turn of now.
        }
    }

    /// Nobody gets a turn for this time.
    pub(in crate::client) fn pause(&self, pause: Duration) {
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let limit = self.limit.clone();
            // Where it fails, the others meet the server's limit themselves.
            runtime.spawn(async move { limit.put_off(pause).await });
        }
    }

    fn is_broken(&self, now: Instant) -> bool {
        let broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        broken.is_some_and(|until| now < until)
    }

    /// The client's own limit has to do.
    fn fail(&self, clock: &Clock, error: &dyn fmt::Display) -> Option<()> {
        log::shared_limit_failed(error);
        let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        *broken = clock.now().checked_add(PATIENCE);
        Some(())
    }
}

fn micros(time: Duration) -> u64 {
    // Beyond 100 years Lua's numbers are not exact.
    const CENTURY: u64 = 100 * 365 * 24 * 60 * 60 * 1_000_000;
    u64::try_from(time.as_micros()).map_or(CENTURY, |micros| micros.min(CENTURY))
}
