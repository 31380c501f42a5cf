//! Executes a request, with retries according to the retry policy. `attempt.rs` makes a single attempt.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use http::{StatusCode, Uri};

use super::attempt::{PartialResponse, Sending};
use super::{observe, rate_limit, tokens};
use crate::client::configuration::{BodyCheck, DEFAULT_ATTEMPT_TIMEOUT, DEFAULT_TIMEOUT};
use crate::client::credentials::{Bearer, Secret};
use crate::client::operation::{Method, Safety};
use crate::client::requests::{Form, Request};
use crate::client::responses::Reply;
use crate::error::{Error, RetrySafety};
use crate::log;
use crate::time::Instant;
use crate::transport::{BoxFuture, Clock, TransportError, TransportErrorKind};

/// Sends a request, with retries. Returns the reply of a successful response.
///
/// The future is boxed here and not in the generic callers, so that it is compiled once, in this crate.
pub(super) fn execute(request: Request, form: Form) -> BoxFuture<'static, Result<Reply, Error>> {
    Box::pin(async move {
        let mut execution = Execution::new(&request, form)?;
        let clock = execution.sending.clock.clone();
        // Pinned here, because passing an unpinned future on would reserve its size twice.
        let run = pin!(execution.run());
        let call = pin!(on_its_runtime(clock, request.operation.id, run));
        observe::call(&request, call).await
    })
}

/// Runs a future that needs the client's clock. Fails if the future is polled on a thread where the clock does not
/// work.
pub(super) async fn on_its_runtime<T>(
    clock: Option<Clock>,
    operation: &'static str,
    call: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let mut call = pin!(call);
    poll_fn(|context| match &clock {
        Some(clock) if !clock.is_available() => {
            let error = TransportError::no_runtime();
            Poll::Ready(Err(Error::transport(operation, error)))
        }
        _ => call.as_mut().poll(context),
    })
    .await
}

/// A request that is being executed.
struct Execution<'a> {
    sending: Sending<'a>,
    token: Option<Bearer>,
    deadline: Option<Instant>,
    /// The time slot of the attempt in the client's own rate limit.
    slot: Option<Instant>,
}

/// The results of the previous attempts of a call.
#[derive(Default)]
struct History {
    /// The number of failed attempts.
    failed: u32,
    /// The number of attempts that were repeated with a renewed token. At most one.
    renewed: u32,
    /// The cost of the last retry, withdrawn from the retry budget.
    paid: Option<u32>,
    /// Whether the server may have processed one of the attempts.
    may_be_processed: bool,
    /// The error of the last attempt.
    last: Option<Error>,
}

impl<'a> Execution<'a> {
    fn new(request: &'a Request, form: Form) -> Result<Self, Error> {
        let uri = Uri::try_from(request.url()?)
            .map_err(|_| request.invalid(None, "the URL is too long"))?;
        let options = &request.options;
        if options.body_check != Some(BodyCheck::Skipped) {
            request.check_body()?;
        }
        let clock = request.shared.clock.available();
        let timeout = options.timeout.unwrap_or(DEFAULT_TIMEOUT);
        Ok(Self {
            token: tokens::bearer(request)?,
            deadline: clock
                .as_ref()
                .and_then(|clock| clock.now().checked_add(timeout)),
            slot: None,
            sending: Sending {
                request,
                form,
                uri,
                clock,
            },
        })
    }

    async fn run(&mut self) -> Result<Reply, Error> {
        let mut history = History::default();
        let mut renewed = None;
        loop {
            let token = match self.ready(renewed.take()).await {
                Ok(token) => token,
                // The last error of the server is more useful than the timeout of the next attempt.
                Err(error) => return Err(history.last.unwrap_or(error)),
            };
            let timeout = self.attempt_timeout();
            let resends = history.failed + history.renewed;
            #[cfg(feature = "opentelemetry")]
            let start = self.now();
            let outcome = {
                let attempt = pin!(self.sending.attempt(token.as_ref(), timeout));
                observe::attempt(self.sending.request, resends, attempt).await
            };
            #[cfg(feature = "opentelemetry")]
            self.measure(start, &outcome);
            rate_limit::report(&self.sending, self.slot, &outcome);
            let error = match outcome {
                Ok(reply) => {
                    self.sending.request.shared.budget.refund(history.paid);
                    return Ok(reply);
                }
                Err(error) => error,
            };
            if self.is_deleted(&error, &history) {
                let headers = error.api().map(|error| error.headers().clone());
                let head = (StatusCode::NOT_FOUND, headers.unwrap_or_default());
                return Ok(self.sending.reply(head, PartialResponse::default()));
            }
            if history.renewed == 0 && error.is_unauthorized() {
                renewed = self.renewed(token).await;
                if renewed.is_some() {
                    log::token_renewed(self.operation());
                    history.renewed += 1;
                    history.last = Some(error);
                    continue;
                }
            }
            history.last = Some(self.wait_for_retry(error, &mut history).await?);
        }
    }

    /// Returns the time of the client's clock, or of the system clock if the client has none.
    #[cfg(feature = "opentelemetry")]
    fn now(&self) -> Instant {
        let clock = self.sending.clock.as_ref();
        clock.map_or_else(Instant::now, Clock::now)
    }

