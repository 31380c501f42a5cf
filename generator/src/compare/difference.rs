//! A difference, and its judgment.

use std::collections::BTreeSet;
use std::fmt;

use super::impact::{ChangelogSection, Semver, WireImpact};
use super::kind::{Condition, Kind};
use super::rules::{Rule, rule};
use crate::share::Key;

/// A difference between contracts, stated once for all places that have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What changed.
    pub kind: Kind,
    /// The subject of the change: `Order.total` for a field, `orders:list` for an operation, `orders:list?page` for one
    /// of its parameters.
    pub subject: String,
    /// The old and the new value, if the kind does not imply them.
    pub detail: Option<String>,
    /// The conditions of the judgment.
    pub conditions: BTreeSet<Condition>,
    /// The versions of the API with this difference, oldest first; none if only one was compared.
    pub versions: Vec<String>,
    /// The IDs of the operations that refer to it, directly or not.
    pub operations: BTreeSet<String>,
    /// The types that refer to it, directly or not.
    pub types: BTreeSet<String>,
    /// Whether a webhook event refers to it.
    pub in_webhooks: bool,
    /// The element of the API that contains it.
    pub(super) element: Key,
}

impl Difference {
    /// Creates a difference of the crate as a whole.
    pub(super) fn of_crate(kind: Kind, subject: &str, detail: Option<String>) -> Self {
        Self {
            kind,
            subject: subject.to_owned(),
            detail,
            conditions: BTreeSet::new(),
            versions: Vec::new(),
            operations: BTreeSet::new(),
            types: BTreeSet::new(),
            in_webhooks: false,
            element: Key::Servers,
        }
    }

    /// Returns the rule that applies to it.
    #[must_use]
    pub fn rule(&self) -> &'static Rule {
        rule(self.kind, &self.conditions)
    }

    /// Returns its impact on code that uses the crate.
    #[must_use]
    pub fn semver(&self) -> Semver {
        self.rule().rust
    }

    /// Returns its impact on deployed clients.
    #[must_use]
    pub fn wire(&self) -> WireImpact {
        self.rule().wire.judge(&self.conditions)
    }

    /// Returns the section of the changelog that lists it.
    #[must_use]
    pub fn section(&self) -> ChangelogSection {
        self.rule().section
    }

    /// Adds a version of the API that has it.
    pub(super) fn merge(&mut self, other: Self, version: &str) {
        self.versions.push(version.to_owned());
        self.operations.extend(other.operations);
        self.types.extend(other.types);
        self.in_webhooks |= other.in_webhooks;
    }

    /// Returns whether another version of the API has the same difference.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.subject == other.subject
            && self.detail == other.detail
            && self.conditions == other.conditions
    }
}

/// Formats it: `type of a field changed: Order.total (integer → decimal)`.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.label(), self.subject)?;
        match &self.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}
