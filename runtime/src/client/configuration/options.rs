//! How one call differs from the others of its client.

use std::fmt;
use std::time::Duration;

use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST,
    HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING, USER_AGENT,
};
use uuid::Uuid;

use super::retry::RetryPolicy;
use crate::Error;
use crate::client::credentials::Secret;
use crate::client::operation::Safety;

pub(in crate::client) const POLAR_VERSION: HeaderName = HeaderName::from_static("polar-version");
pub(in crate::client) const POLAR_ORGANIZATION: HeaderName =
    HeaderName::from_static("polar-organization");

/// The headers that the client is responsible for.
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

/// How one call differs from the others of its client. What is not set is as the client has it.
///
/// A value of its own, so that it can be kept and cloned for many calls:
///
/// ```
/// # use std::time::Duration;
/// use polar_client_runtime::client::{CallOptions, RetryPolicy};
///
/// # fn main() -> Result<(), polar_client_runtime::Error> {
/// let patient = CallOptions::new()
///     .timeout(Duration::from_secs(300))
///     .retry(RetryPolicy::new().max_attempts(6))
///     .header("x-request-source", "nightly")?;
/// // polar.orders().list().with(patient.clone()).await?
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
#[must_use = "options do nothing until a request is given them"]
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

/// Whether request bodies are validated against the constraints of the OpenAPI description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::client) enum BodyCheck {
    Skipped,
}

impl CallOptions {
    /// Nothing is set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the call with [`Error::Timeout`] when it has no result after this time, with all of its attempts and the waits
    /// between them. For bodies that are read as streams, the time until they begin.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Gives up on an attempt after this time. For bodies that are read as streams, also the longest time between two
    /// pieces.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = Some(timeout);
        self
    }

    /// Ends a body that is read as a stream, and a download, with [`Error::Timeout`] when it is not complete after this time,
    /// the time that the reader takes between two pieces included. 1 hour if it is not set.
    pub fn stream_timeout(mut self, timeout: Duration) -> Self {
        self.stream_timeout = Some(timeout);
        self
    }

    /// Repeats the call by this policy, or not at all with [`RetryPolicy::off`].
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Repeats the call also when the server may have acted on it already, whatever the operation's own
    /// [`safety`](crate::client::Operation::safety) is: for calls that do the same again when they are sent twice, or whose
    /// repetition the server knows by something that this crate does not.
    pub fn assume_safe(mut self) -> Self {
        self.safety = Some(Safety::Safe);
        self
    }

    /// Repeats the call only when the server cannot have acted on it, whatever the operation's own
    /// [`safety`](crate::client::Operation::safety) is.
    pub fn assume_unsafe(mut self) -> Self {
        self.safety = Some(Safety::Unsafe);
        self
    }

    /// The most bytes that a response may have, decompressed.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = Some(bytes);
        self
    }

    /// Sends this token in place of the credential's, and of the same kind. A token that is evidently of another kind, or
    /// for a call without a credential (of an anonymous client, or of an operation that takes none), is refused before
    /// anything is sent.
    pub fn access_token(mut self, token: impl Into<Secret>) -> Self {
        self.access_token = Some(token.into());
        self
    }

    /// Acts for this organization, with a token that can act for several.
    pub fn organization(mut self, id: impl Into<Uuid>) -> Self {
        self.organization = Some(id.into());
        self
    }

    /// Sends the body even if it violates constraints of the OpenAPI description, and leaves it to the server to
    /// refuse it: for limits that the server has raised since.
    pub fn send_unchecked(mut self) -> Self {
        self.body_check = Some(BodyCheck::Skipped);
        self
    }

    /// Sends one header more. Its value is marked as sensitive, so that neither `Debug` nor HTTP/2's compression keeps it.
    ///
    /// # Errors
    /// [`Error::Configuration`] if that is no header, or one that the client sets itself.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, Error> {
        let refused = |reason| Error::configuration(format!("the header `{name}` {reason}"));
        let key = HeaderName::try_from(name)
            .map_err(|_| Error::configuration("a header has a name that no header can have"))?;
        if OWN.contains(&key) {
            return Err(refused("is set by the client"));
        }
        let mut value = HeaderValue::try_from(value)
            .map_err(|_| refused("has a value that no header can have"))?;
        value.set_sensitive(true);
        self.headers.insert(key, value);
        Ok(self)
    }

    /// Takes over what is set in the others.
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

/// Shows neither the token nor the values of headers.
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
