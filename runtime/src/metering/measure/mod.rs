//! Tracks measured usage: elapsed time, and numbers of bytes.

mod bytes;
mod timer;

pub use bytes::ByteCounter;
pub use timer::UsageTimer;
