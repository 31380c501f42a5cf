//! The state of a customer for a reducer: Polar's statistics of the past, and buckets of later events.

use std::collections::{BTreeMap, HashMap};

use super::message::Snapshot;
use super::number::Number;
use super::reducer::BUCKET;
use super::statistics::{Function, NotFinite, Statistics};

/// The maximum number of buckets that no snapshot covers: those of a day.
const BUCKETS: usize = 288;

/// The state of a customer for a reducer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct State {
    /// The time up to which the cold statistics include events, in microseconds since 1970; `None` before the first
    /// snapshot.
    pub(super) cold_until: Option<i64>,
    pub(super) version: Option<i64>,
    pub(super) cold: Statistics,
    pub(super) buckets: BTreeMap<i64, Statistics>,
    /// By the ID of the meter.
    pub(super) credits: HashMap<String, Credit>,
}

/// The version of a state in Redis. A state that is recreated after it was lost has another epoch.
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

/// The credits of a meter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Credit {
    pub(super) units: Number,
    pub(super) version: Option<i64>,
}

/// The values of a meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) consumed: Number,
    pub(crate) credited: Number,
    pub(crate) balance: Number,
}

impl State {
    /// Adds statistics to a bucket, unless a snapshot already covers it. Drops buckets beyond those of a day: returns
    /// the time up to which that happened.
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

    /// Returns the value of the function over everything that is known; `None` before a snapshot, and if the sum is not
    /// finite.
    pub(super) fn consumed(&self, function: Function) -> Option<Number> {
        let cold = self.cold_until?;
        let mut all = self.cold;
        for statistics in self.buckets.range(cold..).map(|(_, it)| it) {
            all.add(statistics).ok()?;
        }
        Some(all.value(function))
    }

    /// Returns the value of the function over the buckets alone.
    pub(super) fn hot(&self, function: Function) -> Option<Number> {
        let mut all = Statistics::default();
        for statistics in self.buckets.values() {
            all.add(statistics).ok()?;
        }
        Some(all.value(function))
    }

    /// Returns the values of a meter; `None` before its first snapshot.
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
