//! Limits on values that are sent.

/// One limit that the API's description sets on a value. It says nothing about values of other kinds, nor about null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// A text has this many characters or more.
    MinLength(usize),
    /// A text has this many characters or fewer.
    MaxLength(usize),
    /// A text contains a match of this regular expression.
    Pattern(&'static str),
    /// A number is this or more.
    AtLeast(i64),
    /// A number is more than this.
    MoreThan(i64),
    /// A number is this or less.
    AtMost(i64),
    /// A number is less than this.
    LessThan(i64),
    /// A decimal has at most this many digits before its point, and after it.
    Digits {
        /// Before the point, zeros at the beginning not counted.
        integer: usize,
        /// After the point, zeros at the end not counted.
        fraction: usize,
    },
    /// A list or map has this many items or more.
    MinItems(usize),
    /// A list or map has this many items or fewer.
    MaxItems(usize),
    /// Limits on each item of a list and each value of a map.
    Each(&'static [Limit]),
    /// Limits on each key of a map.
    Keys(&'static [Limit]),
}

/// What is known of a struct besides its fields' values.
#[derive(Debug)]
pub struct Outline {
    /// The name of the Rust type.
    pub name: &'static str,
    /// The keys whose values are limited; `*` stands for all that are not among them.
    pub limits: &'static [(&'static str, &'static [Limit])],
}
