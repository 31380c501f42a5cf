//! The one place where requests are sent: as often as it takes, and as the retry policy allows.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, Uri, response};

use super::observe;
use crate::client::configuration::{
    BodyCheck, CallOptions, DEFAULT_ATTEMPT_TIMEOUT, DEFAULT_BODY_LIMIT, DEFAULT_STREAM_TIMEOUT,
    DEFAULT_TIMEOUT,
};
use crate::client::credentials::{Bearer, Secret, Source};
use crate::client::operation::{Method, Safety};
use crate::client::requests::{Form, Request, message};
use crate::client::responses::{ByteStream, CallSpan, Reply};
use crate::error::{ApiError, Error, Received, Repeat};
use crate::time::Instant;
use crate::transport::{Body, Clock, Pieces, Timeout, TransportError, TransportErrorKind, Unread};

/// How much is read of the body of an error.
const ERROR_BODY_LIMIT: usize = 1 << 20;

/// Sends a request and sorts the responses: success, or an error of the API.
pub(super) async fn execute(request: Request, form: Form) -> Result<Reply, Error> {
    let execution = Execution::new(&request, form)?;
    let clock = execution.clock.clone();
    // Boxed, as everything that is wrapped: a wrapper has room for what it wraps twice.
    let call = on_its_runtime(clock, request.operation.id, Box::pin(execution.run()));
    observe::call(&request, call).await
}

/// Ends with an error when it is polled where its clock does not work any more.
pub(super) async fn on_its_runtime<T>(
    clock: Option<Clock>,
    operation: &'static str,
    call: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let mut call = pin!(call);
    poll_fn(|context| match &clock {
        Some(clock) if !clock.is_at_hand() => {
            let error = TransportError::no_runtime();
            Poll::Ready(Err(Error::transport(operation, error)))
        }
        _ => call.as_mut().poll(context),
    })
    .await
}

/// A request with all that decides on how it is sent.
struct Execution<'a> {
    request: &'a Request,
    form: Form,
    uri: Uri,
    token: Option<Bearer>,
    options: CallOptions,
    clock: Option<Clock>,
    deadline: Option<Instant>,
    /// When the attempt had its turn in the client's own rate limit.
    turn: Option<Instant>,
}

/// What became of the attempts so far.
#[derive(Default)]
struct History {
    /// How many failed.
    failed: u32,
    /// How many were repeated with a new token. At most one.
    renewed: u32,
    /// What the last repeat cost.
    paid: Option<u32>,
    /// Whether the server may have acted on one of them.
    maybe_done: bool,
    /// The error of the last one.
    last: Option<Error>,
}

/// What has arrived of a response.
#[derive(Default)]
struct Arrived {
    head: Option<response::Parts>,
    body: Pieces,
    stream: Option<Body>,
}

impl<'a> Execution<'a> {
    fn new(request: &'a Request, form: Form) -> Result<Self, Error> {
        let uri = request
            .url()?
            .parse()
            .map_err(|_| request.invalid(None, "the URL is too long"))?;
        let mut options = request.shared.options.clone();
        options.update(request.options.clone());
        if options.body_check != Some(BodyCheck::Skipped) {
            request.check_body()?;
        }
        let clock = request.shared.clock.at_hand();
        let timeout = options.timeout.unwrap_or(DEFAULT_TIMEOUT);
        Ok(Self {
            request,
            form,
            uri,
            token: bearer(request, options.access_token.take())?,
            options,
            deadline: clock
                .as_ref()
                .and_then(|clock| clock.now().checked_add(timeout)),
            clock,
            turn: None,
        })
    }

