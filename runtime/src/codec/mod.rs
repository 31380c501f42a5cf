//! The codec: decodes and encodes values of the API.
//!
//! Decoding first stores a received value of any format on a flat tape. Types then look up their fields on the tape.
//! Encoding, `Debug` and `==` read a value through a type-erased [`View`]. So most code is compiled once in this crate,
//! rather than for each of several hundred types.

#[cfg(test)]
mod bounds_tests;
mod build;
mod debug;
mod decode;
mod encode;
mod entry;
mod equal;
mod error;
mod input;
mod json;
mod limits;
mod macros;
mod node;
mod object;
mod path;
mod problems;
mod serialize;
mod tape;
mod traits;
mod validate;
mod values;
mod view;

#[cfg(feature = "exports")]
use serde::de::IntoDeserializer;
#[cfg(feature = "exports")]
use serde::de::value::MapDeserializer;
use serde::de::{Deserializer, Error as _};

pub use debug::debug;
pub use equal::equal;
pub use error::{DecodeError, DecodeProblem};
pub use input::Choice;
pub use limits::{Limit, Outline};
pub use node::{Kind, Node};
pub use object::{Missing, Object};
pub use serialize::serialize;
use tape::Tape;
pub use traits::{Decode, MapKey, Model, Union, UnknownVariant};
pub use validate::{Violation, Violations, validate};
pub use view::{Encode, Field, FieldWriter, List, Record, Redacted, View, optional, text_at};

use crate::types::JsonValue;

/// Decodes a value from JSON bytes.
///
/// # Errors
/// [`DecodeError`] if the bytes are not valid JSON, or do not match `T`.
pub fn from_slice<T: Decode>(bytes: &[u8]) -> Result<T, DecodeError> {
    finish(&read_slice(bytes)?)
}

/// Decodes a value from a JSON string.
///
/// # Errors
/// [`DecodeError`] if the string is not valid JSON, or does not match `T`.
pub fn from_str<T: Decode>(text: &str) -> Result<T, DecodeError> {
    finish(&read_str(text)?)
}

/// Decodes a value from a [`JsonValue`] value.
///
/// # Errors
/// [`DecodeError`] if the JSON value does not match `T`.
pub fn from_value<T: Decode>(value: &JsonValue) -> Result<T, DecodeError> {
    finish(&read_value(value)?)
}

/// Decodes a value from JSON bytes if `check` accepts the undecoded value.
#[cfg(feature = "webhooks")]
pub(crate) fn from_slice_if<T: Decode, E: From<DecodeError>>(
    bytes: &[u8],
    check: impl FnOnce(Node<'_, '_>) -> Result<(), E>,
) -> Result<T, E> {
    let tape = read_slice(bytes)?;
    check(Node::root(&tape))?;
    Ok(finish(&tape)?)
}

/// Decodes a value from any serde deserializer of a self-describing format.
///
/// # Errors
/// Errors of the deserializer, and an error if the value does not match `T`.
pub fn deserialize<'de, T: Decode, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let mut tape = Tape::for_text("");
    build::build(deserializer, &mut tape)?;
    finish(&tape).map_err(D::Error::custom)
}

/// Encodes a value as JSON bytes.
#[must_use]
pub fn to_vec(value: &dyn Encode) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1024);
    json::write(value.view(), &mut bytes);
    bytes
}

/// Encodes a value as a JSON string.
#[must_use]
pub fn to_string(value: &dyn Encode) -> String {
    String::from_utf8(to_vec(value)).unwrap_or_default()
}

/// Converts a value to a [`JsonValue`] value.
#[must_use]
pub fn to_value(value: &dyn Encode) -> JsonValue {
    serialize::to_json(value)
}

/// Decodes a value from the entries of an object.
#[cfg(feature = "exports")]
pub(crate) fn from_entries<'de, T, V>(
    entries: impl Iterator<Item = (&'de str, V)>,
) -> Result<T, DecodeError>
where
    T: Decode,
    V: IntoDeserializer<'de, serde_json::Error>,
{
    let mut tape = Tape::for_text("");
    build::build(MapDeserializer::new(entries), &mut tape).map_err(DecodeError::syntax)?;
    finish(&tape)
}

#[inline]
fn finish<T: Decode>(tape: &Tape<'_>) -> Result<T, DecodeError> {
    let value = T::decode(Node::root(tape));
    match DecodeError::from_tape(tape) {
        None => Ok(value),
        Some(error) => Err(error),
    }
}

fn read_slice(bytes: &[u8]) -> Result<Tape<'_>, DecodeError> {
    // Validates the whole input as UTF-8 at once, so that strings need no validation of their own.
    match std::str::from_utf8(bytes) {
        Ok(text) => read_str(text),
        // Fails as well, but with the position of the error.
        Err(_) => read_json(serde_json::Deserializer::from_slice(bytes), ""),
    }
}

fn read_str(text: &str) -> Result<Tape<'_>, DecodeError> {
    read_json(serde_json::Deserializer::from_str(text), text)
}

fn read_json<'de, R: serde_json::de::Read<'de>>(
    mut json: serde_json::Deserializer<R>,
    text: &'de str,
) -> Result<Tape<'de>, DecodeError> {
    let mut tape = Tape::for_text(text);
    build::build(&mut json, &mut tape)
        .and_then(|()| json.end())
        .map_err(DecodeError::syntax)?;
    Ok(tape)
}

fn read_value(value: &JsonValue) -> Result<Tape<'_>, DecodeError> {
    let mut tape = Tape::for_text("");
    build::build(value, &mut tape).map_err(DecodeError::syntax)?;
    Ok(tape)
}
