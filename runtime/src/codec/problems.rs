//! Problems that were found while decoding, before their paths are computed.

/// The maximum number of problems that are recorded, and shown by an error.
pub(super) const MAX_PROBLEMS: usize = 10;

/// A problem, and the entry of the tape that it is about.
#[derive(Debug)]
pub(super) struct ProblemAt {
    pub(super) at: u32,
    pub(super) problem: Problem,
    /// The names of the innermost enclosing union and of its variant. The name of the union is added when its decoding
    /// ends.
    pub(super) variant: Option<(&'static str, &'static str)>,
}

#[derive(Debug)]
pub(super) enum Problem {
    /// The entry is not of the type that the string names ("an integer").
    Expected(&'static str),
    /// The object lacks the key.
    Missing(&'static str),
    /// The key is repeated in the object.
    Duplicate,
    /// The list does not have this length.
    Length(usize),
}

/// The problems so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    pub(super) recorded: Vec<ProblemAt>,
    /// Whether there were more problems than are recorded.
    pub(super) more: bool,
}
