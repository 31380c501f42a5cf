//! Bodies that could not be decoded.

use std::fmt;

use bytes::Bytes;

/// How many bytes of a body are kept.
const LIMIT: usize = 1 << 20;

/// A body, or an item of one, that could not be decoded, as it was received.
///
/// At most 1 MiB is kept: the beginning of a larger one. It may contain secrets and personal data, so its `Debug` form only
/// shows its length.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RawBody {
    bytes: Bytes,
    len: usize,
}

impl RawBody {
    pub(crate) fn new(bytes: &Bytes) -> Self {
        match bytes.len() > LIMIT {
            // A slice would keep all of it in memory.
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

    /// Returns the bytes as they were received, up to the first 1 MiB.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Whether bytes beyond the first 1 MiB were left out.
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
