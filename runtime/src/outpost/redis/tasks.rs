//! The background tasks of the connection to Redis: receive updates of other processes, write statistics, renew leases.

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

/// The interval of checks of the connection.
const CHECK: Duration = Duration::from_secs(10);

/// The interval after which all states are read again, in case an update was lost.
const REFRESH: Duration = Duration::from_secs(30);

impl RedisBackend {
    /// Connects to Redis, and reconnects after failures, without end.
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

    /// Runs one connection until it fails.
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
        // Updates before the subscription were missed.
        cache.mark_stale(true);
        self.store.connect(&self.pending).await?;
        // Snapshots that arrived before Redis was connected could not be stored, so they are requested again.
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
        // Leases are renewed at once: the last renewal may have been long before this connection.
        let keeping = async {
            let mut refreshed = Instant::now();
            loop {
                // If the connection has failed silently, the next command or check fails.
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
        // If one of these tasks fails, the connection ends.
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

    /// Waits for pending statistics, and writes one batch of them.
    async fn write(&self, cache: &Cache) -> RedisResult<()> {
        let mut batch = self.pending.next().await;
        let update = |state: &str, stored| cache.update(state, stored);
        self.store.write(&mut batch, update).await
    }
}
