//! The three parts of a judgment: impact on code that uses the crate, impact on deployed clients, section of the
//! changelog.

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
    /// All sections in their order.
    pub const ALL: [Self; 4] = [Self::Added, Self::Changed, Self::Deprecated, Self::Removed];
}

/// Formats it as Cargo does: `major`.
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

/// Formats it as a heading.
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
