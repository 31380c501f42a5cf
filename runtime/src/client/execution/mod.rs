//! Sending: calls, and requests to file storages.

mod attempt;
mod call;
#[cfg(feature = "opentelemetry")]
mod context;
mod execute;
mod observe;
mod storage;

pub use call::{Call, ResponseCall};
pub(crate) use storage::{Address, Storage};
