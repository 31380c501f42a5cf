//! The traits of types that can be decoded, and the methods that decode them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::node::Node;
use super::object::{Missing, Object};
use super::problems::Problem;
use super::serialize::to_json;
use super::tape::NOTHING;
use super::view::{Encode, FieldWriter, Record};

/// A type that can be decoded from a received value.
pub trait Decode: Sized {
    /// Decodes the value. If the value is invalid, records a problem, and returns any value. The returned value is
    /// discarded at the end of decoding, which then fails.
    fn decode(node: Node<'_, '_>) -> Self;

    /// Returns the value for a missing key. By default, records that the key is missing.
    fn absent(missing: Missing<'_, '_>) -> Self {
        missing.required()
    }

    /// Decodes the value of an object key.
    ///
    /// For the most frequent field types, this is a function that is compiled once in this crate, rather than for each
    /// struct.
    #[inline]
    fn field(object: &mut Object<'_, '_>, key: &'static str) -> Self {
        match object.find(key) {
            Some(node) => Self::decode(node),
            None => Self::absent(object.missing(key)),
        }
    }

    /// Decodes the value of an object key. `None` if the key is missing or the value is null.
    #[inline]
    fn optional_field(object: &mut Object<'_, '_>, key: &'static str) -> Option<Self> {
        Option::decode(object.find(key)?)
    }
}

/// A struct that is decoded from, and encoded as, an object.
///
/// The macro [`model!`](crate::model) implements the other traits for it.
pub trait Model: Sized {
    /// Decodes the fields, in the order in which they are usually sent.
    fn read(object: &mut Object<'_, '_>) -> Self;

    /// Writes the fields, in order.
    fn write(&self, writer: &mut FieldWriter<'_>);
}

/// An enum that is decoded from, and encoded as, the content of one of its variants.
///
/// The macro [`union!`](crate::union) implements the other traits for it.
pub trait Union: Sized {
    /// Selects the variant and decodes its content.
    fn read(node: Node<'_, '_>) -> Self;

    /// Returns the name and the content of the variant.
    fn view(&self) -> (&'static str, &dyn Encode);
}

/// A struct for unknown variants of a union. It contains the JSON, and the fields that all variants have.
///
/// The macro [`unknown!`](crate::unknown) implements the other traits for it.
pub trait UnknownVariant: Sized {
    /// Decodes the fields that all variants have, and keeps the JSON.
    fn read(object: &mut Object<'_, '_>) -> Self;
}

/// A type of map keys, which are strings in JSON.
pub trait MapKey: Ord + Sized {
    /// Parses a key. `None` if the string is invalid.
    fn from_key(key: &str) -> Option<Self>;

    /// Returns the key as a string.
    fn to_key(&self) -> Cow<'_, str>;

    /// Returns the value of the map entry whose key is represented by this string.
    fn get_in<'m, T>(map: &'m BTreeMap<Self, T>, key: &str) -> Option<&'m T> {
        map.get(&Self::from_key(key)?)
    }
}

impl<T: Model> Record for T {
    #[inline]
    fn write(&self, writer: &mut FieldWriter<'_>) {
        Model::write(self, writer);
    }
}

impl Node<'_, '_> {
    /// Decodes the value of an object key. A missing key is a problem, unless `T` has a default: see
    /// [`Decode::absent`].
    #[must_use]
    pub fn member<T: Decode>(self, key: &'static str) -> T {
        self.object().field(key)
    }

    /// Decodes the value as the content of the variant `name`, which the messages of problems contain.
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

    /// Decodes the value if it is a `T` in its canonical notation. Otherwise returns `None`, and records no problem.
    ///
    /// For example, a union of a timestamp and a string keeps a timestamp in another notation as a string, so that it
    /// is encoded unchanged.
    #[must_use]
    pub fn parse_exact<T: Decode + Encode>(self) -> Option<T> {
        let before = self.tape.take_problems();
        let value = T::decode(self);
        let failed = self.tape.failures() > 0;
        self.tape.restore_problems(before);
        (!failed && to_json(&value) == self.json()).then_some(value)
    }

    /// Decodes an object as a struct.
    #[inline]
    #[must_use]
    pub fn model<T: Model>(self) -> T {
        T::read(&mut self.object())
    }

    /// Decodes an object as an unknown variant of a union.
    #[must_use]
    pub fn unknown<T: UnknownVariant>(self) -> Box<T> {
        let before = self.tape.failures();
        let value = T::read(&mut self.object());
        if self.tape.failures() > before {
            self.tape.name_variant(before, "Unknown");
        }
        Box::new(value)
    }

    /// Decodes the union `name`, which the messages of problems contain.
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
}

impl Object<'_, '_> {
    /// Decodes the value of `key`. For a missing key, see [`Decode::absent`].
    #[inline]
    pub fn field<T: Decode>(&mut self, key: &'static str) -> T {
        T::field(self, key)
    }

    /// Decodes a field that always has the same string. A different string is kept, so that it is encoded unchanged. A
    /// missing key is a problem.
    #[inline]
    pub fn constant(&mut self, key: &'static str, expected: &'static str) -> Cow<'static, str> {
        match self.find(key) {
            Some(node) => constant(node, expected),
            None => Decode::absent(self.missing(key)),
        }
    }

    /// Decodes a field like [`constant`](Object::constant). A missing key is decoded as the expected string.
    #[inline]
    pub fn constant_or(&mut self, key: &'static str, expected: &'static str) -> Cow<'static, str> {
        self.find(key)
            .map_or(Cow::Borrowed(expected), |node| constant(node, expected))
    }

    /// Decodes the fields whose keys are not in `known`.
    pub fn rest<T: Decode, M: FromIterator<(String, T)>>(&mut self, known: &[&str]) -> M {
        self.fields()
            .filter(|(key, _)| !known.contains(key))
            .map(|(key, node)| (key.to_owned(), T::decode(node)))
            .collect()
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

impl Missing<'_, '_> {
    /// Records that the key is missing. Returns a value that is discarded at the end of decoding.
    #[cold]
    #[must_use]
    pub fn required<T: Decode>(self) -> T {
        self.tape.record(self.object, Problem::Missing(self.key));
        T::decode(Node::new(self.tape, NOTHING))
    }
}
