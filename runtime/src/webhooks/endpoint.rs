//! An endpoint: its secrets, and how its deliveries are verified.

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

/// The environment variable of the secret.
const SECRET: &str = "POLAR_WEBHOOK_SECRET";

/// How old a delivery may be, and how far ahead of this machine's clock.
const TOLERANCE: Duration = Duration::from_secs(300);

/// The largest body that extractors read, in bytes.
const BODY_LIMIT: usize = 1024 * 1024;

/// How long extractors wait for a body. Polar gives up on a delivery after the same time.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Verifies the deliveries of an endpoint, and reads the events in them. Cheap to clone.
///
/// Polar signs with one of two keys that it makes of the secret, older endpoints with one and newer ones with the other. Both
/// are always tried, in constant time, so that nobody has to know which one it is.
pub struct Webhooks<E> {
    pub(super) settings: Arc<Settings>,
    event: PhantomData<fn() -> E>,
}

#[derive(Clone)]
pub(super) struct Settings {
    /// `None` for a secret without content: nothing must pass then.
    keys: Vec<Option<Keys>>,
    tolerance: Duration,
    pub(super) body_limit: usize,
    pub(super) body_timeout: Duration,
}

impl<E: VersionedEvent> Webhooks<E> {
    /// Takes the endpoint's secret exactly as Polar shows it, prefix included. White space around it, such as the line break
    /// of a file, does no harm.
    ///
    /// An empty secret, or one that is a prefix and nothing else, makes every delivery fail. A secret whose key has less
    /// than 16 bytes, such as `whsec_AA==`, can be guessed, and deliveries forged with it: it works, and with the feature
    /// `tracing` there is a warning. See [`has_short_secret`](Self::has_short_secret).
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

    /// Takes the secret from `POLAR_WEBHOOK_SECRET`.
    ///
    /// # Errors
    /// [`Error::Configuration`] when there is none, or nothing in it.
    pub fn from_env() -> Result<Self, Error> {
        let webhooks = Self::new(required_variable(SECRET, env::var(SECRET))?);
        match webhooks.settings.check_secrets() {
            Ok(()) => Ok(webhooks),
            Err(error) => Err(Error::configuration(format!(
                "the environment variable {SECRET} is of no use: {error}"
            ))),
        }
    }

    /// Also accepts what is signed with this secret: the former one, while the secret is being changed.
    #[must_use]
    pub fn with_secret(mut self, secret: impl AsRef<str>) -> Self {
        let keys = Keys::of(secret.as_ref());
        if keys.as_ref().is_some_and(Keys::is_short) {
            log::short_secret(SHORTEST_KEY);
        }
        Arc::make_mut(&mut self.settings).keys.push(keys);
        self
    }

    /// Returns whether the key of a secret has less than 16 bytes. Who guesses it can forge deliveries.
    #[must_use]
    pub fn has_short_secret(&self) -> bool {
        self.settings.keys.iter().flatten().any(Keys::is_short)
    }

    /// How old a delivery may be, and how far ahead of this machine's clock. 300 seconds unless it is set.
    #[must_use]
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        Arc::make_mut(&mut self.settings).tolerance = tolerance;
        self
    }

    /// The largest body that the extractors for web frameworks read, in bytes. 1 MiB unless it is set.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        Arc::make_mut(&mut self.settings).body_limit = bytes;
        self
    }

    /// Sets how long the extractors for web frameworks wait for a body, from the start of reading, after the headers, to its
    /// last byte. 10 seconds unless it is set. Runtimes other than tokio have no such limit.
    ///
    /// # Panics
    /// The extractors panic on a tokio runtime whose time driver is not enabled. `#[tokio::main]` and actix-web enable it; a
    /// `runtime::Builder` needs `enable_time` or `enable_all`.
    #[must_use]
    pub fn body_timeout(mut self, timeout: Duration) -> Self {
        Arc::make_mut(&mut self.settings).body_timeout = timeout;
        self
    }

    /// Verifies a delivery and reads its event. Headers are a `HeaderMap`, or pairs of names and values; the body is what
    /// was received, byte for byte.
    ///
    /// # Errors
    /// In this order: headers that are missing or malformed, a signature that no secret has made, a point in time that is
    /// too far away, a body that is no event. So whatever is said of age and body is said of an authentic delivery.
    #[doc(alias = "validate_event")]
    pub fn verify(
        &self,
        headers: impl Headers,
        body: impl AsRef<[u8]>,
    ) -> Result<Delivery<E>, WebhookError> {
        self.verify_at(headers, body, system_time())
    }

    /// Like [`verify`](Self::verify), at a point in time: for deliveries that were kept, and for tests.
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

    /// The headers of a delivery, signed with the first secret: for tests of code that receives webhooks. The key is the
    /// whole secret, as for older endpoints.
    ///
    /// # Errors
    /// [`WebhookError::Secret`] when a secret is empty.
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

    /// Like [`sign`](Self::sign), as Standard Webhooks has it: the key is what the text after `whsec_`, or a secret without
    /// prefix, means in base64.
    ///
    /// # Errors
    /// [`WebhookError::Secret`] when the first secret is no such text.
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
    /// The keys of all secrets, if every secret has some.
    fn keys(&self) -> Result<impl Iterator<Item = &Keys>, WebhookError> {
        self.check_secrets()?;
        Ok(self.keys.iter().flatten())
    }

    /// Whether every secret has keys.
    fn check_secrets(&self) -> Result<(), WebhookError> {
        match self.keys.iter().all(Option::is_some) {
            true => Ok(()),
            false => Err(WebhookError::Secret {
                reason: "a secret is empty",
            }),
        }
    }

    /// Refuses what cannot be a delivery, whatever its body is.
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

/// The headers of a delivery, signed with the whole secret.
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
        reason: "it holds no key in base64",
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

/// Does not show the secrets.
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
