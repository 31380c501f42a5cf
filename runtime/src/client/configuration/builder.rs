//! The builder of clients.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use uuid::Uuid;

use super::client::{ApiVersion, Client};
#[cfg(feature = "opentelemetry")]
use super::metrics::Metrics;
use super::options::CallOptions;
use super::server::Server;
use super::shared::{CRATE_USER_AGENT, Shared};
use crate::Error;
use crate::client::credentials::{Anonymous, Credential, OrganizationToken};
use crate::client::policies::{Budget, RetryPolicy};
use crate::client::policies::{Limiter, RateLimit};
#[cfg(feature = "redis")]
use crate::client::policies::{SharedLimiter, SharedRateLimit};
use crate::transport::{self, Clock, Timer, Transport};

/// Builds a client of the API version `V`.
#[must_use = "a builder does nothing until it builds"]
pub struct ClientBuilder<C, V> {
    credential: C,
    settings: Settings,
    version: PhantomData<fn() -> V>,
}

/// The configuration without the credential.
struct Settings {
    server: Server,
    application: Option<String>,
    options: CallOptions,
    limit: Option<RateLimit>,
    #[cfg(feature = "redis")]
    shared_limit: Option<SharedRateLimit>,
    clock: Clock,
    transport: Option<Arc<dyn Transport>>,
    layers: Vec<Layer>,
    #[cfg(feature = "opentelemetry")]
    metrics: Metrics,
}

/// A function that wraps a transport in another one.
type Layer = Box<dyn FnOnce(Arc<dyn Transport>) -> Arc<dyn Transport> + Send>;

impl<V: ApiVersion> ClientBuilder<Anonymous, V> {
    /// Creates a builder with the default configuration: the version's default server, no credential, a timeout of 60
    /// seconds per call and 30 seconds per attempt, up to three attempts, no rate limit, and the default transport.
    pub fn new() -> Self {
        Self {
            credential: Anonymous,
            settings: Settings {
                server: V::DEFAULT_SERVER,
                application: None,
                options: CallOptions::new(),
                limit: None,
                #[cfg(feature = "redis")]
                shared_limit: None,
                clock: Clock::default(),
                transport: None,
                layers: Vec::new(),
                #[cfg(feature = "opentelemetry")]
                metrics: Metrics::default(),
            },
            version: PhantomData,
        }
    }
}

impl<V: ApiVersion> Default for ClientBuilder<Anonymous, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C: Credential, V: ApiVersion> ClientBuilder<C, V> {
    /// Sets the server, such as the sandbox. By default, it is the default server of the API version.
    pub fn server(mut self, server: Server) -> Self {
        self.settings.server = server;
        self
    }

    /// Authenticates with the access token of an organization.
    pub fn access_token(
        self,
        token: impl Into<OrganizationToken>,
    ) -> ClientBuilder<OrganizationToken, V> {
        self.credential(token.into())
    }

    /// Authenticates with another credential than an organization access token: a
    /// [`PersonalToken`](crate::client::PersonalToken), an [`OpenIdToken`](crate::client::OpenIdToken), a
    /// [`RegistrationToken`](crate::client::RegistrationToken), a [`CustomerSession`](crate::client::CustomerSession)
    /// or a [`MemberSession`](crate::client::MemberSession).
    pub fn credential<D: Credential>(self, credential: D) -> ClientBuilder<D, V> {
        ClientBuilder {
            credential,
            settings: self.settings,
            version: PhantomData,
        }
    }

    /// Sets the organization to act for. Only for tokens that can act for several organizations.
    pub fn organization(self, id: impl Into<Uuid>) -> Self {
        self.defaults(CallOptions::new().organization(id))
    }

    /// Sets the timeout of a call, including all attempts; 60 seconds by default. See [`CallOptions::timeout`].
    pub fn timeout(self, timeout: Duration) -> Self {
        self.defaults(CallOptions::new().timeout(timeout))
    }

    /// Sets the timeout of an attempt; 30 seconds by default. See [`CallOptions::attempt_timeout`].
    pub fn attempt_timeout(self, timeout: Duration) -> Self {
        self.defaults(CallOptions::new().attempt_timeout(timeout))
    }

    /// Sets the retry policy. By default, a call makes up to three attempts.
    pub fn retry(self, policy: RetryPolicy) -> Self {
        self.defaults(CallOptions::new().retry(policy))
    }

    /// Sets default options for all calls. Options that are not set in `options` keep their previous values.
    ///
    /// [`build`](Self::build) rejects options with a token, because it would replace the credential of every call.
    pub fn defaults(mut self, options: CallOptions) -> Self {
        self.settings.options.update(options);
        self
    }

