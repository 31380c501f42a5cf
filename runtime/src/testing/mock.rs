//! The mock itself: expectations, and the transport that meets them.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Request, Response};

use super::answer::Answer;
use super::recorded::Recorded;
use super::rule::Rule;
use crate::transport::{Body, BoxFuture, Transport, TransportError};

/// A stand-in for the API. Give its [`transport`](Self::transport) to a client, and say with [`on`](Self::on) what it
/// answers.
///
/// Of the expectations that fit a call, the first one counts that is not used up; so two for the same operation are answers
/// that come one after the other. A call that nobody expected is answered with status 418 and a text that says so, which
/// no client repeats, and is reported by [`verify`](Self::verify), too. Dropping the mock verifies it.
///
/// Repeats are calls as well: expect them with [`times`](super::When::times), or turn them off with
/// [`RetryPolicy::off`](crate::client::RetryPolicy::off).
#[derive(Default)]
pub struct Mock {
    shared: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    requests: Vec<Recorded>,
    unexpected: Vec<String>,
}

impl Mock {
    /// A mock that expects nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What the client's builder takes.
    #[must_use]
    pub fn transport(&self) -> MockTransport {
        MockTransport(Arc::clone(&self.shared))
    }

    /// The requests so far, in the order in which they came.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.shared).requests.clone()
    }

    /// Asserts that everything that was expected came, and nothing else. The mock is as new afterwards.
    ///
    /// # Panics
    /// If not.
    #[track_caller]
    pub fn verify(&self) {
        let report = std::mem::take(&mut *lock(&self.shared)).report();
        if let Some(report) = report {
            panic!("{report}");
        }
    }

    pub(super) fn expect(&self, rule: Rule) {
        lock(&self.shared).rules.push(rule);
    }
}

impl Drop for Mock {
    #[track_caller]
    fn drop(&mut self) {
        // A test that fails already has said why.
        if !std::thread::panicking() {
            self.verify();
        }
    }
}

impl fmt::Debug for Mock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mock")
    }
}

impl State {
    fn answer(&mut self, request: &Request<Bytes>) -> Answer {
        let Some(recorded) = Recorded::of(request) else {
            let text = format!("a request for no operation, {}", request.method());
            return self.unexpected(text);
        };
        let mut rules = self.rules.iter_mut();
        let answer = rules.find_map(|rule| rule.answer(&recorded));
        let answer = answer.unwrap_or_else(|| {
            let mut text = recorded.to_string();
            let operation = recorded.operation();
            for rule in self.rules.iter().filter(|rule| rule.is_for(operation)) {
                let _ = write!(
                    text,
                    "; expected was {rule}, which came {} times",
                    rule.calls
                );
            }
            self.unexpected(text)
        });
        self.requests.push(recorded);
        answer
    }

    fn unexpected(&mut self, text: String) -> Answer {
        let answer = Answer::error(418, "UnexpectedCall", &format!("not expected: {text}"));
        self.unexpected.push(text);
        answer
    }

    /// What did not go as expected.
    fn report(&self) -> Option<String> {
        let unmet = self.rules.iter().filter_map(Rule::unmet);
        let unexpected = self
            .unexpected
            .iter()
            .map(|text| format!("not expected: {text}"));
        let lines: Vec<String> = unmet.chain(unexpected).collect();
        (!lines.is_empty()).then(|| format!("calls to the mock:\n- {}", lines.join("\n- ")))
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The transport of a [`Mock`].
#[derive(Clone)]
pub struct MockTransport(Arc<Mutex<State>>);

impl Transport for MockTransport {
    fn execute(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        let answer = lock(&self.0).answer(&request);
        Box::pin(async move { Ok(answer.give(request.headers()).await?.map(Body::from)) })
    }
}

impl fmt::Debug for MockTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MockTransport")
    }
}
