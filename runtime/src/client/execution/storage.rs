//! Requests to file storages. The API issues the presigned URLs; the API's credentials are not sent.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_LENGTH, ETAG, HeaderName, HeaderValue, LOCATION, USER_AGENT};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, StatusCode, Uri};

use super::execute::on_its_runtime;
use crate::client::configuration::{
    CallOptions, DEFAULT_ATTEMPT_TIMEOUT, DEFAULT_BODY_LIMIT, DEFAULT_STREAM_TIMEOUT, Shared,
};
use crate::client::operation::{Access, Method, Operation, Safety};
use crate::client::requests::Request;
use crate::client::responses::{ByteStream, is_html};
use crate::error::{Error, StorageError};
use crate::log;
use crate::secrets::REDACTED;
use crate::transport::{
    Body, BoxFuture, Chunks, Clock, ReadError, Timeout, TransportError, TransportErrorKind,
};

/// The maximum size of the responses of a storage in bytes, except for downloads. Longer error bodies are truncated.
const RESPONSE_LIMIT: usize = 64 << 10;

/// The maximum number of redirects that are followed.
const MAX_REDIRECTS: usize = 5;

/// The operation of uploads. Idempotent.
static PUT: Operation = Operation {
    id: "storage:put",
    method: Method::Put,
    path: "",
    access: Access::Public,
    safety: Safety::Idempotent,
};

/// The operation of downloads.
static GET: Operation = Operation {
    id: "storage:get",
    method: Method::Get,
    path: "",
    access: Access::Public,
    safety: Safety::Idempotent,
};

/// A presigned URL with the headers to send. `Debug` does not show it, because it grants access.
#[derive(Clone)]
pub(crate) struct Address {
    pub(crate) url: String,
    pub(crate) headers: BTreeMap<String, String>,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// The parts of a client and its options that requests to storages use: transport, clock, timeouts and retry policy.
#[derive(Clone)]
pub(crate) struct Storage {
    shared: Arc<Shared>,
    options: CallOptions,
    clock: Option<Clock>,
}

impl Storage {
    /// Creates the context for the storage requests of an upload or download.
    pub(crate) fn of(request: &Request) -> Self {
        Self {
            clock: request.shared.clock.available(),
            shared: Arc::clone(&request.shared),
            options: request.options.clone(),
        }
    }

    /// Returns the clock, if it works on the current thread.
    pub(crate) fn clock(&self) -> Option<&Clock> {
        self.clock.as_ref()
    }

    /// Returns the maximum size of a body that is kept in memory.
    pub(crate) fn body_limit(&self) -> usize {
        self.options.body_limit.unwrap_or(DEFAULT_BODY_LIMIT)
    }

    /// Returns the total timeout of a download, including all attempts.
    pub(crate) fn stream_timeout(&self) -> Duration {
        self.options
            .stream_timeout
            .unwrap_or(DEFAULT_STREAM_TIMEOUT)
    }

    /// Runs a future that sends several requests. Fails if it is polled on a thread where the clock does not work.
    pub(crate) async fn run<T>(
        &self,
        operation: &'static str,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        on_its_runtime(self.clock.clone(), operation, Box::pin(work)).await
    }

    /// Uploads bytes. Returns the ETag of the response.
    pub(crate) async fn put(
        &self,
        address: &Address,
        bytes: Bytes,
        timeout: Duration,
    ) -> Result<String, Error> {
        self.with_retries(|| Box::pin(self.put_once(address, bytes.clone(), timeout)))
            .await
    }

