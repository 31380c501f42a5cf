//! Determines whether a schema permits null: by its own keywords, or because a schema that it refers to does.

use std::collections::HashMap;

use openapiv3::{Schema, SchemaKind};

use super::location::Node;
use crate::document::{Document, Literal, SchemaExt as _};

/// Returns whether the schema permits null as well as other values.
pub(super) fn allows_null(document: &Document, node: Node<'_>) -> bool {
    let values = Values::of(document, node);
    values.null && values.others
}

/// Returns whether the schema permits only null.
pub(super) fn is_null(document: &Document, node: Node<'_>) -> bool {
    let values = Values::of(document, node);
    values.null && !values.others
}

/// Whether the alternatives of a schema permit null, and whether they permit other values.
#[derive(Default)]
struct Values<'d> {
    null: bool,
    others: bool,
    /// The references that were followed, and whether each is still being processed.
    followed: HashMap<&'d str, bool>,
}

impl<'d> Values<'d> {
    fn of(document: &'d Document, node: Node<'d>) -> Self {
        let mut values = Self::default();
        values.add(document, node);
        values
    }

    fn add(&mut self, document: &'d Document, node: Node<'d>) {
        match node {
            Node::Schema(schema) => self.add_schema(document, schema),
            Node::Reference(reference) => match self.followed.get(reference) {
                // A recursive reference: assume that it permits other values.
                Some(true) => self.others = true,
                Some(false) => {}
                None => {
                    self.followed.insert(reference, true);
                    match document.schema(reference) {
                        Some((_, schema)) => self.add_schema(document, schema),
                        None => self.others = true,
                    }
                    self.followed.insert(reference, false);
                }
            },
        }
    }

    fn add_schema(&mut self, document: &'d Document, schema: &'d Schema) {
        if schema.constant() == Some(Literal::Null) {
            self.null = true;
            return;
        }
        if schema.schema_data.nullable {
            (self.null, self.others) = (true, true);
            return;
        }
        let members = match &schema.schema_kind {
            SchemaKind::AllOf { all_of } if all_of.len() == 1 => all_of,
            SchemaKind::AnyOf { any_of: members } | SchemaKind::OneOf { one_of: members } => {
                members
            }
            _ => {
                self.others = true;
                return;
            }
        };
        for member in members {
            self.add(document, Node::from(member));
        }
    }
}
