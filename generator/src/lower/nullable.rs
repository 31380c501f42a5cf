//! Which schemas allow null: by their own keyword, or by what they refer to.

use openapiv3::{ReferenceOr, Schema, SchemaKind};

use super::place::Node;
use crate::document::{Document, Literal, SchemaExt as _};

/// Whether null is a value of the schema beside others.
pub(super) fn allows_null(document: &Document, node: Node<'_>) -> bool {
    visit(document, node, &mut Vec::new()) == Null::Allowed
}

/// Whether null is the only value of the schema.
pub(super) fn is_null(document: &Document, node: Node<'_>) -> bool {
    visit(document, node, &mut Vec::new()) == Null::Only
}

/// What a schema says of null.
#[derive(Clone, Copy, PartialEq)]
enum Null {
    Refused,
    Allowed,
    Only,
}

/// `open` has the references on the way here: one that leads back to itself adds nothing.
fn visit<'d>(document: &'d Document, node: Node<'d>, open: &mut Vec<&'d str>) -> Null {
    let schema = match node {
        Node::Schema(schema) => schema,
        Node::Reference(reference) if open.contains(&reference) => return Null::Refused,
        Node::Reference(reference) => {
            let Some((_, schema)) = document.schema(reference) else {
                return Null::Refused;
            };
            open.push(reference);
            let found = visit(document, Node::Schema(schema), open);
            open.pop();
            return found;
        }
    };
    if schema.constant() == Some(Literal::Null) {
        return Null::Only;
    }
    if schema.schema_data.nullable {
        return Null::Allowed;
    }
    match &schema.schema_kind {
        SchemaKind::AllOf { all_of } => match all_of.as_slice() {
            [only] => visit(document, Node::from(only), open),
            _ => Null::Refused,
        },
        SchemaKind::AnyOf { any_of: members } | SchemaKind::OneOf { one_of: members } => {
            let member =
                |member: &'d ReferenceOr<Schema>| visit(document, Node::from(member), open);
            let said: Vec<Null> = members.iter().map(member).collect();
            if said.iter().all(|null| *null == Null::Only) {
                Null::Only
            } else if said.iter().all(|null| *null == Null::Refused) {
                Null::Refused
            } else {
                Null::Allowed
            }
        }
        _ => Null::Refused,
    }
}
