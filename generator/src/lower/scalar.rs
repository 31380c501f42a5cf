//! Converts strings, numbers and booleans: finds their scalar type by the format, and the constraints that the scalar type
//! does not imply.

use std::fmt::Debug;

use openapiv3::{
    IntegerType, NumberType, StringFormat, StringType, VariantOrUnknownOrEmpty as Format,
};

use crate::ir::{Bound, Digits, Edge, Limits, Pattern, PatternSupport, Scalar};

/// The beginning of the regular expressions by which the documents describe decimals that are encoded as strings.
const DECIMAL_PATTERN: &str = "^(?!^[-+.]*$)[+-]?0*";

/// The rest of such an expression if the number of digits is not limited.
const ANY_DIGITS: &str = r"\d*\.?\d*$";

pub(super) fn string(schema: &StringType) -> (Scalar, Limits) {
    let mut limits = Limits {
        min_length: schema.min_length.map(|length| length as u64),
        max_length: schema.max_length.map(|length| length as u64),
        pattern: schema.pattern.as_deref().map(pattern),
        ..Limits::default()
    };
    let scalar = match &schema.format {
        Format::Item(StringFormat::DateTime) => Scalar::Timestamp,
        Format::Item(StringFormat::Date) => Scalar::Date,
        Format::Item(other) => {
            limits.format = Some(format!("{other:?}").to_lowercase());
            Scalar::String
        }
        Format::Unknown(format) if matches!(format.as_str(), "uuid" | "uuid4") => Scalar::Uuid,
        Format::Unknown(format) => {
            limits.format = Some(format.clone());
            Scalar::String
        }
        Format::Empty => match decimal(schema.pattern.as_deref()) {
            Some(Ok(digits)) => {
                (limits.pattern, limits.digits) = (None, digits);
                Scalar::Decimal
            }
            Some(Err(UnsupportedPattern)) => Scalar::Decimal,
            None => Scalar::String,
        },
    };
    (scalar, limits)
}

fn pattern(text: &str) -> Pattern {
    let support = match regex_lite::Regex::new(text) {
        Ok(_) => PatternSupport::Supported,
        Err(_) => PatternSupport::Unsupported,
    };
    Pattern {
        text: text.to_owned(),
        support,
    }
}

/// The error for an expression that begins like one for decimals, but continues in an unknown way.
struct UnsupportedPattern;

/// Returns the number of digits that the pattern of a decimal permits: `Some(Ok(None))` if it is not limited. Returns `None`
/// if the pattern does not describe decimals.
///
/// These expressions count digits with look-ahead: `(?:\d{0,5}|(?=[\d.]{1,18}0*$)\d{0,5}\.\d{0,12}0*$)` permits 5
/// digits before the point and 12 after it.
fn decimal(pattern: Option<&str>) -> Option<Result<Option<Digits>, UnsupportedPattern>> {
    let rest = pattern?.strip_prefix(DECIMAL_PATTERN)?;
    Some(match rest {
        ANY_DIGITS => Ok(None),
        _ => digits(rest).map(Some).ok_or(UnsupportedPattern),
    })
}

fn digits(rest: &str) -> Option<Digits> {
    let (integer, rest) = rest.strip_prefix(r"(?:\d{0,")?.split_once("}|(?=")?;
    let (_, rest) = rest.split_once(&format!(r"0*$)\d{{0,{integer}}}\.\d{{0,"))?;
    let fraction = rest.strip_suffix("}0*$)")?;
    Some(Digits {
        integer: integer.parse().ok()?,
        fraction: fraction.parse().ok()?,
    })
}

pub(super) fn integer(schema: &IntegerType) -> (Scalar, Limits) {
    let bound =
        |value: Option<i64>, exclusive| value.map(|value| bound(value.to_string(), exclusive));
    let limits = Limits {
        minimum: bound(schema.minimum, schema.exclusive_minimum),
        maximum: bound(schema.maximum, schema.exclusive_maximum),
        multiple_of: schema.multiple_of.map(|number| number.to_string()),
        format: numeric_format(&schema.format),
        ..Limits::default()
    };
    let scalar = match &schema.format {
        Format::Unknown(format) if format == "uint64" => Scalar::Unsigned,
        _ => Scalar::Integer,
    };
    (scalar, limits)
}

pub(super) fn number(schema: &NumberType) -> (Scalar, Limits) {
    let bound =
        |value: Option<f64>, exclusive| value.map(|value| bound(value.to_string(), exclusive));
    let limits = Limits {
        minimum: bound(schema.minimum, schema.exclusive_minimum),
        maximum: bound(schema.maximum, schema.exclusive_maximum),
        multiple_of: schema.multiple_of.map(|number| number.to_string()),
        format: numeric_format(&schema.format),
        ..Limits::default()
    };
    (Scalar::Float, limits)
}

fn numeric_format<T: Debug>(format: &Format<T>) -> Option<String> {
    match format {
        Format::Item(known) => Some(format!("{known:?}").to_lowercase()),
        Format::Unknown(format) => Some(format.clone()),
        Format::Empty => None,
    }
}

fn bound(value: String, exclusive: bool) -> Bound {
    Bound {
        value,
        edge: if exclusive {
            Edge::Exclusive
        } else {
            Edge::Inclusive
        },
    }
}

/// Returns the scalar that represents a union of numeric types, if there is one: for integer and float, or for float and
/// decimal string.
pub(super) fn numeric_union(members: &[Scalar]) -> Option<Scalar> {
    let numeric = |scalar: &Scalar| {
        matches!(
            scalar,
            Scalar::Integer | Scalar::Unsigned | Scalar::Float | Scalar::Number | Scalar::Decimal
        )
    };
    if !members.iter().all(numeric) {
        return None;
    }
    Some(if members.contains(&Scalar::Decimal) {
        Scalar::Decimal
    } else {
        Scalar::Number
    })
}
