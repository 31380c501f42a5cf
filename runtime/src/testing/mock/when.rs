//! `When`: the builder of expectations.

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

/// A builder of an expected call of a [`Mock`]. Returned by [`Mock::on`].
///
/// Set conditions first, then the response with one of the `reply` methods. A call without a response is not expected.
#[must_use = "a call is not expected until its response is set"]
pub struct When<'a, E> {
    mock: &'a Mock,
    rule: Rule,
    is_checked: bool,
    endpoint: PhantomData<fn() -> E>,
}

impl Mock {
    /// Expects a call of an operation, once by default. `E` is the type of its request, such as
    /// `services::customers::Get`.
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

    /// Requires that a path parameter has this value.
    ///
    /// # Panics
    /// Panics if the path of the operation has no such parameter.
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

    /// Requires that a query parameter has this value. If the parameter is repeated, one of its values must match.
    pub fn query(self, name: &str, value: impl fmt::Display) -> Self {
        self.when(Condition::Query(name.to_owned(), value.to_string()))
    }

    /// Requires that the body equals the JSON of this value: a value of a request type, or a `json!` literal.
    ///
    /// To compare only a part of the body, use [`Mock::requests`](super::Mock::requests) with
    /// [`Recorded::json`](super::Recorded::json).
    pub fn body(self, value: impl Encode) -> Self {
        self.when(Condition::Body(codec::to_value(&value)))
    }

    /// Sets how often the call is expected. Default: 1.
    pub fn times(mut self, times: usize) -> Self {
        self.rule.count = Count::Times(times);
        self
    }

    /// Allows any number of calls, including none.
    pub fn any_times(mut self) -> Self {
        self.rule.count = Count::Any;
        self
    }

    /// Disables the validation of the response, for tests with unknown variants or invalid responses.
    pub fn unchecked(mut self) -> Self {
        self.is_checked = false;
        self
    }

    /// Responds with a value, such as a [`sample`](crate::testing::sample()) or one decoded with [`codec::from_str`].
    ///
    /// If the value violates the OpenAPI description, the call fails, unless [`unchecked`](Self::unchecked) is set.
    pub fn reply(self, output: &E::Output) {
        self.reply_with(E::reply(output));
    }

    /// Responds with a [`sample`](crate::testing::sample()) of the response type.
    #[track_caller]
    pub fn reply_sample(self) {
        self.reply(&sample());
    }

    /// Responds with a list that has one page with these items.
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

    /// Responds with a value that a function computes from the request.
    pub fn reply_by(mut self, respond: impl Fn(&Recorded) -> E::Output + Send + 'static) {
        let is_checked = self.is_checked;
        self.rule.respond =
            Box::new(move |request| checked::<E::Output>(E::reply(&respond(request)), is_checked));
        self.mock.expect(self.rule);
    }

    /// Responds with a [`Reply`]: an error response, a connection failure, or any other response.
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

/// Validates a response. The error is the reason why the API would not send it. Error responses are not validated,
/// because the OpenAPI description lacks the details.
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
