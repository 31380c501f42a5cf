//! A single attempt: sends the request and classifies the response.

use std::pin::pin;
use std::time::Duration;

use http::{HeaderMap, StatusCode, Uri, response};

use crate::client::configuration::{
    DEFAULT_ATTEMPT_TIMEOUT, DEFAULT_BODY_LIMIT, DEFAULT_STREAM_TIMEOUT,
};
use crate::client::credentials::Secret;
use crate::client::requests::{Form, Request, message};
use crate::client::responses::{ByteStream, CallSpan, Reply};
use crate::error::{ApiError, Error, Received};
use crate::transport::{
    Body, BoxFuture, Chunks, Clock, ReadError, Timeout, TransportError, TransportErrorKind,
};

/// The maximum number of bytes that are read of the body of an error response.
const ERROR_BODY_LIMIT: usize = 1 << 20;

/// The state that the attempts of a call share.
pub(super) struct Sending<'a> {
    pub(super) request: &'a Request,
    pub(super) form: Form,
    pub(super) uri: Uri,
    pub(super) clock: Option<Clock>,
}

/// The part of a response that has arrived.
#[derive(Default)]
pub(super) struct PartialResponse {
    head: Option<response::Parts>,
    body: Chunks,
    stream: Option<Body>,
}

impl Sending<'_> {
    /// Sends the request and classifies the response.
    pub(super) async fn attempt(
        &self,
        token: Option<&Secret>,
        timeout: Duration,
    ) -> Result<Reply, Error> {
        let operation = self.request.operation;
        let mut message = message(self.request, &self.uri, self.form, token)?;
        #[cfg(feature = "opentelemetry")]
        super::context::inject(message.headers_mut());
        message.extensions_mut().insert(Timeout(timeout));
        let mut arrived = PartialResponse::default();
        let response = self.request.shared.transport.execute(message);
        let outcome = {
            // Pinned here, because passing an unpinned future to `within` would reserve its size twice.
            let exchange = pin!(self.exchange(response, &mut arrived));
            self.within(timeout, exchange).await
        };
        match (arrived.head.take(), outcome) {
            // The status of an error response is known even if its body was not received.
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
                Err(Error::from_response(
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

    /// Receives the response. `arrived` keeps what has arrived if this future is dropped.
    async fn exchange(
        &self,
        response: BoxFuture<'_, Result<http::Response<Body>, TransportError>>,
        arrived: &mut PartialResponse,
    ) -> Result<(), Error> {
        let operation = self.request.operation.id;
        let response = response.await;
        let response = response.map_err(|error| Error::transport(operation, error))?;
        let (head, body) = response.into_parts();
        let success = head.status.is_success();
        let limit = match success {
            true => self
                .request
                .options
                .body_limit
                .unwrap_or(DEFAULT_BODY_LIMIT),
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
                ReadError::TooLarge => Error::BodyTooLarge { operation, limit },
                ReadError::Broken(error) => Error::transport(operation, error.after_head()),
            })
    }

    /// Returns a hint at a likely cause if the token was rejected.
    fn hint(&self, status: StatusCode, token: Option<&Secret>) -> Option<String> {
        if status != StatusCode::UNAUTHORIZED {
            return None;
        }
        let unknown_kind = self
            .request
            .operation
            .access
            .rejection_hint(token?.expose());
        let server = self.request.shared.server.name();
        let other = match server {
            "production" => Some("sandbox"),
            "sandbox" => Some("production"),
            _ => None,
        };
        let elsewhere = other
            .map(|other| format!("it was sent to {server}, where tokens of {other} are not valid"));
        let hints: Vec<String> = elsewhere.into_iter().chain(unknown_kind).collect();
        (!hints.is_empty()).then(|| hints.join("; "))
    }

    /// Converts the response of the attempt to a reply.
    pub(super) fn reply(
        &self,
        (status, headers): (StatusCode, HeaderMap),
        arrived: PartialResponse,
    ) -> Reply {
        let (operation, options) = (self.request.operation, &self.request.options);
        let stream = arrived.stream.map(|body| {
            let pause = options.attempt_timeout.unwrap_or(DEFAULT_ATTEMPT_TIMEOUT);
            let total = options.stream_timeout.unwrap_or(DEFAULT_STREAM_TIMEOUT);
            let clock = self.clock.clone();
            Box::new(ByteStream::new(operation, body, clock, pause, total))
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

    /// Returns the output of the future, or `None` if the timeout elapses first.
    pub(super) async fn within<T>(
        &self,
        timeout: Duration,
        future: impl Future<Output = T>,
    ) -> Option<T> {
        match &self.clock {
            Some(clock) => clock.within(timeout, future).await,
            None => Some(future.await),
        }
    }

    /// Returns the error of an attempt that got no response.
    pub(super) fn failure(&self, kind: TransportErrorKind, reason: &'static str) -> Error {
        Error::transport(self.request.operation.id, TransportError::new(kind, reason))
    }
}
