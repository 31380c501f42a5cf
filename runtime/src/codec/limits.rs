//! Constraints on values in request bodies.

/// A constraint of the OpenAPI description on a value. It applies only to values of its kind, and not to null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// A string has at least this many characters.
    MinLength(usize),
    /// A string has at most this many characters.
    MaxLength(usize),
    /// A string contains a match of this regular expression.
    Pattern(&'static str),
    /// A number is at least this value.
    AtLeast(i64),
    /// A number is greater than this value.
    MoreThan(i64),
    /// A number is at most this value.
    AtMost(i64),
    /// A number is less than this value.
    LessThan(i64),
    /// A decimal has at most this many digits before and after the decimal point.
    Digits {
        /// The maximum number of digits before the point, without leading zeros.
        integer: usize,
        /// The maximum number of digits after the point, without trailing zeros.
        fraction: usize,
    },
    /// A list or map has at least this many items.
    MinItems(usize),
    /// A list or map has at most this many items.
    MaxItems(usize),
    /// Each item of a list, or value of a map, satisfies these constraints.
    Each(&'static [Limit]),
    /// Each key of a map satisfies these constraints.
    Keys(&'static [Limit]),
}

/// The static description of a struct: its name and constraints.
#[derive(Debug)]
pub struct Outline {
    /// The name of the Rust type.
    pub name: &'static str,
    /// The constraints of fields, by key. `*` applies to all keys that are not listed.
    pub limits: &'static [(&'static str, &'static [Limit])],
}
