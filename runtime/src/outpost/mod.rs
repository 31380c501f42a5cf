//! Balances that are computed locally, milliseconds after an event (feature `outpost`).
//!
//! Polar configures by WebSocket how meters count: a filter and an aggregation each ([`OutpostOptions`] contains the
//! local configuration). It sends snapshots of requested customers: the units consumed and credited up to a point in
//! time. Later events are counted here, in buckets of five minutes, so that a balance needs no request. The state is in
//! memory, or with the feature `redis` in Redis, where processes and services in other languages share it.

mod backoff;
mod cache;
mod engine;
mod filter;
mod handle;
mod hold;
mod message;
#[cfg(test)]
mod model_tests;
mod number;
mod options;
#[cfg(feature = "redis")]
mod redis;
mod reducer;
mod socket;
mod state;
mod statistics;
mod usage;

pub(crate) use cache::HoldError;
pub(crate) use engine::LocalBalance;
pub(crate) use handle::Outpost;
pub(crate) use hold::Hold;
pub(crate) use number::Number;
pub use options::OutpostOptions;
pub(crate) use state::Reading;
pub(crate) use usage::{Identity, Usage, Value};
