//! Options of an Outpost.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "redis")]
use crate::client::Secret;
use crate::transport::Transport;

/// The default number of states in memory.
const CUSTOMERS: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// The default duration of reservations in Redis without a renewal.
#[cfg(feature = "redis")]
const LEASE: Duration = Duration::from_secs(30);

#[cfg(feature = "redis")]
const SHORTEST_LEASE: Duration = Duration::from_secs(1);

/// Configures an Outpost, which computes balances locally: pass it to the builder of metering.
///
/// # Examples
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
    /// Creates the default options. The states are in memory, for a single process.
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

    /// Stores the states in Redis, at a URL such as `redis://:password@host:6379/0`.
    ///
    /// Several processes share the counts, and so do services in other languages that use Polar's SDKs. The counts
    /// survive restarts of the processes. While Redis is unreachable, balances are read from the API.
    ///
    /// The scheme `rediss` enables TLS, which requires the feature `rustls` or `native-tls`. With `rustls`, the
    /// cryptography provider `aws-lc-rs` is installed as the default of the process if there is none. To use another
    /// one, install it before metering is started.
    #[cfg(feature = "redis")]
    pub fn redis(mut self, url: impl Into<Secret>) -> Self {
        self.redis = Some(url.into());
        self
    }

    /// Sets the CA certificate that signed the certificate of the Redis server, in PEM format. Default: the CAs that
    /// the operating system trusts.
    #[cfg(feature = "redis")]
    pub fn redis_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.redis_certificate = Some(pem.into());
        self
    }

    /// Sets how long units in Redis stay reserved after the process that reserved them has died. Default: 30 seconds;
    /// minimum: one second.
    ///
    /// A running process renews its reservations after each third of this time. If it cannot reach Redis for two thirds
    /// of this time, others can reserve its units.
    #[cfg(feature = "redis")]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease.max(SHORTEST_LEASE);
        self
    }

    /// Sets the maximum number of customers in memory. Default: 10,000.
    ///
    /// A customer counts once for each different way of counting: meters with the same filter and aggregation share
    /// one. The least recently used customers are evicted. Their balances are then read from the API, until Polar has
    /// counted the evicted events.
    pub fn customers(mut self, count: usize) -> Self {
        self.states = NonZeroUsize::new(count).unwrap_or(NonZeroUsize::MIN);
        self
    }

    /// Sets how long reading a balance waits for the first snapshot of the customer, before it requests the balance
    /// from the API. Default: one second.
    pub fn snapshot_timeout(mut self, timeout: Duration) -> Self {
        self.snapshot_timeout = timeout;
        self
    }

    /// Sets the transport that connects the WebSocket. Default: the transport of the client.
    ///
    /// The transport must return a response with status 101, with hyper's `OnUpgrade` in its extensions. reqwest does
    /// so over HTTP/1.1. If the client uses your own `reqwest::Client`, pass a
    /// [`ReqwestTransport`](crate::transport::ReqwestTransport) whose `reqwest::Client` was built with `http1_only()`.
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
