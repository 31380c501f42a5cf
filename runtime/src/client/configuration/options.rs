//! Options of a call.

use std::fmt;
use std::time::Duration;

use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST,
    HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING, USER_AGENT,
};
use uuid::Uuid;

use crate::Error;
use crate::client::credentials::Secret;
use crate::client::operation::Safety;
use crate::client::policies::RetryPolicy;

pub(in crate::client) const POLAR_VERSION: HeaderName = HeaderName::from_static("polar-version");
pub(in crate::client) const POLAR_ORGANIZATION: HeaderName =
    HeaderName::from_static("polar-organization");

/// Headers that the client sets itself, and that options cannot set.
const OWN: [HeaderName; 11] = [
    ACCEPT,
    ACCEPT_ENCODING,
    AUTHORIZATION,
    CONNECTION,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    HOST,
    TRANSFER_ENCODING,
    USER_AGENT,
    POLAR_VERSION,
    POLAR_ORGANIZATION,
];

/// Options of a single call. An option that is not set has the value of the client's
/// [`defaults`](crate::client::ClientBuilder::defaults).
///
/// Options can be stored and used for several calls.
///
/// # Examples
/// ```
/// # use std::time::Duration;
/// use polar_client_runtime::client::{CallOptions, RetryPolicy};
///
/// # fn main() -> Result<(), polar_client_runtime::Error> {
/// let nightly = CallOptions::new()
///     .timeout(Duration::from_secs(300))
///     .retry(RetryPolicy::new().max_attempts(6))
///     .header("x-request-source", "nightly")?;
/// // polar.orders().list().with(nightly.clone()).await?
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
#[must_use = "options do nothing until they are passed to a request"]
pub struct CallOptions {
    pub(in crate::client) timeout: Option<Duration>,
    pub(in crate::client) attempt_timeout: Option<Duration>,
    pub(in crate::client) stream_timeout: Option<Duration>,
    pub(in crate::client) retry: Option<RetryPolicy>,
    pub(in crate::client) safety: Option<Safety>,
    pub(in crate::client) body_limit: Option<usize>,
    pub(in crate::client) access_token: Option<Secret>,
    pub(in crate::client) organization: Option<Uuid>,
    pub(in crate::client) body_check: Option<BodyCheck>,
    pub(in crate::client) headers: HeaderMap,
}

/// Whether request bodies are validated before they are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::client) enum BodyCheck {
    Skipped,
}

impl CallOptions {
    /// Creates options that change nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the timeout of the call, including all attempts and the delays between them; 60 seconds by default. After
    /// it, the call fails with [`Error::Timeout`].
    ///
    /// For a streamed body, the timeout covers only the time until the body begins.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets the timeout of each attempt; 30 seconds by default. For a streamed body, it is also the maximum time
    /// between two chunks.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = Some(timeout);
        self
    }

    /// Sets the total timeout of a streamed body or a download; 1 hour by default. After it, the stream ends with
    /// [`Error::Timeout`].
    ///
    /// The timeout includes the time that the reader of the stream takes between chunks.
    pub fn stream_timeout(mut self, timeout: Duration) -> Self {
        self.stream_timeout = Some(timeout);
        self
    }

    /// Sets the retry policy. To disable retries, use [`RetryPolicy::off`].
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Treats the call as idempotent, even if its [operation](crate::client::Operation::safety) is not: the call is
    /// retried even if the server may have processed it.
    ///
    /// Use it if a second execution has no further effect, or if the server deduplicates the call.
    pub fn assume_idempotent(mut self) -> Self {
        self.safety = Some(Safety::Idempotent);
        self
    }

    /// Treats the call as not idempotent, even if its [operation](crate::client::Operation::safety) is: the call is
    /// retried only if the server cannot have processed it.
    pub fn assume_not_idempotent(mut self) -> Self {
        self.safety = Some(Safety::NotIdempotent);
        self
    }

    /// Sets the maximum size of a response body in bytes, after decompression; 64 MiB by default. A larger response
    /// fails with [`Error::BodyTooLarge`].
    ///
    /// Streamed bodies, and files that are downloaded to disk, are not limited. Generated documents, such as invoices,
    /// always are.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = Some(bytes);
        self
    }

    /// Replaces the token of the credential with another one of the same kind.
    ///
    /// A token that is evidently of another kind is rejected before anything is sent. So is a token for a call without
    /// a credential: a call of an anonymous client, or of an operation that accepts no credential.
    pub fn access_token(mut self, token: impl Into<Secret>) -> Self {
        self.access_token = Some(token.into());
        self
    }

    /// Sets the organization to act for. Only for tokens that can act for several organizations.
    pub fn organization(mut self, id: impl Into<Uuid>) -> Self {
        self.organization = Some(id.into());
        self
    }

    /// Disables the validation of the request body against the constraints of the OpenAPI description. Use it, for
    /// example, if the server has raised a limit.
    pub fn send_unchecked(mut self) -> Self {
        self.body_check = Some(BodyCheck::Skipped);
        self
    }

    /// Adds a header to the request.
    ///
    /// The value is marked as sensitive: `Debug` does not show it, and HTTP/2 header compression does not store it.
    ///
    /// # Errors
    /// [`Error::Configuration`] if the name or value is invalid, or if the client sets this header itself.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, Error> {
        let rejected = |reason| Error::configuration(format!("the header `{name}` {reason}"));
        let key = HeaderName::try_from(name)
            .map_err(|_| Error::configuration("the name of a header is invalid"))?;
        if OWN.contains(&key) {
            return Err(rejected("is set by the client"));
        }
        let mut value =
            HeaderValue::try_from(value).map_err(|_| rejected("has an invalid value"))?;
        value.set_sensitive(true);
        self.headers.insert(key, value);
        Ok(self)
    }

    /// Overrides options with those that are set in `others`.
    pub(in crate::client) fn update(&mut self, others: Self) {
        self.timeout = others.timeout.or(self.timeout);
        self.attempt_timeout = others.attempt_timeout.or(self.attempt_timeout);
        self.stream_timeout = others.stream_timeout.or(self.stream_timeout);
        self.body_limit = others.body_limit.or(self.body_limit);
        self.organization = others.organization.or(self.organization);
        self.body_check = others.body_check.or(self.body_check);
        self.safety = others.safety.or(self.safety);
        self.retry = others.retry.or(self.retry.take());
        self.access_token = others.access_token.or(self.access_token.take());
        self.headers.extend(others.headers);
    }
}

/// Omits the token and the values of headers.
impl fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&HeaderName> = self.headers.keys().collect();
        f.debug_struct("CallOptions")
            .field("timeout", &self.timeout)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("stream_timeout", &self.stream_timeout)
            .field("retry", &self.retry)
            .field("safety", &self.safety)
            .field("body_limit", &self.body_limit)
            .field("access_token", &self.access_token)
            .field("organization", &self.organization)
            .field("headers", &headers)
            .finish_non_exhaustive()
    }
}
