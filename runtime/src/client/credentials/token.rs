//! Secrets and token providers.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, OnceLock};

use http::HeaderValue;

use crate::secrets::REDACTED;
use crate::transport::BoxFuture;

/// A secret string, such as a token. `Debug` does not show it.
#[derive(Clone)]
pub struct Secret(Arc<Content>);

struct Content {
    text: Box<str>,
    /// The `Authorization` header, created when it is first sent. `None` if the string is not valid in a header.
    authorization: OnceLock<Option<HeaderValue>>,
}

impl Secret {
    /// Returns the secret. Do not log or print it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0.text
    }

    /// Returns the `Authorization` header for this bearer token, marked as sensitive. `None` if the token contains
    /// characters that are not valid in a header.
    pub(in crate::client) fn authorization(&self) -> Option<HeaderValue> {
        let make = || {
            let mut value = HeaderValue::try_from(format!("Bearer {}", self.expose())).ok()?;
            value.set_sensitive(true);
            Some(value)
        };
        self.0.authorization.get_or_init(make).clone()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Arc::new(Content {
            text: text.into(),
            authorization: OnceLock::new(),
        }))
    }
}

/// Omits the secret.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({REDACTED})")
    }
}

/// Provides tokens that change over time, for example from a secret store, or refreshed with OAuth.
///
/// # Examples
/// ```
/// use std::sync::Mutex;
/// use polar_client_runtime::client::{Secret, TokenProvider, TokenResult};
/// use polar_client_runtime::transport::BoxFuture;
///
/// #[derive(Default)]
/// struct Store {
///     cached: Mutex<Option<Secret>>,
/// }
///
/// impl TokenProvider for Store {
///     fn token(&self) -> BoxFuture<'_, TokenResult> {
///         Box::pin(async {
///             let mut cached = self.cached.lock().map_err(|_| "a thread panicked")?;
///             // A real provider reads the token from its store here.
///             Ok(cached.get_or_insert_with(|| "polar_oat_...".into()).clone())
///         })
///     }
///
///     fn rejected(&self, token: &Secret) {
///         if let Ok(mut cached) = self.cached.lock() {
///             cached.take_if(|cached| cached == token);
///         }
///     }
/// }
/// ```
pub trait TokenProvider: Send + Sync + 'static {
    /// Returns the current token.
    ///
    /// The client calls this method before each request. Implementations should therefore cache the token, and fetch it
    /// only once for concurrent callers.
    fn token(&self) -> BoxFuture<'_, TokenResult>;

    /// Reports that the server rejected this token (401). Implementations should remove it from their cache.
    ///
    /// If [`token`](Self::token) then returns another token, the request is retried once with that token. The default
    /// implementation does nothing.
    fn rejected(&self, token: &Secret) {
        let _ = token;
    }
}

/// The result of a [`TokenProvider`]. The error is shown in error messages, so it must not contain the token.
pub type TokenResult = Result<Secret, Box<dyn Error + Send + Sync>>;

/// The token of a credential.
#[derive(Clone)]
pub struct Bearer(pub(in crate::client) Source);

#[derive(Clone)]
pub(in crate::client) enum Source {
    Fixed(Secret),
    Provider(Arc<dyn TokenProvider>),
}

impl Bearer {
    /// Returns the current token.
    pub(in crate::client) async fn get(&self) -> TokenResult {
        match &self.0 {
            Source::Fixed(token) => Ok(token.clone()),
            Source::Provider(provider) => provider.token().await,
        }
    }

    /// Returns a token that replaces a rejected one, if the provider has one.
    pub(in crate::client) async fn renewed(
        &self,
        rejected: &Secret,
    ) -> Result<Option<Secret>, Box<dyn Error + Send + Sync>> {
        let Source::Provider(provider) = &self.0 else {
            return Ok(None);
        };
        provider.rejected(rejected);
        let renewed = provider.token().await?;
        Ok((renewed != *rejected).then_some(renewed))
    }
}
