//! Reducers: how meters count events.

use super::filter::Filter;
use super::statistics::{Function, Statistics};
use super::usage::{Property, Usage, Value};
use crate::types::JsonValue;

/// The length of a bucket in microseconds: five minutes.
pub(super) const BUCKET: i64 = 300_000_000;

/// Returns the start of the bucket that contains a time. Both are in microseconds since 1970.
pub(super) fn bucket(micros: i64) -> i64 {
    micros.saturating_sub(micros.rem_euclid(BUCKET))
}

/// The rule by which one or several meters count, from the configuration of Polar.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reducer {
    pub(super) id: String,
    pub(super) meters: Vec<String>,
    /// `None` if the meters cannot be computed locally: the function is `unique`, or the configuration has an unknown
    /// form.
    pub(super) rule: Option<Rule>,
    /// The time since which this process counts by this rule, in microseconds since 1970.
    pub(super) since: i64,
    /// The time at which the rule last changed, in microseconds since 1970. Earlier buckets were counted by another
    /// rule. `None` if it has not changed since the start of this process.
    pub(super) changed: Option<i64>,
}

/// How events are counted: a filter and an aggregation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rule {
    filter: Filter,
    pub(super) function: Function,
    /// The property that is aggregated; `None` if events are only counted.
    property: Option<Property>,
}

impl Reducer {
    /// Parses a reducer of a configuration. Returns `None` if it has no ID.
    pub(super) fn parse(json: &JsonValue, since: i64) -> Option<Self> {
        let meters = json.get("meter_ids").and_then(JsonValue::as_array);
        let meters = meters.into_iter().flatten().filter_map(JsonValue::as_str);
        Some(Self {
            id: json.get("id")?.as_str()?.to_owned(),
            meters: meters.map(str::to_owned).collect(),
            rule: Rule::parse(json),
            since,
            changed: None,
        })
    }
}

impl Rule {
    fn parse(json: &JsonValue) -> Option<Self> {
        let aggregation = json.get("aggregation")?;
        let function = Function::parse(aggregation.get("func")?.as_str()?)?;
        let property = match function {
            Function::Count => None,
            _ => Some(Property::parse(aggregation.get("property")?.as_str()?)),
        };
        Some(Self {
            filter: Filter::parse(json.get("filter")?)?,
            function,
            property,
        })
    }

    /// Returns the statistics that an event adds. Returns `None` if the filter excludes the event, or the event lacks
    /// the property as a number.
    pub(super) fn reduce(&self, usage: &(impl Usage + ?Sized)) -> Option<Statistics> {
        if !self.filter.matches(usage) {
            return None;
        }
        match &self.property {
            None => Some(Statistics::ONE),
            Some(property) => match property.read(usage)? {
                Value::Number(value) => Some(Statistics::of(value)),
                _ => None,
            },
        }
    }
}

/// The reducers of a configuration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reducers(Vec<Reducer>);

impl Reducers {
    /// Parses a configuration. Returns `None` if it is invalid.
    ///
    /// A reducer that is also in the `last` configuration, with the same rule, keeps the time since which it counts.
    /// All others count since `now`.
    pub(super) fn parse(configuration: &JsonValue, last: &Self, now: i64) -> Option<Self> {
        let reducers = configuration.get("reducers")?.as_array()?.iter();
        let reducers = reducers.filter_map(|json| {
            let mut reducer = Reducer::parse(json, now)?;
            let before = last.0.iter().find(|it| it.id == reducer.id);
            match before {
                Some(before) if before.rule == reducer.rule => {
                    (reducer.since, reducer.changed) = (before.since, before.changed);
                }
                Some(_) => reducer.changed = Some(now),
                None => {}
            }
            Some(reducer)
        });
        Some(Self(reducers.collect()))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Reducer> {
        self.0.iter()
    }

    /// Returns the reducers whose rule changed at this time.
    pub(super) fn changed(&self, at: i64) -> impl Iterator<Item = &Reducer> {
        self.iter().filter(move |it| it.changed == Some(at))
    }

    /// Returns the reducer of a meter.
    pub(super) fn of_meter(&self, meter: &str) -> Option<&Reducer> {
        self.0
            .iter()
            .find(|reducer| reducer.meters.iter().any(|it| it == meter))
    }
}
