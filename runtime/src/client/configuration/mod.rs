//! Clients and their configuration.

mod builder;
mod client;
mod defaults;
mod environment;
mod limiter;
#[cfg(feature = "opentelemetry")]
mod metrics;
mod options;
mod retry;
mod server;
mod shared;
#[cfg(feature = "redis")]
mod shared_limit;

pub use builder::ClientBuilder;
pub use client::{ApiVersion, Client};
pub use defaults::{
    DEFAULT_ATTEMPT_TIMEOUT, DEFAULT_BODY_LIMIT, DEFAULT_STREAM_TIMEOUT, DEFAULT_TIMEOUT,
};
#[cfg(feature = "webhooks")]
pub(crate) use environment::required as required_variable;
pub use limiter::RateLimit;
pub use options::CallOptions;
pub(in crate::client) use options::{BodyCheck, POLAR_ORGANIZATION, POLAR_VERSION};
pub use retry::RetryPolicy;
pub use server::Server;
pub(in crate::client) use shared::Shared;
#[cfg(feature = "redis")]
pub use shared_limit::SharedRateLimit;
