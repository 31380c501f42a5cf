//! Webhooks: verifies deliveries of Polar, and decodes their events (feature `webhooks`).
//!
//! - [`Webhooks`] contains the secrets of an endpoint. [`Webhooks::verify`] verifies a request, and returns a
//!   [`Delivery`] with the typed event. With the feature `axum` or `actix-web`, a `Delivery` is an extractor.
//! - [`Deliveries`] handles each event once, although Polar may deliver it several times.
//! - [`Entitlements`] keep the latest state of a customer, in whatever order events arrive.

#[cfg(feature = "actix-web")]
mod actix;
#[cfg(feature = "axum")]
mod axum;
#[cfg(any(feature = "actix-web", feature = "axum"))]
mod body;
#[cfg(any(feature = "postgres", feature = "redis"))]
mod claiming;
mod deduplication;
mod delivery;
mod endpoint;
mod entitlements;
mod error;
mod format;
#[cfg(feature = "tokio")]
mod handle;
mod headers;
mod keys;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;
mod store;

pub use deduplication::{Deliveries, OnceError, Outcome};
pub use delivery::{Delivery, VersionedEvent};
pub use endpoint::Webhooks;
#[cfg(feature = "test-util")]
pub(crate) use endpoint::sign;
pub use entitlements::Entitlements;
pub use error::WebhookError;
pub use format::Format;
pub use headers::Headers;
pub use memory::MemoryStore;
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
#[cfg(feature = "redis")]
pub use redis::RedisStore;
pub use store::{Claim, Store};
