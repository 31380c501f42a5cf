//! `MemoryStore`: stores event IDs in memory.

use std::collections::{HashSet, VecDeque};
use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::store::{Claim, Store};

/// The default number of handled events.
const CAPACITY: usize = 10_000;

/// Stores the IDs of handled events in memory, for a single process.
///
/// It keeps the IDs of the most recently handled events, 10,000 by default. Events in progress do not count.
pub struct MemoryStore {
    capacity: usize,
    ids: Mutex<Ids>,
}

#[derive(Default)]
struct Ids {
    in_progress: HashSet<String>,
    done: HashSet<Arc<str>>,
    /// The IDs in `done`, in the order in which the events were handled.
    order: VecDeque<Arc<str>>,
}

impl MemoryStore {
    /// Creates a store that keeps the IDs of this many handled events.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            capacity,
            ids: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Ids> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::with_capacity(CAPACITY)
    }
}

/// Shows the number of events, not their IDs.
impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = self.lock();
        f.debug_struct("MemoryStore")
            .field("capacity", &self.capacity)
            .field("in_progress", &ids.in_progress.len())
            .field("done", &ids.done.len())
            .finish()
    }
}

impl Store for MemoryStore {
    type Error = Infallible;
    /// Claims do not expire: they end when they are released, or with the process.
    type Token = ();

    async fn claim(&self, id: &str) -> Result<Claim, Infallible> {
        let mut ids = self.lock();
        let claim = if ids.done.contains(id) {
            Claim::Done
        } else if ids.in_progress.insert(id.to_owned()) {
            Claim::New(())
        } else {
            Claim::InProgress
        };
        Ok(claim)
    }

    async fn complete(&self, id: &str, (): &()) -> Result<(), Infallible> {
        let mut ids = self.lock();
        ids.in_progress.remove(id);
        let id: Arc<str> = Arc::from(id);
        if ids.done.insert(Arc::clone(&id)) {
            ids.order.push_back(id);
        }
        while ids.order.len() > self.capacity {
            if let Some(oldest) = ids.order.pop_front() {
                ids.done.remove(&oldest);
            }
        }
        Ok(())
    }

    async fn release(&self, id: &str, (): &()) -> Result<(), Infallible> {
        self.lock().in_progress.remove(id);
        Ok(())
    }

    fn abandon(&self, id: &str, (): &()) {
        self.lock().in_progress.remove(id);
    }
}
