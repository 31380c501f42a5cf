//! Facts about a value in addition to its type: constraints, default, deprecation, secrecy and direction.

use super::Limits;

/// Whether a field or parameter is required.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Always present.
    Required,
    /// May be omitted.
    Optional,
}

/// Facts about a value that the contract states in addition to its type.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// Constraints on the value.
    pub limits: Limits,
    /// The value that the server uses by default, as JSON.
    pub default: Option<String>,
    /// Whether the value is deprecated.
    pub lifecycle: Lifecycle,
    /// Whether the value is shown in `Debug` output.
    pub sensitivity: Sensitivity,
    /// Whether the value occurs in requests, in responses, or in both.
    pub direction: Direction,
}

impl Facts {
    /// Merges the facts of a schema with the facts of the schema that it refers to. Constraints, default and direction of
    /// the referring schema (`self`) take precedence. The value is deprecated or secret if either schema says so.
    #[must_use]
    pub fn merged_with(self, referred: Self) -> Self {
        Self {
            limits: self.limits.merged_with(referred.limits),
            default: self.default.or(referred.default),
            lifecycle: self.lifecycle.max(referred.lifecycle),
            sensitivity: self.sensitivity.max(referred.sensitivity),
            direction: match self.direction {
                Direction::Both => referred.direction,
                own => own,
            },
        }
    }

    /// Converts facts about each item to facts about the list or map. Drops the default and the deprecation of an item,
    /// which say nothing about the list.
    #[must_use]
    pub fn of_items(self) -> Self {
        let items = (!self.limits.is_empty()).then(|| Box::new(self.limits));
        Self {
            limits: Limits {
                items,
                ..Limits::default()
            },
            sensitivity: self.sensitivity,
            direction: self.direction,
            ..Self::default()
        }
    }
}

/// The direction in which a property is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Direction {
    /// In requests and responses.
    #[default]
    Both,
    /// Only in responses (`readOnly`).
    Received,
    /// Only in requests (`writeOnly`).
    Sent,
}

/// Whether something is deprecated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lifecycle {
    /// The item is current.
    #[default]
    Active,
    /// The item is deprecated and will be removed.
    Deprecated,
}

/// Whether a value is secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sensitivity {
    /// The value may be shown.
    #[default]
    Public,
    /// The value grants access, so it is never shown.
    Secret,
}
