//! The state of a customer for a reducer: the statistics of a snapshot, and buckets of later events.

use std::collections::{BTreeMap, HashMap};

use super::message::Snapshot;
use super::number::Number;
use super::reducer::BUCKET;
use super::statistics::{Function, NotFinite, Statistics};

/// The maximum number of buckets after the last snapshot. They cover one day.
const BUCKETS: usize = 288;

/// The state of a customer for a reducer.
///
/// *Cold* statistics are those of the last snapshot. They include all events up to `cold_until`. Later events are in
/// buckets.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct State {
    /// The time up to which the snapshot includes events, in microseconds since 1970. `None` before the first snapshot.
    pub(super) cold_until: Option<i64>,
    /// The version of the snapshot.
    pub(super) version: Option<i64>,
    pub(super) cold: Statistics,
    /// By the start of the bucket, in microseconds since 1970.
    pub(super) buckets: BTreeMap<i64, Statistics>,
    /// The credits of the customer, by the ID of the meter.
    pub(super) credits: HashMap<String, Credit>,
}

/// The version of a state in Redis: each write increments the number. If the state was lost and is created again, it
/// has another epoch.
#[cfg(feature = "redis")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Revision {
    pub(super) epoch: String,
    pub(super) number: u64,
}

/// A state in Redis, or one bucket of it.
#[cfg(feature = "redis")]
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Stored {
    pub(super) revision: Revision,
    pub(super) state: State,
}

/// The units of a meter that were credited to a customer, and the version of the snapshot that contained them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Credit {
    pub(super) units: Number,
    pub(super) version: Option<i64>,
}

/// The consumed, credited and remaining units of a meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) consumed: Number,
    pub(crate) credited: Number,
    pub(crate) balance: Number,
}

impl State {
    /// Adds statistics to the bucket with this start, unless the snapshot already covers the bucket.
    ///
    /// If there are too many buckets, drops the oldest one and returns its end.
    pub(super) fn add(
        &mut self,
        start: i64,
        statistics: &Statistics,
    ) -> Result<Option<i64>, NotFinite> {
        if self.cold_until.is_some_and(|cold| start < cold) {
            return Ok(None);
        }
        self.buckets.entry(start).or_default().add(statistics)?;
        if self.buckets.len() <= BUCKETS {
            return Ok(None);
        }
        let dropped = self.buckets.pop_first();
        Ok(dropped.map(|(start, _)| start.saturating_add(BUCKET)))
    }

    /// Applies a snapshot, unless it is older than the state. Returns whether anything changed.
    pub(super) fn apply(&mut self, snapshot: &Snapshot) -> bool {
        if self
            .cold_until
            .is_some_and(|cold| cold > snapshot.cold_until)
        {
            return false;
        }
        let is_new = |known: Option<i64>| known.is_none_or(|known| snapshot.version >= known);
        if is_new(self.version) {
            self.cold_until = Some(snapshot.cold_until);
            self.version = Some(snapshot.version);
            self.cold = snapshot.statistics;
            self.buckets = self.buckets.split_off(&snapshot.cold_until);
        }
        let credit = self.credits.entry(snapshot.meter.clone()).or_default();
        if is_new(credit.version) {
            credit.units = snapshot.credited;
            credit.version = Some(snapshot.version);
        }
        true
    }

    /// Returns the value of the function for all events: those of the snapshot and of the buckets. Returns `None`
    /// before the first snapshot, and if the sum is not finite.
    pub(super) fn consumed(&self, function: Function) -> Option<Number> {
        let cold = self.cold_until?;
        let mut all = self.cold;
        for statistics in self.buckets.range(cold..).map(|(_, it)| it) {
            all.add(statistics).ok()?;
        }
        Some(all.value(function))
    }

    /// Returns the value of the function for the events in the buckets. Returns `None` if the sum is not finite.
    pub(super) fn hot(&self, function: Function) -> Option<Number> {
        let mut all = Statistics::default();
        for statistics in self.buckets.values() {
            all.add(statistics).ok()?;
        }
        Some(all.value(function))
    }

    /// Returns the values of a meter. Returns `None` before its first snapshot, and if they are not finite.
    pub(super) fn reading(&self, meter: &str, function: Function) -> Option<Reading> {
        let credited = self.credits.get(meter)?.units;
        let consumed = self.consumed(function)?;
        Some(Reading {
            consumed,
            credited,
            balance: credited.minus(consumed)?,
        })
    }
}
