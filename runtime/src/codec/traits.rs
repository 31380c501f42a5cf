//! The traits of types that are read, and how values on the tape are read with them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::node::Node;
use super::object::{Missing, Object};
use super::problems::Problem;
use super::serialize::to_json;
use super::sink::{Encode, Record, Sink};
use super::tape::NOTHING;

/// A type that can be read from a received value.
pub trait Decode: Sized {
    /// Reads the value. Mistakes are parked in the reader and reported at the end; what is returned then is never seen.
    fn decode(node: Node<'_, '_>) -> Self;

    /// What it means that an object lacks the key: an error, unless the type knows better.
    fn absent(missing: Missing<'_, '_>) -> Self {
        missing.required()
    }

    /// Reads the value of a key of an object.
    ///
    /// The types that most fields have are read by functions that are compiled once, here, and not wherever a struct is
    /// read.
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

/// A struct that stands for an object.
///
/// The [`model!`](crate::model) macro makes the other traits from this one.
pub trait Model: Sized {
    /// Reads the fields, in the order in which they are usually sent.
    fn read(object: &mut Object<'_, '_>) -> Self;

    /// Hands the fields to the sink, in the order in which they are written.
    fn write(&self, sink: &mut Sink<'_>);
}

/// An enum of which each variant stands for one of the forms that a value can have.
///
/// The [`union!`](crate::union) macro makes the other traits from this one.
pub trait Union: Sized {
    /// Decides on the variant and reads it.
    fn read(node: Node<'_, '_>) -> Self;

    /// The variant's name and content.
    fn view(&self) -> (&'static str, &dyn Encode);
}

/// A struct for the values of a union that the client does not know: the JSON, and what all variants have.
///
/// The [`unknown!`](crate::unknown) macro makes the other traits from this one.
pub trait UnknownVariant: Sized {
    /// Reads what all variants have, and keeps everything.
    fn read(object: &mut Object<'_, '_>) -> Self;
}

/// A type whose values are the keys of an object.
pub trait Key: Ord + Sized {
    /// The key that a text stands for; `None` if it stands for none.
    fn from_text(text: &str) -> Option<Self>;

    /// The text of the key.
    fn as_text(&self) -> Cow<'_, str>;

    /// Returns the value of the key that a text stands for.
    fn value_in<'m, T>(map: &'m BTreeMap<Self, T>, text: &str) -> Option<&'m T> {
        map.get(&Self::from_text(text)?)
    }
}

impl<T: Model> Record for T {
    #[inline]
    fn write(&self, sink: &mut Sink<'_>) {
        Model::write(self, sink);
    }
}

impl Node<'_, '_> {
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
        (!failed && to_json(&value) == self.json()).then_some(value)
    }

    /// Decodes an object as a struct.
    #[inline]
    #[must_use]
    pub fn model<T: Model>(self) -> T {
        T::read(&mut self.object())
    }

    /// Decodes an object that is none of the known variants of a union.
    #[must_use]
    pub fn unknown<T: UnknownVariant>(self) -> Box<T> {
        let before = self.tape.failures();
        let value = T::read(&mut self.object());
        if self.tape.failures() > before {
            self.tape.name_variant(before, "Unknown");
        }
        Box::new(value)
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
}

impl Object<'_, '_> {
    /// Decodes the value of `key`. What a missing key means is up to `T`: see [`Decode::absent`].
    #[inline]
    pub fn field<T: Decode>(&mut self, key: &'static str) -> T {
        T::field(self, key)
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
    /// Says that the key must be there: a mistake that names it.
    #[cold]
    #[must_use]
    pub fn required<T: Decode>(self) -> T {
        self.tape.park(self.object, Problem::Missing(self.key));
        T::decode(Node::new(self.tape, NOTHING))
    }
}
