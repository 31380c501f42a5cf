//! The builder of expectations.

use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;

use serde_json::json;

use super::Mock;
use super::endpoint::Endpoint;
use super::recorded::Recorded;
use super::reply::Reply;
use super::rule::{Condition, Count, Rule};
use crate::client::Page;
use crate::codec::{self, Encode};
use crate::testing::sample::{Sample, sample, sample_with};
use crate::testing::schemas::problems;

/// An expected call, until its response is set. Created by [`Mock::on`].
#[must_use = "a call is expected when its response is given"]
pub struct When<'a, E> {
    mock: &'a Mock,
    rule: Rule,
    is_checked: bool,
    endpoint: PhantomData<fn() -> E>,
}

impl Mock {
    /// Expects a call, once by default. The operation is named by the type of its request.
    #[track_caller]
    pub fn on<E: Endpoint>(&self) -> When<'_, E> {
        When::new(self)
    }
}

impl<'a, E: Endpoint> When<'a, E> {
    #[track_caller]
    fn new(mock: &'a Mock) -> Self {
        Self {
            mock,
            rule: Rule {
                operation: E::OPERATION,
                at: Location::caller(),
                conditions: Vec::new(),
                respond: Box::new(|_| Ok(Reply::status(204))),
                count: Count::Times(1),
                calls: 0,
            },
            is_checked: true,
            endpoint: PhantomData,
        }
    }

    /// Matches only if a path parameter has this value.
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

    /// Matches only if the query contains this pair.
    pub fn query(self, name: &str, value: impl fmt::Display) -> Self {
        self.when(Condition::Query(name.to_owned(), value.to_string()))
    }

    /// Matches only if the body equals the JSON of this value, which is a request type or `json!`. To compare a part of
    /// the body, use [`Recorded::json`](super::Recorded::json) of [`Mock::requests`](super::Mock::requests).
    pub fn body(self, value: impl Encode) -> Self {
        self.when(Condition::Body(codec::to_value(&value)))
    }

    /// Sets how often the call is expected; once by default, never if 0.
    pub fn times(mut self, times: usize) -> Self {
        self.rule.count = Count::Times(times);
        self
    }

    /// Permits any number of calls, including none.
    pub fn any_times(mut self) -> Self {
        self.rule.count = Count::Any;
        self
    }

    /// Sends the response even if it is invalid by the OpenAPI description, for tests with unknown variants or broken
    /// responses.
    pub fn unchecked(mut self) -> Self {
        self.is_checked = false;
        self
    }

    /// Responds with `output`, such as a [`sample`](crate::testing::sample()) or a value decoded with [`codec::from_str`]. An
    /// output that violates the OpenAPI description fails the call, unless [`unchecked`](Self::unchecked) is set.
    pub fn reply(self, output: &E::Output) {
        self.reply_with(E::reply(output));
    }

    /// Responds with a [`sample`](crate::testing::sample()).
    #[track_caller]
    pub fn reply_sample(self) {
        self.reply(&sample());
    }

    /// Responds with these items as the only page of a list.
    #[track_caller]
    pub fn reply_items(self, items: impl IntoIterator<Item = <E::Output as Page>::Item>)
    where
        E::Output: Page<Item: Encode>,
    {
        let items: Vec<_> = items
            .into_iter()
            .map(|item| codec::to_value(&item))
            .collect();
        let pages = usize::from(!items.is_empty());
        let pagination =
            json!({"total_count": items.len(), "max_page": pages, "has_next_page": false});
        self.reply(&sample_with(
            &json!({"items": items, "pagination": pagination}),
        ));
    }

    /// Responds with status 200 and this JSON.
    pub fn reply_json(self, text: impl Into<String>) {
        self.reply_with(Reply::json(200, text.into()));
    }

    /// Responds with a value that the function makes from the request.
    pub fn reply_by(mut self, respond: impl Fn(&Recorded) -> E::Output + Send + 'static) {
        let is_checked = self.is_checked;
        self.rule.respond =
            Box::new(move |request| checked::<E::Output>(E::reply(&respond(request)), is_checked));
        self.mock.expect(self.rule);
    }

    /// Responds with this reply: an error, a failure, or any response.
    pub fn reply_with(mut self, reply: Reply) {
        let response = checked::<E::Output>(reply, self.is_checked);
        self.rule.respond = Box::new(move |_| response.clone());
        self.mock.expect(self.rule);
    }

    fn when(mut self, condition: Condition) -> Self {
        self.rule.conditions.push(condition);
        self
    }
}

/// Returns the response, or the reason why the API would not send it. Error responses are not checked, because the
/// OpenAPI description does not describe them in enough detail.
fn checked<T: Sample>(reply: Reply, is_checked: bool) -> Result<Reply, String> {
    let Some(json) = reply.success_json().filter(|_| is_checked) else {
        return Ok(reply);
    };
    let json = json.map_err(|error| format!("invalid JSON: {error}"))?;
    let schema = T::schema();
    let problems = problems(schema.schemas, &schema.value, &json);
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    match problems.is_empty() {
        true => Ok(reply),
        false => Err(problems.join("; ")),
    }
}

impl<E> fmt::Debug for When<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "When({})", self.rule)
    }
}
