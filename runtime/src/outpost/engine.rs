//! The engine of an Outpost: counts events, applies messages of Polar, and computes balances.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::cache::{Cache, HoldError, Status};
use super::hold::{Hold, Units};
use super::message::Snapshot;
use super::number::Number;
use super::options::OutpostOptions;
#[cfg(feature = "redis")]
use super::redis::RedisBackend;
use super::reducer::{Reducer, Reducers, bucket};
use super::state::Reading;
use super::statistics::{Function, NotFinite, Statistics};
use super::usage::{Identity, Usage};
use crate::Error;
use crate::log;
use crate::time::system_time;
use crate::transport::Clock;
use crate::types::{JsonValue, Timestamp};

/// The maximum number of events that are kept before the first configuration arrives.
const MAX_EARLY: usize = 10_000;

/// The state that is shared by the tasks and the handles of an Outpost.
pub(super) struct Engine {
    pub(super) cache: Arc<Cache>,
    pub(super) clock: Clock,
    #[cfg(feature = "redis")]
    pub(super) redis: Option<Arc<RedisBackend>>,
    snapshot_timeout: Duration,
    setup: Mutex<Setup>,
}

/// The configuration that was received from Polar, and the state of the connection.
struct Setup {
    reducers: Arc<Reducers>,
    link: Link,
    /// The events before the first configuration; `None` once it has arrived.
    early: Option<VecDeque<(Identity, Box<dyn Usage + Send>)>>,
    /// The time since which no event was missed, in microseconds since 1970.
    started: i64,
}

/// The state of the connection to Polar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// Not connected, or the configuration has not arrived yet.
    Down,
    /// Connected, and the configuration has arrived.
    Up,
    /// Disconnected for good.
    Ended,
}

/// What a tracked event adds to the counts, once it is accepted.
pub(crate) enum Recording {
    /// Nothing: no reducer counts the event.
    Nothing,
    /// Unknown: the configuration has not arrived yet. Contains the event.
    Early(Identity, Box<dyn Usage + Send>),
    /// Statistics for one or several reducers.
    Counted {
        customer: Identity,
        reducers: Arc<Reducers>,
        /// The start of the bucket, in microseconds since 1970.
        start: i64,
        /// In the order of the reducers; `None` if the reducer does not count the event.
        statistics: Vec<Option<Statistics>>,
    },
}

/// The local balance of a meter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum LocalBalance {
    /// The balance, and the time since the last snapshot.
    Known(Reading, Duration),
    /// There is no balance: Polar does not know the customer.
    NoCustomer,
    /// The balance has to be read from the API.
    Unknown,
}

/// A meter, and the reducers among which is that of the meter.
struct Counted {
    reducers: Arc<Reducers>,
    meter: String,
}

impl Counted {
    fn reducer(&self) -> Option<(&Reducer, Function)> {
        let reducer = self.reducers.of_meter(&self.meter)?;
        Some((reducer, reducer.rule.as_ref()?.function))
    }
}

impl Engine {
    pub(super) fn new(options: &OutpostOptions, clock: Clock) -> Result<Self, Error> {
        let started = now();
        #[cfg(feature = "redis")]
        let redis = match &options.redis {
            Some(url) => Some(Arc::new(RedisBackend::open(url.expose(), options)?)),
            None => None,
        };
        #[cfg(feature = "redis")]
        let is_shared = redis.is_some();
        #[cfg(not(feature = "redis"))]
        let is_shared = false;
        Ok(Self {
            cache: Arc::new(Cache::new(options.states, started, is_shared)),
            #[cfg(feature = "redis")]
            redis,
            clock,
            snapshot_timeout: options.snapshot_timeout,
            setup: Mutex::new(Setup {
                reducers: Arc::default(),
                link: Link::Down,
                early: Some(VecDeque::new()),
                started,
            }),
        })
    }

    fn setup(&self) -> MutexGuard<'_, Setup> {
        self.setup.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn counted(&self, meter: &str) -> Counted {
        Counted {
            reducers: Arc::clone(&self.setup().reducers),
            meter: meter.to_owned(),
        }
    }

