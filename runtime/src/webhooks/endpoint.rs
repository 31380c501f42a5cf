//! `Webhooks`: the secrets of an endpoint, and the verification of its deliveries.

use std::env;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::delivery::{Delivery, VersionedEvent};
use super::error::WebhookError;
#[cfg(any(feature = "actix-web", feature = "axum"))]
use super::headers;
use super::headers::{Headers, ID, SIGNATURE, Signed, TIMESTAMP};
use super::keys::{self, Keys, SHORTEST_KEY};
use crate::Error;
use crate::client::required_variable;
use crate::log;
use crate::time::system_time;
use crate::types::Timestamp;

/// The environment variable that contains the secret.
const SECRET: &str = "POLAR_WEBHOOK_SECRET";

/// The default tolerance: how old a delivery may be, or how far ahead of this machine's clock.
const TOLERANCE: Duration = Duration::from_secs(300);

/// The default limit of bodies that extractors read, in bytes.
const BODY_LIMIT: usize = 1024 * 1024;

/// The default timeout for bodies that extractors read. It equals Polar's timeout for a delivery.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Verifies the deliveries of a webhook endpoint, and decodes their events. Cheap to clone.
///
/// `E` is the `Event` type of an API version. Polar signs with one of two keys of the secret, depending on the age of
/// the endpoint. Both are tried, in constant time, so no configuration is needed.
pub struct Webhooks<E> {
    pub(super) settings: Arc<Settings>,
    event: PhantomData<fn() -> E>,
}

#[derive(Clone)]
pub(super) struct Settings {
    /// The keys of each secret; `None` for an empty secret, with which nothing can be verified.
    keys: Vec<Option<Keys>>,
    tolerance: Duration,
    pub(super) body_limit: usize,
    pub(super) body_timeout: Duration,
}

impl<E: VersionedEvent> Webhooks<E> {
    /// Creates an endpoint from its secret. Pass the secret as Polar shows it, including the prefix.
    ///
    /// White space around the secret is ignored, such as the line break at the end of a file.
    ///
    /// With an empty secret, or one that consists only of a prefix, every delivery is rejected. A secret whose key has
    /// fewer than 16 bytes is accepted, but attackers can guess it and forge deliveries: see
    /// [`has_short_secret`](Self::has_short_secret). With the feature `tracing`, that is logged as a warning.
    #[must_use]
    pub fn new(secret: impl AsRef<str>) -> Self {
        let settings = Settings {
            keys: Vec::new(),
            tolerance: TOLERANCE,
            body_limit: BODY_LIMIT,
            body_timeout: BODY_TIMEOUT,
        };
        let webhooks = Self {
            settings: Arc::new(settings),
            event: PhantomData,
        };
        webhooks.with_secret(secret)
    }

    /// Creates an endpoint from the secret in the environment variable `POLAR_WEBHOOK_SECRET`.
    ///
    /// # Errors
    /// Returns [`Error::Configuration`] if the variable is missing or empty, or contains only the prefix of a secret.
    pub fn from_env() -> Result<Self, Error> {
        let webhooks = Self::new(required_variable(SECRET, env::var(SECRET))?);
        match webhooks.settings.check_secrets() {
            Ok(()) => Ok(webhooks),
            Err(error) => Err(Error::configuration(format!(
                "the environment variable {SECRET} is missing or invalid: {error}"
            ))),
        }
    }

    /// Adds a secret: deliveries that are signed with it are accepted as well. Use it for the previous secret during a
    /// rotation.
    #[must_use]
    pub fn with_secret(mut self, secret: impl AsRef<str>) -> Self {
        let keys = Keys::of(secret.as_ref());
        if keys.as_ref().is_some_and(Keys::is_short) {
            log::short_secret(SHORTEST_KEY);
        }
        Arc::make_mut(&mut self.settings).keys.push(keys);
        self
    }

