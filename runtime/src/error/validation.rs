//! The validation errors of a response.

use std::fmt;

use super::shown::shown;
use crate::types::JsonValue;

/// The maximum number of entries in an error message.
const MAX_NAMED: usize = 5;

/// A validation error that the server reported. The rejected value is not kept.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ValidationEntry {
    /// The location of the invalid value in the request, such as `body`, `items`, 0, `name`. Empty if the response
    /// contains none.
    pub location: Vec<Location>,
    /// The server's message.
    pub message: String,
    /// The violated rule, such as `missing` or `string_too_short`.
    pub kind: String,
}

/// A segment of the location of an invalid value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// The property with this key.
    Key(String),
    /// The item at this index, from 0.
    Index(u64),
}

/// Returns the validation errors in a response's `detail`; empty if it has another format.
pub(super) fn entries(detail: &JsonValue) -> Vec<ValidationEntry> {
    let items = detail.as_array().map_or(&[][..], Vec::as_slice);
    items
        .iter()
        .filter(|item| item.is_object())
        .map(entry)
        .collect()
}

fn entry(item: &JsonValue) -> ValidationEntry {
    let text = |key: &str| {
        let text = item.get(key).and_then(JsonValue::as_str);
        text.unwrap_or_default().to_owned()
    };
    let location = item.get("loc").and_then(JsonValue::as_array);
    let step = |step: &JsonValue| match step {
        JsonValue::String(key) => Location::Key(key.clone()),
        other => match other.as_u64() {
            Some(index) => Location::Index(index),
            None => Location::Key(other.to_string()),
        },
    };
    ValidationEntry {
        location: location.into_iter().flatten().map(step).collect(),
        message: text("msg"),
        kind: text("type"),
    }
}

/// Writes the first few entries.
pub(super) fn describe(entries: &[ValidationEntry], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, entry) in entries.iter().take(MAX_NAMED).enumerate() {
        write!(f, "{} {entry}", if index == 0 { ":" } else { ";" })?;
    }
    match entries.len().saturating_sub(MAX_NAMED) {
        0 => Ok(()),
        more => write!(f, "; and {more} more"),
    }
}

impl ValidationEntry {
    /// Returns the location as a string, such as `body.items[0].name`.
    #[must_use]
    pub fn path(&self) -> String {
        let mut path = String::new();
        for step in &self.location {
            match step {
                Location::Index(index) => path.push_str(&format!("[{index}]")),
                Location::Key(key) if path.is_empty() => path.push_str(key),
                Location::Key(key) => {
                    path.push('.');
                    path.push_str(key);
                }
            }
        }
        path
    }
}

impl fmt::Display for ValidationEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.location.is_empty() {
            write!(f, "{}: ", shown(&self.path()))?;
        }
        let text = match self.message.is_empty() {
            true => &self.kind,
            false => &self.message,
        };
        f.write_str(&shown(text))
    }
}

impl fmt::Debug for ValidationEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValidationEntry")
            .field("location", &shown(&self.path()))
            .field("message", &shown(&self.message))
            .field("kind", &shown(&self.kind))
            .finish()
    }
}
