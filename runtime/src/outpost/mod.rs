//! Outpost: computes balances of meters locally, without a request for each balance (feature `outpost`).
//!
//! An Outpost receives two kinds of messages from Polar by WebSocket:
//!
//! - The configuration describes how each meter counts: a filter of events, and an aggregation. Meters that count alike
//!   share one *reducer*.
//! - A *snapshot* contains the units that a customer consumed and was credited up to a point in time.
//!
//! The Outpost adds the events that are tracked after a snapshot. It counts them in *buckets* of five minutes. The
//! result is the state of a customer for a reducer. States are in memory. With the feature `redis`, they can be in
//! Redis, where several processes and services in other languages share them.
//!
//! [`OutpostOptions`] configures an Outpost.

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
