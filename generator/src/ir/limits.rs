//! Constraints on values, as stated by the contract.

use std::cmp::Ordering;

/// Constraints on a value. Those on list items, map values and map keys are nested.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Limits {
    /// The minimum number of characters.
    pub min_length: Option<u64>,
    /// The maximum number of characters.
    pub max_length: Option<u64>,
    /// A regular expression that strings must match.
    pub pattern: Option<Pattern>,
    /// The maximum number of digits of a decimal.
    pub digits: Option<Digits>,
    /// A string format without a Rust type (`email`, `uri`).
    pub format: Option<String>,
    /// The lower bound of numbers.
    pub minimum: Option<Bound>,
    /// The upper bound of numbers.
    pub maximum: Option<Bound>,
    /// The minimum number of items or entries.
    pub min_items: Option<u64>,
    /// The maximum number of items or entries.
    pub max_items: Option<u64>,
    /// Whether all items must be unique. Not validated by the client.
    pub unique_items: bool,
    /// The number that values must be a multiple of, as JSON. Not validated by the client.
    pub multiple_of: Option<String>,
    /// The constraints on each list item or map value.
    pub items: Option<Box<Limits>>,
    /// The constraints on each map key.
    pub keys: Option<Box<Limits>>,
}

impl Limits {
    /// Returns whether there are no constraints.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Merges the constraints of a schema with those of the schema that it refers to.
    #[must_use]
    pub fn merged_with(self, referred: Self) -> Self {
        let nested = |own: Option<Box<Self>>, referred: Option<Box<Self>>| match (own, referred) {
            (Some(own), Some(referred)) => Some(Box::new(own.merged_with(*referred))),
            (own, referred) => own.or(referred),
        };
        Self {
            min_length: self.min_length.or(referred.min_length),
            max_length: self.max_length.or(referred.max_length),
            pattern: self.pattern.or(referred.pattern),
            digits: self.digits.or(referred.digits),
            format: self.format.or(referred.format),
            minimum: self.minimum.or(referred.minimum),
            maximum: self.maximum.or(referred.maximum),
            min_items: self.min_items.or(referred.min_items),
            max_items: self.max_items.or(referred.max_items),
            unique_items: self.unique_items || referred.unique_items,
            multiple_of: self.multiple_of.or(referred.multiple_of),
            items: nested(self.items, referred.items),
            keys: nested(self.keys, referred.keys),
        }
    }

    /// Merges the constraints of alternative types, each with the classes of its values. A value must satisfy the
    /// constraints of any one type, so for each class the loosest constraint is kept. If a type has no constraint on a
    /// class, the result has none.
    pub fn of_any(types: &[(Vec<ValueClass>, Limits)]) -> Self {
        let on = |class| {
            let limits = types
                .iter()
                .filter(|(classes, _)| classes.contains(&class))
                .map(|(_, limits)| limits.clone());
            limits.reduce(Self::loosest).unwrap_or_default()
        };
        let (text, number) = (on(ValueClass::String), on(ValueClass::Number));
        Self {
            digits: on(ValueClass::Decimal).digits,
            minimum: number.minimum,
            maximum: number.maximum,
            multiple_of: number.multiple_of,
            min_length: text.min_length,
            max_length: text.max_length,
            pattern: text.pattern,
            format: text.format,
            ..on(ValueClass::Collection)
        }
    }

    /// Merges the constraints of two alternative types whose values are of the same class. Keeps the looser constraint, or
    /// none if one of the types has none.
    pub fn loosest(self, other: Self) -> Self {
        Self {
            min_length: of_both(self.min_length, other.min_length, u64::min),
            max_length: of_both(self.max_length, other.max_length, u64::max),
            pattern: if_equal(self.pattern, other.pattern),
            digits: of_both(self.digits, other.digits, |a, b| Digits {
                integer: a.integer.max(b.integer),
                fraction: a.fraction.max(b.fraction),
            }),
            format: if_equal(self.format, other.format),
            minimum: looser_bound(self.minimum, other.minimum, Ordering::Less),
            maximum: looser_bound(self.maximum, other.maximum, Ordering::Greater),
            min_items: of_both(self.min_items, other.min_items, u64::min),
            max_items: of_both(self.max_items, other.max_items, u64::max),
            unique_items: self.unique_items && other.unique_items,
            multiple_of: if_equal(self.multiple_of, other.multiple_of),
            items: if_equal(self.items, other.items),
            keys: if_equal(self.keys, other.keys),
        }
    }
}

fn of_both<T>(a: Option<T>, b: Option<T>, looser: impl FnOnce(T, T) -> T) -> Option<T> {
    Some(looser(a?, b?))
}

fn if_equal<T: PartialEq>(a: Option<T>, b: Option<T>) -> Option<T> {
    a.filter(|a| Some(a) == b.as_ref())
}

/// Returns the looser of two bounds: the lower minimum (`further` is `Less`), or the higher maximum (`Greater`). If the
/// numbers are equal, returns the inclusive bound.
fn looser_bound(a: Option<Bound>, b: Option<Bound>, further: Ordering) -> Option<Bound> {
    let (a, b) = (a?, b?);
    let order = a.compare(&b)?;
    let is_a = order == further || (order.is_eq() && a.edge == Edge::Inclusive);
    Some(if is_a { a } else { b })
}

/// A class of values to which the same constraints apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueClass {
    /// Strings, which have constraints on their length in characters.
    String,
    /// Numbers, which have bounds.
    Number,
    /// Decimals, which have constraints on their digits.
    Decimal,
    /// Lists and maps, which have constraints on their number of items or entries.
    Collection,
}

/// A regular expression (ECMA 262), which matches if any part of a string does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// The expression.
    pub text: String,
    /// Whether the client validates strings by this expression.
    pub support: PatternSupport,
}

/// Whether the client's regex library supports an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatternSupport {
    /// The client validates strings by the expression.
    Supported,
    /// The expression contains look-around, so it is only documented.
    Unsupported,
}

/// Maximum number of digits of a decimal on each side of its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digits {
    /// The digits before the point.
    pub integer: usize,
    /// The digits after the point.
    pub fraction: usize,
}

/// A numeric bound.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// The number, as JSON.
    pub value: String,
    /// Whether the number itself is valid.
    pub edge: Edge,
}

impl Bound {
    /// Returns the number if it is a 64-bit integer. The client validates no other bounds.
    pub fn integer(&self) -> Option<i64> {
        self.value.parse().ok()
    }

    /// Compares the numbers. Returns `None` if they are different texts but equal as doubles, because then the order is
    /// unknown.
    fn compare(&self, other: &Self) -> Option<Ordering> {
        if let (Some(a), Some(b)) = (self.integer(), other.integer()) {
            return Some(a.cmp(&b));
        }
        let (a, b): (f64, f64) = (self.value.parse().ok()?, other.value.parse().ok()?);
        let order = a.partial_cmp(&b)?;
        (order.is_ne() || self.value == other.value).then_some(order)
    }
}

/// Whether a bound includes its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// `<=`, `>=`.
    Inclusive,
    /// `<`, `>`.
    Exclusive,
}