    /// Limits the rate of requests. By default, the rate is not limited. Clones of the client share the limit.
    ///
    /// Requests above the limit are delayed. If the delay would exceed the timeout of the call, it fails with
    /// [`Error::Timeout`].
    ///
    /// If the server responds with 429 and `Retry-After`, all requests pause for that time, at most for
    /// [`RetryPolicy::max_retry_after`] of the client's policy. If the server asks for a longer pause, the client then
    /// sends a single request as a probe, and the others wait for its response.
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.settings.limit = Some(limit);
        #[cfg(feature = "redis")]
        {
            self.settings.shared_limit = None;
        }
        self
    }

    /// Limits the rate of requests together with all processes that use the same key in Redis. Replaces
    /// [`rate_limit`](Self::rate_limit), which limits only this client and its clones.
    #[cfg(feature = "redis")]
    pub fn shared_rate_limit(mut self, limit: SharedRateLimit) -> Self {
        self.settings.limit = Some(limit.limit);
        self.settings.shared_limit = Some(limit);
        self
    }

    /// Adds the application's name and version to the `User-Agent` header, before those of this crate: `shop/1.2
    /// polar-client/0.1.0`.
    pub fn app(mut self, name: &str, version: &str) -> Self {
        self.settings.application = Some(format!("{name}/{version}"));
        self
    }

    /// Replaces the default transport.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.settings.transport = Some(Arc::new(transport));
        self
    }

    /// Wraps the current transport in another one, for example to sign, log or record each attempt. The layer that is
    /// added last is the outermost one.
    ///
    /// # Examples
    /// ```
    /// use std::sync::Arc;
    /// use bytes::Bytes;
    /// use polar_client_runtime::client::Operation;
    /// use polar_client_runtime::transport::{Body, BoxFuture, Transport, TransportError};
    ///
    /// #[derive(Debug)]
    /// struct Logged(Arc<dyn Transport>);
    ///
    /// impl Transport for Logged {
    ///     fn execute(
    ///         &self,
    ///         request: http::Request<Bytes>,
    ///     ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
    ///         Box::pin(async {
    ///             let operation = request.extensions().get::<&'static Operation>().copied();
    ///             let response = self.0.execute(request).await?;
    ///             println!("{:?}: {}", operation.map(|it| it.id), response.status());
    ///             Ok(response)
    ///         })
    ///     }
    /// }
    /// // Polar::builder().layer(Logged)
    /// ```
    pub fn layer<T: Transport>(
        mut self,
        around: impl FnOnce(Arc<dyn Transport>) -> T + Send + 'static,
    ) -> Self {
        self.settings
            .layers
            .push(Box::new(|inner| Arc::new(around(inner))));
        self
    }

    /// Sets the provider for the metrics of attempts. By default, the global provider is used, which must then be set
    /// before the first call.
    #[cfg(feature = "opentelemetry")]
    pub fn meter_provider(mut self, provider: &impl opentelemetry::metrics::MeterProvider) -> Self {
        self.settings.metrics = Metrics::of(provider);
        self
    }

    /// Replaces tokio's timer. Required for retries and timeouts without the feature `reqwest`.
    pub fn timer(mut self, timer: impl Timer) -> Self {
        self.settings.clock = Clock::Custom(Arc::new(timer));
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    /// [`Error::Configuration`] if
    ///
    /// - no transport was set, and the default transport cannot be created;
    /// - the application's name or version is not valid in a header;
    /// - there is a rate limit, but no timer;
    /// - the [`defaults`](Self::defaults) contain a token.
    pub fn build(self) -> Result<V::Polar<C>, Error> {
        let shared = self.settings.share(V::VERSION, V::NOT_FOUND)?;
        Ok(V::wrap(Client::from_shared(shared, self.credential)))
    }
}

impl Settings {
    fn share(
        self,
        version: &'static str,
        not_found: &'static [&'static str],
    ) -> Result<Shared, Error> {
        if self.limit.is_some() && !self.clock.exists() {
            return Err(Error::configuration("a rate limit requires a timer"));
        }
        if self.options.access_token.is_some() {
            return Err(Error::configuration(
                "a token in the default options would replace every credential: set it on the builder",
            ));
        }
        let transport = match self.transport {
            Some(transport) => transport,
            None => transport::default_transport()
                .map_err(|error| Error::configuration(error.reason()))?,
        };
        let layered = |inner, layer: Layer| layer(inner);
        Ok(Shared {
            transport: self.layers.into_iter().fold(transport, layered),
            server: self.server,
            version,
            not_found,
            agent: agent(self.application)?,
            options: self.options,
            clock: self.clock,
            budget: Budget::default(),
            limiter: self.limit.map(Limiter::new),
            #[cfg(feature = "redis")]
            shared_limiter: self.shared_limit.map(SharedLimiter::new),
            #[cfg(feature = "opentelemetry")]
            metrics: self.metrics,
        })
    }
}

fn agent(application: Option<String>) -> Result<HeaderValue, Error> {
    let Some(application) = application else {
        return Ok(HeaderValue::from_static(CRATE_USER_AGENT));
    };
    HeaderValue::try_from(format!("{application} {CRATE_USER_AGENT}")).map_err(|_| {
        Error::configuration("the application's name or version is invalid in a header")
    })
}

impl<C: fmt::Debug, V: ApiVersion> fmt::Debug for ClientBuilder<C, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = &self.settings;
        f.debug_struct("ClientBuilder")
            .field("version", &V::VERSION)
            .field("server", &settings.server)
            .field("application", &settings.application)
            .field("options", &settings.options)
            .field("rate_limit", &settings.limit)
            .field("transport", &settings.transport)
            .field("credential", &self.credential)
            .finish_non_exhaustive()
    }
}
