//! `Mock`: expected calls, and the transport that responds to them.

mod difference;
mod endpoint;
mod recorded;
mod reply;
mod rule;
mod when;

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Request, Response};

use super::route;
use crate::client::Operation;
use crate::transport::{Body, BoxFuture, Transport, TransportError};
use rule::Rule;

pub use endpoint::Endpoint;
pub use recorded::Recorded;
pub use reply::Reply;
pub use when::When;

/// A mock of the API: responds to expected calls, and reports unexpected ones.
///
/// Pass its [`transport`](Self::transport) to a client. Expect calls with [`on`](Self::on), which names an operation by
/// the type of its request, and set their responses. Dropping the mock [verifies](Self::verify) that all expected calls
/// were made.
///
/// # Which expectation applies
/// If several expectations match a call, the first one that is not used up applies. So two expectations for the same
/// operation result in two successive responses. A retry counts as a call: expect it with [`times`](When::times), or
/// disable retries with [`RetryPolicy::off`](crate::client::RetryPolicy::off).
///
/// # Unexpected calls
/// A call that matches no expectation is passed to the transport of [`otherwise`](Self::otherwise). If there is none,
/// the response has status 418 and explains the problem. Clients do not retry it, and `verify` reports the call.
///
/// # Invalid responses
/// Responses are validated against the OpenAPI description. If one is invalid or contains an unknown variant, the call
/// fails with an error that names the expectation and the location in the JSON. Use [`unchecked`](When::unchecked) to
/// send such a response.
#[derive(Default)]
pub struct Mock {
    shared: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    requests: Vec<Recorded>,
    /// Descriptions of unexpected calls and invalid responses.
    mistakes: Vec<String>,
    otherwise: Option<Arc<dyn Transport>>,
    /// The response to all requests to file storages.
    storage: Option<Reply>,
}

/// What responds to a request: the mock, or another transport.
enum Responder {
    Mock(Reply),
    Other(Arc<dyn Transport>),
}

impl Mock {
    /// Creates a mock without expectations.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the transport of the mock. Pass it to the builder of a client.
    #[must_use]
    pub fn transport(&self) -> MockTransport {
        MockTransport(Arc::clone(&self.shared))
    }

    /// Passes calls that match no expectation to this transport, such as that of a [`Store`](super::Store).
    pub fn otherwise(&self, transport: impl Transport) {
        lock(&self.shared).otherwise = Some(Arc::new(transport));
    }

    /// Sets the response to all requests to file storages, such as the download of an invoice.
    ///
    /// ```
    /// # use polar_client_runtime::testing::{Mock, Reply};
    /// # let mock = Mock::new();
    /// mock.storage(Reply::status(200).body("application/pdf", "%PDF-1.7"));
    /// ```
    pub fn storage(&self, reply: Reply) {
        lock(&self.shared).storage = Some(reply);
    }

    /// Returns all recorded requests so far, in order. Includes unexpected ones whose operation is known.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.shared).requests.clone()
    }

    /// Asserts that all expected calls were made, that there were no unexpected ones, and that all responses were
    /// valid. Then resets the mock: all expectations and recorded requests are removed.
    ///
    /// # Panics
    /// Panics if the assertion fails.
    #[track_caller]
    pub fn verify(&self) {
        let report = std::mem::take(&mut *lock(&self.shared)).report();
        if let Some(report) = report {
            panic!("{report}");
        }
    }

    fn expect(&self, rule: Rule) {
        lock(&self.shared).rules.push(rule);
    }
}

impl Drop for Mock {
    #[track_caller]
    fn drop(&mut self) {
        // During a panic, the test has failed already, and another panic would abort it.
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
    fn respond(&mut self, request: &Request<Bytes>) -> Responder {
        // A request that arrives over HTTP has no operation in its extensions.
        let named = request.extensions().get().copied();
        let operation = named.or_else(|| {
            let operations = self.rules.iter().map(|rule| rule.operation);
            route::operation(operations, request.method(), request.uri().path())
        });
        let Some(recorded) = operation.map(|operation| Recorded::of(operation, request)) else {
            return self.unexpected(|_| format!("{} {}", request.method(), request.uri().path()));
        };
        let mut rules = self.rules.iter_mut();
        let found = rules.find_map(|rule| Some((rule.reply(&recorded)?, rule.to_string())));
        let responder = match found {
            Some((Ok(reply), _)) => Responder::Mock(reply),
            Some((Err(problems), rule)) => self.invalid(&rule, &problems),
            None => match &self.storage {
                Some(reply) if is_for_storage(recorded.operation()) => {
                    Responder::Mock(reply.clone())
                }
                _ => self.unexpected(|rules| described(&recorded, rules)),
            },
        };
        self.requests.push(recorded);
        responder
    }

    fn unexpected(&mut self, describe: impl FnOnce(&[Rule]) -> String) -> Responder {
        if let Some(other) = &self.otherwise {
            return Responder::Other(Arc::clone(other));
        }
        let text = format!("not expected: {}", describe(&self.rules));
        self.mistake("UnexpectedCall", text)
    }

    fn invalid(&mut self, rule: &str, problems: &str) -> Responder {
        let text = format!(
            "the response to {rule} is invalid: {problems}; expect the call with `unchecked()` to send it nevertheless"
        );
        self.mistake("InvalidResponse", text)
    }

    fn mistake(&mut self, class: &str, text: String) -> Responder {
        let reply = Reply::error(418, class, &text);
        self.mistakes.push(text);
        Responder::Mock(reply)
    }

    /// Describes unmet expectations and unexpected calls.
    fn report(&self) -> Option<String> {
        let unmet = self.rules.iter().filter_map(Rule::unmet);
        let lines: Vec<String> = unmet.chain(self.mistakes.iter().cloned()).collect();
        (!lines.is_empty()).then(|| format!("calls to the mock:\n- {}", lines.join("\n- ")))
    }
}

fn is_for_storage(operation: &Operation) -> bool {
    operation.id.starts_with("storage:")
}

/// Describes an unexpected call, and the expectations for the same operation.
fn described(recorded: &Recorded, rules: &[Rule]) -> String {
    let mut text = recorded.to_string();
    let operation = recorded.operation();
    for rule in rules.iter().filter(|rule| rule.is_for(operation)) {
        let _ = write!(
            text,
            "; {rule} was expected, and called {} times",
            rule.calls
        );
        let differences = rule.differences(recorded);
        if !differences.is_empty() {
            let _ = write!(text, "; the body differs at {}", differences.join(", "));
        }
    }
    text
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The transport of a [`Mock`], for the builder of a client. Returned by [`Mock::transport`].
#[derive(Clone)]
pub struct MockTransport(Arc<Mutex<State>>);

impl Transport for MockTransport {
    fn execute(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        let responder = lock(&self.0).respond(&request);
        Box::pin(async move {
            match responder {
                Responder::Mock(reply) => Ok(reply.send(request.headers()).await?.map(Body::from)),
                Responder::Other(transport) => transport.execute(request).await,
            }
        })
    }
}

impl fmt::Debug for MockTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MockTransport")
    }
}