    /// Records an attempt in the metrics of the client.
    #[cfg(feature = "opentelemetry")]
    fn measure(&self, start: Instant, outcome: &Result<Reply, Error>) {
        let (shared, operation) = (&self.sending.request.shared, self.sending.request.operation);
        let took = self.now().saturating_duration_since(start);
        let outcome = outcome.as_ref().map(|reply| reply.status);
        shared
            .metrics
            .record(operation, &shared.server, took, outcome);
    }

    /// Waits for the token and for the rate limit. Returns the token of the attempt. Fails if the deadline elapses.
    async fn ready(&mut self, renewed: Option<Secret>) -> Result<Option<Secret>, Error> {
        self.extend_deadline();
        // The token comes first. Otherwise requests would acquire slots while a slow token provider blocks them, and
        // would then all be sent at once.
        let token = match renewed {
            Some(token) => Some(token),
            None => self.token().await?,
        };
        self.slot = rate_limit::acquire(&self.sending, self.remaining()).await?;
        self.extend_deadline();
        match self.remaining().is_zero() {
            true => {
                const LATE: &str = "the timeout leaves no time for an attempt";
                Err(self.sending.failure(TransportErrorKind::NotSent, LATE))
            }
            false => Ok(token),
        }
    }

    /// Extends a deadline that elapsed while the call was not polled.
    fn extend_deadline(&mut self) {
        if let Some(clock) = &self.sending.clock {
            self.deadline = clock.extended(self.deadline);
        }
    }

    /// Waits before the next attempt, and returns the error of the last attempt. If the call is not retried, returns
    /// the error as `Err`.
    async fn wait_for_retry(&self, error: Error, history: &mut History) -> Result<Error, Error> {
        let Some(clock) = &self.sending.clock else {
            return Err(error);
        };
        history.failed += 1;
        let request = self.sending.request;
        let policy = request.options.retry.unwrap_or_default();
        let shared = &request.shared;
        let Some(delay) = policy.delay(&error, self.safety(), history.failed) else {
            return Err(error);
        };
        if delay >= self.remaining() {
            return Err(error);
        }
        let Some(price) = shared.budget.pay(&error) else {
            log::budget_exhausted(&error);
            return Err(error);
        };
        history.paid = Some(price);
        history.may_be_processed |= error.retry_safety() == RetrySafety::IfIdempotent;
        log::retry(history.failed, delay, &error);
        clock.sleep(delay).await;
        Ok(error)
    }

    /// Returns whether the call is idempotent, as its options state, or else its request.
    fn safety(&self) -> Safety {
        let request = self.sending.request;
        let assumed = request.options.safety;
        assumed.unwrap_or_else(|| request.safety())
    }

    /// Returns whether a 404 means that an earlier attempt, whose response was lost, deleted the resource.
    fn is_deleted(&self, error: &Error, history: &History) -> bool {
        history.may_be_processed
            && error.is_not_found()
            && self.sending.form == Form::Empty
            && self.sending.request.operation.method == Method::Delete
    }

    /// Returns the time until the deadline. Without a clock, returns the whole timeout.
    fn remaining(&self) -> Duration {
        match (&self.sending.clock, self.deadline) {
            (Some(clock), Some(deadline)) => deadline.saturating_duration_since(clock.now()),
            _ => {
                let timeout = self.sending.request.options.timeout;
                timeout.unwrap_or(DEFAULT_TIMEOUT)
            }
        }
    }

    /// Returns the timeout of the next attempt.
    fn attempt_timeout(&self) -> Duration {
        let timeout = self.sending.request.options.attempt_timeout;
        timeout
            .unwrap_or(DEFAULT_ATTEMPT_TIMEOUT)
            .min(self.remaining())
    }

    /// Returns the token of the credential, if there is one.
    async fn token(&self) -> Result<Option<Secret>, Error> {
        match &self.token {
            Some(bearer) => {
                let token = tokens::get(&self.sending, bearer, self.attempt_timeout());
                token.await.map(Some)
            }
            None => Ok(None),
        }
    }

    /// Returns a token that replaces a rejected one, if the provider returns another one.
    async fn renewed(&self, rejected: Option<Secret>) -> Option<Secret> {
        let (bearer, rejected) = (self.token.as_ref()?, rejected?);
        tokens::renewed(&self.sending, bearer, &rejected, self.attempt_timeout()).await
    }

    fn operation(&self) -> &'static str {
        self.sending.request.operation.id
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
        safety: Safety::Idempotent,
    };

    /// The spans of `tracing` must not multiply the size of the future that they wrap.
    #[test]
    fn the_future_of_a_call_is_small() {
        let request = Client::new::<Version>(Anonymous).request(&OPERATION);
        let mut execution = Execution::new(&request, Form::Json).unwrap();
        let attempt = size_of_val(&execution.sending.attempt(None, Duration::MAX));
        let run = size_of_val(&execution.run());
        let call = size_of_val(&execute(request.clone(), Form::Json));
        let request = size_of_val(&request);
        assert!(
            call < 3 * 1024,
            "{call}, of which attempt {attempt}, run {run}, request {request}"
        );
    }
}
