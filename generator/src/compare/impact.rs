//! The three judgments of a difference: for code that uses the crate, for clients that are deployed, for the changelog.

use std::fmt;

/// The smallest release of the crate that may contain a difference, as Cargo defines it. Ordered by size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Semver {
    /// No item of the Rust API changes.
    #[default]
    Patch,
    /// Code that uses the crate still compiles.
    Minor,
    /// Code that uses the crate may no longer compile.
    Major,
}

/// Whether clients that were built for the old contract work with a server of the new one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WireImpact {
    /// Whether they may fail to decode a response or a webhook.
    pub breaks_responses: bool,
    /// Whether the server may reject their requests.
    pub breaks_requests: bool,
}

impl WireImpact {
    /// Returns whether they do.
    #[must_use]
    pub fn is_compatible(self) -> bool {
        self == Self::default()
    }

    /// What holds of two differences together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            breaks_responses: self.breaks_responses || other.breaks_responses,
            breaks_requests: self.breaks_requests || other.breaks_requests,
        }
    }
}

/// The section of a changelog (<https://keepachangelog.com>) that tells users of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangelogSection {
    /// It can be used now.
    Added,
    /// It works in another way.
    Changed,
    /// It should not be used any more.
    Deprecated,
    /// It cannot be used any more.
    Removed,
}

impl ChangelogSection {
    /// All sections, in the order of a changelog.
    pub const ALL: [Self; 4] = [Self::Added, Self::Changed, Self::Deprecated, Self::Removed];
}

/// `major`, as Cargo calls it.
impl fmt::Display for Semver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        })
    }
}

/// What stops working.
impl fmt::Display for WireImpact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.breaks_requests, self.breaks_responses) {
            (false, false) => "compatible",
            (true, false) => "breaks requests",
            (false, true) => "breaks responses",
            (true, true) => "breaks requests and responses",
        })
    }
}

/// The heading of the section.
impl fmt::Display for ChangelogSection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Added => "Added",
            Self::Changed => "Changed",
            Self::Deprecated => "Deprecated",
            Self::Removed => "Removed",
        })
    }
}
