//! What holds when nothing else was said.

use std::time::Duration;

/// How long a call may take, with all of its attempts, when nothing else was said.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// How long one attempt may take when nothing else was said.
pub const DEFAULT_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a body that is read as a stream may take when nothing else was said.
pub const DEFAULT_STREAM_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// The most bytes that a response may have when nothing else was said.
pub const DEFAULT_BODY_LIMIT: usize = 64 << 20;
