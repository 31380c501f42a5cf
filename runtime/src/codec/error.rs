//! Decoding errors, with the paths of all problems.

use std::error::Error;
use std::fmt;

use super::entry::Value;
use super::path::Path;
use super::problems::{Problem, ProblemAt};
use super::tape::Tape;
use crate::secrets::is_secret_text;

/// The maximum length of strings that errors quote, in characters.
const MAX_QUOTED: usize = 40;

/// The error of a received value that does not match the expected type.
///
/// It contains the missing and invalid fields, up to ten. Each has a path, what was expected, and what was found.
/// `Display` separates them with `; `, and ends with `; and more` if there were more than ten:
/// `items[3].prices[0].price_amount: expected an integer, found "x" (in ProductPrice::Fixed); total_count: missing`.
///
/// Values and keys that contain tokens are redacted. Keys and strings of more than 40 characters are not shown in full.
pub struct DecodeError(Box<Details>);

struct Details {
    problems: Vec<DecodeProblem>,
    is_truncated: bool,
    syntax: Option<serde_json::Error>,
}

/// A missing or invalid field of a received value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DecodeProblem {
    path: String,
    message: String,
    variant: Option<String>,
}

impl DecodeProblem {
    /// Returns the path of the value, such as `items[3].id`. Empty for the outermost value, and if the JSON is invalid.
    /// A key that contains a token is shown as `[redacted]`, and a long key is truncated.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the innermost union variant that was being decoded, such as `ProductPrice::Fixed`. `None` outside of
    /// unions.
    #[must_use]
    pub fn variant(&self) -> Option<&str> {
        self.variant.as_deref()
    }

    /// Returns what was expected and what was found, without the path.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Resolves the path of a recorded problem.
    fn locate(tape: &Tape<'_>, problem: &ProblemAt) -> Self {
        let mut path = tape.path(problem.at);
        if let Problem::Missing(key) = problem.problem {
            path.field(key);
        }
        let variant = problem.variant.map(|(union, variant)| match union {
            "" => variant.to_owned(),
            union => format!("{union}::{variant}"),
        });
        Self {
            message: message(tape, problem, &path),
            path: path.into_string(),
            variant,
        }
    }
}

impl DecodeError {
    /// Returns the missing and invalid fields in the order in which they were found: at least one, and at most ten.
    #[must_use]
    pub fn problems(&self) -> &[DecodeProblem] {
        &self.0.problems
    }

    /// Returns whether there were more than the ten problems that [`problems`](Self::problems) returns.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.0.is_truncated
    }

    /// Returns the [path](DecodeProblem::path) of the first problem.
    #[must_use]
    pub fn path(&self) -> &str {
        self.first().map_or("", DecodeProblem::path)
    }

    /// Returns the [variant](DecodeProblem::variant) of the first problem.
    #[must_use]
    pub fn variant(&self) -> Option<&str> {
        self.first().and_then(DecodeProblem::variant)
    }

    /// Returns the [message](DecodeProblem::message) of the first problem.
    #[must_use]
    pub fn message(&self) -> &str {
        self.first().map_or("", DecodeProblem::message)
    }

    fn first(&self) -> Option<&DecodeProblem> {
        self.0.problems.first()
    }

    /// Creates the error of a value that was decoded, but is invalid for another reason.
    pub(crate) fn new(message: &str) -> Self {
        Self::of(message.to_owned(), None)
    }

    /// Prepends the path of an outer value to the paths of the problems.
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

    /// Creates the error of JSON that is invalid or nested too deeply.
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

    /// Returns the error with the problems that were recorded on a tape. `None` without problems.
    pub(super) fn from_tape(tape: &Tape<'_>) -> Option<Self> {
        if tape.failures() == 0 {
            return None;
        }
        let problems = tape.take_problems();
        let recorded = problems.recorded.iter();
        Some(Self(Box::new(Details {
            problems: recorded
                .map(|problem| DecodeProblem::locate(tape, problem))
                .collect(),
            is_truncated: problems.more,
            syntax: None,
        })))
    }
}

fn message(tape: &Tape<'_>, problem: &ProblemAt, path: &Path) -> String {
    match problem.problem {
        Problem::Expected(what) => format!(
            "expected {what}, found {}",
            found(tape.value(problem.at), path)
        ),
        Problem::Missing(_) => "missing".to_owned(),
        Problem::Duplicate => "the key is repeated".to_owned(),
        Problem::Length(len) => match tape.value(problem.at) {
            Value::Array { len: found, .. } => {
                format!("expected a list of {len} items, found {found} items")
            }
            _ => format!("expected a list of {len} items"),
        },
    }
}

/// Describes the value that was found, truncated.
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
        Value::String(text) => found_text(&format!("{text:?}"), path),
        Value::Array { .. } => "a list".to_owned(),
        Value::Object { .. } => "an object".to_owned(),
    }
}

/// Returns the text of a value, or only its length if it is long. Hides it if its path or its content may be secret.
fn found_text(text: &str, path: &Path) -> String {
    if path.is_secret() || is_secret_text(text) {
        return "a string that may be secret".to_owned();
    }
    match text.chars().count() {
        count if count > MAX_QUOTED => format!("a string of {count} characters"),
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
