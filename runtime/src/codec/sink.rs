//! What a value looks like from outside: one type-erased view for every format, for `Debug` and for query strings.

use std::fmt;

use uuid::Uuid;

use super::limits::Outline;
use crate::secrets::is_secret_key;
use crate::types::{Date, Decimal, Json, Timestamp};

/// A type that can be sent.
pub trait Encode {
    /// The outermost layer of the value.
    fn view(&self) -> View<'_>;
}

/// The outermost layer of a value.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum View<'a> {
    /// No value: the field is left out.
    Absent,
    /// Null.
    Null,
    /// A boolean.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// An integer above the range of `Integer`.
    Unsigned(u64),
    /// A number. What JSON has no number for (NaN, infinities) is written as null; [`validate`](super::validate) refuses it.
    Float(f64),
    /// Text.
    Text(&'a str),
    /// A number that is never rounded, written as text.
    Decimal(&'a Decimal),
    /// An identifier, written as text.
    Uuid(&'a Uuid),
    /// A point in time, written as text.
    Timestamp(&'a Timestamp),
    /// A day, written as text.
    Date(&'a Date),
    /// Any JSON.
    Json(&'a Json),
    /// A list.
    List(&'a dyn List),
    /// An object whose keys are data.
    Map(&'a dyn Record),
    /// An object whose keys are fields.
    Model {
        /// Its type.
        outline: &'static Outline,
        /// The fields.
        fields: &'a dyn Record,
    },
    /// A variant of a union. Only `Debug` shows that it is one.
    Variant {
        /// Its name.
        name: &'static str,
        /// What it holds.
        content: &'a dyn Encode,
    },
    /// Something that is sent as it is and never printed.
    Secret(&'a dyn Encode),
}

/// The items of a list.
pub trait List {
    /// How many items there are.
    fn len(&self) -> usize;

    /// The item at a position; `None` after the last one.
    fn item(&self, index: usize) -> Option<&dyn Encode>;

    /// Whether there are no items.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The entries of an object.
pub trait Record {
    /// Hands the entries to the sink.
    fn write(&self, sink: &mut Sink<'_>);

    /// Returns the value of a key of a map. `None` for a struct, whose keys are fields.
    fn entry(&self, key: &str) -> Option<&dyn Encode> {
        let _ = key;
        None
    }
}

/// A key and its value.
pub type Field<'a> = (&'a str, &'a dyn Encode);

/// What takes a map as a whole.
type TakeEntries<'a> = &'a mut dyn FnMut(&dyn Record);

/// Takes the entries of an object.
pub struct Sink<'a> {
    take: &'a mut dyn FnMut(&[Field<'_>]),
    /// Takes maps of further fields as a whole.
    take_entries: Option<TakeEntries<'a>>,
}

impl<'a> Sink<'a> {
    /// A sink that hands on what it gets.
    pub fn new(take: &'a mut dyn FnMut(&[Field<'_>])) -> Self {
        Self {
            take,
            take_entries: None,
        }
    }

    /// A sink that hands on maps of further fields as they are, apart from the fields.
    pub(super) fn apart(
        take: &'a mut dyn FnMut(&[Field<'_>]),
        take_entries: TakeEntries<'a>,
    ) -> Self {
        Self {
            take,
            take_entries: Some(take_entries),
        }
    }

    /// Takes fields. Those without a value are left out.
    #[inline]
    pub fn fields(&mut self, fields: &[Field<'_>]) {
        (self.take)(fields);
    }

    /// Takes the entries of a map, as further fields of this object, but for those whose keys it has already. Nobody
    /// declared what they are: those whose keys say that they are secret are taken for secrets.
    pub fn entries(&mut self, entries: &dyn Record, known: &[&str]) {
        if let Some(take) = &mut self.take_entries {
            return take(entries);
        }
        entries.write(&mut Sink::new(&mut |fields| {
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

impl fmt::Debug for Sink<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sink").finish_non_exhaustive()
    }
}

/// Leaves a field out if it is `None`. (An `Option` that is written as it is becomes null.)
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

/// A value that is sent as it is, and printed as `[redacted]`.
///
/// Of a value that is left out or null there is nothing to hide: `Redacted(optional(&self.secret))` leaves out what is `None`.
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

/// The text that the keys lead to; empty if they lead to none.
#[must_use]
pub fn text_at(value: &dyn Encode, path: &[&str]) -> String {
    if let View::Variant { content, .. } = value.view() {
        return text_at(content, path);
    }
    let Some((key, rest)) = path.split_first() else {
        return match value.view() {
            View::Text(text) => text.to_owned(),
            _ => String::new(),
        };
    };
    let mut found = String::new();
    if let View::Map(record) | View::Model { fields: record, .. } = value.view() {
        record.write(&mut Sink::new(&mut |fields| {
            if let Some((_, value)) = fields.iter().find(|(other, _)| other == key) {
                found = text_at(*value, rest);
            }
        }));
    }
    found
}
