//! `Number`: exact decimal arithmetic for counts, sums and credits.

use std::cmp::Ordering;
use std::fmt;

use crate::types::Decimal;

/// The maximum number of digits. Longer sums are rounded.
const DIGITS: u32 = 37;

/// The exponents that are accepted when a number is parsed. Doubles outside of this range are zero or not finite.
const EXPONENTS: std::ops::RangeInclusive<i64> = -400..=400;

/// A decimal number of up to 37 digits: `digits` times ten to the power of `exponent`.
///
/// Equal numbers have the same form: the digits do not end with a zero, and zero has the exponent zero.
///
/// A sum is exact, and does not depend on the order of its terms, as long as it needs at most 37 digits. The well-known
/// crates with decimals of this range allocate memory for each number. This type is `Copy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Number {
    digits: i128,
    exponent: i32,
}

impl Number {
    pub(crate) const ZERO: Self = Self {
        digits: 0,
        exponent: 0,
    };

    /// Parses a decimal, as JSON, Redis and [`Decimal`] write it. Returns `None` if it is not a finite number.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let negative = text.starts_with('-');
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (unsigned, 0),
        };
        let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if before.is_empty() && after.is_empty() {
            return None;
        }
        let mut exponent = i64::from(exponent) - i64::try_from(after.len()).ok()?;
        let (mut digits, mut dropped) = (0_i128, 0_i64);
        for byte in before.bytes().chain(after.bytes()) {
            if !byte.is_ascii_digit() {
                return None;
            }
            // Further digits are ignored: no source of numbers is that precise.
            if digits >= power(DIGITS - 1) {
                dropped += 1;
            } else {
                digits = digits * 10 + i128::from(byte - b'0');
            }
        }
        exponent += dropped;
        Self::new(if negative { -digits } else { digits }, exponent)
    }

    /// Converts a double to the shortest decimal that represents it. Returns `None` if the double is not finite.
    pub(crate) fn from_f64(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if value.fract() == 0.0 && value.abs() <= EXACT {
            return Some(Self::from(value as i64));
        }
        Self::parse(&format!("{value:e}"))
    }

    /// Returns the number in a JSON value. Returns `None` if the value is not a number.
    pub(crate) fn from_json(value: &serde_json::Value) -> Option<Self> {
        match value.as_i64() {
            Some(integer) => Some(Self::from(integer)),
            None => Self::from_f64(value.as_f64()?),
        }
    }

    /// Returns the sum. Returns `None` if it is larger than the largest double.
    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        if self.exponent == other.exponent {
            return Self::new(self.digits + other.digits, self.exponent.into());
        }
        let (high, low) = match self.exponent > other.exponent {
            true => (self, other),
            false => (other, self),
        };
        if high.digits == 0 {
            return Some(low);
        }
        let distance = high.exponent.abs_diff(low.exponent);
        let up = distance.min(DIGITS.saturating_sub(length(high.digits)));
        let sum = high.digits * power(up) + rounded(low.digits, distance - up);
        Self::new(sum, i64::from(high.exponent) - i64::from(up))
    }

    /// Returns the difference. Returns `None` if it is larger than the largest double.
    pub(crate) fn minus(self, other: Self) -> Option<Self> {
        self.plus(Self {
            digits: -other.digits,
            ..other
        })
    }

    /// Divides by a count, with a precision of 37 digits. Returns zero if the count is zero.
    pub(crate) fn over(self, count: i64) -> Self {
        let count = i128::from(count);
        if count == 0 || self.digits == 0 {
            return Self::ZERO;
        }
        let up = DIGITS - length(self.digits);
        let quotient = self.digits * power(up) / count;
        Self::new(quotient, i64::from(self.exponent) - i64::from(up)).unwrap_or_default()
    }

    /// Creates a number in the form that equal numbers share. Returns `None` if it is larger than the largest double.
    fn new(mut digits: i128, mut exponent: i64) -> Option<Self> {
        while length(digits) > DIGITS {
            digits = rounded(digits, 1);
            exponent += 1;
        }
        if digits == 0 || exponent < *EXPONENTS.start() {
            return Some(Self::ZERO);
        }
        while digits % 10 == 0 {
            digits /= 10;
            exponent += 1;
        }
        let exponent = i32::try_from(exponent).ok()?;
        let number = Self { digits, exponent };
        // Only numbers with many digits before the point can be too large.
        let size = i64::from(exponent) + i64::from(length(digits));
        (size < 300 || (size <= *EXPONENTS.end() && number.to_f64().is_finite())).then_some(number)
    }

    /// Returns the nearest double.
    fn to_f64(self) -> f64 {
        let text = format!("{}e{}", self.digits, self.exponent);
        text.parse().unwrap_or(f64::INFINITY)
    }

    /// Returns the decimal place of the first digit, for comparing numbers.
    fn magnitude(self) -> i64 {
        i64::from(self.exponent) + i64::from(length(self.digits))
    }
}

