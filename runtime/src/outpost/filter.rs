//! Filters: which events a reducer counts.

use std::cmp::Ordering;

use super::number::Number;
use super::usage::{Property, Usage, Value};
use crate::types::JsonValue;

/// The maximum depth of nested filters. Meters with deeper filters have no local balance.
const DEPTH: usize = 32;

/// A condition on events.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Clause(Clause),
}

/// A condition on one property.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Clause {
    property: Property,
    operator: Operator,
    expected: Expected,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

#[derive(Clone, Debug, PartialEq)]
enum Expected {
    String(String),
    Number(Number),
    Boolean(bool),
}

impl Filter {
    /// Parses a filter. Returns `None` if its form is unknown.
    pub(super) fn parse(json: &JsonValue) -> Option<Self> {
        Self::nested(json, DEPTH)
    }

    fn nested(json: &JsonValue, depth: usize) -> Option<Self> {
        let depth = depth.checked_sub(1)?;
        if json.get("property").is_some() {
            return Clause::parse(json).map(Self::Clause);
        }
        let clauses = json.get("clauses")?.as_array()?.iter();
        let clauses = clauses
            .map(|clause| Self::nested(clause, depth))
            .collect::<Option<_>>()?;
        match json.get("conjunction")?.as_str()? {
            "and" => Some(Self::All(clauses)),
            "or" => Some(Self::Any(clauses)),
            _ => None,
        }
    }

    pub(super) fn matches(&self, usage: &(impl Usage + ?Sized)) -> bool {
        match self {
            Self::All(filters) => filters.iter().all(|filter| filter.matches(usage)),
            Self::Any(filters) => filters.iter().any(|filter| filter.matches(usage)),
            Self::Clause(clause) => clause.matches(usage),
        }
    }
}

impl Clause {
    fn parse(json: &JsonValue) -> Option<Self> {
        let operator = match json.get("operator")?.as_str()? {
            "eq" => Operator::Equal,
            "ne" => Operator::NotEqual,
            "gt" => Operator::Greater,
            "gte" => Operator::GreaterOrEqual,
            "lt" => Operator::Less,
            "lte" => Operator::LessOrEqual,
            _ => return None,
        };
        let expected = match json.get("value")? {
            JsonValue::String(text) => Expected::String(text.clone()),
            JsonValue::Bool(boolean) => Expected::Boolean(*boolean),
            number => Expected::Number(Number::from_json(number)?),
        };
        Some(Self {
            property: Property::parse(json.get("property")?.as_str()?),
            operator,
            expected,
        })
    }

    fn matches(&self, usage: &(impl Usage + ?Sized)) -> bool {
        let Some(actual) = self.property.read(usage) else {
            return false;
        };
        match self.operator {
            Operator::Equal => self.equals(actual),
            Operator::NotEqual => !self.equals(actual),
            operator => self
                .order(actual)
                .is_some_and(|order| operator.accepts(order)),
        }
    }

    /// Returns whether a value equals the expected one. A boolean equals the number 0 or 1, as in the other
    /// implementations of the protocol, with which states in Redis are shared.
    fn equals(&self, actual: Value<'_>) -> bool {
        let numeric = |boolean: bool| Number::from(i64::from(boolean));
        match (&self.expected, actual) {
            (Expected::String(expected), Value::String(actual)) => expected == actual,
            (Expected::Number(expected), Value::Number(actual)) => *expected == actual,
            (Expected::Boolean(expected), Value::Boolean(actual)) => *expected == actual,
            (Expected::Number(expected), Value::Boolean(actual)) => *expected == numeric(actual),
            (Expected::Boolean(expected), Value::Number(actual)) => numeric(*expected) == actual,
            _ => false,
        }
    }

    /// Compares a value with the expected one. Returns `None` unless both are numbers or both are strings.
    fn order(&self, actual: Value<'_>) -> Option<Ordering> {
        match (&self.expected, actual) {
            (Expected::String(expected), Value::String(actual)) => {
                Some(actual.cmp(expected.as_str()))
            }
            (Expected::Number(expected), Value::Number(actual)) => Some(actual.cmp(expected)),
            _ => None,
        }
    }
}

impl Operator {
    fn accepts(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
        }
    }
}
