//! Sends requests to the API and to file storages.

mod attempt;
mod call;
#[cfg(feature = "opentelemetry")]
mod context;
mod execute;
mod observe;
mod rate_limit;
mod storage;
mod tokens;
#[cfg(feature = "outpost")]
mod upgrade;

pub use call::{Call, ResponseCall};
pub(crate) use storage::{Address, Storage};
#[cfg(feature = "outpost")]
pub(crate) use upgrade::{Connection, upgrade};
