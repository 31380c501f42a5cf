//! Statistics of events: count, sum, minimum and maximum.

use super::number::Number;

/// The error of a sum that is larger than the largest double.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotFinite;

/// The aggregation function of a meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Count,
    Sum,
    Min,
    Max,
    Average,
}

impl Function {
    pub(super) const ALL: [(&'static str, Self); 5] = [
        ("count", Self::Count),
        ("sum", Self::Sum),
        ("min", Self::Min),
        ("max", Self::Max),
        ("avg", Self::Average),
    ];

    pub(super) fn parse(name: &str) -> Option<Self> {
        let known = Self::ALL.iter().find(|(known, _)| *known == name);
        known.map(|(_, function)| *function)
    }
}

/// Count, sum, minimum and maximum of events. Every [`Function`] can be computed from them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Statistics {
    pub(super) count: i64,
    pub(super) sum: Number,
    pub(super) min: Option<Number>,
    pub(super) max: Option<Number>,
}

impl Statistics {
    /// The statistics of one event without a value.
    pub(super) const ONE: Self = Self {
        count: 1,
        sum: Number::ZERO,
        min: None,
        max: None,
    };

    /// Returns the statistics of one event with a value.
    pub(super) fn of(value: Number) -> Self {
        Self {
            count: 1,
            sum: value,
            min: Some(value),
            max: Some(value),
        }
    }

    /// Adds other statistics. Changes nothing if the sum would not be finite.
    pub(super) fn add(&mut self, other: &Self) -> Result<(), NotFinite> {
        self.sum = self.sum.plus(other.sum).ok_or(NotFinite)?;
        self.count = self.count.saturating_add(other.count);
        self.min = self.min.into_iter().chain(other.min).min();
        self.max = self.max.into_iter().chain(other.max).max();
        Ok(())
    }

    /// Returns the value of a function. Zero if there are no events.
    pub(super) fn value(&self, function: Function) -> Number {
        match function {
            Function::Count => Number::from(self.count),
            Function::Sum => self.sum,
            Function::Min => self.min.unwrap_or_default(),
            Function::Max => self.max.unwrap_or_default(),
            Function::Average => self.sum.over(self.count),
        }
    }
}
