//! Bodies that could not be decoded.

use std::fmt;

use bytes::Bytes;

/// The maximum number of bytes that are kept.
const LIMIT: usize = 1 << 20;

/// The raw body of a response, or the JSON of a list item, that could not be decoded.
///
/// At most the first 1 MiB is kept. `Debug` shows only the length, because the body may contain secrets and personal
/// data.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RawBody {
    bytes: Bytes,
    len: usize,
}

impl RawBody {
    pub(crate) fn new(bytes: &Bytes) -> Self {
        match bytes.len() > LIMIT {
            // Copied, because a slice would keep the whole body in memory.
            true => Self::copied(bytes),
            false => Self {
                bytes: bytes.clone(),
                len: bytes.len(),
            },
        }
    }

    pub(crate) fn copied(bytes: &[u8]) -> Self {
        Self {
            bytes: Bytes::copy_from_slice(bytes.get(..LIMIT).unwrap_or(bytes)),
            len: bytes.len(),
        }
    }

    /// Returns the received bytes, up to the first 1 MiB.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Returns whether bytes beyond the first 1 MiB were dropped.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.bytes.len() < self.len
    }
}

impl fmt::Debug for RawBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len)
    }
}