    async fn run(mut self) -> Result<Reply, Error> {
        let mut history = History::default();
        let mut renewed = None;
        loop {
            let token = match self.ready(renewed.take()).await {
                Ok(token) => token,
                // What the server said counts, not that there was no time left to ask again.
                Err(error) => return Err(history.last.unwrap_or(error)),
            };
            let attempt = self.attempt(token.as_ref());
            let resends = history.failed + history.renewed;
            let outcome = observe::attempt(self.request, resends, attempt).await;
            self.tell_limiter(outcome.as_ref().err());
            let error = match outcome {
                Ok(reply) => {
                    self.request.shared.budget.refund(history.paid);
                    return Ok(reply);
                }
                Err(error) => error,
            };
            if self.is_deleted(&error, &history) {
                let headers = error.api().map(|error| error.headers().clone());
                let head = (StatusCode::NOT_FOUND, headers.unwrap_or_default());
                return Ok(self.reply(head, Arrived::default()));
            }
            if history.renewed == 0 && error.is_unauthorized() {
                renewed = self.renewed(token).await;
                if renewed.is_some() {
                    history.renewed += 1;
                    history.last = Some(error);
                    continue;
                }
            }
            history.last = Some(self.wait_to_repeat(error, &mut history).await?);
        }
    }

    /// Waits for all that an attempt needs: its token, its turn, and some time.
    async fn ready(&mut self, renewed: Option<Secret>) -> Result<Option<Secret>, Error> {
        self.forgive_sleep();
        // The token first: while it is fetched, turns would pile up.
        let token = match renewed {
            Some(token) => Some(token),
            None => self.token().await?,
        };
        self.take_turn().await?;
        self.forgive_sleep();
        match self.remaining().is_zero() {
            true => Err(self.not_sent("the timeout leaves no time for an attempt")),
            false => Ok(token),
        }
    }

    /// A deadline that passed while nobody polled is put off a little.
    fn forgive_sleep(&mut self) {
        if let Some(clock) = &self.clock {
            self.deadline = clock.extended(self.deadline);
        }
    }

    /// Waits for the next attempt and gives the error back; as an error if there is to be none.
    async fn wait_to_repeat(&self, error: Error, history: &mut History) -> Result<Error, Error> {
        let Some(clock) = &self.clock else {
            return Err(error);
        };
        history.failed += 1;
        let policy = self.options.retry.unwrap_or_default();
        let shared = &self.request.shared;
        let Some(delay) = policy.delay(&error, self.safety(), history.failed) else {
            return Err(error);
        };
        if delay >= self.remaining() {
            return Err(error);
        }
        let Some(price) = shared.budget.pay(&error) else {
            return Err(error);
        };
        history.paid = Some(price);
        history.maybe_done |= error.repeat() == Repeat::IfSafe;
        clock.sleep(delay).await;
        Ok(error)
    }

    /// Whether the request may be sent again when nobody knows what became of it.
    fn safety(&self) -> Safety {
        let assumed = self.options.safety;
        assumed.unwrap_or_else(|| self.request.safety())
    }

    /// Whether this says that an earlier attempt, whose answer did not come through, deleted what it should.
    fn is_deleted(&self, error: &Error, history: &History) -> bool {
        history.maybe_done
            && error.is_not_found()
            && self.form == Form::Empty
            && self.request.operation.method == Method::Delete
    }

    /// The time until the deadline. Without a clock, all of it.
    fn remaining(&self) -> Duration {
        match (&self.clock, self.deadline) {
            (Some(clock), Some(deadline)) => deadline.saturating_duration_since(clock.now()),
            _ => self.options.timeout.unwrap_or(DEFAULT_TIMEOUT),
        }
    }

    /// The longest time that an attempt may take now.
    fn attempt_timeout(&self) -> Duration {
        let timeout = self.options.attempt_timeout;
        timeout
            .unwrap_or(DEFAULT_ATTEMPT_TIMEOUT)
            .min(self.remaining())
    }

    /// Waits for the turn of this request in the client's own rate limit.
    async fn take_turn(&mut self) -> Result<(), Error> {
        let (Some(limiter), Some(clock)) = (&self.request.shared.limiter, &self.clock) else {
            return Ok(());
        };
        match limiter.take_turn(clock, self.remaining()).await {
            Some(turn) => {
                self.turn = Some(turn);
                Ok(())
            }
            None => {
                Err(self.not_sent("the client's own rate limit leaves no room before the timeout"))
            }
        }
    }

