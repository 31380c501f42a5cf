//! Validation problems of a value.

use std::fmt;

/// A validation problem at a location in a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::testing) struct Problem {
    /// The location: the keys and indices that lead to it.
    pub(in crate::testing) path: Vec<Step>,
    /// A description of the problem.
    pub(in crate::testing) message: String,
    pub(in crate::testing) kind: ProblemKind,
}

/// A key or an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::testing) enum Step {
    Key(String),
    Index(usize),
}

/// The kind of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::testing) enum ProblemKind {
    Missing,
    Type,
    Value,
}

/// Shows JSON pointer and message.
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