    /// Sets the state of the connection. [`Link::Ended`] is final.
    pub(super) fn set_link(&self, link: Link) {
        let mut setup = self.setup();
        if setup.link != Link::Ended {
            setup.link = link;
        }
        drop(setup);
        self.cache.notify();
    }

    pub(super) fn link(&self) -> Link {
        self.setup().link
    }

    /// Applies the reducers of a configuration. Returns whether it is valid.
    pub(super) fn configure(&self, configuration: &JsonValue) -> bool {
        let (reducers, early, since) = {
            let mut setup = self.setup();
            // All earlier events were kept until the first configuration. A reducer of a later one has missed them.
            let since = match setup.early {
                Some(_) => setup.started,
                None => now(),
            };
            let Some(reducers) = Reducers::parse(configuration, &setup.reducers, since) else {
                return false;
            };
            setup.reducers = Arc::new(reducers);
            (Arc::clone(&setup.reducers), setup.early.take(), since)
        };
        for reducer in reducers.changed(since) {
            log::outpost_rule_changed(&reducer.id);
            self.cache.recount(reducer, since);
        }
        for (customer, usage) in early.into_iter().flatten() {
            self.record(count(customer, &*usage, &reducers));
        }
        self.cache.request_again(&reducers, self.clock.now());
        self.set_link(Link::Up);
        true
    }

    /// Determines what an event adds to the counts.
    pub(super) fn prepare<U>(&self, customer: Identity, usage: &U) -> Recording
    where
        U: Usage + Clone + Send + 'static,
    {
        let reducers = {
            let setup = self.setup();
            match (&setup.early, setup.link) {
                (_, Link::Ended) => return Recording::Nothing,
                (Some(_), _) => return Recording::Early(customer, Box::new(usage.clone())),
                (None, _) => Arc::clone(&setup.reducers),
            }
        };
        count(customer, usage, &reducers)
    }

    /// Adds an accepted event to the counts.
    pub(super) fn record(&self, recording: Recording) {
        match recording {
            Recording::Nothing => {}
            Recording::Early(customer, usage) => self.keep(customer, usage),
            Recording::Counted {
                customer,
                reducers,
                start,
                statistics,
            } => {
                let (now, at) = (now(), self.clock.now());
                for (reducer, statistics) in reducers.iter().zip(&statistics) {
                    let Some(statistics) = statistics else {
                        continue;
                    };
                    if self
                        .add(&customer, reducer, start, statistics, now)
                        .is_err()
                    {
                        log::outpost_not_finite(&reducer.id);
                    }
                    self.cache.watch(&customer, reducer, now, at);
                }
            }
        }
    }

    fn add(
        &self,
        customer: &Identity,
        reducer: &Reducer,
        start: i64,
        statistics: &Statistics,
        now: i64,
    ) -> Result<(), NotFinite> {
        #[cfg(feature = "redis")]
        if let Some(redis) = &self.redis {
            return redis.add(customer.state(&reducer.id), start, statistics);
        }
        self.cache.add(customer, reducer, start, statistics, now)
    }

    /// Waits until balances include all counted events.
    pub(super) async fn settled(&self) {
        #[cfg(feature = "redis")]
        if let Some(redis) = &self.redis {
            redis.settled().await;
        }
    }

    /// Updates the state in memory from Redis, if Redis is used. Returns whether it is current.
    async fn refresh(&self, customer: &Identity, reducer: &Reducer) -> bool {
        #[cfg(feature = "redis")]
        if let Some(redis) = &self.redis {
            let (state, at) = (customer.state(&reducer.id), self.clock.now());
            return redis.refresh(&self.cache, &state, at).await;
        }
        let _ = (customer, reducer);
        true
    }

    /// Keeps an event until the configuration arrives. Beyond the maximum, drops the oldest event.
    fn keep(&self, customer: Identity, usage: Box<dyn Usage + Send>) {
        let mut setup = self.setup();
        if let Some(early) = &mut setup.early {
            early.push_back((customer, usage));
            if early.len() > MAX_EARLY {
                early.pop_front();
                setup.started = now();
            }
            return;
        }
        // The configuration arrived after `prepare`.
        let reducers = Arc::clone(&setup.reducers);
        drop(setup);
        self.record(count(customer, &*usage, &reducers));
    }

