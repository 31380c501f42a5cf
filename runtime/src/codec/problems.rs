//! Mistakes that were found while decoding, before anybody works out where they are.

/// How many mistakes are kept, and shown by an error.
pub(super) const MAX_PROBLEMS: usize = 10;

/// A mistake, located by the entry it is about.
#[derive(Debug)]
pub(super) struct Parked {
    pub(super) at: u32,
    pub(super) problem: Problem,
    /// The innermost union around it, once known: the union's name (added last) and the variant's.
    pub(super) variant: Option<(&'static str, &'static str)>,
}

#[derive(Debug)]
pub(super) enum Problem {
    /// The entry is not what the text names ("an integer").
    Expected(&'static str),
    /// The object has no such key.
    Missing(&'static str),
    /// The key at the entry occurred before in the same object.
    Duplicate,
    /// The list has a length other than this one.
    Length(usize),
}

/// The mistakes found so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    pub(super) parked: Vec<Parked>,
    /// Whether there were more than are kept.
    pub(super) more: bool,
}