    async fn put_once(
        &self,
        address: &Address,
        bytes: Bytes,
        timeout: Duration,
    ) -> Result<String, Error> {
        let uri = parse(&PUT, &address.url)?;
        let message = self.message(&PUT, uri, Some(address), bytes, timeout)?;
        let exchange = async {
            let response = self.exchange(&PUT, message).await?;
            let (head, body) = response.into_parts();
            read(&PUT, body).await?;
            Ok(head)
        };
        let head = self.within(&PUT, timeout, exchange).await?;
        let is_stored = matches!(head.status.as_u16(), 200 | 201 | 204) && !is_html(&head.headers);
        if !is_stored {
            const REASON: &str = "the response does not say that the part is stored";
            let error = StorageError::mismatch(PUT.id, head.status, REASON);
            return Err(Error::storage_error(error));
        }
        let etag = head.headers.get(ETAG).and_then(|etag| etag.to_str().ok());
        etag.map(str::to_owned).ok_or_else(|| {
            const REASON: &str = "the part was accepted, and its ETag is missing";
            Error::storage_error(StorageError::mismatch(PUT.id, head.status, REASON))
        })
    }

    /// Starts a download with a single attempt, and follows redirects. Returns the body and the headers. The timeout
    /// covers the complete body.
    pub(crate) async fn get(
        &self,
        address: &Address,
        total: Duration,
    ) -> Result<(ByteStream, HeaderMap), Error> {
        let timeout = self
            .options
            .attempt_timeout
            .unwrap_or(DEFAULT_ATTEMPT_TIMEOUT);
        let first = parse(&GET, &address.url)?;
        let mut uri = first.clone();
        for _ in 0..=MAX_REDIRECTS {
            let home = same_origin(&uri, &first).then_some(address);
            let message = self.message(&GET, uri.clone(), home, Bytes::new(), timeout)?;
            let response = self
                .within(&GET, timeout, self.exchange(&GET, message))
                .await?;
            match next(&uri, &response)? {
                Some(next) => uri = next,
                None => {
                    let (head, body) = response.into_parts();
                    if head.status != StatusCode::OK {
                        let reason = "the response is not the whole file, which has the status 200";
                        return Err(mismatch(head.status, reason));
                    }
                    let stream = ByteStream::new(&GET, body, self.clock.clone(), timeout, total);
                    return Ok((stream, head.headers));
                }
            }
        }
        Err(mismatch(StatusCode::FOUND, "too many redirects"))
    }

    /// Sends an idempotent request, with retries according to the retry policy.
    pub(crate) async fn with_retries<'a, T>(
        &self,
        mut attempt: impl FnMut() -> BoxFuture<'a, Result<T, Error>>,
    ) -> Result<T, Error> {
        let (mut failed, mut paid) = (0, None);
        loop {
            let error = match attempt().await {
                Ok(value) => {
                    self.shared.budget.refund(paid);
                    return Ok(value);
                }
                Err(error) => error,
            };
            failed += 1;
            let policy = self.options.retry.unwrap_or_default();
            let delay = policy.delay(&error, Safety::Idempotent, failed);
            let (Some(clock), Some(delay)) = (&self.clock, delay) else {
                return Err(error);
            };
            paid = self.shared.budget.pay(&error);
            if paid.is_none() {
                log::budget_exhausted(&error);
                return Err(error);
            }
            log::retry(failed, delay, &error);
            clock.sleep(delay).await;
        }
    }

