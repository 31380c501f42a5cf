//! State that clients of a server share.

use std::sync::Arc;

use http::HeaderValue;

use super::limiter::Limiter;
#[cfg(feature = "opentelemetry")]
use super::metrics::Metrics;
use super::options::CallOptions;
use super::retry::Budget;
use super::server::Server;
#[cfg(feature = "redis")]
use super::shared_limit::SharedTurns;
use crate::transport::{Clock, Transport};

/// The `User-Agent` of this crate, after that of the application.
pub(super) const AGENT: &str = concat!("polar-client/", env!("CARGO_PKG_VERSION"));

/// State that clients of a server share.
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
    /// Where the limit is shared with other processes; then there is a limiter, too.
    #[cfg(feature = "redis")]
    pub(in crate::client) shared_turns: Option<SharedTurns>,
    #[cfg(feature = "opentelemetry")]
    pub(in crate::client) metrics: Metrics,
}
