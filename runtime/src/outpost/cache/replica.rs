//! In-memory copies of the states in Redis. Redis publishes each change; a copy is current as long as none is missed.

use super::{Cache, Entry};
use crate::outpost::reducer::Reducer;
use crate::outpost::state::{Revision, Stored};
use crate::outpost::usage::Identity;
use crate::time::Instant;

impl Cache {
    /// Returns whether a state is in memory.
    pub(in crate::outpost) fn contains(&self, state: &str) -> bool {
        self.lock().entries.contains(state)
    }

    /// Returns whether no update of a state is known to be missing.
    pub(in crate::outpost) fn is_fresh(&self, state: &str) -> bool {
        let inner = self.lock();
        inner
            .entries
            .peek(state)
            .is_some_and(|entry| entry.revision.is_some())
    }

    /// Returns whether a state may contain buckets that were counted by an earlier rule of its reducer.
    pub(in crate::outpost) fn is_outdated(&self, customer: &Identity, reducer: &Reducer) -> bool {
        let inner = self.lock();
        let entry = inner.entries.peek(&customer.state(&reducer.id));
        reducer.changed.is_some() && !entry.is_some_and(Entry::is_complete)
    }

    /// Stores a state that was read from Redis. If a later update has arrived meanwhile, the state stays stale, so that
    /// it is read again.
    pub(in crate::outpost) fn load(&self, state: &str, stored: Stored, at: Instant) {
        if let Some(entry) = self.lock().entries.peek_mut(state) {
            entry.load(stored, at);
        }
        self.notify();
    }

    /// Stores a state that was published as a whole, unless a later one is in memory.
    pub(in crate::outpost) fn replace(&self, state: &str, stored: Stored, at: Instant) {
        if let Some(entry) = self.lock().entries.peek_mut(state) {
            let known = entry.revision.as_ref();
            if known.is_some_and(|known| known.includes(&stored.revision)) {
                return;
            }
            entry.is_missing = false;
            entry.load(stored, at);
        }
        self.notify();
    }

    /// Applies an update that was published: one bucket. If the copy does not have the revision before the update, the
    /// copy becomes stale.
    pub(in crate::outpost) fn update(&self, state: &str, stored: Stored) {
        let update = stored.revision;
        if update.epoch.is_empty() {
            // A snapshot covers the bucket: nothing was written.
            return;
        }
        let mut inner = self.lock();
        let Some(entry) = inner.entries.peek_mut(state) else {
            return;
        };
        let Some(known) = &mut entry.revision else {
            return entry.note_unapplied(update);
        };
        if known.includes(&update) {
            return;
        }
        if known.epoch == update.epoch && known.number.checked_add(1) == Some(update.number) {
            known.number = update.number;
            entry.state.buckets.extend(stored.state.buckets);
            return;
        }
        entry.revision = None;
        entry.note_unapplied(update);
    }

    /// Marks all states as stale, because updates may have been missed. They are read from Redis when they are used.
    /// With `request_snapshots`, their snapshots are requested from Polar again.
    pub(in crate::outpost) fn mark_stale(&self, request_snapshots: bool) {
        for (_, entry) in &mut self.lock().entries {
            entry.revision = None;
            if request_snapshots {
                entry.requested = None;
            }
        }
    }
}

impl Entry {
    fn load(&mut self, stored: Stored, at: Instant) {
        let revision = stored.revision;
        let seen = self.seen.take();
        let is_later =
            |known: &Revision| known.epoch == revision.epoch && known.number > revision.number;
        // The response to a read may arrive after a later update.
        let is_behind = [&seen, &self.revision].into_iter().flatten().any(is_later);
        if !is_behind {
            self.revision = Some(revision);
            if self.state.version != stored.state.version || self.received.is_none() {
                self.received = Some(at);
            }
            self.state = stored.state;
        }
    }

    /// Records an update that could not be applied.
    fn note_unapplied(&mut self, update: Revision) {
        let known = self.seen.as_ref();
        if !known.is_some_and(|known| known.includes(&update)) {
            self.seen = Some(update);
        }
    }
}

impl Revision {
    /// Returns whether this revision is equal to or later than another one of the same epoch.
    fn includes(&self, other: &Self) -> bool {
        self.epoch == other.epoch && self.number >= other.number
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::num::NonZeroUsize;

    use super::*;

    fn stored(epoch: &str, number: u64) -> Stored {
        Stored {
            revision: Revision {
                epoch: epoch.to_owned(),
                number,
            },
            ..Stored::default()
        }
    }

    #[test]
    fn an_update_only_fits_on_the_revision_before() {
        let cache = Cache::new(NonZeroUsize::MIN, 0, true);
        let at = Instant::now();
        let reducer = Reducer::parse(&serde_json::json!({ "id": "r" }), 0).unwrap();
        cache.watch(&Identity::external("u"), &reducer, 0, at);
        let state = "external:u:r";
        assert!(!cache.is_fresh(state));
        cache.load(state, stored("a", 3), at);
        cache.update(state, stored("a", 3));
        cache.update(state, stored("a", 4));
        cache.update(state, stored("", 0));
        assert!(cache.is_fresh(state));
        // A gap: the state that is read must be as recent as the last update.
        cache.update(state, stored("a", 6));
        assert!(!cache.is_fresh(state));
        cache.load(state, stored("a", 5), at);
        assert!(!cache.is_fresh(state));
        cache.load(state, stored("a", 6), at);
        assert!(cache.is_fresh(state));
        // A response to an earlier read does not replace a later state.
        cache.load(state, stored("a", 5), at);
        cache.update(state, stored("a", 7));
        assert!(cache.is_fresh(state));
        // Another epoch, published as a whole and then as a bucket.
        cache.replace(state, stored("b", 1), at);
        assert!(cache.is_fresh(state));
        cache.update(state, stored("c", 2));
        assert!(!cache.is_fresh(state));
        cache.load(state, stored("c", 2), at);
        assert!(cache.is_fresh(state));
        cache.mark_stale(false);
        assert!(!cache.is_fresh(state));
    }
}
