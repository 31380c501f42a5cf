//! The states in memory. The least recently used ones are evicted.

#[cfg(feature = "redis")]
mod replica;

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use event_listener::{Event as Notify, EventListener};
use lru::LruCache;

use crate::outpost::message::{self, Snapshot};
use crate::outpost::number::Number;
use crate::outpost::reducer::{Reducer, Reducers};
#[cfg(feature = "redis")]
use crate::outpost::state::Revision;
use crate::outpost::state::{Reading, State};
use crate::outpost::statistics::{Function, NotFinite, Statistics};
use crate::outpost::usage::Identity;
use crate::time::Instant;

/// The minimum interval of requests for a snapshot while the state is incomplete.
const REQUEST_INTERVAL: Duration = Duration::from_secs(30);

/// The maximum number of requests that wait for a connection. After a reconnect, the snapshots of all states in memory
/// are requested anyway.
const MAX_REQUESTS: usize = 20_000;

/// The states in memory, and the pending requests for their snapshots.
///
/// A state is *complete* if its snapshot includes all events that this process did not count in the state: those of
/// earlier processes, and those that were evicted.
pub(in crate::outpost) struct Cache {
    inner: Mutex<Inner>,
    /// Notified when a state or the connection has changed.
    changed: Notify,
    /// Notified when a request was added.
    new_request: Notify,
}

struct Inner {
    entries: LruCache<String, Entry>,
    /// Whether the states are copies of those in Redis, which other processes change as well.
    is_shared: bool,
    /// The time since which no event of this process is missing, in microseconds since 1970.
    since: i64,
    /// The messages that request snapshots, without duplicates.
    requests: BTreeSet<String>,
    /// Reserved units, by state and meter.
    held: HashMap<(String, String), Number>,
}

struct Entry {
    customer: Identity,
    reducer: String,
    state: State,
    /// The time since which this process counts all events in this state, in microseconds since 1970.
    since: i64,
    /// When the last snapshot arrived.
    received: Option<Instant>,
    /// Whether Polar does not know the customer.
    is_missing: bool,
    /// When snapshots were last requested on this connection.
    requested: Option<Instant>,
    /// The revision of the copy; `None` if it has to be read from Redis.
    #[cfg(feature = "redis")]
    revision: Option<Revision>,
    /// The revision of the last update that could not be applied.
    #[cfg(feature = "redis")]
    seen: Option<Revision>,
}

/// Whether the balance of a customer's meter is in memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::outpost) enum Status {
    Known {
        reading: Reading,
        age: Duration,
        is_complete: bool,
    },
    /// Polar does not know the customer.
    Missing,
    /// No snapshot has arrived yet.
    Unknown,
}

/// The error of a reservation: why units were not reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HoldError {
    /// The balance is too small. Contains the number of available units.
    Balance(Number),
    /// The state is incomplete, and the balance of the API was not passed.
    Incomplete,
    /// The balance is not in memory.
    Unknown,
    /// The meter computes neither a count nor a sum.
    Unsupported,
    /// The number of units has too many digits for exact arithmetic in Redis.
    #[cfg(feature = "redis")]
    InvalidUnits,
}