/// Returns ten to a power of up to 37.
fn power(exponent: u32) -> i128 {
    10_i128.checked_pow(exponent).unwrap_or(i128::MAX)
}

/// Returns the number of digits of an integer; zero has none.
fn length(digits: i128) -> u32 {
    digits
        .unsigned_abs()
        .checked_ilog10()
        .map_or(0, |it| it + 1)
}

/// Removes the last `places` digits of an integer. Rounds half away from zero.
fn rounded(digits: i128, places: u32) -> i128 {
    match places {
        0 => digits,
        1..=DIGITS => {
            let unit = power(places);
            let rest = digits % unit;
            digits / unit
                + if rest.abs() >= unit / 2 {
                    rest.signum()
                } else {
                    0
                }
        }
        _ => 0,
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let signs = self.digits.signum().cmp(&other.digits.signum());
        if signs != Ordering::Equal || self.digits == 0 {
            return signs;
        }
        let sizes = self.magnitude().cmp(&other.magnitude()).then_with(|| {
            // The first digits have the same decimal place, so extending the shorter number with zeros cannot overflow.
            let lowest = self.exponent.min(other.exponent);
            let scaled = |it: &Self| it.digits.abs() * power(it.exponent.abs_diff(lowest));
            scaled(self).cmp(&scaled(other))
        });
        match self.digits < 0 {
            true => sizes.reverse(),
            false => sizes,
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::new(value.into(), 0).unwrap_or_default()
    }
}

impl From<Number> for Decimal {
    fn from(number: Number) -> Self {
        number.to_string().parse().unwrap_or_default()
    }
}

/// Formats digits and a point, without an exponent.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.digits < 0 { "-" } else { "" };
        let digits = self.digits.unsigned_abs().to_string();
        let places = usize::try_from(-i64::from(self.exponent)).unwrap_or(0);
        if places == 0 {
            let zeros = usize::try_from(self.exponent).unwrap_or(0);
            return write!(f, "{sign}{digits}{:0<zeros$}", "");
        }
        let padded = format!("{digits:0>width$}", width = places + 1);
        let (before, after) = padded.split_at(padded.len() - places);
        write!(f, "{sign}{before}.{after}")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn text_is_read_and_written_without_loss() {
        for (text, written) in [
            ("0", "0"),
            ("-0.000", "0"),
            ("1.50", "1.5"),
            ("+1e3", "1000"),
            ("-12.5e-3", "-0.0125"),
            ("1E+20", "100000000000000000000"),
            (".5", "0.5"),
            ("5.", "5"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("1e-500", "0"),
        ] {
            assert_eq!(number(text).to_string(), written, "{text}");
        }
        for text in [
            "", "-", ".", "e5", "1e", "nan", "inf", "1_0", "1e400", "2e308", " 1",
        ] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
    }

    #[test]
    fn sums_are_exact_where_doubles_are_not() {
        let sum = number("0.1").plus(number("0.2")).unwrap();
        assert_eq!(sum, number("0.3"));
        let sum = number("9007199254740993").plus(number("0.000001")).unwrap();
        assert_eq!(sum.to_string(), "9007199254740993.000001");
        assert_eq!(
            number("1e300").plus(number("1e-300")),
            Some(number("1e300"))
        );
        assert_eq!(number("1.7e308").plus(number("1.7e308")), None);
        assert_eq!(
            number("5").minus(number("7.25")).unwrap().to_string(),
            "-2.25"
        );
    }

    #[test]
    fn random_sums_are_those_of_scaled_integers() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..20_000 {
            let mut draw = || {
                let places = random.u32(0..8);
                let digits = random.i64(-1_000_000_000..1_000_000_000);
                let text = format!("{digits}e-{places}");
                (i128::from(digits) * 10_i128.pow(8 - places), number(&text))
            };
            let ((a, left), (b, right)) = (draw(), draw());
            let scaled = |it: i128| Number::new(it, -8).unwrap();
            assert_eq!(left.plus(right), Some(scaled(a + b)));
            assert_eq!(left.minus(right), Some(scaled(a - b)));
            assert_eq!(left.cmp(&right), a.cmp(&b), "{left} {right}");
        }
    }

    #[test]
    fn doubles_are_their_shortest_text() {
        let mut random = fastrand::Rng::with_seed(11);
        for _ in 0..20_000 {
            let value = f64::from_bits(random.u64(..));
            match Number::from_f64(value) {
                Some(number) => assert_eq!(number.to_string().parse::<f64>().unwrap(), value),
                None => assert!(!value.is_finite()),
            }
        }
        assert_eq!(number("10").over(4), number("2.5"));
        assert_eq!(number("1").over(3).to_f64(), 1.0 / 3.0);
        assert_eq!(number("1").over(0), Number::ZERO);
    }
}
