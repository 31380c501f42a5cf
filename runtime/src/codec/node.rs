//! One value on the tape, and the cursor over the fields of an object.

use std::borrow::Cow;

use super::decode::{Decode, Model, Union};
use super::entry::Value;
use super::sink::Encode;
use super::tape::{Problem, Tape};
use crate::types::{Json, JsonObject};

/// What kind of value a [`Node`] is, after JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A number written without fraction or exponent, within 64 bits.
    Integer,
    /// A number written without fraction or exponent, beyond 64 bits with a sign.
    BigInteger,
    /// A number written with a fraction or exponent whose value is an integer, as in `1.0`.
    Whole,
    /// Any other number.
    Number,
    /// Text.
    String,
    /// A list.
    Array,
    /// An object.
    Object,
}

/// One value that was received, not yet decoded into a type.
///
/// Unions look at it to decide which of their variants it is.
#[derive(Clone, Copy, Debug)]
pub struct Node<'r, 'de> {
    tape: &'r Tape<'de>,
    at: u32,
}

impl<'r, 'de> Node<'r, 'de> {
    #[inline]
    pub(super) fn new(tape: &'r Tape<'de>, at: u32) -> Self {
        Self { tape, at }
    }

    #[inline]
    pub(super) fn value(self) -> Value<'r> {
        self.tape.value(self.at)
    }

    /// The text found along a path of object keys. `None` if there is none, or if it is not text.
    #[must_use]
    pub fn text(self, path: &[&str]) -> Option<&'r str> {
        let found = self.walk(path)?;
        found.tape.text(found.at)
    }

    /// The boolean found along a path of object keys.
    #[must_use]
    pub fn flag(self, path: &[&str]) -> Option<bool> {
        match self.walk(path)?.value() {
            Value::Boolean(value) => Some(value),
            _ => None,
        }
    }

    /// The integer found along a path of object keys, be it written `1` or `1.0`.
    #[must_use]
    pub fn integer(self, path: &[&str]) -> Option<i64> {
        self.walk(path)?.value().integer()
    }

    /// Whether a path of object keys leads to a value other than null.
    #[must_use]
    pub fn has(self, path: &[&str]) -> bool {
        self.walk(path)
            .is_some_and(|found| !matches!(found.value(), Value::Null))
    }

    /// Whether a path of object keys leads to a value, be it null.
    #[must_use]
    pub fn has_key(self, path: &[&str]) -> bool {
        self.walk(path).is_some()
    }

    /// What kind of value this is.
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
            Value::Text(_) => Kind::String,
            Value::Array { .. } => Kind::Array,
            Value::Object { .. } => Kind::Object,
        }
    }

    /// The whole value, as JSON.
    #[must_use]
    pub fn json(self) -> Json {
        match self.value() {
            Value::Null => Json::Null,
            Value::Boolean(value) => Json::Bool(value),
            Value::Integer(value) => Json::from(value),
            Value::Unsigned(value) => Json::from(value),
            Value::Float(value) => Json::from(value),
            Value::Numeral(text) => text.parse().map_or(Json::Null, Json::Number),
            Value::Text(text) => Json::from(text),
            Value::Array { .. } => self.items().into_iter().flatten().map(Self::json).collect(),
            Value::Object { .. } => Json::Object(self.json_object()),
        }
    }

    pub(super) fn json_object(self) -> JsonObject {
        self.fields()
            .map(|(key, value)| (key.to_owned(), value.json()))
            .collect()
    }

    /// Decodes the value of a key, which must be there unless `T` knows better; see [`Decode::absent`].
    #[must_use]
    pub fn member<T: Decode>(self, key: &'static str) -> T {
        self.object().field(key)
    }

    /// Decodes the value as the variant called `name`, and adds that name to an error found in it.
    #[inline]
    #[must_use]
    pub fn variant<T: Decode>(self, name: &'static str) -> T {
        let before = self.tape.failures();
        let value = T::decode(self);
        if self.tape.failures() > before {
            self.tape.name_variant(before, name);
        }
        value
    }

    /// Decodes the value if it is a `T` that is written exactly as it came; if it is not, that is no error.
    ///
    /// Text that merely looks like a `T` in another notation stays text, so that nothing is lost.
    #[must_use]
    pub fn parse_exact<T: Decode + Encode>(self) -> Option<T> {
        let before = self.tape.take_problems();
        let value = T::decode(self);
        let failed = self.tape.failures() > 0;
        self.tape.restore_problems(before);
        (!failed && super::to_value(&value) == self.json()).then_some(value)
    }

    /// Decodes an object as a struct.
    #[inline]
    #[must_use]
    pub fn model<T: Model>(self) -> T {
        T::read(&mut self.object())
    }

    /// Decodes a union; `name` is its name, for errors.
    #[inline]
    #[must_use]
    pub fn union<T: Union>(self, name: &'static str) -> T {
        let before = self.tape.failures();
        let value = T::read(self);
        if self.tape.failures() > before {
            self.tape.name_union(before, name);
        }
        value
    }

    /// The value's own text; a mistake if it is not text.
    #[inline]
    #[must_use]
    pub fn string(self) -> &'r str {
        match self.tape.text(self.at) {
            Some(text) => text,
            None => {
                self.expected("text");
                ""
            }
        }
    }

    /// A cursor over the object's fields. A mistake if it is no object, and then nothing within is one.
    #[inline]
    pub(super) fn object(self) -> Object<'r, 'de> {
        let (at, end) = match self.value() {
            Value::Object { end } => (self.at, end),
            _ => {
                self.expected("an object");
                (self.nothing().at, 0)
            }
        };
        Object {
            tape: self.tape,
            at,
            next: at + 1,
            end,
        }
    }

    /// Parks the mistake that the value is not what `what` names.
    #[cold]
    pub(super) fn expected(self, what: &'static str) {
        self.tape.park(self.at, Problem::Expected(what));
    }

    /// Parks the mistake that the list does not have `len` items.
    #[cold]
    pub(super) fn expected_length(self, len: usize) {
        self.tape.park(self.at, Problem::Length(len));
    }

    /// The null that stands for what is not there.
    pub(super) fn nothing(self) -> Self {
        self.tape.nothing()
    }

    /// Whether more mistakes were made than an error shows, so that the rest need not be read.
    #[inline]
    pub(super) fn is_hopeless(self) -> bool {
        self.tape.is_hopeless()
    }

    /// The items of a list; `None` if it is no list.
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

    /// The keys and values of an object; nothing if it is none.
    pub(super) fn fields(self) -> Fields<'r, 'de> {
        let end = match self.value() {
            Value::Object { end } => end,
            _ => 0,
        };
        Fields {
            tape: self.tape,
            next: self.at + 1,
            end,
        }
    }

    fn walk(self, path: &[&str]) -> Option<Self> {
        path.iter().try_fold(self, |node, key| {
            node.fields()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value)
        })
    }
}

