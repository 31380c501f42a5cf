//! Policies that decide when an attempt is sent: rate limits and retries.

mod limiter;
mod retry;
#[cfg(feature = "redis")]
mod shared_limit;

pub(in crate::client) use limiter::Limiter;
pub use limiter::RateLimit;
pub(in crate::client) use retry::Budget;
pub use retry::RetryPolicy;
#[cfg(feature = "redis")]
pub(in crate::client) use shared_limit::SharedLimiter;
#[cfg(feature = "redis")]
pub use shared_limit::SharedRateLimit;
