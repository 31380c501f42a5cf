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
use crate::client::policies::{SharedRateLimit, SharedTurns};
use crate::transport::{self, Clock, Timer, Transport};

/// Configures a client of the API version `V`.
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

/// Wraps a transport in another one.
type Layer = Box<dyn FnOnce(Arc<dyn Transport>) -> Arc<dyn Transport> + Send>;

impl<V: ApiVersion> ClientBuilder<Anonymous, V> {
    /// Creates a builder with the defaults: the version's default server, no credential, a timeout of 60 seconds per
    /// call and 30 per attempt, three attempts, no rate limit, and the transport of this crate.
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
    /// Sets the server.
    pub fn server(mut self, server: Server) -> Self {
        self.settings.server = server;
        self
    }

    /// Sets the access token of an organization.
    pub fn access_token(
        self,
        token: impl Into<OrganizationToken>,
    ) -> ClientBuilder<OrganizationToken, V> {
        self.credential(token.into())
    }

    /// Sets the credential: a [`PersonalToken`](crate::client::PersonalToken), an
    /// [`OpenIdToken`](crate::client::OpenIdToken), a [`RegistrationToken`](crate::client::RegistrationToken) or a
    /// session.
    pub fn credential<D: Credential>(self, credential: D) -> ClientBuilder<D, V> {
        ClientBuilder {
            credential,
            settings: self.settings,
            version: PhantomData,
        }
    }

    /// Sets the organization to act for, for tokens that can act for several.
    pub fn organization(self, id: impl Into<Uuid>) -> Self {
        self.defaults(CallOptions::new().organization(id))
    }

    /// Sets the timeout of a call, after which it fails with [`Error::Timeout`]: see [`CallOptions::timeout`].
    pub fn timeout(self, timeout: Duration) -> Self {
        self.defaults(CallOptions::new().timeout(timeout))
    }

    /// Sets the timeout of an attempt: see [`CallOptions::attempt_timeout`].
    pub fn attempt_timeout(self, timeout: Duration) -> Self {
        self.defaults(CallOptions::new().attempt_timeout(timeout))
    }

    /// Sets the retry policy.
    pub fn retry(self, policy: RetryPolicy) -> Self {
        self.defaults(CallOptions::new().retry(policy))
    }

    /// Sets the default options of all calls. Options that were set before and are not set here are kept. A token in
    /// the options is rejected by [`build`](Self::build), because it would replace every credential.
    pub fn defaults(mut self, options: CallOptions) -> Self {
        self.settings.options.update(options);
        self
    }

    /// Limits the rate of requests. Requests above the limit are delayed until they may be sent, or until their timeout
    /// elapses. Clones share the limit.
    ///
    /// When the server responds with 429 and `Retry-After`, all requests wait for that time, up to
    /// [`RetryPolicy::max_retry_after`] of the client's policy. If the server asks for a longer wait, then one request
    /// is sent after that time as a probe, and the others wait for its outcome.
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.settings.limit = Some(limit);
        #[cfg(feature = "redis")]
        {
            self.settings.shared_limit = None;
        }
        self
    }

    /// Shares a rate limit with all processes that use the same key in Redis, in place of one of this client alone
    /// ([`rate_limit`](Self::rate_limit)).
    #[cfg(feature = "redis")]
    pub fn shared_rate_limit(mut self, limit: SharedRateLimit) -> Self {
        self.settings.limit = Some(limit.limit);
        self.settings.shared_limit = Some(limit);
        self
    }

    /// Sets the application's name and version in the `User-Agent` header, before those of this crate: `shop/1.2
    /// polar-client/0.1.0`.
    pub fn app(mut self, name: &str, version: &str) -> Self {
        self.settings.application = Some(format!("{name}/{version}"));
        self
    }

    /// Replaces the transport of this crate.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.settings.transport = Some(Arc::new(transport));
        self
    }

    /// Wraps the current transport in another one, for example to sign, log or record each attempt. The last layer is
    /// the outermost one.
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

    /// Sets the provider for the metrics of attempts. By default, it is the global one, which must be set before the
    /// first call.
    #[cfg(feature = "opentelemetry")]
    pub fn meter_provider(mut self, provider: &impl opentelemetry::metrics::MeterProvider) -> Self {
        self.settings.metrics = Metrics::of(provider);
        self
    }

    /// Replaces tokio's timer.
    pub fn timer(mut self, timer: impl Timer) -> Self {
        self.settings.clock = Clock::Given(Arc::new(timer));
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    /// [`Error::Configuration`] when no transport was set and this crate's cannot be created, when the application's
    /// name is invalid in a header, when there is a rate limit but no timer, and when the [`defaults`](Self::defaults)
    /// contain a token.
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
            shared_turns: self.shared_limit.map(SharedTurns::new),
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