/// The items of a list.
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

/// The keys and values of an object.
pub(super) struct Fields<'r, 'de> {
    tape: &'r Tape<'de>,
    next: u32,
    end: u32,
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

/// A cursor over the fields of a received object.
///
/// Fields are looked up by key. The one after the last found is looked at first, so that reading the fields in the order
/// in which they were sent costs one comparison each.
#[derive(Debug)]
pub struct Object<'r, 'de> {
    tape: &'r Tape<'de>,
    at: u32,
    next: u32,
    end: u32,
}

impl<'r, 'de> Object<'r, 'de> {
    /// Decodes the value of `key`. What a missing key means is up to `T`: see [`Decode::absent`].
    #[inline]
    pub fn field<T: Decode>(&mut self, key: &'static str) -> T {
        match self.find(key) {
            Some(node) => T::decode(node),
            None => T::absent(self.missing(key)),
        }
    }

    /// The text of a property that always has the same value. Another text is kept, so that nothing is lost; a missing
    /// key is an error.
    #[inline]
    pub fn constant(&mut self, key: &'static str, expected: &'static str) -> Cow<'static, str> {
        match self.find(key) {
            Some(node) => constant(node, expected),
            None => Decode::absent(self.missing(key)),
        }
    }

    /// Like [`Object::constant`], for a property that may be left out.
    #[inline]
    pub fn constant_or(&mut self, key: &'static str, expected: &'static str) -> Cow<'static, str> {
        self.find(key)
            .map_or(Cow::Borrowed(expected), |node| constant(node, expected))
    }

    /// The fields whose keys are not in `known`.
    pub fn rest<T: Decode, M: FromIterator<(String, T)>>(&mut self, known: &[&str]) -> M {
        let fields = Fields {
            tape: self.tape,
            next: self.at + 1,
            end: self.end,
        };
        fields
            .filter(|(key, _)| !known.contains(key))
            .map(|(key, node)| (key.to_owned(), T::decode(node)))
            .collect()
    }

    #[inline]
    fn find(&mut self, key: &str) -> Option<Node<'r, 'de>> {
        if self.next < self.end && self.tape.is_key(self.next, key) {
            return Some(self.take(self.next));
        }
        self.search(key)
    }

    /// Looks at the fields that follow the cursor, then at those before it.
    fn search(&mut self, key: &str) -> Option<Node<'r, 'de>> {
        let from = |next, end| {
            let mut at = next;
            while at < end {
                if self.tape.is_key(at, key) {
                    return Some(at);
                }
                at = self.tape.after(at + 1);
            }
            None
        };
        let found =
            from(self.next, self.end).or_else(|| from(self.at + 1, self.next.min(self.end)))?;
        Some(self.take(found))
    }

    #[inline]
    fn take(&mut self, key_at: u32) -> Node<'r, 'de> {
        self.next = self.tape.after(key_at + 1);
        Node::new(self.tape, key_at + 1)
    }

    #[inline]
    fn missing(&self, key: &'static str) -> Missing<'r, 'de> {
        Missing {
            tape: self.tape,
            object: self.at,
            key,
        }
    }
}

#[inline]
fn constant(node: Node<'_, '_>, expected: &'static str) -> Cow<'static, str> {
    let text = node.string();
    if text == expected {
        Cow::Borrowed(expected)
    } else {
        Cow::Owned(text.to_owned())
    }
}

/// A key that an object lacks: what [`Decode::absent`] gets.
#[derive(Clone, Copy, Debug)]
pub struct Missing<'r, 'de> {
    tape: &'r Tape<'de>,
    object: u32,
    key: &'static str,
}

impl Missing<'_, '_> {
    /// Says that the key must be there: a mistake that names it.
    #[cold]
    #[must_use]
    pub fn required<T: Decode>(self) -> T {
        self.tape.park(self.object, Problem::Missing(self.key));
        T::decode(self.tape.nothing())
    }
}
