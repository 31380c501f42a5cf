//! A received value and its JSON type.

use super::entry::Value;
use super::problems::Problem;
use super::tape::{NOTHING, ROOT, Tape};
use crate::types::{JsonObject, JsonValue};

/// The JSON type of a [`Node`], where numbers are distinguished by their notation and range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A number without fraction or exponent, in the range of `i64`.
    Integer,
    /// A number without fraction or exponent that exceeds the range of `i64`.
    BigInteger,
    /// A number with a fraction or exponent whose value is an integer, such as `1.0`.
    Whole,
    /// Any other number.
    Number,
    /// A string.
    String,
    /// A list.
    Array,
    /// An object.
    Object,
}

/// A received value that is not decoded yet.
///
/// Unions inspect it to select the variant to decode.
#[derive(Clone, Copy, Debug)]
pub struct Node<'r, 'de> {
    pub(super) tape: &'r Tape<'de>,
    pub(super) at: u32,
}

impl<'r, 'de> Node<'r, 'de> {
    #[inline]
    pub(super) fn new(tape: &'r Tape<'de>, at: u32) -> Self {
        Self { tape, at }
    }

    /// Returns the outermost value.
    pub(super) fn root(tape: &'r Tape<'de>) -> Self {
        Self::new(tape, ROOT)
    }

    #[inline]
    pub(super) fn value(self) -> Value<'r> {
        self.tape.value(self.at)
    }

    /// Returns the string at a path of object keys. `None` if there is no string.
    #[must_use]
    pub fn text(self, path: &[&str]) -> Option<&'r str> {
        let found = self.walk(path)?;
        found.tape.text(found.at)
    }

    /// Returns the boolean at a path of object keys. `None` if there is no boolean.
    #[must_use]
    pub fn flag(self, path: &[&str]) -> Option<bool> {
        match self.walk(path)?.value() {
            Value::Boolean(value) => Some(value),
            _ => None,
        }
    }

    /// Returns the integer at a path of object keys. `1.0` is an integer as well. `None` if there is no integer.
    #[must_use]
    pub fn integer(self, path: &[&str]) -> Option<i64> {
        self.walk(path)?.value().integer()
    }

    /// Returns whether there is a value at a path of object keys, other than null.
    #[must_use]
    pub fn has(self, path: &[&str]) -> bool {
        self.walk(path)
            .is_some_and(|found| !matches!(found.value(), Value::Null))
    }

    /// Returns whether there is a value at a path of object keys, including null.
    #[must_use]
    pub fn has_key(self, path: &[&str]) -> bool {
        self.walk(path).is_some()
    }

    /// Returns the JSON type of the value.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self.value() {
            Value::Null => Kind::Null,
            Value::Boolean(_) => Kind::Boolean,
            Value::Integer(_) => Kind::Integer,
            Value::Unsigned(_) => Kind::BigInteger,
            value @ (Value::Float(_) | Value::Numeral(_)) if value.integer().is_some() => {
                Kind::Whole
            }
            Value::Float(_) => Kind::Number,
            Value::Numeral(text) if text.contains(['.', 'e', 'E']) => Kind::Number,
            Value::Numeral(_) => Kind::BigInteger,
            Value::String(_) => Kind::String,
            Value::Array { .. } => Kind::Array,
            Value::Object { .. } => Kind::Object,
        }
    }

    /// Returns the whole value as JSON.
    #[must_use]
    pub fn json(self) -> JsonValue {
        match self.value() {
            Value::Null => JsonValue::Null,
            Value::Boolean(value) => JsonValue::Bool(value),
            Value::Integer(value) => JsonValue::from(value),
            Value::Unsigned(value) => JsonValue::from(value),
            Value::Float(value) => JsonValue::from(value),
            Value::Numeral(text) => text.parse().map_or(JsonValue::Null, JsonValue::Number),
            Value::String(text) => JsonValue::from(text),
            Value::Array { .. } => self.items().into_iter().flatten().map(Self::json).collect(),
            Value::Object { .. } => JsonValue::Object(self.json_object()),
        }
    }

    pub(super) fn json_object(self) -> JsonObject {
        self.fields()
            .map(|(key, value)| (key.to_owned(), value.json()))
            .collect()
    }

    /// Returns the string. If the value is not a string, records a problem and returns an empty string.
    #[inline]
    #[must_use]
    pub fn string(self) -> &'r str {
        match self.tape.text(self.at) {
            Some(text) => text,
            None => {
                self.expected("a string");
                ""
            }
        }
    }

    /// Records that the value does not have the expected type, such as "an integer".
    #[cold]
    pub(super) fn expected(self, what: &'static str) {
        self.tape.record(self.at, Problem::Expected(what));
    }

    /// Records that the list does not have the expected length.
    #[cold]
    pub(super) fn expected_length(self, len: usize) {
        self.tape.record(self.at, Problem::Length(len));
    }

    /// Returns the null that stands for all missing values.
    pub(super) fn nothing(self) -> Self {
        Self::new(self.tape, NOTHING)
    }

    /// Returns whether there were more problems than are recorded, so that decoding can stop.
    #[inline]
    pub(super) fn has_too_many_problems(self) -> bool {
        self.tape.has_too_many_problems()
    }

    /// Returns an iterator over the items of a list. `None` if the value is not a list.
    #[inline]
    pub(super) fn items(self) -> Option<Items<'r, 'de>> {
        match self.value() {
            Value::Array { len, end } => Some(Items {
                tape: self.tape,
                next: self.at + 1,
                end,
                len: len as usize,
            }),
            _ => None,
        }
    }

    /// Returns an iterator over the keys and values of an object. Empty if the value is not an object.
    pub(super) fn fields(self) -> Fields<'r, 'de> {
        let end = match self.value() {
            Value::Object { end } => end,
            _ => 0,
        };
        Fields::new(self.tape, self.at, end)
    }

    fn walk(self, path: &[&str]) -> Option<Self> {
        path.iter().try_fold(self, |node, key| {
            node.fields()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value)
        })
    }
}

/// An iterator over the items of a list.
pub(super) struct Items<'r, 'de> {
    tape: &'r Tape<'de>,
    next: u32,
    end: u32,
    len: usize,
}

impl Items<'_, '_> {
    #[inline]
    pub(super) fn total(&self) -> usize {
        self.len
    }
}

impl<'r, 'de> Iterator for Items<'r, 'de> {
    type Item = Node<'r, 'de>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let node = Node::new(self.tape, self.next);
        self.next = self.tape.after(self.next);
        Some(node)
    }
}

/// An iterator over the keys and values of an object.
pub(super) struct Fields<'r, 'de> {
    tape: &'r Tape<'de>,
    next: u32,
    end: u32,
}

impl<'r, 'de> Fields<'r, 'de> {
    /// Creates an iterator over the object at `at`, which ends before `end`.
    #[inline]
    pub(super) fn new(tape: &'r Tape<'de>, at: u32, end: u32) -> Self {
        Self {
            tape,
            next: at + 1,
            end,
        }
    }
}

impl<'r, 'de> Iterator for Fields<'r, 'de> {
    type Item = (&'r str, Node<'r, 'de>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let key = self.tape.text(self.next).unwrap_or_default();
        let node = Node::new(self.tape, self.next + 1);
        self.next = self.tape.after(node.at);
        Some((key, node))
    }
}
