//! The connection to Redis: updates by other processes, writes, and leases.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use redis::{RedisResult, Value};
use tokio::time::{Instant, sleep, timeout};

use super::backend::RedisBackend;
use super::fields::Update;
use super::session::TIMEOUT;
use crate::log;
use crate::outpost::backoff::Backoff;
use crate::outpost::cache::Cache;
use crate::transport::Clock;

/// How often the connection is checked.
const CHECK: Duration = Duration::from_secs(10);

/// How often everything in memory is read again, in case an update was lost.
const REFRESH: Duration = Duration::from_secs(30);

impl RedisBackend {
    /// Keeps Redis connected.
    pub(in crate::outpost) async fn run(self: Arc<Self>, cache: Arc<Cache>, clock: Clock) {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(2));
        loop {
            let Err(error) = self.session(&cache, &clock, &mut backoff).await else {
                continue;
            };
            self.store.disconnect();
            cache.notify();
            let delay = backoff.next();
            log::outpost_redis_disconnected(&error, delay);
            sleep(delay).await;
        }
    }

    /// Runs one connection, until it breaks.
    async fn session(
        &self,
        cache: &Cache,
        clock: &Clock,
        backoff: &mut Backoff,
    ) -> RedisResult<()> {
        let late = || redis::RedisError::from((redis::ErrorKind::Io, "no response in time"));
        let subscription = timeout(TIMEOUT, async {
            let mut subscription = self.store.client().get_async_pubsub().await?;
            subscription.subscribe(&self.store.channel).await?;
            RedisResult::Ok(subscription)
        });
        let subscription = subscription.await.map_err(|_| late())??;
        // Updates from before the subscription were missed.
        cache.mark_stale(true);
        self.store.connect(&self.pending).await?;
        // Snapshots that arrived before the connection could not be stored: request them again.
        cache.mark_stale(true);
        backoff.reset();
        cache.notify();
        let (mut subscriber, mut messages) = subscription.split();
        let listening = async {
            while let Some(message) = messages.next().await {
                self.receive(cache, clock, message.get_payload_bytes());
            }
            Err(late())
        };
        // Leases are renewed at once, since their last renewal may have been long before the connection.
        let keeping = async {
            let mut refreshed = Instant::now();
            loop {
                // A connection that failed silently is noticed by the failure of a command, or by the next check.
                let failed = self.store.failed();
                self.renew().await?;
                self.store.keep().await?;
                let answered = timeout(TIMEOUT, subscriber.ping::<Value>()).await;
                answered.map_err(|_| late())??;
                if refreshed.elapsed() >= REFRESH {
                    cache.mark_stale(false);
                    refreshed = Instant::now();
                }
                let _ = timeout(CHECK.min(self.store.lease / 3), failed).await;
            }
        };
        let writing = async {
            loop {
                self.write(cache).await?;
            }
        };
        // If any of them fails, the connection is lost.
        let (writing, keeping) = (pin!(writing), pin!(keeping));
        let writing = select(writing, keeping);
        let listening = pin!(listening);
        match select(listening, writing).await {
            Either::Left((ended, _)) => ended,
            Either::Right((Either::Left((ended, _)) | Either::Right((ended, _)), _)) => ended,
        }
    }

    fn receive(&self, cache: &Cache, clock: &Clock, payload: &[u8]) {
        match Update::parse(payload) {
            Some(Update::Bucket(state, stored)) => cache.update(&state, stored),
            Some(Update::State(state, stored)) => cache.replace(&state, stored, clock.now()),
            None => log::outpost_invalid("a message in Redis is none of the protocol"),
        }
    }

    /// Writes what waits.
    async fn write(&self, cache: &Cache) -> RedisResult<()> {
        let mut batch = self.pending.next().await;
        let update = |state: &str, stored| cache.update(state, stored);
        self.store.write(&mut batch, update).await
    }
}
