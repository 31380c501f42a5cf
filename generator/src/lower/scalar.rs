//! Single values: which Rust type a format has, and the limits that remain to be said.

use openapiv3::{
    IntegerType, NumberType, StringFormat, StringType, VariantOrUnknownOrEmpty as Format,
};

use crate::ir::{Bound, Edge, Limits, Scalar};

/// How the regular expression begins that the server puts on decimals written as text.
const DECIMAL_PATTERN: &str = "^(?!^[-+.]*$)[+-]?0*";

pub(super) fn string(schema: &StringType) -> (Scalar, Limits) {
    let mut limits = Limits {
        min_length: schema.min_length.map(|length| length as u64),
        max_length: schema.max_length.map(|length| length as u64),
        pattern: schema.pattern.clone(),
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
        Format::Empty => match &limits.pattern {
            Some(pattern) if pattern.starts_with(DECIMAL_PATTERN) => {
                limits.pattern = None;
                Scalar::Decimal
            }
            _ => Scalar::String,
        },
    };
    (scalar, limits)
}

pub(super) fn integer(schema: &IntegerType) -> (Scalar, Limits) {
    let bound =
        |value: Option<i64>, exclusive| value.map(|value| bound(value.to_string(), exclusive));
    let limits = Limits {
        minimum: bound(schema.minimum, schema.exclusive_minimum),
        maximum: bound(schema.maximum, schema.exclusive_maximum),
        ..Limits::default()
    };
    (Scalar::Integer, limits)
}

pub(super) fn number(schema: &NumberType) -> (Scalar, Limits) {
    let bound =
        |value: Option<f64>, exclusive| value.map(|value| bound(value.to_string(), exclusive));
    let limits = Limits {
        minimum: bound(schema.minimum, schema.exclusive_minimum),
        maximum: bound(schema.maximum, schema.exclusive_maximum),
        ..Limits::default()
    };
    (Scalar::Float, limits)
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

/// The single type that a union of numeric types is, if it is one: integer or float, float or decimal text.
pub(super) fn numeric_union(members: &[Scalar]) -> Option<Scalar> {
    let numeric = |scalar: &Scalar| {
        matches!(
            scalar,
            Scalar::Integer | Scalar::Float | Scalar::Number | Scalar::Decimal
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
