//! The classification of a difference: its impact on code that uses the crate, its impact on deployed clients, and its
//! section in the changelog.

use std::fmt;

/// The minimum level of a release that contains a difference, by Cargo's rules for semver.
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

/// The impact on deployed clients: whether a client that was built for the old contract works with a server that implements
/// the new one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WireImpact {
    /// Whether clients may fail to decode a response or a webhook.
    pub breaks_responses: bool,
    /// Whether the server may reject requests of clients.
    pub breaks_requests: bool,
}

impl WireImpact {
    /// Returns whether clients still work.
    #[must_use]
    pub fn is_compatible(self) -> bool {
        self == Self::default()
    }

    /// Combines the impacts of two differences.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            breaks_responses: self.breaks_responses || other.breaks_responses,
            breaks_requests: self.breaks_requests || other.breaks_requests,
        }
    }
}

/// The section of a changelog (<https://keepachangelog.com>) that lists a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangelogSection {
    /// New items.
    Added,
    /// Changed behavior or types.
    Changed,
    /// Items to be removed.
    Deprecated,
    /// Removed items.
    Removed,
}

impl ChangelogSection {
    /// All sections in order.
    pub const ALL: [Self; 4] = [Self::Added, Self::Changed, Self::Deprecated, Self::Removed];
}

/// Formats the level as Cargo does: `major`.
impl fmt::Display for Semver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        })
    }
}

/// Formats what breaks.
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

/// Formats the section as a heading.
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
