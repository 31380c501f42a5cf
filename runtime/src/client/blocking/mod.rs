//! Calls and streams for threads that block.

mod iterator;
mod runtime;

pub use iterator::Blocking;
pub(crate) use runtime::wait;
