//! Default timeouts and limits.

use std::time::Duration;

/// The default timeout of a call with all its attempts.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// The default timeout of an attempt.
pub const DEFAULT_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// The default timeout of a streamed body.
pub const DEFAULT_STREAM_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// The default maximum size of a response in bytes.
pub const DEFAULT_BODY_LIMIT: usize = 64 << 20;
