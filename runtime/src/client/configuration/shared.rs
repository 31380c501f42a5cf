//! The state that a client shares with its clones.

use std::sync::Arc;

use http::HeaderValue;

#[cfg(feature = "opentelemetry")]
use super::metrics::Metrics;
use super::options::CallOptions;
use super::server::Server;
use crate::client::policies::Budget;
use crate::client::policies::Limiter;
#[cfg(feature = "redis")]
use crate::client::policies::SharedLimiter;
use crate::transport::{Clock, Transport};

/// The product and version of this crate in the `User-Agent` header. The application's name precedes it.
pub(super) const CRATE_USER_AGENT: &str = concat!("polar-client/", env!("CARGO_PKG_VERSION"));

/// The state that a client shares with its clones.
pub(in crate::client) struct Shared {
    pub(in crate::client) transport: Arc<dyn Transport>,
    pub(in crate::client) server: Server,
    pub(in crate::client) version: &'static str,
    pub(in crate::client) not_found: &'static [&'static str],
    pub(in crate::client) agent: HeaderValue,
    pub(in crate::client) options: CallOptions,
    pub(in crate::client) clock: Clock,
    pub(in crate::client) budget: Budget,
    pub(in crate::client) limiter: Option<Limiter>,
    /// The rate limit that is shared with other processes, if there is one. If so, `limiter` is set as well, and limits
    /// the requests while Redis fails.
    #[cfg(feature = "redis")]
    pub(in crate::client) shared_limiter: Option<SharedLimiter>,
    #[cfg(feature = "opentelemetry")]
    pub(in crate::client) metrics: Metrics,
}
