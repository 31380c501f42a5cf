//! Type-erased values, which are written as JSON, with serde, as `Debug` output, and as query strings.
//!
//! A [`View`] is the outermost layer of a value: a scalar, or a trait object for a list or object. So the code that
//! writes values is compiled once, rather than for each type of the API.

use std::fmt;

use uuid::Uuid;

use super::limits::Outline;
use crate::secrets::is_secret_key;
use crate::types::{Date, Decimal, JsonValue, Timestamp};

/// A type that can be encoded.
pub trait Encode {
    /// Returns the outermost layer of the value.
    fn view(&self) -> View<'_>;
}

/// The outermost layer of a value, type-erased.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum View<'a> {
    /// No value. In an object, the field is omitted.
    Absent,
    /// Null.
    Null,
    /// A boolean.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// An integer that exceeds `i64`.
    Unsigned(u64),
    /// A floating-point number. NaN and infinities are encoded as null, because JSON lacks them;
    /// [`validate`](super::validate) rejects them.
    Float(f64),
    /// A string.
    String(&'a str),
    /// A decimal, encoded as a string.
    Decimal(&'a Decimal),
    /// A UUID, encoded as a string.
    Uuid(&'a Uuid),
    /// A timestamp, encoded as a string.
    Timestamp(&'a Timestamp),
    /// A date, encoded as a string.
    Date(&'a Date),
    /// Any JSON value.
    Json(&'a JsonValue),
    /// A list.
    List(&'a dyn List),
    /// An object with any keys.
    Map(&'a dyn Record),
    /// An object whose keys are the fields of a struct.
    Model {
        /// The name and constraints of the struct.
        outline: &'static Outline,
        /// The fields of the struct.
        fields: &'a dyn Record,
    },
    /// A variant of a union. Encoded as its content; only `Debug` shows the name.
    Variant {
        /// The name of the variant.
        name: &'static str,
        /// The content.
        content: &'a dyn Encode,
    },
    /// A secret. It is encoded like any value, but `Debug` does not show it.
    Secret(&'a dyn Encode),
}

/// A type-erased list.
pub trait List {
    /// Returns the number of items.
    fn len(&self) -> usize;

    /// Returns the item at an index, from 0. `None` after the last one.
    fn item(&self, index: usize) -> Option<&dyn Encode>;

    /// Returns whether there are no items.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A type-erased object: a struct or a map.
pub trait Record {
    /// Writes the fields or entries to the writer.
    fn write(&self, writer: &mut FieldWriter<'_>);

    /// Returns the value of a map key. `None` if the map has no such key, and for structs, whose fields are not looked
    /// up by key.
    fn entry(&self, key: &str) -> Option<&dyn Encode> {
        let _ = key;
        None
    }
}

/// An object key and its value.
pub type Field<'a> = (&'a str, &'a dyn Encode);

/// A function that is called with a map of additional fields.
type TakeEntries<'a> = &'a mut dyn FnMut(&dyn Record);

/// Receives the fields of a struct or the entries of a map.
pub struct FieldWriter<'a> {
    take: &'a mut dyn FnMut(&[Field<'_>]),
    /// Called with maps of additional fields, if it is set. Otherwise, their entries are passed like fields.
    take_entries: Option<TakeEntries<'a>>,
}

impl<'a> FieldWriter<'a> {
    /// Creates a writer that passes each group of fields to a function.
    pub fn new(take: &'a mut dyn FnMut(&[Field<'_>])) -> Self {
        Self {
            take,
            take_entries: None,
        }
    }

    /// Creates a writer that passes maps of additional fields to a function of their own.
    pub(super) fn apart(
        take: &'a mut dyn FnMut(&[Field<'_>]),
        take_entries: TakeEntries<'a>,
    ) -> Self {
        Self {
            take,
            take_entries: Some(take_entries),
        }
    }

    /// Writes fields. Fields without a value are omitted.
    #[inline]
    pub fn fields(&mut self, fields: &[Field<'_>]) {
        (self.take)(fields);
    }

    /// Writes the entries of a map as additional fields of an object, except for keys in `known`. If a key indicates a
    /// secret, its value is treated as a secret.
    pub fn entries(&mut self, entries: &dyn Record, known: &[&str]) {
        if let Some(take) = &mut self.take_entries {
            return take(entries);
        }
        entries.write(&mut FieldWriter::new(&mut |fields| {
            for (key, value) in fields {
                if known.contains(key) {
                    continue;
                }
                let secret = Redacted(*value);
                (self.take)(&[(key, if is_secret_key(key) { &secret } else { *value })]);
            }
        }));
    }
}

impl fmt::Debug for FieldWriter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldWriter").finish_non_exhaustive()
    }
}

/// Returns a value that is omitted if it is `None`. (An `Option` itself is encoded as null.)
#[inline]
#[must_use]
pub fn optional<T: Encode>(value: &Option<T>) -> &dyn Encode {
    match value {
        Some(value) => value,
        None => &Absent,
    }
}

/// No value.
struct Absent;

impl Encode for Absent {
    fn view(&self) -> View<'_> {
        View::Absent
    }
}

/// A secret value: it is encoded unchanged, and `Debug` shows `[redacted]`.
///
/// Null and omitted values are not redacted. For example, `Redacted(optional(&self.secret))` omits `None`.
#[derive(Clone, Copy)]
pub struct Redacted<'a>(
    /// The secret.
    pub &'a dyn Encode,
);

impl Encode for Redacted<'_> {
    fn view(&self) -> View<'_> {
        match self.0.view() {
            View::Absent => View::Absent,
            View::Null => View::Null,
            _ => View::Secret(self.0),
        }
    }
}

/// Returns the string at a path of object keys. Empty if there is no string.
#[must_use]
pub fn text_at(value: &dyn Encode, path: &[&str]) -> String {
    if let View::Variant { content, .. } = value.view() {
        return text_at(content, path);
    }
    let Some((key, rest)) = path.split_first() else {
        return match value.view() {
            View::String(text) => text.to_owned(),
            _ => String::new(),
        };
    };
    let mut found = String::new();
    if let View::Map(record) | View::Model { fields: record, .. } = value.view() {
        record.write(&mut FieldWriter::new(&mut |fields| {
            if let Some((_, value)) = fields.iter().find(|(other, _)| other == key) {
                found = text_at(*value, rest);
            }
        }));
    }
    found
}
