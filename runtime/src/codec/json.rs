//! Encodes values as JSON.
//!
//! Scalars are written by serde_json. Objects and lists are written here, which is faster than a serializer for pages
//! of many small fields: keys rarely need escaping, and writing to memory cannot fail.

use serde::Serialize;

use super::view::{FieldWriter, List, Record, View};
use crate::types::timestamp;

/// Appends the JSON of a value.
pub(super) fn write(view: View<'_>, out: &mut Vec<u8>) {
    match view {
        View::Absent | View::Null => out.extend_from_slice(b"null"),
        View::Boolean(true) => out.extend_from_slice(b"true"),
        View::Boolean(false) => out.extend_from_slice(b"false"),
        View::Integer(value) => scalar(&value, out),
        View::Unsigned(value) => scalar(&value, out),
        View::Float(value) => scalar(&value, out),
        View::String(value) => text(value, out),
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

/// Writes a scalar with serde_json.
#[inline]
fn scalar<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    // Fails only if the writer fails or a map key is not a string, neither of which is possible here.
    let _ = serde_json::to_writer(out, value);
}

/// Writes a string.
#[inline]
fn text(value: &str, out: &mut Vec<u8>) {
    match must_escape(value.as_bytes()) {
        false => plain(value, out),
        true => scalar(value, out),
    }
}

/// Writes an object key and its colon, after a comma unless it is the first key.
#[inline]
fn key(name: &str, is_first: bool, out: &mut Vec<u8>) {
    if must_escape(name.as_bytes()) {
        if !is_first {
            out.push(b',');
        }
        scalar(name, out);
        return out.push(b':');
    }
    // Reserve capacity for the key and its punctuation at once.
    out.reserve(name.len() + 4);
    out.extend_from_slice(if is_first { b"\"" } else { b",\"" });
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

/// Returns whether a string has bytes that must be escaped in JSON.
#[inline]
fn must_escape(text: &[u8]) -> bool {
    let Some(last) = text.last_chunk() else {
        // Without an early exit, the compiler can process several bytes in parallel.
        let is_special = |byte: u8| (byte < b' ') | (byte == b'"') | (byte == b'\\');
        return text
            .iter()
            .fold(false, |found, byte| found | is_special(*byte));
    };
    // The last eight bytes may overlap the previous ones.
    let (words, _) = text.as_chunks();
    let found = words.iter().fold(0, |found, word| found | special(*word));
    found | special(*last) != 0
}

/// Finds the bytes that must be escaped among eight bytes at once. Their highest bits are set in the result.
#[inline]
fn special(bytes: [u8; 8]) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHEST_BITS: u64 = u64::from_ne_bytes([0x80; 8]);
    const SPACES: u64 = u64::from_ne_bytes([b' '; 8]);
    const QUOTES: u64 = u64::from_ne_bytes([b'"'; 8]);
    const BACKSLASHES: u64 = u64::from_ne_bytes([b'\\'; 8]);
    let word = u64::from_ne_bytes(bytes);
    let (quote, backslash) = (word ^ QUOTES, word ^ BACKSLASHES);
    // The subtraction sets the highest bit of each byte that is less than a space. Bytes whose highest bit was already
    // set are excluded. A borrow can set further bits, but only next to a byte that must be escaped anyway.
    let control = word.wrapping_sub(SPACES) & !word;
    let quote = quote.wrapping_sub(ONES) & !quote;
    let backslash = backslash.wrapping_sub(ONES) & !backslash;
    (control | quote | backslash) & HIGHEST_BITS
}

/// Writes a string that needs no escaping.
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
    record.write(&mut FieldWriter::new(&mut |fields| {
        for (name, value) in fields {
            let view = value.view();
            if matches!(view, View::Absent) {
                continue;
            }
            key(name, out.len() == start, out);
            write(view, out);
        }
    }));
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_must_be_escaped_are_found_at_every_place() {
        for byte in 0..=u8::MAX {
            let special = byte < b' ' || byte == b'"' || byte == b'\\';
            for len in 1..=35 {
                for place in 0..len {
                    for filler in [b'a', b'!', b' ', 0x7f, 0xff] {
                        let mut text = vec![filler; len];
                        text[place] = byte;
                        assert_eq!(must_escape(&text), special, "{byte} at {place} of {len}");
                    }
                }
            }
        }
        assert!(!must_escape(b""));
    }
}
