//! Usage that is measured: time and bytes.

mod bytes;
mod timer;

pub use bytes::ByteCounter;
pub use timer::UsageTimer;
