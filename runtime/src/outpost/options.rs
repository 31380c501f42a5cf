//! Configuration of an Outpost.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "redis")]
use crate::client::Secret;
use crate::transport::Transport;

/// The default number of customers in memory.
const CUSTOMERS: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// How long units stay reserved in Redis after their process died.
#[cfg(feature = "redis")]
const LEASE: Duration = Duration::from_secs(30);

#[cfg(feature = "redis")]
const SHORTEST_LEASE: Duration = Duration::from_secs(1);

/// Configures how balances are computed locally.
///
/// ```
/// use std::time::Duration;
/// use polar_client_runtime::outpost::OutpostOptions;
///
/// let options = OutpostOptions::new().customers(50_000).snapshot_timeout(Duration::from_millis(300));
/// // polar.metering().outpost(options).start()?
/// ```
#[derive(Clone)]
#[must_use = "options do nothing until metering is built with them"]
pub struct OutpostOptions {
    pub(super) states: NonZeroUsize,
    pub(super) snapshot_timeout: Duration,
    pub(super) transport: Option<Arc<dyn Transport>>,
    #[cfg(feature = "redis")]
    pub(super) redis: Option<Secret>,
    #[cfg(feature = "redis")]
    pub(super) redis_certificate: Option<Vec<u8>>,
    #[cfg(feature = "redis")]
    pub(super) lease: Duration,
}

impl OutpostOptions {
    /// Creates the default options: the state is in memory, for one process.
    pub fn new() -> Self {
        Self {
            states: CUSTOMERS,
            snapshot_timeout: Duration::from_secs(1),
            transport: None,
            #[cfg(feature = "redis")]
            redis: None,
            #[cfg(feature = "redis")]
            redis_certificate: None,
            #[cfg(feature = "redis")]
            lease: LEASE,
        }
    }

    /// Keeps the state in Redis, at a URL such as `redis://:password@host:6379/0`. Processes, and services in other
    /// languages that use Polar's SDKs, share the counts, which survive restarts. While Redis is unreachable, balances
    /// are read from the API.
    ///
    /// TLS is used with the scheme `rediss`, and needs the feature `rustls` or `native-tls`. With `rustls`, the provider
    /// `aws-lc-rs` is installed for the process if it has none: install another one before metering is started.
    #[cfg(feature = "redis")]
    pub fn redis(mut self, url: impl Into<Secret>) -> Self {
        self.redis = Some(url.into());
        self
    }

    /// Sets the certificate of the authority that signed the certificate of Redis, in PEM format. Default: the authorities
    /// that the system trusts.
    #[cfg(feature = "redis")]
    pub fn redis_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.redis_certificate = Some(pem.into());
        self
    }

    /// Sets how long units that are reserved in Redis stay reserved after their process died. Default: 30 seconds, at least
    /// one. A process that lives renews its reservations three times as often: it has to reach Redis within two thirds of
    /// this time, or its units can be reserved again.
    #[cfg(feature = "redis")]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease.max(SHORTEST_LEASE);
        self
    }

    /// Sets how many customers are kept in memory. Default: 10,000; a customer whose usage several reducers count takes
    /// one place for each. The least recently used ones are evicted, and their balances are read from the API until
    /// Polar has counted the evicted events.
    pub fn customers(mut self, count: usize) -> Self {
        self.states = NonZeroUsize::new(count).unwrap_or(NonZeroUsize::MIN);
        self
    }

    /// Sets how long to wait for Polar's first snapshot of a customer before the API is requested. Default: one second.
    pub fn snapshot_timeout(mut self, timeout: Duration) -> Self {
        self.snapshot_timeout = timeout;
        self
    }

    /// Connects the WebSocket with this transport instead of the client's. It has to return a response of the status 101
    /// with hyper's `OnUpgrade` in its extensions, as reqwest does over HTTP/1.1: for a client with a `reqwest::Client` of
    /// your own, pass a [`ReqwestTransport`](crate::transport::ReqwestTransport) of one that was built with `http1_only()`.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }
}

impl Default for OutpostOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for OutpostOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutpostOptions")
            .field("states", &self.states)
            .field("snapshot_timeout", &self.snapshot_timeout)
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}
