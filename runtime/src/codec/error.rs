//! What went wrong while decoding, and where.

use std::error::Error;
use std::fmt;

use super::tape::{Entry, Parked, Problem, Tape, push_key};
use crate::secrets::{is_secret_key, is_secret_text};

/// Texts longer than this are not quoted in errors.
const MAX_QUOTED: usize = 40;

/// A received value that is not what its type says.
///
/// Its text names the place, what was expected and what was found, and never shows a token:
/// `items[3].prices[0].price_amount: expected an integer, found "x" (in ProductPrice::Fixed)`.
pub struct DecodeError(Box<Details>);

struct Details {
    path: String,
    message: String,
    variant: Option<String>,
    syntax: Option<serde_json::Error>,
}

impl DecodeError {
    /// The keys and indexes that lead to the value, as in `items[3].id`. Empty for the outermost value, and when the
    /// text could not be read at all.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// The innermost union variant that was being read, as in `ProductPrice::Fixed`.
    #[must_use]
    pub fn variant(&self) -> Option<&str> {
        self.0.variant.as_deref()
    }

    /// What was expected and what was found, without the place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// A value that reads well and still is not what it should be.
    pub(crate) fn new(message: &str) -> Self {
        Self(Box::new(Details {
            path: String::new(),
            message: message.to_owned(),
            variant: None,
            syntax: None,
        }))
    }

    /// The same error, of a value that is found at this place of a larger one.
    pub(crate) fn inside(mut self, place: &str) -> Self {
        let path = &self.0.path;
        let dot = match path.is_empty() || path.starts_with('[') {
            true => "",
            false => ".",
        };
        self.0.path = format!("{place}{dot}{path}");
        self
    }

    /// The text is not JSON, or too deep.
    pub(super) fn syntax(error: serde_json::Error) -> Self {
        Self(Box::new(Details {
            path: String::new(),
            message: error.to_string(),
            variant: None,
            syntax: Some(error),
        }))
    }

    /// A parked mistake, with the path to it.
    pub(super) fn locate(tape: &Tape<'_>, parked: &Parked) -> Self {
        let mut path = tape.path(parked.at);
        if let Problem::Missing(key) = parked.problem {
            push_key(&mut path, key);
        }
        let variant = parked.variant.map(|(union, variant)| match union {
            "" => variant.to_owned(),
            union => format!("{union}::{variant}"),
        });
        let message = message(tape, parked, &path);
        Self(Box::new(Details {
            path,
            message,
            variant,
            syntax: None,
        }))
    }
}

fn message(tape: &Tape<'_>, parked: &Parked, path: &str) -> String {
    match parked.problem {
        Problem::Expected(what) => format!(
            "expected {what}, found {}",
            found(tape.entry(parked.at), path)
        ),
        Problem::Missing(_) => "missing".to_owned(),
        Problem::Duplicate => "the key occurs twice".to_owned(),
        Problem::Length(len) => match tape.entry(parked.at) {
            Entry::Array { len: found, .. } => {
                format!("expected a list of {len} items, found {found} items")
            }
            _ => format!("expected a list of {len} items"),
        },
    }
}

/// The value that was found, in few words.
fn found(entry: &Entry<'_>, path: &str) -> String {
    match entry {
        Entry::Null => "null".to_owned(),
        Entry::Boolean(value) => value.to_string(),
        Entry::Integer(value) => value.to_string(),
        Entry::Unsigned(value) => value.to_string(),
        Entry::Float(value) => format!("{value:?}"),
        Entry::Numeral(text) => found_text(text, path),
        Entry::Borrowed(text) => quote(text, path),
        Entry::Owned(text) => quote(text, path),
        Entry::Array { .. } => "a list".to_owned(),
        Entry::Object { .. } => "an object".to_owned(),
    }
}

fn quote(text: &str, path: &str) -> String {
    found_text(&format!("{text:?}"), path)
}

/// A text is only quoted when it is short and looks like no secret.
fn found_text(text: &str, path: &str) -> String {
    // Any key on the way there counts: the items of `tokens` are tokens.
    if is_secret_key(path) || is_secret_text(text) {
        return "text that may be secret".to_owned();
    }
    match text.chars().count() {
        count if count > MAX_QUOTED => format!("a text of {count} characters"),
        _ => text.to_owned(),
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details {
            path,
            message,
            variant,
            ..
        } = &*self.0;
        if !path.is_empty() {
            write!(f, "{path}: ")?;
        }
        f.write_str(message)?;
        match variant {
            Some(variant) => write!(f, " (in {variant})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecodeError")
            .field("path", &self.0.path)
            .field("message", &self.0.message)
            .field("variant", &self.0.variant)
            .finish()
    }
}

impl Error for DecodeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0
            .syntax
            .as_ref()
            .map(|error| error as &(dyn Error + 'static))
    }
}
