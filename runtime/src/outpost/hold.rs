//! Reserved units.

use std::sync::Arc;

use super::cache::Cache;
use super::number::Number;
#[cfg(feature = "redis")]
use super::redis::Lease;

/// Units of a meter that are reserved until this is dropped.
#[allow(dead_code, reason = "the fields are only dropped")]
pub(crate) enum Hold {
    Local(Units),
    #[cfg(feature = "redis")]
    Redis(Lease),
}

/// Units that are reserved in the memory of this process.
pub(crate) struct Units {
    pub(super) cache: Arc<Cache>,
    pub(super) state: String,
    pub(super) meter: String,
    pub(super) units: Number,
}

impl Drop for Units {
    fn drop(&mut self) {
        self.cache.release(&self.state, &self.meter, self.units);
    }
}