impl Cache {
    /// Creates an empty cache with capacity for this many states. `since` is the time since which the process counts.
    pub(in crate::outpost) fn new(capacity: NonZeroUsize, since: i64, is_shared: bool) -> Self {
        Self {
            inner: Mutex::new(Inner {
                entries: LruCache::new(capacity),
                is_shared,
                since,
                requests: BTreeSet::new(),
                held: HashMap::new(),
            }),
            changed: Notify::new(),
            new_request: Notify::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a listener that is notified of the next change.
    pub(in crate::outpost) fn changed(&self) -> EventListener {
        self.changed.listen()
    }

    /// Notifies listeners of a change.
    pub(in crate::outpost) fn notify(&self) {
        self.changed.notify(usize::MAX);
    }

    /// Adds statistics of an event to the bucket with this start.
    pub(in crate::outpost) fn add(
        &self,
        customer: &Identity,
        reducer: &Reducer,
        start: i64,
        statistics: &Statistics,
        now: i64,
    ) -> Result<(), NotFinite> {
        let mut inner = self.lock();
        let entry = inner.entry(customer, reducer, now);
        if let Some(dropped) = entry.state.add(start, statistics)? {
            entry.since = entry.since.max(dropped);
        }
        Ok(())
    }

    /// Requests snapshots of a customer from Polar, unless they were requested already.
    pub(in crate::outpost) fn watch(
        &self,
        customer: &Identity,
        reducer: &Reducer,
        now: i64,
        at: Instant,
    ) {
        let mut inner = self.lock();
        let entry = inner.entry(customer, reducer, now);
        let is_due = match entry.requested {
            None => true,
            Some(requested) => {
                !entry.is_complete() && at.saturating_duration_since(requested) >= REQUEST_INTERVAL
            }
        };
        if is_due {
            entry.requested = Some(at);
            let room = MAX_REQUESTS.saturating_sub(inner.requests.len());
            let requests = reducer.meters.iter().take(room);
            inner
                .requests
                .extend(requests.map(|meter| message::usage_request(customer, meter)));
            drop(inner);
            self.new_request.notify(1);
        }
    }

    /// Requests the snapshots of all states again, after a reconnect or a new configuration.
    pub(in crate::outpost) fn request_again(&self, reducers: &Reducers, at: Instant) {
        let mut inner = self.lock();
        let Inner {
            entries, requests, ..
        } = &mut *inner;
        requests.clear();
        for (_, entry) in entries.iter_mut() {
            entry.requested = None;
            if let Some(reducer) = reducers.iter().find(|it| it.id == entry.reducer) {
                entry.requested = Some(at);
                let meters = reducer.meters.iter();
                requests.extend(meters.map(|meter| message::usage_request(&entry.customer, meter)));
            }
        }
        drop(inner);
        self.new_request.notify(1);
    }

    /// Marks the states of a reducer as incomplete, because its rule changed at this time. Their buckets were counted
    /// by the earlier rule.
    pub(in crate::outpost) fn recount(&self, reducer: &Reducer, changed: i64) {
        let mut inner = self.lock();
        let is_shared = inner.is_shared;
        let entries = inner.entries.iter_mut().map(|(_, entry)| entry);
        for entry in entries.filter(|entry| entry.reducer == reducer.id) {
            entry.since = changed;
            // The states in Redis belong to all processes; the next snapshot replaces their buckets.
            if !is_shared {
                entry.state = State::default();
                entry.received = None;
            }
        }
    }

    /// Waits for the next message to Polar, and returns it.
    pub(in crate::outpost) async fn next_request(&self) -> String {
        loop {
            let new_request = self.new_request.listen();
            if let Some(request) = self.lock().requests.pop_first() {
                return request;
            }
            new_request.await;
        }
    }

    /// Applies a snapshot. Snapshots of states that are not in memory are ignored.
    pub(in crate::outpost) fn apply(&self, reducer: &Reducer, snapshot: &Snapshot, at: Instant) {
        let key = snapshot.customer.state(&reducer.id);
        if let Some(entry) = self.lock().entries.peek_mut(&key) {
            entry.is_missing = false;
            if entry.state.apply(snapshot) {
                entry.received = Some(at);
            }
        }
        self.notify();
    }

    /// Records that Polar does not know the customer. The next read requests a snapshot again.
    pub(in crate::outpost) fn missing(&self, customer: &Identity, reducer: &Reducer) {
        let key = customer.state(&reducer.id);
        if let Some(entry) = self.lock().entries.peek_mut(&key) {
            entry.is_missing = true;
            entry.requested = None;
        }
        self.notify();
    }

    /// Returns the status of a meter, with its balance if that is in memory.
    pub(in crate::outpost) fn status(
        &self,
        customer: &Identity,
        reducer: &Reducer,
        function: Function,
        meter: &str,
        at: Instant,
    ) -> Status {
        let mut inner = self.lock();
        let Some(entry) = inner.entries.get(&customer.state(&reducer.id)) else {
            return Status::Unknown;
        };
        if entry.is_missing {
            return Status::Missing;
        }
        let Some(reading) = entry.state.reading(meter, function) else {
            return Status::Unknown;
        };
        Status::Known {
            reading,
            age: entry
                .received
                .map_or(Duration::ZERO, |it| at.saturating_duration_since(it)),
            is_complete: entry.is_complete(),
        }
    }
}

impl Cache {
    /// Reserves units of a meter, if they are available.
    ///
    /// If the state is incomplete, `ceiling` must be the balance of the API. The events in the buckets are subtracted
    /// from it, because the API may not have counted them yet.
    pub(in crate::outpost) fn hold(
        &self,
        customer: &Identity,
        reducer: &Reducer,
        function: Function,
        meter: &str,
        (units, ceiling): (Number, Option<Number>),
    ) -> Result<(), HoldError> {
        if !matches!(function, Function::Count | Function::Sum) {
            return Err(HoldError::Unsupported);
        }
        let state = customer.state(&reducer.id);
        let mut inner = self.lock();
        let Inner { entries, held, .. } = &mut *inner;
        let entry = entries.get(&state).filter(|entry| !entry.is_missing);
        let entry = entry.ok_or(HoldError::Unknown)?;
        let reading = entry.state.reading(meter, function);
        let mut balance = reading.ok_or(HoldError::Unknown)?.balance;
        if !entry.is_complete() {
            let ceiling = ceiling.ok_or(HoldError::Incomplete)?;
            let counted = entry.state.hot(function).ok_or(HoldError::Unknown)?;
            let ceiling = ceiling.minus(counted).ok_or(HoldError::Unknown)?;
            balance = balance.min(ceiling);
        }
        let held = held.entry((state, meter.to_owned())).or_default();
        let available = balance.minus(*held).ok_or(HoldError::Unknown)?;
        if available < units {
            return Err(HoldError::Balance(available));
        }
        *held = held.plus(units).ok_or(HoldError::Unknown)?;
        Ok(())
    }

    /// Releases reserved units.
    pub(in crate::outpost) fn release(&self, state: &str, meter: &str, units: Number) {
        let key = (state.to_owned(), meter.to_owned());
        let mut inner = self.lock();
        let left = inner.held.get(&key).and_then(|held| held.minus(units));
        match left {
            Some(left) if left > Number::ZERO => inner.held.insert(key, left),
            _ => inner.held.remove(&key),
        };
    }
}

impl Inner {
    /// Returns the entry of a state, and marks it as most recently used. Creates the entry if it does not exist.
    fn entry(&mut self, customer: &Identity, reducer: &Reducer, now: i64) -> &mut Entry {
        let key = customer.state(&reducer.id);
        if !self.entries.contains(&key) {
            let is_full = self.entries.len() >= self.entries.cap().get();
            let evicted = is_full.then(|| self.entries.pop_lru()).flatten();
            if evicted.is_some_and(|(_, entry)| !entry.state.buckets.is_empty()) {
                self.since = self.since.max(now);
            }
        }
        let since = match self.is_shared {
            // The state in Redis includes the events of all processes.
            true => reducer.changed.unwrap_or(i64::MIN),
            false => self.since.max(reducer.since),
        };
        self.entries.get_or_insert_mut(key, || Entry {
            customer: customer.clone(),
            reducer: reducer.id.clone(),
            state: State::default(),
            since,
            received: None,
            is_missing: false,
            requested: None,
            #[cfg(feature = "redis")]
            revision: None,
            #[cfg(feature = "redis")]
            seen: None,
        })
    }
}

impl Entry {
    /// Returns whether the snapshot includes all events that this process did not count in the state.
    fn is_complete(&self) -> bool {
        self.state.cold_until.is_some_and(|cold| cold >= self.since)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    #[test]
    fn requests_that_wait_for_a_connection_are_bounded() {
        let cache = Cache::new(NonZeroUsize::new(10).unwrap(), 0, false);
        let rule = serde_json::json!({ "id": "r", "meter_ids": ["m", "n"] });
        let reducer = Reducer::parse(&rule, 0).unwrap();
        let (start, customer) = (Instant::now(), Identity::external("u"));
        for round in 0..100 {
            cache.watch(&customer, &reducer, 0, start + REQUEST_INTERVAL * round);
        }
        assert_eq!(cache.lock().requests.len(), 2);
        for customer in 0..MAX_REQUESTS {
            let customer = Identity::external(customer.to_string());
            cache.watch(&customer, &reducer, 0, start);
        }
        assert_eq!(cache.lock().requests.len(), MAX_REQUESTS);
    }
}
