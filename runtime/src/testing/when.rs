//! What a mock expects.

use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;

use super::{Answer, Endpoint, Mock, Recorded};
use crate::client::Operation;
use crate::codec::{self, Encode};
use crate::types::Json;

/// A call that is expected, until its answer is given: begun by [`Mock::on`].
#[must_use = "a call is expected when its answer is given"]
pub struct When<'a, E> {
    mock: &'a Mock,
    rule: Rule,
    endpoint: PhantomData<fn() -> E>,
}

/// A call that is expected.
pub(super) struct Rule {
    operation: &'static Operation,
    at: &'static Location<'static>,
    conditions: Vec<Condition>,
    answer: Answer,
    count: Count,
    pub(super) calls: usize,
}

/// How often a call is expected.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Count {
    Times(usize),
    Any,
}

enum Condition {
    Path(String, String),
    Query(String, String),
    Body(Json),
}

impl<'a, E: Endpoint> When<'a, E> {
    #[track_caller]
    pub(super) fn new(mock: &'a Mock) -> Self {
        Self {
            mock,
            rule: Rule {
                operation: E::OPERATION,
                at: Location::caller(),
                conditions: Vec::new(),
                answer: Answer::status(204),
                count: Count::Times(1),
                calls: 0,
            },
            endpoint: PhantomData,
        }
    }

    /// Only if a parameter of the path has this value.
    ///
    /// # Panics
    /// If the path has no such parameter.
    #[track_caller]
    pub fn path(self, name: &str, value: impl fmt::Display) -> Self {
        let operation = E::OPERATION;
        if !operation.path.contains(&format!("{{{name}}}")) {
            panic!(
                "the path of {} has no `{name}`: {}",
                operation.id, operation.path
            );
        }
        self.when(Condition::Path(name.to_owned(), value.to_string()))
    }

    /// Only if the query has this pair, possibly among others.
    pub fn query(self, name: &str, value: impl fmt::Display) -> Self {
        self.when(Condition::Query(name.to_owned(), value.to_string()))
    }

    /// Only if the body is the JSON of this value.
    pub fn body(self, value: &dyn Encode) -> Self {
        self.when(Condition::Body(codec::to_value(value)))
    }

    /// Expects the call this often; 0 forbids it. Without it, a call is expected once.
    pub fn times(mut self, times: usize) -> Self {
        self.rule.count = Count::Times(times);
        self
    }

    /// Allows the call any number of times, never included.
    pub fn any_times(mut self) -> Self {
        self.rule.count = Count::Any;
        self
    }

    /// Answers with this value, made with [`codec::from_str`] for instance.
    pub fn reply(self, output: &E::Output) {
        self.answer(E::answer(output));
    }

    /// Answers with status 200 and this JSON text: received models cannot be put together field by field, for they may get
    /// new ones.
    pub fn reply_json(self, text: impl Into<String>) {
        self.answer(Answer::json(200, text.into()));
    }

    /// Answers like this: an error, a failure, or any response.
    pub fn answer(mut self, answer: Answer) {
        self.rule.answer = answer;
        self.mock.expect(self.rule);
    }

    fn when(mut self, condition: Condition) -> Self {
        self.rule.conditions.push(condition);
        self
    }
}

impl<E> fmt::Debug for When<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "When({})", self.rule)
    }
}

impl Rule {
    /// The answer to the request, if it is one that is still expected.
    pub(super) fn answer(&mut self, request: &Recorded) -> Option<Answer> {
        let is_left = self.count == Count::Any || Count::Times(self.calls) != self.count;
        let fits = is_left
            && std::ptr::eq(self.operation, request.operation())
            && self
                .conditions
                .iter()
                .all(|condition| condition.holds(request));
        fits.then(|| {
            self.calls += 1;
            self.answer.clone()
        })
    }

    /// What is missing, if something is.
    pub(super) fn unmet(&self) -> Option<String> {
        match self.count {
            Count::Times(times) if times != self.calls => Some(format!(
                "{self}: expected {}, came {}",
                count(times),
                count(self.calls)
            )),
            Count::Times(_) | Count::Any => None,
        }
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

/// The expectation in one line.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.operation.id)?;
        for (index, condition) in self.conditions.iter().enumerate() {
            f.write_str(if index == 0 { " with " } else { ", " })?;
            match condition {
                Condition::Path(name, value) | Condition::Query(name, value) => {
                    write!(f, "{name}={value}")?;
                }
                Condition::Body(_) => f.write_str("a certain body")?,
            }
        }
        write!(f, " ({}:{})", self.at.file(), self.at.line())
    }
}
