//! The traits of decodable types, and methods that decode by them.

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
    /// Decodes the value. Problems are recorded and reported at the end; the returned value is then discarded.
    fn decode(node: Node<'_, '_>) -> Self;

    /// Returns the value of a missing key: a problem, unless the type has a default.
    fn absent(missing: Missing<'_, '_>) -> Self {
        missing.required()
    }

    /// Reads the value of a key of an object.
    ///
    /// For the types that most fields have, this is a function that is compiled once in this crate, rather than for
    /// each struct.
    #[inline]
    fn field(object: &mut Object<'_, '_>, key: &'static str) -> Self {
        match object.find(key) {
            Some(node) => Self::decode(node),
            None => Self::absent(object.missing(key)),
        }
    }

    /// Reads the value of a key that may be missing or null.
    #[inline]
    fn optional_field(object: &mut Object<'_, '_>, key: &'static str) -> Option<Self> {
        Option::decode(object.find(key)?)
    }
}

/// A struct that represents an object.
///
/// The [`model!`](crate::model) macro derives the other traits from it.
pub trait Model: Sized {
    /// Decodes the fields, in the order in which they are usually sent.
    fn read(object: &mut Object<'_, '_>) -> Self;

    /// Writes the fields, in order.
    fn write(&self, writer: &mut FieldWriter<'_>);
}

/// An enum whose variants represent the possible forms of a value.
///
/// The [`union!`](crate::union) macro derives the other traits from it.
pub trait Union: Sized {
    /// Decides on the variant and decodes it.
    fn read(node: Node<'_, '_>) -> Self;

    /// Returns the variant's name and content.
    fn view(&self) -> (&'static str, &dyn Encode);
}

/// A struct for unknown variants of a union: the JSON, and the fields that all variants have.
///
/// The [`unknown!`](crate::unknown) macro derives the other traits from it.
pub trait UnknownVariant: Sized {
    /// Decodes the fields that all variants have, and keeps the JSON.
    fn read(object: &mut Object<'_, '_>) -> Self;
}

/// A type of map keys.
pub trait Key: Ord + Sized {
    /// Parses a key; `None` if it is invalid.
    fn from_text(text: &str) -> Option<Self>;

    /// Returns the key as a string.
    fn as_text(&self) -> Cow<'_, str>;

    /// Returns the value of the key that is represented by `text`.
    fn value_in<'m, T>(map: &'m BTreeMap<Self, T>, text: &str) -> Option<&'m T> {
        map.get(&Self::from_text(text)?)
    }
}

impl<T: Model> Record for T {
    #[inline]
    fn write(&self, writer: &mut FieldWriter<'_>) {
        Model::write(self, writer);
    }
}

impl Node<'_, '_> {
    /// Decodes the value of a key. The key is required unless `T` has a default for missing keys: see
    /// [`Decode::absent`].
    #[must_use]
    pub fn member<T: Decode>(self, key: &'static str) -> T {
        self.object().field(key)
    }

    /// Decodes the value as the variant `name`. Problems mention the name.
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
    /// A string in another notation stays a string, so that encoding gives the same string again.
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

    /// Decodes a union. Problems mention its `name`.
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

    /// Decodes a constant string. A different string is kept, so that encoding gives it again. A missing key is a
    /// problem.
    #[inline]
    pub fn constant(&mut self, key: &'static str, expected: &'static str) -> Cow<'static, str> {
        match self.find(key) {
            Some(node) => constant(node, expected),
            None => Decode::absent(self.missing(key)),
        }
    }

    /// Decodes a constant string like [`Object::constant`], but the key may be missing.
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
    /// Records that the key is missing.
    #[cold]
    #[must_use]
    pub fn required<T: Decode>(self) -> T {
        self.tape.record(self.object, Problem::Missing(self.key));
        T::decode(Node::new(self.tape, NOTHING))
    }
}