    /// Pauses the client's own rate limit if the server has had enough. How long the server may stop all calls is up to
    /// the client, not to one of them.
    fn tell_limiter(&self, error: Option<&Error>) {
        let shared = &self.request.shared;
        let (Some(limiter), Some(clock)) = (&shared.limiter, &self.clock) else {
            return;
        };
        match error.filter(|error| error.is_rate_limited()) {
            Some(error) => {
                if let Some(asked) = error.retry_after() {
                    let policy = shared.options.retry.unwrap_or_default();
                    limiter.pause(clock.now(), asked, policy.longest_retry_after());
                }
            }
            None => {
                if let Some(turn) = self.turn {
                    limiter.passed(turn, clock.now());
                }
            }
        }
    }

    /// The token to send.
    async fn token(&self) -> Result<Option<Secret>, Error> {
        let Some(bearer) = &self.token else {
            return Ok(None);
        };
        if let Source::Fixed(token) = &bearer.0 {
            return Ok(Some(token.clone()));
        }
        match self.within(self.attempt_timeout(), bearer.get()).await {
            None => Err(self.not_sent("the token did not come in time")),
            Some(Ok(token)) => Ok(Some(token)),
            Some(Err(source)) => Err(Error::Token {
                operation: self.request.operation.id,
                source,
            }),
        }
    }

    /// Another token in place of one that was rejected, if there is one.
    async fn renewed(&self, rejected: Option<Secret>) -> Option<Secret> {
        let (bearer, rejected) = (self.token.as_ref()?, rejected?);
        self.within(self.attempt_timeout(), bearer.renewed(&rejected))
            .await?
    }

    async fn attempt(&self, token: Option<&Secret>) -> Result<Reply, Error> {
        let operation = self.request.operation;
        let timeout = self.attempt_timeout();
        let mut message = message(self.request, &self.options, &self.uri, self.form, token)?;
        message.extensions_mut().insert(Timeout(timeout));
        let mut arrived = Arrived::default();
        let outcome = self
            .within(timeout, Box::pin(self.exchange(message, &mut arrived)))
            .await;
        match (arrived.head.take(), outcome) {
            // The status of an error is known, whatever became of its body.
            (Some(head), outcome) if !head.status.is_success() => {
                let body = arrived.body.join();
                let received = match outcome {
                    Some(Ok(())) => Received::Whole,
                    _ => Received::Part,
                };
                let not_found = self.request.shared.not_found;
                let error = ApiError::new(
                    operation.id,
                    head.status,
                    head.headers,
                    body,
                    received,
                    not_found,
                );
                Err(Error::answer(
                    error.with_hint(self.hint(head.status, token)),
                ))
            }
            (_, None) => {
                const REASON: &str = "the attempt took too long";
                Err(self.failure(TransportErrorKind::Timeout, REASON))
            }
            (_, Some(Err(error))) => Err(error),
            (head, Some(Ok(()))) => {
                let head = head.map(|head| (head.status, head.headers));
                Ok(self.reply(head.unwrap_or_default(), arrived))
            }
        }
    }

    /// Sends the request and receives the response. What arrives is in `arrived`, also when this is cut short.
    async fn exchange(
        &self,
        message: http::Request<Bytes>,
        arrived: &mut Arrived,
    ) -> Result<(), Error> {
        let operation = self.request.operation.id;
        let response = self.request.shared.transport.execute(message).await;
        let response = response.map_err(|error| Error::transport(operation, error))?;
        let (head, body) = response.into_parts();
        let success = head.status.is_success();
        let limit = match success {
            true => self.options.body_limit.unwrap_or(DEFAULT_BODY_LIMIT),
            false => ERROR_BODY_LIMIT,
        };
        arrived.head = Some(head);
        if success && self.form == Form::Stream {
            arrived.stream = Some(body);
            return Ok(());
        }
        body.read(limit, &mut arrived.body)
            .await
            .map_err(|unread| match unread {
                Unread::TooLarge => Error::BodyTooLarge { operation, limit },
                Unread::Broken(error) => Error::transport(operation, error.after_head()),
            })
    }

