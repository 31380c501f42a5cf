//! What the contract says of a value beyond its type.

use super::Limits;

/// Whether a field or parameter must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Always there.
    Required,
    /// May be left out.
    Optional,
}

/// What the contract says of a value beyond its type.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// Limits on the value.
    pub limits: Limits,
    /// The value the server takes when there is none, as it would stand in JSON.
    pub default: Option<String>,
    /// Whether it still should be used.
    pub lifecycle: Lifecycle,
    /// Whether it may appear in `Debug` output.
    pub sensitivity: Sensitivity,
    /// Whether it is in requests, in responses, or in both.
    pub direction: Direction,
}

impl Facts {
    /// What holds of a value of which two schemas speak, one of which refers to the other. The referring one decides where
    /// only one can be right.
    #[must_use]
    pub fn beside(self, referred: Self) -> Self {
        Self {
            limits: self.limits.beside(referred.limits),
            default: self.default.or(referred.default),
            lifecycle: self.lifecycle.max(referred.lifecycle),
            sensitivity: self.sensitivity.max(referred.sensitivity),
            direction: match self.direction {
                Direction::Both => referred.direction,
                own => own,
            },
        }
    }

    /// What these facts of each item say of the list or map. Default and deprecation are those of an item alone.
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

/// Which way a property travels.
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

/// Whether something still should be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lifecycle {
    /// Yes.
    #[default]
    Active,
    /// No: it will go.
    Deprecated,
}

/// Whether a value may be shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sensitivity {
    /// Yes.
    #[default]
    Public,
    /// No: it grants access.
    Secret,
}
