//! An expectation of a mock.

use std::fmt;
use std::panic::Location;

use super::difference::differences;
use super::recorded::Recorded;
use super::reply::Reply;
use crate::client::Operation;
use crate::types::JsonValue;

/// A function that returns the response to a request, or the reason why that response is invalid.
pub(super) type Respond = dyn Fn(&Recorded) -> Result<Reply, String> + Send;

/// An expectation: an operation, its conditions, the response, and how often it is expected.
pub(super) struct Rule {
    pub(super) operation: &'static Operation,
    pub(super) at: &'static Location<'static>,
    pub(super) conditions: Vec<Condition>,
    pub(super) respond: Box<Respond>,
    pub(super) count: Count,
    pub(super) calls: usize,
}

/// How often a call is expected.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    Times(usize),
    Any,
}

pub(super) enum Condition {
    Path(String, String),
    Query(String, String),
    Body(JsonValue),
}

impl Rule {
    /// Returns the response if the request matches and the expectation is not used up. `Some(Err)` contains the reason
    /// why the response is invalid.
    pub(super) fn reply(&mut self, request: &Recorded) -> Option<Result<Reply, String>> {
        let is_left = self.count == Count::Any || Count::Times(self.calls) != self.count;
        let matches = is_left
            && self.is_for(request.operation())
            && self
                .conditions
                .iter()
                .all(|condition| condition.holds(request));
        matches.then(|| {
            self.calls += 1;
            (self.respond)(request)
        })
    }

    /// Describes the missing calls. Returns `None` if the expected number of calls was made.
    pub(super) fn unmet(&self) -> Option<String> {
        match self.count {
            Count::Times(times) if times != self.calls => Some(format!(
                "{self}: expected {}, got {}",
                count(times),
                count(self.calls)
            )),
            Count::Times(_) | Count::Any => None,
        }
    }

    /// Returns the JSON pointers at which the body differs from the expected one. Empty if no body is expected.
    pub(super) fn differences(&self, request: &Recorded) -> Vec<String> {
        let bodies = self
            .conditions
            .iter()
            .filter_map(|condition| match condition {
                Condition::Body(json) => Some(json),
                Condition::Path(..) | Condition::Query(..) => None,
            });
        bodies
            .flat_map(|expected| differences(expected, &request.json()))
            .collect()
    }

    pub(super) fn is_for(&self, operation: &'static Operation) -> bool {
        std::ptr::eq(self.operation, operation)
    }
}

fn count(times: usize) -> String {
    match times {
        1 => "once".to_owned(),
        times => format!("{times} times"),
    }
}

impl Condition {
    fn holds(&self, request: &Recorded) -> bool {
        match self {
            Self::Path(name, value) => request.path(name) == Some(value),
            Self::Query(name, value) => request.query_values(name).any(|other| other == value),
            Self::Body(json) => request.json() == *json,
        }
    }
}

/// Shows the expectation on one line.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.operation.id)?;
        for (index, condition) in self.conditions.iter().enumerate() {
            f.write_str(if index == 0 { " with " } else { ", " })?;
            match condition {
                Condition::Path(name, value) | Condition::Query(name, value) => {
                    write!(f, "{name}={value}")?;
                }
                Condition::Body(_) => f.write_str("a specific body")?,
            }
        }
        write!(f, " ({}:{})", self.at.file(), self.at.line())
    }
}