    /// What may be wrong with the token.
    fn hint(&self, status: StatusCode, token: Option<&Secret>) -> Option<String> {
        if status != StatusCode::UNAUTHORIZED {
            return None;
        }
        let doubt = self.request.operation.access.doubt(token?.expose());
        let server = self.request.shared.server.name();
        let other = match server {
            "production" => Some("sandbox"),
            "sandbox" => Some("production"),
            _ => None,
        };
        let elsewhere = other
            .map(|other| format!("it was sent to {server}, where tokens of {other} are not known"));
        let hints: Vec<String> = elsewhere.into_iter().chain(doubt).collect();
        (!hints.is_empty()).then(|| hints.join("; "))
    }

    fn reply(&self, (status, headers): (StatusCode, HeaderMap), arrived: Arrived) -> Reply {
        let operation = self.request.operation;
        let stream = arrived.stream.map(|body| {
            let pause = self
                .options
                .attempt_timeout
                .unwrap_or(DEFAULT_ATTEMPT_TIMEOUT);
            let total = self
                .options
                .stream_timeout
                .unwrap_or(DEFAULT_STREAM_TIMEOUT);
            ByteStream::new(operation, body, self.clock.clone(), pause, total)
        });
        Reply {
            operation,
            status,
            headers,
            body: arrived.body.join(),
            stream,
            span: CallSpan::default(),
        }
    }

    async fn within<T>(&self, timeout: Duration, future: impl Future<Output = T>) -> Option<T> {
        match &self.clock {
            Some(clock) => clock.within(timeout, future).await,
            None => Some(future.await),
        }
    }

    fn not_sent(&self, reason: &'static str) -> Error {
        self.failure(TransportErrorKind::NotSent, reason)
    }

    fn failure(&self, kind: TransportErrorKind, reason: &'static str) -> Error {
        Error::transport(self.request.operation.id, TransportError::new(kind, reason))
    }
}

/// The credential of a request, with the token that the call's options put in its place.
fn bearer(request: &Request, token: Option<Secret>) -> Result<Option<Bearer>, Error> {
    match (&request.token, token) {
        (bearer, None) => Ok(bearer.clone()),
        (Some(_), Some(token)) => Ok(Some(Bearer(Source::Fixed(token)))),
        (None, Some(_)) => {
            const REASON: &str = "a token was given for a call that has no credential";
            Err(request.invalid(None, REASON))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;
    use crate::client::{Access, Anonymous, ApiVersion, Client, Credential, Operation, Server};

    struct Version;

    impl ApiVersion for Version {
        const VERSION: &'static str = "2026-10";
        const DEFAULT_SERVER: Server = Server::fixed("production", "https://api.example");
        const SERVERS: &'static [Server] = &[];
        const NOT_FOUND: &'static [&'static str] = &[];
        type Polar<C: Credential> = Client<C>;

        fn wrap<C: Credential>(client: Client<C>) -> Client<C> {
            client
        }
    }

    static OPERATION: Operation = Operation {
        id: "things:list",
        method: Method::Get,
        path: "/v1/things/",
        access: Access::Account,
        safety: Safety::Safe,
    };

    /// With the spans of `tracing` as well: they must not multiply what they wrap.
    #[test]
    fn the_futures_of_a_call_are_small() {
        let request = Client::new::<Version>(Anonymous).request(&OPERATION);
        let execution = Execution::new(&request, Form::Json).unwrap();
        let mut arrived = Arrived::default();
        let message = http::Request::new(Bytes::new());
        let exchange = size_of_val(&execution.exchange(message, &mut arrived));
        let attempt = exchange + size_of_val(&execution.attempt(None));
        let run = size_of_val(&execution.run());
        let call = size_of_val(&execute(request.clone(), Form::Json));
        assert!(
            attempt + run + call < 6 * 1024,
            "attempt {attempt}, run {run}, call {call}"
        );
    }
}
