//! `Debug` output of values. Only this module decides which values are redacted.

use std::fmt;

use super::view::{Encode, Field, FieldWriter, Record, Redacted, View};
use crate::secrets::{REDACTED, is_secret_text};
use crate::types::{JsonValue, timestamp};

/// Formats a value like a derived `Debug`, including `{:#?}`. Fields without a value are omitted, and null is formatted
/// as `None`. Secrets, and strings that contain a token, are redacted.
///
/// # Errors
/// Errors of the formatter.
pub fn debug(value: &dyn Encode, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match value.view() {
        View::Absent | View::Null => f.write_str("None"),
        View::Boolean(value) => fmt::Debug::fmt(&value, f),
        View::Integer(value) => fmt::Debug::fmt(&value, f),
        View::Unsigned(value) => fmt::Debug::fmt(&value, f),
        View::Float(value) => fmt::Debug::fmt(&value, f),
        View::String(text) => debug_text(text, f),
        View::Decimal(value) => fmt::Debug::fmt(value.as_str(), f),
        View::Uuid(id) => fmt::Display::fmt(id, f),
        View::Timestamp(time) => f.write_str(timestamp::format(*time).as_str()),
        View::Date(date) => f.write_str(timestamp::format_date(*date).as_str()),
        View::Json(json) => debug_json(json, f),
        View::List(list) => f
            .debug_list()
            .entries(
                (0..list.len())
                    .filter_map(|index| list.item(index))
                    .map(Shown),
            )
            .finish(),
        View::Map(entries) => debug_map(entries, f),
        View::Model { outline, fields } => debug_model(outline.name, fields, f),
        View::Variant { name, content } => f.debug_tuple(name).field(&Shown(content)).finish(),
        View::Secret(_) => f.write_str(REDACTED),
    }
}

fn debug_text(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if is_secret_text(text) {
        f.write_str(REDACTED)
    } else {
        fmt::Debug::fmt(text, f)
    }
}

fn debug_model(name: &str, fields: &dyn Record, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut output = f.debug_struct(name);
    fields.write(&mut FieldWriter::new(&mut |fields| {
        for (key, value) in fields {
            if !matches!(value.view(), View::Absent) {
                output.field(key, &Shown(*value));
            }
        }
    }));
    output.finish()
}

fn debug_map(entries: &dyn Record, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut output = f.debug_map();
    let mut take = |fields: &[Field<'_>]| {
        for (key, value) in fields {
            if !matches!(value.view(), View::Absent) {
                let key = if is_secret_text(key) { REDACTED } else { key };
                output.entry(&key, &Shown(*value));
            }
        }
    };
    FieldWriter::new(&mut take).entries(entries, &[]);
    output.finish()
}

fn debug_json(json: &JsonValue, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match json {
        JsonValue::Null => f.write_str("null"),
        JsonValue::Bool(value) => fmt::Debug::fmt(value, f),
        JsonValue::Number(value) => fmt::Display::fmt(value, f),
        JsonValue::String(text) => debug_text(text, f),
        JsonValue::Array(items) => f
            .debug_list()
            .entries(items.iter().map(|item| Shown(item)))
            .finish(),
        JsonValue::Object(entries) => debug_map(entries, f),
    }
}

struct Shown<'a>(&'a dyn Encode);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(self.0, f)
    }
}

impl fmt::Debug for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(self, f)
    }
}