    /// Returns the request of an attempt, with only the headers of the presigned URL.
    fn message(
        &self,
        operation: &'static Operation,
        uri: Uri,
        address: Option<&Address>,
        bytes: Bytes,
        timeout: Duration,
    ) -> Result<http::Request<Bytes>, Error> {
        let mut message = http::Request::new(bytes);
        *message.method_mut() = operation.method.to_http();
        *message.uri_mut() = uri;
        let headers = message.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        headers.insert(USER_AGENT, self.shared.agent.clone());
        for (name, value) in address.into_iter().flat_map(|address| &address.headers) {
            let header = HeaderName::try_from(name)
                .ok()
                .zip(HeaderValue::try_from(value).ok());
            let (name, mut value) = header
                .ok_or_else(|| rejected(operation, "the URL has a header that cannot be sent"))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        if message.body().is_empty() && operation.method.has_body() {
            let none = HeaderValue::from_static("0");
            message.headers_mut().insert(CONTENT_LENGTH, none);
        }
        message.extensions_mut().insert(operation);
        message.extensions_mut().insert(Timeout(timeout));
        Ok(message)
    }

    /// Sends a request. A response that is neither a success nor a redirect is returned as an error.
    async fn exchange(
        &self,
        operation: &'static Operation,
        message: http::Request<Bytes>,
    ) -> Result<http::Response<Body>, Error> {
        let response = self.shared.transport.execute(message).await;
        let response = response.map_err(|error| Error::transport(operation.id, error))?;
        let status = response.status();
        if status.is_success() || operation.method == Method::Get && status.is_redirection() {
            return Ok(response);
        }
        let (head, body) = response.into_parts();
        let mut text = Chunks::default();
        // A failure is ignored, because the received part of an error body is sufficient.
        let _ = body.read(RESPONSE_LIMIT, &mut text).await;
        let error = StorageError::from_response(operation.id, status, &head.headers, &text.join());
        Err(Error::storage_error(error))
    }

    async fn within<T>(
        &self,
        operation: &'static Operation,
        timeout: Duration,
        future: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let Some(clock) = &self.clock else {
            return future.await;
        };
        clock.within(timeout, future).await.unwrap_or_else(|| {
            let late =
                TransportError::new(TransportErrorKind::Timeout, "the attempt took too long");
            Err(Error::transport(operation.id, late))
        })
    }
}

/// Reads the rest of a response, so that its connection can be reused.
async fn read(operation: &'static Operation, body: Body) -> Result<(), Error> {
    match body.read(RESPONSE_LIMIT, &mut Chunks::default()).await {
        Ok(()) | Err(ReadError::TooLarge) => Ok(()),
        Err(ReadError::Broken(error)) => Err(Error::transport(operation.id, error.after_head())),
    }
}

/// Returns the target of a redirect, if the response is one.
fn next(from: &Uri, response: &http::Response<Body>) -> Result<Option<Uri>, Error> {
    let status = response.status();
    if status.is_success() {
        return Ok(None);
    }
    let target = location(from, response.headers());
    let target = target.ok_or_else(|| mismatch(status, "the redirect has no valid target"))?;
    match from.scheme() == Some(&Scheme::HTTPS) && target.scheme() != Some(&Scheme::HTTPS) {
        true => Err(mismatch(status, "the redirect leads to an unencrypted URL")),
        false => Ok(Some(target)),
    }
}

/// Resolves the target of a redirect: a URL, or a path at the same origin.
fn location(from: &Uri, headers: &HeaderMap) -> Option<Uri> {
    let target: Uri = headers.get(LOCATION)?.to_str().ok()?.parse().ok()?;
    if is_web(&target) {
        return Some(target);
    }
    if target.authority().is_some() || !target.path().starts_with('/') {
        return None;
    }
    let mut parts = from.clone().into_parts();
    parts.path_and_query = target.into_parts().path_and_query;
    Uri::from_parts(parts).ok()
}

fn parse(operation: &'static Operation, url: &str) -> Result<Uri, Error> {
    let uri = url.parse().ok().filter(is_web);
    uri.ok_or_else(|| rejected(operation, "the URL is not that of a storage"))
}

fn is_web(uri: &Uri) -> bool {
    let scheme = uri.scheme();
    (scheme == Some(&Scheme::HTTPS) || scheme == Some(&Scheme::HTTP)) && uri.host().is_some()
}

fn same_origin(one: &Uri, other: &Uri) -> bool {
    one.scheme() == other.scheme()
        && one.authority().map(Authority::as_str) == other.authority().map(Authority::as_str)
}

fn mismatch(status: StatusCode, reason: &str) -> Error {
    Error::storage_error(StorageError::mismatch(GET.id, status, reason))
}

fn rejected(operation: &'static Operation, reason: &'static str) -> Error {
    Error::InvalidRequest {
        operation: operation.id,
        parameter: None,
        reason,
    }
}
