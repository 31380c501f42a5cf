//! The current location in the document: a JSON pointer for messages, and a name for inline types.

use openapiv3::{ReferenceOr, Schema};

use crate::error::escape_pointer;

/// A location in the document.
#[derive(Debug, Clone)]
pub(super) struct Location {
    /// JSON pointer.
    pub(super) at: String,
    /// The name of an inline type without a title at this location.
    pub(super) name: String,
}

impl Location {
    pub(super) fn new(at: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            at: at.into(),
            name: name.into(),
        }
    }

    /// Returns the location of a property, which adds its key to the name.
    pub(super) fn property(&self, key: &str) -> Self {
        Self {
            at: format!("{}/properties/{}", self.at, escape_pointer(key)),
            name: format!("{} {key}", self.name),
        }
    }

    /// Returns a location below this one, which adds `word` to the name unless it is empty.
    pub(super) fn below(&self, path: &str, word: &str) -> Self {
        let name = if word.is_empty() {
            self.name.clone()
        } else {
            format!("{} {word}", self.name)
        };
        Self {
            at: format!("{}/{path}", self.at),
            name,
        }
    }
}

/// A schema or reference, in either form of `openapiv3`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Node<'s> {
    Reference(&'s str),
    Schema(&'s Schema),
}

impl<'s> From<&'s ReferenceOr<Schema>> for Node<'s> {
    fn from(schema: &'s ReferenceOr<Schema>) -> Self {
        match schema {
            ReferenceOr::Reference { reference } => Self::Reference(reference),
            ReferenceOr::Item(schema) => Self::Schema(schema),
        }
    }
}

impl<'s> From<&'s ReferenceOr<Box<Schema>>> for Node<'s> {
    fn from(schema: &'s ReferenceOr<Box<Schema>>) -> Self {
        match schema {
            ReferenceOr::Reference { reference } => Self::Reference(reference),
            ReferenceOr::Item(schema) => Self::Schema(schema),
        }
    }
}