    /// Applies a snapshot to the state.
    pub(super) async fn apply(&self, snapshot: &Snapshot) {
        let counted = self.counted(&snapshot.meter);
        let Some((reducer, _)) = counted.reducer() else {
            return;
        };
        let at = self.clock.now();
        #[cfg(feature = "redis")]
        if let Some(redis) = &self.redis {
            let state = snapshot.customer.state(&reducer.id);
            return redis.apply(&self.cache, &state, snapshot, at).await;
        }
        self.cache.apply(reducer, snapshot, at);
    }

    /// Records that Polar does not know a customer.
    pub(super) fn missing(&self, customer: &Identity, meter: &str) {
        if let Some((reducer, _)) = self.counted(meter).reducer() {
            self.cache.missing(customer, reducer);
        }
    }

    /// Returns the local balance of a meter. Waits for the first snapshot of the customer, up to the timeout.
    pub(super) async fn read(&self, customer: &Identity, meter: &str) -> LocalBalance {
        let counted = self.counted(meter);
        let Some((reducer, function)) = counted.reducer() else {
            return LocalBalance::Unknown;
        };
        if self.link() != Link::Up {
            return LocalBalance::Unknown;
        }
        self.cache.watch(customer, reducer, now(), self.clock.now());
        let read = async {
            loop {
                let changed = self.cache.changed();
                if !self.refresh(customer, reducer).await {
                    return LocalBalance::Unknown;
                }
                let at = self.clock.now();
                match self.cache.status(customer, reducer, function, meter, at) {
                    Status::Known {
                        reading,
                        age,
                        is_complete: true,
                    } => return LocalBalance::Known(reading, age),
                    Status::Known { .. } => return LocalBalance::Unknown,
                    Status::Missing => return LocalBalance::NoCustomer,
                    Status::Unknown if self.link() != Link::Up => return LocalBalance::Unknown,
                    Status::Unknown => changed.await,
                }
            }
        };
        let read = self.clock.within(self.snapshot_timeout, Box::pin(read));
        read.await.unwrap_or(LocalBalance::Unknown)
    }

    /// Reserves units of a meter, if they are available.
    pub(super) async fn hold(
        self: Arc<Self>,
        customer: &Identity,
        meter: &str,
        units: Number,
        ceiling: Option<Number>,
    ) -> Result<Hold, HoldError> {
        let counted = self.counted(meter);
        let (reducer, function) = counted.reducer().ok_or(HoldError::Unknown)?;
        let state = customer.state(&reducer.id);
        #[cfg(feature = "redis")]
        if let Some(redis) = &self.redis {
            if self.cache.is_outdated(customer, reducer) {
                return Err(HoldError::Unknown);
            }
            let hold = Arc::clone(redis).hold(&state, meter, function, units);
            return hold.await.map(Hold::Redis);
        }
        let taken = (units, ceiling);
        self.cache.hold(customer, reducer, function, meter, taken)?;
        Ok(Hold::Local(Units {
            cache: Arc::clone(&self.cache),
            state,
            meter: meter.to_owned(),
            units,
        }))
    }

    /// Returns the last local balance, even if it is incomplete or the connection is lost.
    pub(super) fn last(&self, customer: &Identity, meter: &str) -> LocalBalance {
        let counted = self.counted(meter);
        let Some((reducer, function)) = counted.reducer() else {
            return LocalBalance::Unknown;
        };
        let at = self.clock.now();
        match self.cache.status(customer, reducer, function, meter, at) {
            Status::Known { reading, age, .. } => LocalBalance::Known(reading, age),
            _ => LocalBalance::Unknown,
        }
    }
}

fn count(customer: Identity, usage: &(impl Usage + ?Sized), reducers: &Arc<Reducers>) -> Recording {
    let rules = reducers.iter().map(|reducer| reducer.rule.as_ref());
    let statistics: Vec<_> = rules.map(|rule| rule?.reduce(usage)).collect();
    if statistics.iter().all(Option::is_none) {
        return Recording::Nothing;
    }
    Recording::Counted {
        customer,
        reducers: Arc::clone(reducers),
        start: bucket(usage.micros()),
        statistics,
    }
}

/// Returns the current time in microseconds since 1970.
fn now() -> i64 {
    Timestamp::from(system_time()).timestamp_micros()
}
