//! `RedisBackend`: the states in Redis, as the engine uses them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redis::RedisResult;
use tokio::time::timeout;

use super::pending::{Pending, Release};
use super::session::TIMEOUT;
use super::store::{Store, Taken};
use crate::Error;
use crate::log;
use crate::outpost::cache::{Cache, HoldError};
use crate::outpost::message::Snapshot;
use crate::outpost::number::Number;
use crate::outpost::options::OutpostOptions;
use crate::outpost::statistics::{Function, NotFinite, Statistics};
use crate::time::Instant;

/// The states in Redis. Shared by the engine and the tasks of the connection.
pub(in crate::outpost) struct RedisBackend {
    pub(super) store: Store,
    pub(super) pending: Pending,
    /// The current leases of this process, which are renewed, with their units.
    held: Mutex<HashMap<Release, Number>>,
}

/// Units that are reserved in Redis, until this is dropped or the lease expires because the process died.
pub(crate) struct Lease {
    backend: Arc<RedisBackend>,
    release: Release,
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.backend.held().remove(&self.release);
        self.backend.pending.release(self.release.clone());
    }
}

impl RedisBackend {
    pub(in crate::outpost) fn open(url: &str, options: &OutpostOptions) -> Result<Self, Error> {
        Ok(Self {
            store: Store::open(url, options)?,
            pending: Pending::default(),
            held: Mutex::default(),
        })
    }

    fn held(&self) -> MutexGuard<'_, HashMap<Release, Number>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether Redis is connected.
    pub(in crate::outpost) fn is_connected(&self) -> bool {
        self.store.is_connected()
    }

    /// Adds statistics of an event to a bucket. They are written in the background.
    pub(in crate::outpost) fn add(
        &self,
        state: String,
        start: i64,
        statistics: &Statistics,
    ) -> Result<(), NotFinite> {
        if !self.pending.add(state, start, statistics)? {
            log::outpost_lost(1);
        }
        Ok(())
    }

    /// Updates a state in memory from Redis, after the pending writes of the state. Returns whether the state is
    /// current.
    pub(in crate::outpost) async fn refresh(
        &self,
        cache: &Cache,
        state: &str,
        at: Instant,
    ) -> bool {
        if !self.is_connected() {
            return false;
        }
        let refreshed = async {
            self.pending.written(state).await;
            while !cache.is_fresh(state) {
                let Ok(stored) = self.store.read(state).await else {
                    return false;
                };
                cache.load(state, stored, at);
                if !cache.contains(state) {
                    return false;
                }
            }
            true
        };
        timeout(TIMEOUT, refreshed).await.unwrap_or(false)
    }

    /// Waits until all pending writes have completed, up to a timeout. Returns at once if Redis is not connected.
    pub(in crate::outpost) async fn settled(&self) {
        if self.is_connected() {
            let _ = timeout(TIMEOUT, self.pending.all_written()).await;
        }
    }

    /// Applies a snapshot to the state in Redis, and to its copy in memory.
    pub(in crate::outpost) async fn apply(
        &self,
        cache: &Cache,
        state: &str,
        snapshot: &Snapshot,
        at: Instant,
    ) {
        match self.store.apply(state, snapshot).await {
            Ok(stored) => cache.replace(state, stored, at),
            Err(error) => log::outpost_redis_failed(&error),
        }
    }

    /// Reserves units of a meter, if they are available.
    pub(in crate::outpost) async fn hold(
        self: Arc<Self>,
        state: &str,
        meter: &str,
        function: Function,
        units: Number,
    ) -> Result<Lease, HoldError> {
        let function = match function {
            Function::Count => "count",
            Function::Sum => "sum",
            _ => return Err(HoldError::Unsupported),
        };
        // Created before the reservation: dropping it releases the units, even if this future is dropped or the
        // response is lost.
        let lease = Lease {
            release: Release::new(state, meter),
            backend: Arc::clone(&self),
        };
        let (pending, release) = (&self.pending, &lease.release);
        let taken = self
            .store
            .hold(pending, release, state, meter, function, units);
        let taken = timeout(TIMEOUT, taken).await;
        match taken.map_err(|_| HoldError::Unknown)? {
            Ok(Taken::Held) => {
                self.held().insert(lease.release.clone(), units);
                Ok(lease)
            }
            Ok(Taken::Short(available)) => Err(HoldError::Balance(available)),
            Ok(Taken::InvalidUnits) => Err(HoldError::InvalidUnits),
            Ok(Taken::Unknown) => Err(HoldError::Unknown),
            Err(error) => {
                log::outpost_redis_failed(&error);
                Err(HoldError::Unknown)
            }
        }
    }

    /// Renews all leases.
    pub(super) async fn renew(&self) -> RedisResult<()> {
        let held: Vec<_> = self.held().clone().into_iter().collect();
        let renewed = self.store.renew(&held).await;
        // A lease that was dropped meanwhile may have been released before it was renewed, so it is released again.
        let now = self.held();
        let released = held
            .into_iter()
            .filter(|(release, _)| !now.contains_key(release));
        released.for_each(|(release, _)| self.pending.release(release));
        drop(now);
        let lost = renewed?;
        if lost > 0 {
            log::outpost_leases_lost(lost);
        }
        Ok(())
    }
}
