//! The entries of a tape.

/// An entry of a tape as it is stored: a scalar, an object key, or the head of a list or object.
#[derive(Clone, Copy, Debug)]
pub(super) enum Entry {
    Null,
    Boolean(bool),
    Integer(Halves),
    Unsigned(Halves),
    Float(Halves),
    Numeral(Range),
    /// A range of the JSON.
    Borrowed(Range),
    /// A range of the buffer for strings with escapes.
    Copied(Range),
    Array {
        len: u32,
        end: u32,
    },
    Object {
        end: u32,
    },
}

/// A 64-bit value with the alignment of 32 bits. Otherwise, every entry would be a third larger.
#[derive(Clone, Copy, Debug)]
pub(super) struct Halves([u32; 2]);

impl Halves {
    #[inline]
    pub(super) fn new(bits: u64) -> Self {
        #[allow(
            clippy::cast_possible_truncation,
            reason = "the two halves are what is wanted"
        )]
        Self([bits as u32, (bits >> 32) as u32])
    }

    #[inline]
    pub(super) fn bits(self) -> u64 {
        let [low, high] = self.0;
        u64::from(low) | u64::from(high) << 32
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub(super) start: u32,
    pub(super) len: u32,
}

impl Range {
    /// Creates a range. `None` beyond 4 GiB.
    #[inline]
    pub(super) fn new(start: usize, len: usize) -> Option<Self> {
        u32::try_from(start.checked_add(len)?).ok()?;
        Some(Self {
            start: u32::try_from(start).ok()?,
            len: u32::try_from(len).ok()?,
        })
    }

    #[inline]
    pub(super) fn of(self, text: &str) -> &str {
        let start = self.start as usize;
        text.get(start..start + self.len as usize)
            .unwrap_or_default()
    }
}

/// An entry of a tape as it is read: a scalar, an object key, or the head of a list or object.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'r> {
    Null,
    Boolean(bool),
    Integer(i64),
    /// An integer that exceeds `i64`.
    Unsigned(u64),
    Float(f64),
    /// A number that no other variant represents exactly, in its original notation.
    Numeral(&'r str),
    String(&'r str),
    Array {
        len: u32,
        end: u32,
    },
    Object {
        end: u32,
    },
}

impl Value<'_> {
    /// Returns the value if it is an integer. As in JSON Schema, `1.0` is an integer as well, but only up to 2^53: a
    /// larger double may differ from the number that was written.
    #[inline]
    pub(super) fn integer(self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(value),
            Self::Float(value) => whole(value),
            Self::Numeral(text) => text.parse().ok().and_then(whole),
            _ => None,
        }
    }
}

#[cold]
fn whole(value: f64) -> Option<i64> {
    const MAX_EXACT: f64 = 9_007_199_254_740_992.0;
    #[allow(
        clippy::cast_possible_truncation,
        reason = "it has no fraction and is in range"
    )]
    (value.fract() == 0.0 && value.abs() < MAX_EXACT).then_some(value as i64)
}
