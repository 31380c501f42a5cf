//! Numbers that are either integers or floating-point numbers.

use std::fmt;

/// A JSON number that is either an integer or a floating-point number: `1` and `1.0` are different.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// An integer in the range of `i64`.
    Integer(i64),
    /// An integer above [`i64::MAX`].
    Unsigned(u64),
    /// A number with a fraction or an exponent.
    Float(f64),
}

impl Number {
    /// Returns the nearest `f64`.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "what the method is for")]
    pub fn as_f64(&self) -> f64 {
        match *self {
            Self::Integer(value) => value as f64,
            Self::Unsigned(value) => value as f64,
            Self::Float(value) => value,
        }
    }

    /// Returns the value if it is an integer in the range of `i64`. `None` for other numbers.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match *self {
            Self::Integer(value) => Some(value),
            Self::Unsigned(_) | Self::Float(_) => None,
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(value) => fmt::Display::fmt(value, f),
            Self::Unsigned(value) => fmt::Display::fmt(value, f),
            // `Debug` writes a `.0`, which distinguishes the number from an integer.
            Self::Float(value) => fmt::Debug::fmt(value, f),
        }
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<i32> for Number {
    fn from(value: i32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<u32> for Number {
    fn from(value: u32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        i64::try_from(value).map_or(Self::Unsigned(value), Self::Integer)
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}
