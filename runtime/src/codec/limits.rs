//! Constraints on values in request bodies.

/// A constraint of the OpenAPI description. It applies to values of its kind, and not to null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// A string has at least this many characters.
    MinLength(usize),
    /// A string has at most this many characters.
    MaxLength(usize),
    /// A string contains a match of this regular expression.
    Pattern(&'static str),
    /// A number is at least this.
    AtLeast(i64),
    /// A number is greater than this.
    MoreThan(i64),
    /// A number is at most this.
    AtMost(i64),
    /// A number is less than this.
    LessThan(i64),
    /// A decimal has at most this many digits before and after the point.
    Digits {
        /// Before the point, without leading zeros.
        integer: usize,
        /// After the point, without trailing zeros.
        fraction: usize,
    },
    /// A list or map has at least this many items.
    MinItems(usize),
    /// A list or map has at most this many items.
    MaxItems(usize),
    /// Constraints of each item of a list or value of a map.
    Each(&'static [Limit]),
    /// Constraints of each key of a map.
    Keys(&'static [Limit]),
}

/// Static facts about a struct.
#[derive(Debug)]
pub struct Outline {
    /// The name of the Rust type.
    pub name: &'static str,
    /// The constraints by key. `*` stands for all keys that are not listed.
    pub limits: &'static [(&'static str, &'static [Limit])],
}
