//! What is wrong with a value, and where.

use std::fmt;

/// A place where a value is invalid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::testing) struct Problem {
    /// The keys and indices that lead there.
    pub(in crate::testing) path: Vec<Step>,
    /// What is wrong with it.
    pub(in crate::testing) message: String,
    pub(in crate::testing) kind: ProblemKind,
}

/// A key or an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::testing) enum Step {
    Key(String),
    Index(usize),
}

/// What sort of mistake it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::testing) enum ProblemKind {
    Missing,
    Type,
    Value,
}

/// The JSON pointer and the message.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.path {
            match step {
                Step::Key(key) => write!(f, "/{}", key.replace('~', "~0").replace('/', "~1"))?,
                Step::Index(index) => write!(f, "/{index}")?,
            }
        }
        let colon = if self.path.is_empty() { "" } else { ": " };
        write!(f, "{colon}{}", self.message)
    }
}
