//! What a mock expects.

use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;

use super::answer::Answer;
use super::endpoint::Endpoint;
use super::mock::Mock;
use super::rule::{Condition, Count, Rule};
use crate::codec::{self, Encode};

/// A call that is expected, until its answer is given: begun by [`Mock::on`].
#[must_use = "a call is expected when its answer is given"]
pub struct When<'a, E> {
    mock: &'a Mock,
    rule: Rule,
    endpoint: PhantomData<fn() -> E>,
}

impl Mock {
    /// Expects a call, once unless told otherwise. The operation is named by the type of its request.
    #[track_caller]
    pub fn on<E: Endpoint>(&self) -> When<'_, E> {
        When::new(self)
    }
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
