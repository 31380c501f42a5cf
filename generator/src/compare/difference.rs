//! A difference between contracts, and its classification.

use std::collections::BTreeSet;
use std::fmt;

use super::impact::{ChangelogSection, Semver, WireImpact};
use super::kind::{Condition, Kind};
use super::rules::{Rule, rule};
use crate::share::Key;

/// A difference between contracts. It is reported once, even if many operations and types refer to the changed item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What changed.
    pub kind: Kind,
    /// The changed item: `Order.total` for a field, `orders:list` for an operation, `orders:list?page` for one of its
    /// parameters.
    pub subject: String,
    /// The old and the new value, such as `integer → decimal`. `None` if the kind says everything.
    pub detail: Option<String>,
    /// The conditions that the classification depends on.
    pub conditions: BTreeSet<Condition>,
    /// The API versions with this difference, oldest first. Empty if only one version was compared.
    pub versions: Vec<String>,
    /// The IDs of the operations that refer to the changed item, directly or not.
    pub operations: BTreeSet<String>,
    /// The types that refer to the changed item, directly or not.
    pub types: BTreeSet<String>,
    /// Whether a webhook event refers to the changed item.
    pub in_webhooks: bool,
    /// The element of the API that contains the changed item.
    pub(super) element: Key,
}

impl Difference {
    /// Creates a difference that concerns the whole crate rather than one version of the API.
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

    /// Returns the rule that classifies the difference.
    #[must_use]
    pub fn rule(&self) -> &'static Rule {
        rule(self.kind, &self.conditions)
    }

    /// Returns the impact on code that uses the crate.
    #[must_use]
    pub fn semver(&self) -> Semver {
        self.rule().rust
    }

    /// Returns the impact on deployed clients.
    #[must_use]
    pub fn wire(&self) -> WireImpact {
        self.rule().wire.judge(&self.conditions)
    }

    /// Returns the section of the changelog for the difference.
    #[must_use]
    pub fn section(&self) -> ChangelogSection {
        self.rule().section
    }

    /// Adds an API version with the same difference.
    pub(super) fn merge(&mut self, other: Self, version: &str) {
        self.versions.push(version.to_owned());
        self.operations.extend(other.operations);
        self.types.extend(other.types);
        self.in_webhooks |= other.in_webhooks;
    }

    /// Returns whether another version has the same difference.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.subject == other.subject
            && self.detail == other.detail
            && self.conditions == other.conditions
    }
}

/// Formats the difference: `type of a field changed: Order.total (integer → decimal)`.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.label(), self.subject)?;
        match &self.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}
