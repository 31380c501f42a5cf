//! A difference, and how it is judged.

use std::collections::BTreeSet;
use std::fmt;

use super::impact::{ChangelogSection, Semver, WireImpact};
use super::kind::{Condition, Kind};
use super::rules::{Rule, rule};
use crate::share::Key;

/// Something that has become different, stated once for all places that have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What has happened.
    pub kind: Kind,
    /// What it has happened to: `Order.total` for a field, `orders:list` for an operation, `orders:list?page` for one of
    /// its parameters.
    pub subject: String,
    /// What it was and what it is, where the kind does not say it.
    pub detail: Option<String>,
    /// On what the judgment depends.
    pub conditions: BTreeSet<Condition>,
    /// The versions of the API that have it, oldest first; none if only one was compared.
    pub versions: Vec<String>,
    /// The ids of the operations that reach it, through any number of types.
    pub operations: BTreeSet<String>,
    /// The types that reach it, through any number of others.
    pub types: BTreeSet<String>,
    /// Whether a webhook event reaches it.
    pub in_webhooks: bool,
    /// The element of the API that it is part of.
    pub(super) element: Key,
}

impl Difference {
    /// One of the crate as a whole.
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

    /// Returns the rule that judges it.
    #[must_use]
    pub fn rule(&self) -> &'static Rule {
        rule(self.kind, &self.conditions)
    }

    /// What it means to code that uses the crate.
    #[must_use]
    pub fn semver(&self) -> Semver {
        self.rule().rust
    }

    /// What it means to clients that are deployed.
    #[must_use]
    pub fn wire(&self) -> WireImpact {
        self.rule().wire.judge(&self.conditions)
    }

    /// Returns the section of a changelog that has it.
    #[must_use]
    pub fn section(&self) -> ChangelogSection {
        self.rule().section
    }

    /// States it for one more version of the API.
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

/// As in `type of a field changed: Order.total (integer → decimal)`.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.label(), self.subject)?;
        match &self.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}
