//! Problems that were found while decoding, before their paths are resolved.

/// The maximum number of problems that are recorded and that an error shows.
pub(super) const MAX_PROBLEMS: usize = 10;

/// A problem, and the position of the value on the tape.
#[derive(Debug)]
pub(super) struct ProblemAt {
    pub(super) at: u32,
    pub(super) problem: Problem,
    /// The innermost union and its variant. The name of the union is set when the union has been decoded.
    pub(super) variant: Option<(&'static str, &'static str)>,
}

#[derive(Debug)]
pub(super) enum Problem {
    /// The value does not have this type, such as "an integer".
    Expected(&'static str),
    /// This key is missing in the object.
    Missing(&'static str),
    /// The key occurs more than once in the object.
    Duplicate,
    /// The list does not have this length.
    Length(usize),
}

/// The problems that were found so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    pub(super) recorded: Vec<ProblemAt>,
    /// Whether further problems were found that are not recorded.
    pub(super) more: bool,
}
