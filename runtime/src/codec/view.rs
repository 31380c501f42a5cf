//! Type-erased values, which JSON, serde serializers, `Debug` and query strings are written from.
//!
//! A [`View`] is the outermost layer of a value: a scalar, or a list or object behind a trait object. So the code that
//! writes values is compiled once, rather than for each type of the API.

use std::fmt;

use uuid::Uuid;

use super::limits::Outline;
use crate::secrets::is_secret_key;
use crate::types::{Date, Decimal, Json, Timestamp};

/// A type that can be encoded.
pub trait Encode {
    /// Returns the outermost layer of the value.
    fn view(&self) -> View<'_>;
}

/// The outermost layer of a value, type-erased.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum View<'a> {
    /// No value: the field is omitted.
    Absent,
    /// Null.
    Null,
    /// A boolean.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// An integer above the range of `Integer`.
    Unsigned(u64),
    /// A number. NaN and infinities, which JSON lacks, are written as null; [`validate`](super::validate) rejects them.
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
    Json(&'a Json),
    /// A list.
    List(&'a dyn List),
    /// An object with arbitrary keys.
    Map(&'a dyn Record),
    /// An object whose keys are the fields of a struct.
    Model {
        /// Facts about the struct.
        outline: &'static Outline,
        /// The fields.
        fields: &'a dyn Record,
    },
    /// A variant of a union. Only `Debug` shows the variant.
    Variant {
        /// The name of the variant.
        name: &'static str,
        /// The content.
        content: &'a dyn Encode,
    },
    /// A value that is sent but never printed.
    Secret(&'a dyn Encode),
}

/// The items of a list.
pub trait List {
    /// Returns the number of items.
    fn len(&self) -> usize;

    /// Returns the item at an index; `None` after the last one.
    fn item(&self, index: usize) -> Option<&dyn Encode>;

    /// Returns whether there are no items.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The fields or entries of an object.
pub trait Record {
    /// Passes the fields or entries to the writer.
    fn write(&self, writer: &mut FieldWriter<'_>);

    /// Returns the value of a key of a map. `None` for a struct, whose fields are not looked up by key.
    fn entry(&self, key: &str) -> Option<&dyn Encode> {
        let _ = key;
        None
    }
}

/// A key and its value.
pub type Field<'a> = (&'a str, &'a dyn Encode);

/// A function that receives a map of additional fields as a whole.
type TakeEntries<'a> = &'a mut dyn FnMut(&dyn Record);

/// Receives the entries of an object.
pub struct FieldWriter<'a> {
    take: &'a mut dyn FnMut(&[Field<'_>]),
    /// Receives maps of additional fields as a whole, if set.
    take_entries: Option<TakeEntries<'a>>,
}

impl<'a> FieldWriter<'a> {
    /// Creates a writer that calls a function with each group of fields.
    pub fn new(take: &'a mut dyn FnMut(&[Field<'_>])) -> Self {
        Self {
            take,
            take_entries: None,
        }
    }

    /// Creates a writer that passes maps of additional fields to a function of their own, as a whole.
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

    /// Writes the entries of a map as additional fields of this object, except for keys in `known`. An entry whose key
    /// indicates a secret is treated as a secret, because its type does not state that.
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

/// Returns a value that omits the field if it is `None`. (An `Option` itself is encoded as null.)
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

/// A value that is sent unchanged and printed as `[redacted]`.
///
/// Null and omitted values are not redacted: `Redacted(optional(&self.secret))` omits `None`.
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

/// Returns the string at a path of keys; empty if there is none.
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
