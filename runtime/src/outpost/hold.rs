//! Units that are reserved.

use std::sync::Arc;

use super::engine::Engine;
use super::number::Number;

/// Units that are reserved until this is dropped.
pub(crate) struct Hold {
    pub(super) engine: Arc<Engine>,
    pub(super) state: String,
    pub(super) meter: String,
    pub(super) units: Number,
}

impl Hold {
    /// Gives the units back when everything is counted that was tracked before.
    pub(crate) async fn settle(self) {
        drop(self);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let cache = &self.engine.cache;
        cache.release(&self.state, &self.meter, self.units);
    }
}
