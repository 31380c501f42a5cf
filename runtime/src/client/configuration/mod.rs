//! Clients and their configuration.

mod builder;
mod client;
mod defaults;
mod environment;
#[cfg(feature = "opentelemetry")]
mod metrics;
mod options;
mod server;
mod shared;

pub use builder::ClientBuilder;
pub use client::{ApiVersion, Client};
pub use defaults::{
    DEFAULT_ATTEMPT_TIMEOUT, DEFAULT_BODY_LIMIT, DEFAULT_STREAM_TIMEOUT, DEFAULT_TIMEOUT,
};
#[cfg(feature = "webhooks")]
pub(crate) use environment::required as required_variable;
pub use options::CallOptions;
pub(in crate::client) use options::{BodyCheck, POLAR_ORGANIZATION, POLAR_VERSION};
pub use server::Server;
pub(in crate::client) use shared::Shared;
