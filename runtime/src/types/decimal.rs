//! Decimal numbers without rounding.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// A decimal number of any size and precision, in its original notation.
///
/// Unit prices and costs can have more digits than an `f64` can represent. For arithmetic, pass
/// [`as_str`](Self::as_str) to a decimal type of another crate.
///
/// Decimals are compared by value: `1.50` equals `1.5`. The API sends decimals as strings. If a decimal is sent as a
/// JSON number with more digits than an `f64` has, the nearest `f64` is decoded.
///
/// # Examples
/// ```
/// use polar_client_runtime::types::Decimal;
///
/// let price: Decimal = "0.000150".parse()?;
/// assert_eq!(price, "0.00015".parse::<Decimal>()?);
/// assert_eq!(price.as_str(), "0.000150");
/// # Ok::<(), polar_client_runtime::types::InvalidDecimal>(())
/// ```
#[derive(Clone)]
pub struct Decimal(Cow<'static, str>);

impl Decimal {
    /// The number zero.
    pub const ZERO: Self = Self(Cow::Borrowed("0"));

    /// Returns the number in its original notation.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the number of digits before and after the decimal point, without leading and trailing zeros.
    pub(crate) fn digits(&self) -> (usize, usize) {
        let parts = self.parts();
        let count = parts.digits().count() as i64;
        let size = |digits: i64| usize::try_from(digits).unwrap_or(0);
        (size(parts.magnitude), size(count - parts.magnitude))
    }

    fn parts(&self) -> Parts<'_> {
        // Always valid, because the notation was validated when the value was created.
        Parts::read(&self.0).unwrap_or_default()
    }
}

/// Zero.
impl Default for Decimal {
    fn default() -> Self {
        Self::ZERO
    }
}

impl FromStr for Decimal {
    type Err = InvalidDecimal;

    /// Parses digits with an optional sign, decimal point and exponent: `12`, `-0.05`, `+.5`, `0E-12`.
    fn from_str(text: &str) -> Result<Self, InvalidDecimal> {
        match Parts::read(text) {
            Some(_) => Ok(Self(Cow::Owned(text.to_owned()))),
            None => Err(InvalidDecimal),
        }
    }
}

macro_rules! from_integer {
    ($($integer:ty),*) => {
        $(impl From<$integer> for Decimal {
            fn from(value: $integer) -> Self {
                Self(Cow::Owned(value.to_string()))
            }
        })*
    };
}

from_integer!(i64, u64, i32, u32);

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl Hash for Decimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let parts = self.parts();
        (parts.negative, parts.magnitude).hash(state);
        parts.digits().for_each(|digit| digit.hash(state));
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let (left, right) = (self.parts(), other.parts());
        match (left.negative, right.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => left.cmp_size(&right),
            (true, true) => right.cmp_size(&left),
        }
    }
}

/// A parsed decimal: 0.`digits` times ten to the power of `magnitude`. The digits neither start nor end with a zero.
/// Zero has no digits, no sign, and a magnitude of zero.
#[derive(Default)]
struct Parts<'a> {
    negative: bool,
    magnitude: i64,
    before: &'a str,
    after: &'a str,
}

impl<'a> Parts<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let negative = text.starts_with('-');
        let text = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, i64::from(read_exponent(exponent)?)),
            None => (text, 0),
        };
        let (before, after) = match mantissa.split_once('.') {
            // Digits may be missing before or after the point, but not both.
            Some(("", after)) => ("", digits(after)?),
            Some((before, "")) => (digits(before)?, ""),
            Some((before, after)) => (digits(before)?, digits(after)?),
            None => (digits(mantissa)?, ""),
        };
        Some(Self::normalized(negative, before, after, exponent))
    }

    fn normalized(negative: bool, before: &'a str, after: &'a str, exponent: i64) -> Self {
        let before = before.trim_start_matches('0');
        let after = after.trim_end_matches('0');
        if !before.is_empty() {
            let before_end = if after.is_empty() {
                before.trim_end_matches('0')
            } else {
                before
            };
            return Self {
                negative,
                magnitude: exponent + length(before),
                before: before_end,
                after,
            };
        }
        let digits = after.trim_start_matches('0');
        if digits.is_empty() {
            return Self::default();
        }
        Self {
            negative,
            magnitude: exponent - (length(after) - length(digits)),
            before: "",
            after: digits,
        }
    }

    fn digits(&self) -> impl Iterator<Item = u8> {
        self.before.bytes().chain(self.after.bytes())
    }

    fn cmp_size(&self, other: &Self) -> Ordering {
        // Zero is less than any other absolute value, even if its magnitude is larger.
        let key = |parts: &Self| (parts.digits().next().is_some(), parts.magnitude);
        key(self)
            .cmp(&key(other))
            .then_with(|| self.digits().cmp(other.digits()))
    }
}

fn digits(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

/// Parses an exponent of at most nine digits, so that the arithmetic cannot overflow.
fn read_exponent(text: &str) -> Option<i32> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits(unsigned).filter(|digits| digits.len() <= 9)?;
    text.parse().ok()
}

fn length(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}

/// The error of a string that is not a decimal number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidDecimal;

impl fmt::Display for InvalidDecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a decimal number")
    }
}

impl std::error::Error for InvalidDecimal {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::collections::HashSet;

    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn the_text_is_kept() {
        for text in [
            "0.050000000000",
            "0E-12",
            "-1.5e+3",
            "007",
            "+1",
            ".5",
            "5.",
            "999999999999999999999999999999.9",
        ] {
            assert_eq!(decimal(text).to_string(), text);
        }
        assert_eq!(Decimal::from(-5_i32).as_str(), "-5");
        assert_eq!(Decimal::from(u64::MAX).as_str(), "18446744073709551615");
    }

    #[test]
    fn values_decide_on_equality_and_hash() {
        let same = [
            ["1.50", "+1.5", "15e-1", "0.015E2", "01.5"],
            ["0", "-0", "0.000", "0E-12", "0e9"],
            ["100", "1e2", "100.", ".1e3", "1000e-1"],
            ["-0.05", "-5e-2", "-.0500", "-00.05", "-50E-3"],
        ];
        for group in same {
            let set: HashSet<Decimal> = group.iter().map(|text| decimal(text)).collect();
            assert_eq!(set.len(), 1, "{group:?}");
        }
    }

    #[test]
    fn values_decide_on_the_order() {
        let ascending = [
            "-1e3",
            "-999.9",
            "-1.5",
            "-0.01",
            "-1e-9",
            "0",
            "1e-9",
            "0.009",
            "0.01",
            "0.1",
            "0.11",
            "1",
            "1.05",
            "1.5",
            "9",
            "10",
            "99.5",
            "1e2",
            "1e999999999",
        ];
        for (index, left) in ascending.iter().enumerate() {
            for (other, right) in ascending.iter().enumerate() {
                assert_eq!(
                    decimal(left).cmp(&decimal(right)),
                    index.cmp(&other),
                    "{left} {right}"
                );
            }
        }
    }

    #[test]
    fn strings_that_are_no_decimals_are_rejected() {
        for text in [
            "",
            "-",
            "+",
            ".",
            "-.",
            ".e1",
            "+-1",
            "1.2.3",
            "1e",
            "1e+",
            "1e1.5",
            "1e9999999999",
            "NaN",
            "inf",
            "1_000",
            " 1",
            "١",
        ] {
            assert_eq!(text.parse::<Decimal>(), Err(InvalidDecimal), "{text}");
        }
    }
}
