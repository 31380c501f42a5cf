//! Blocking calls and iterators.

mod iterator;
mod runtime;

pub use iterator::Blocking;
pub(crate) use runtime::wait;
