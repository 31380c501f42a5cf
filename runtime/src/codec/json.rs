//! The view, written as JSON text.
//!
//! serde_json writes the scalars. What is around them is written here: keys hardly ever need escaping, and nothing can
//! fail, which makes pages of many small fields faster than through a serializer.

use serde::Serialize;

use super::sink::{List, Record, Sink, View};
use crate::types::timestamp;

/// Appends the JSON text of a value.
pub(super) fn write(view: View<'_>, out: &mut Vec<u8>) {
    match view {
        View::Absent | View::Null => out.extend_from_slice(b"null"),
        View::Boolean(true) => out.extend_from_slice(b"true"),
        View::Boolean(false) => out.extend_from_slice(b"false"),
        View::Integer(value) => scalar(&value, out),
        View::Unsigned(value) => scalar(&value, out),
        View::Float(value) => scalar(&value, out),
        View::Text(value) => text(value, out),
        View::Decimal(value) => plain(value.as_str(), out),
        View::Uuid(id) => plain(
            id.hyphenated()
                .encode_lower(&mut uuid::Uuid::encode_buffer()),
            out,
        ),
        View::Timestamp(time) => plain(timestamp::format(*time).as_str(), out),
        View::Date(date) => plain(timestamp::format_date(*date).as_str(), out),
        View::Json(json) => scalar(json, out),
        View::List(items) => list(items, out),
        View::Map(fields) | View::Model { fields, .. } => object(fields, out),
        View::Secret(value) | View::Variant { content: value, .. } => write(value.view(), out),
    }
}

/// Whatever serde_json knows how to write.
#[inline]
fn scalar<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    // It only fails on writers that fail and on keys that are not text. There are neither here.
    let _ = serde_json::to_writer(out, value);
}

/// A text or a key.
#[inline]
fn text(value: &str, out: &mut Vec<u8>) {
    // Without an early end, so that many bytes are looked at together.
    let must_escape = |found, byte: u8| found | (byte < b' ') | (byte == b'"') | (byte == b'\\');
    match value.bytes().fold(false, must_escape) {
        false => plain(value, out),
        true => scalar(value, out),
    }
}

/// A text in which nothing has to be escaped.
#[inline]
fn plain(text: &str, out: &mut Vec<u8>) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

fn list(items: &dyn List, out: &mut Vec<u8>) {
    out.push(b'[');
    for index in 0..items.len() {
        if index > 0 {
            out.push(b',');
        }
        match items.item(index) {
            Some(item) => write(item.view(), out),
            None => out.extend_from_slice(b"null"),
        }
    }
    out.push(b']');
}

fn object(record: &dyn Record, out: &mut Vec<u8>) {
    out.push(b'{');
    let start = out.len();
    record.write(&mut Sink::new(&mut |fields| {
        for (name, value) in fields {
            let view = value.view();
            if matches!(view, View::Absent) {
                continue;
            }
            if out.len() > start {
                out.push(b',');
            }
            text(name, out);
            out.push(b':');
            write(view, out);
        }
    }));
    out.push(b'}');
}