    /// Returns whether the key of a secret has fewer than 16 bytes. Attackers can guess such a key, and forge
    /// deliveries.
    #[must_use]
    pub fn has_short_secret(&self) -> bool {
        self.settings.keys.iter().flatten().any(Keys::is_short)
    }

    /// Sets how old a delivery may be, and how far its timestamp may be ahead of this machine's clock. Default: 300
    /// seconds.
    #[must_use]
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        Arc::make_mut(&mut self.settings).tolerance = tolerance;
        self
    }

    /// Sets the maximum size of a body in bytes, for the extractors and routes of web frameworks. Default: 1 MiB.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        Arc::make_mut(&mut self.settings).body_limit = bytes;
        self
    }

    /// Sets the timeout for receiving a body, for the extractors and routes of web frameworks. Default: 10 seconds.
    ///
    /// It starts after the headers. On runtimes other than tokio, there is no timeout.
    ///
    /// # Panics
    /// This method does not panic, but the extractors do, on a tokio runtime whose time driver is not enabled.
    /// `#[tokio::main]` and actix-web enable it. With a `runtime::Builder`, call `enable_time` or `enable_all`.
    #[must_use]
    pub fn body_timeout(mut self, timeout: Duration) -> Self {
        Arc::make_mut(&mut self.settings).body_timeout = timeout;
        self
    }

    /// Verifies a delivery, and decodes its event.
    ///
    /// Pass the headers of the request as a `HeaderMap`, or as pairs of names and values. Pass the body exactly as it
    /// was received.
    ///
    /// # Errors
    /// They are checked in this order:
    /// - [`Secret`](WebhookError::Secret): a secret of this endpoint is invalid.
    /// - [`MissingHeader`](WebhookError::MissingHeader), [`MalformedHeader`](WebhookError::MalformedHeader): a header
    ///   is missing or invalid.
    /// - [`Signature`](WebhookError::Signature): no signature matches. All errors below are about authentic deliveries.
    /// - [`Stale`](WebhookError::Stale), [`Future`](WebhookError::Future): the timestamp exceeds the
    ///   [tolerance](Self::tolerance).
    /// - [`Malformed`](WebhookError::Malformed), [`Formatted`](WebhookError::Formatted),
    ///   [`Version`](WebhookError::Version): the body cannot be decoded as an event.
    #[doc(alias = "validate_event")]
    pub fn verify(
        &self,
        headers: impl Headers,
        body: impl AsRef<[u8]>,
    ) -> Result<Delivery<E>, WebhookError> {
        self.verify_at(headers, body, system_time())
    }

    /// Verifies a delivery like [`verify`](Self::verify), with `now` as the current time. For stored deliveries and
    /// tests.
    ///
    /// # Errors
    /// Those of [`verify`](Self::verify).
    pub fn verify_at(
        &self,
        headers: impl Headers,
        body: impl AsRef<[u8]>,
        now: impl Into<Timestamp>,
    ) -> Result<Delivery<E>, WebhookError> {
        let body = body.as_ref();
        let keys = self.settings.keys()?;
        let signed = Signed::read(&headers)?;
        let parts = (signed.id.as_str(), signed.seconds.as_str(), body);
        if !keys::any_signed(keys, &signed.signatures, parts) {
            return Err(WebhookError::Signature);
        }
        self.settings.check_age(signed.timestamp, now.into())?;
        Delivery::read(signed, body)
    }

    /// Signs a delivery with the first secret, and returns its three headers. For tests of webhook handlers.
    ///
    /// The key is the whole secret, as for older endpoints.
    ///
    /// # Errors
    /// Returns [`WebhookError::Secret`] if a secret is empty.
    pub fn sign(
        &self,
        id: &str,
        timestamp: impl Into<Timestamp>,
        body: impl AsRef<[u8]>,
    ) -> Result<[(&'static str, String); 3], WebhookError> {
        let mut keys = self.settings.keys()?;
        let key = keys.next().and_then(Keys::whole);
        signed_headers(key, id, timestamp.into(), body.as_ref())
    }

    /// Signs a delivery like [`sign`](Self::sign), but with the key that Standard Webhooks prescribe, as for newer
    /// endpoints.
    ///
    /// That key is the secret without the prefix `whsec_`, decoded as base64.
    ///
    /// # Errors
    /// Returns [`WebhookError::Secret`] if a secret is empty, or if the first one is not valid base64.
    pub fn sign_standard(
        &self,
        id: &str,
        timestamp: impl Into<Timestamp>,
        body: impl AsRef<[u8]>,
    ) -> Result<[(&'static str, String); 3], WebhookError> {
        let mut keys = self.settings.keys()?;
        let key = keys.next().and_then(Keys::standard);
        signed_headers(key, id, timestamp.into(), body.as_ref())
    }
}

impl Settings {
    /// Returns the keys of all secrets. Fails if a secret has none.
    fn keys(&self) -> Result<impl Iterator<Item = &Keys>, WebhookError> {
        self.check_secrets()?;
        Ok(self.keys.iter().flatten())
    }

    /// Fails if a secret has no keys.
    fn check_secrets(&self) -> Result<(), WebhookError> {
        match self.keys.iter().all(Option::is_some) {
            true => Ok(()),
            false => Err(WebhookError::Secret {
                reason: "a secret is empty",
            }),
        }
    }

    /// Checks the headers of a request, so that the body of an invalid request is not read.
    #[cfg(any(feature = "actix-web", feature = "axum"))]
    pub(super) fn check_head(&self, headers: &impl Headers) -> Result<(), WebhookError> {
        self.check_secrets()?;
        let signed = Signed::read(headers)?;
        if signed.signatures.is_empty() {
            return Err(WebhookError::Signature);
        }
        let limit = self.body_limit;
        match headers::content_length(headers).is_some_and(|len| len > limit as u64) {
            true => Err(WebhookError::TooLarge { limit }),
            false => Ok(()),
        }
    }

    fn check_age(&self, timestamp: Timestamp, now: Timestamp) -> Result<(), WebhookError> {
        let age = now.signed_duration_since(timestamp);
        if let Ok(age) = age.to_std() {
            return match age > self.tolerance {
                true => Err(WebhookError::Stale { age }),
                false => Ok(()),
            };
        }
        let ahead = (-age).to_std().unwrap_or(Duration::MAX);
        match ahead > self.tolerance {
            true => Err(WebhookError::Future { ahead }),
            false => Ok(()),
        }
    }
}

/// Signs a delivery with the whole secret, and returns its three headers.
#[cfg(feature = "test-util")]
pub(crate) fn sign(
    secret: &str,
    id: &str,
    timestamp: Timestamp,
    body: &[u8],
) -> Result<[(&'static str, String); 3], WebhookError> {
    let keys = Keys::of(secret).ok_or(WebhookError::Secret {
        reason: "a secret is empty",
    })?;
    signed_headers(keys.whole(), id, timestamp, body)
}

fn signed_headers(
    key: Option<&keys::Key>,
    id: &str,
    timestamp: Timestamp,
    body: &[u8],
) -> Result<[(&'static str, String); 3], WebhookError> {
    let key = key.ok_or(WebhookError::Secret {
        reason: "it contains no key in base64",
    })?;
    let seconds = timestamp.timestamp().to_string();
    let signature = keys::signature(key, id, &seconds, body);
    Ok([
        (ID, id.to_owned()),
        (TIMESTAMP, seconds),
        (SIGNATURE, signature),
    ])
}

impl<E> Clone for Webhooks<E> {
    fn clone(&self) -> Self {
        Self {
            settings: Arc::clone(&self.settings),
            event: PhantomData,
        }
    }
}

/// Omits the secrets.
impl<E> fmt::Debug for Webhooks<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhooks")
            .field("secrets", &self.settings.keys.len())
            .field("tolerance", &self.settings.tolerance)
            .field("body_limit", &self.settings.body_limit)
            .field("body_timeout", &self.settings.body_timeout)
            .finish()
    }
}
