//! What went wrong while decoding, and where.

use std::error::Error;
use std::fmt;

use super::entry::Value;
use super::path::Path;
use super::problems::{Parked, Problem};
use super::tape::Tape;
use crate::secrets::is_secret_text;

/// Texts longer than this are not quoted in errors.
const MAX_QUOTED: usize = 40;

/// A received value that does not match its type.
///
/// Lists all missing and invalid fields, up to ten: each with its path, what was expected and what was found. `Display`
/// separates them by `; `, and ends with `; and more` if there were others:
/// `items[3].prices[0].price_amount: expected an integer, found "x" (in ProductPrice::Fixed); total_count: missing`.
///
/// Tokens are never shown, neither values nor keys. Keys and strings of more than 40 characters are shortened.
pub struct DecodeError(Box<Details>);

struct Details {
    problems: Vec<DecodeProblem>,
    is_truncated: bool,
    syntax: Option<serde_json::Error>,
}

/// One field that is missing or invalid in a received value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DecodeProblem {
    path: String,
    message: String,
    variant: Option<String>,
}

impl DecodeProblem {
    /// The keys and indexes that lead to the value, as in `items[3].id`. Empty for the outermost value, and when the
    /// text could not be read at all. A key that contains a token is `[redacted]`, a long one is shortened.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The innermost union variant that was being read, as in `ProductPrice::Fixed`.
    #[must_use]
    pub fn variant(&self) -> Option<&str> {
        self.variant.as_deref()
    }

    /// What was expected and what was found, without the place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// A parked mistake, with the path to it.
    fn locate(tape: &Tape<'_>, parked: &Parked) -> Self {
        let mut path = tape.path(parked.at);
        if let Problem::Missing(key) = parked.problem {
            path.field(key);
        }
        let variant = parked.variant.map(|(union, variant)| match union {
            "" => variant.to_owned(),
            union => format!("{union}::{variant}"),
        });
        Self {
            message: message(tape, parked, &path),
            path: path.into_string(),
            variant,
        }
    }
}

impl DecodeError {
    /// All that is missing or invalid, in the order in which it was found; at most ten. There is at least one.
    #[must_use]
    pub fn problems(&self) -> &[DecodeProblem] {
        &self.0.problems
    }

    /// Whether there were more problems than [`problems`](Self::problems) returns.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.0.is_truncated
    }

    /// The [path](DecodeProblem::path) of the first problem.
    #[must_use]
    pub fn path(&self) -> &str {
        self.first().map_or("", DecodeProblem::path)
    }

    /// The [variant](DecodeProblem::variant) of the first problem.
    #[must_use]
    pub fn variant(&self) -> Option<&str> {
        self.first().and_then(DecodeProblem::variant)
    }

    /// The [message](DecodeProblem::message) of the first problem.
    #[must_use]
    pub fn message(&self) -> &str {
        self.first().map_or("", DecodeProblem::message)
    }

    fn first(&self) -> Option<&DecodeProblem> {
        self.0.problems.first()
    }

    /// A value that reads well and still is not what it should be.
    pub(crate) fn new(message: &str) -> Self {
        Self::of(message.to_owned(), None)
    }

    /// The same problems, of a value that is found at this place of a larger one.
    pub(crate) fn inside(mut self, place: &str) -> Self {
        for problem in &mut self.0.problems {
            let dot = match problem.path.is_empty() || problem.path.starts_with('[') {
                true => "",
                false => ".",
            };
            problem.path = format!("{place}{dot}{}", problem.path);
        }
        self
    }

    /// The text is not JSON, or too deep.
    pub(super) fn syntax(error: serde_json::Error) -> Self {
        Self::of(error.to_string(), Some(error))
    }

    fn of(message: String, syntax: Option<serde_json::Error>) -> Self {
        let problem = DecodeProblem {
            message,
            ..DecodeProblem::default()
        };
        Self(Box::new(Details {
            problems: vec![problem],
            is_truncated: false,
            syntax,
        }))
    }

    /// The mistakes that are parked on a tape, with the paths to them.
    pub(super) fn parked(tape: &Tape<'_>) -> Option<Self> {
        if tape.failures() == 0 {
            return None;
        }
        let problems = tape.take_problems();
        let parked = problems.parked.iter();
        Some(Self(Box::new(Details {
            problems: parked
                .map(|parked| DecodeProblem::locate(tape, parked))
                .collect(),
            is_truncated: problems.more,
            syntax: None,
        })))
    }
}

fn message(tape: &Tape<'_>, parked: &Parked, path: &Path) -> String {
    match parked.problem {
        Problem::Expected(what) => format!(
            "expected {what}, found {}",
            found(tape.value(parked.at), path)
        ),
        Problem::Missing(_) => "missing".to_owned(),
        Problem::Duplicate => "the key occurs twice".to_owned(),
        Problem::Length(len) => match tape.value(parked.at) {
            Value::Array { len: found, .. } => {
                format!("expected a list of {len} items, found {found} items")
            }
            _ => format!("expected a list of {len} items"),
        },
    }
}

/// The value that was found, in few words.
fn found(value: Value<'_>, path: &Path) -> String {
    match value {
        Value::Integer(_) | Value::Unsigned(_) | Value::Float(_) if path.is_secret() => {
            "a number that may be secret".to_owned()
        }
        Value::Null => "null".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Unsigned(value) => value.to_string(),
        Value::Float(value) => format!("{value:?}"),
        Value::Numeral(text) => found_text(text, path),
        Value::Text(text) => found_text(&format!("{text:?}"), path),
        Value::Array { .. } => "a list".to_owned(),
        Value::Object { .. } => "an object".to_owned(),
    }
}

/// A text is only quoted when it is short and looks like no secret.
fn found_text(text: &str, path: &Path) -> String {
    if path.is_secret() || is_secret_text(text) {
        return "text that may be secret".to_owned();
    }
    match text.chars().count() {
        count if count > MAX_QUOTED => format!("a text of {count} characters"),
        _ => text.to_owned(),
    }
}

impl fmt::Display for DecodeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        match &self.variant {
            Some(variant) => write!(f, " (in {variant})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems().iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{problem}")?;
        }
        match self.is_truncated() {
            true => f.write_str("; and more"),
            false => Ok(()),
        }
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecodeError")
            .field("problems", &self.0.problems)
            .field("is_truncated", &self.0.is_truncated)
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
