//! Discriminators say again what the constants of a union's members say: where the two disagree, one of them is wrong.

use std::collections::BTreeSet;

use openapiv3::{ReferenceOr, Schema, SchemaKind, Type as Kind};

use super::Lowering;
use super::place::{Node, Place};
use crate::document::{Document, Literal, SchemaExt as _};
use crate::error::escape_pointer;

/// Holds the discriminator of a union, if it has one, against the members.
pub(super) fn check(
    cx: &mut Lowering<'_, '_>,
    schema: &Schema,
    members: &[ReferenceOr<Schema>],
    place: &Place,
) {
    let Some(discriminator) = &schema.schema_data.discriminator else {
        return;
    };
    let (document, property) = (cx.document, &discriminator.property_name);
    for member in members {
        if tags(document, Node::from(member), property, &mut Vec::new()) == Tags::Missing {
            let at = format!("{}/discriminator/propertyName", place.at);
            let member = match member {
                ReferenceOr::Reference { reference } => format!("`{reference}`"),
                ReferenceOr::Item(_) => "a member of the union".to_owned(),
            };
            cx.problem(&at, format!("{member} has no property `{property}`"));
        }
    }
    for (tag, reference) in &discriminator.mapping {
        let at = format!("{}/discriminator/mapping/{}", place.at, escape_pointer(tag));
        if !contains(document, members, reference, &mut Vec::new()) {
            cx.problem(&at, format!("`{reference}` is no member of the union"));
            continue;
        }
        let node = Node::Reference(reference);
        if let Tags::Only(tags) = tags(document, node, property, &mut Vec::new())
            && !tags.contains(tag)
        {
            let tags: Vec<String> = tags.iter().map(|tag| format!("`{tag}`")).collect();
            let message = format!(
                "the property `{property}` of `{reference}` is {}, never `{tag}`",
                tags.join(" or ")
            );
            cx.problem(&at, message);
        }
    }
}

/// Whether a reference is one of the members, or a member of a union among them.
fn contains<'d>(
    document: &'d Document,
    members: &'d [ReferenceOr<Schema>],
    wanted: &str,
    open: &mut Vec<&'d str>,
) -> bool {
    members.iter().any(|member| {
        let schema = match member {
            ReferenceOr::Reference { reference } if reference == wanted => return true,
            ReferenceOr::Reference { reference } if open.contains(&reference.as_str()) => None,
            ReferenceOr::Reference { reference } => {
                open.push(reference);
                document.schema(reference).map(|(_, schema)| schema)
            }
            ReferenceOr::Item(schema) => Some(schema),
        };
        match schema.map(|schema| &schema.schema_kind) {
            Some(
                SchemaKind::AllOf { all_of: members }
                | SchemaKind::AnyOf { any_of: members }
                | SchemaKind::OneOf { one_of: members },
            ) => contains(document, members, wanted, open),
            _ => false,
        }
    })
}

/// The texts that a property may be.
#[derive(PartialEq)]
enum Tags {
    /// There is no such property.
    Missing,
    /// Any text, as far as the contract says.
    Any,
    /// One of these.
    Only(BTreeSet<String>),
}

fn tags<'d>(
    document: &'d Document,
    node: Node<'d>,
    property: &str,
    open: &mut Vec<&'d str>,
) -> Tags {
    let mark = open.len();
    let Some(schema) = follow(document, node, open) else {
        return Tags::Any;
    };
    let found = match &schema.schema_kind {
        SchemaKind::Type(Kind::Object(object)) => match object.properties.get(property) {
            Some(value) => texts(document, Node::from(value), open),
            None => Tags::Missing,
        },
        SchemaKind::AllOf { all_of: members }
        | SchemaKind::AnyOf { any_of: members }
        | SchemaKind::OneOf { one_of: members } => {
            let each = members.iter();
            let each = each.map(|member| tags(document, Node::from(member), property, open));
            each.reduce(Tags::or).unwrap_or(Tags::Missing)
        }
        _ => Tags::Missing,
    };
    open.truncate(mark);
    found
}

impl Tags {
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Only(mut tags), Self::Only(others)) => {
                tags.extend(others);
                Self::Only(tags)
            }
            (Self::Missing, _) | (_, Self::Missing) => Self::Missing,
            _ => Self::Any,
        }
    }
}

/// The texts that a value may be.
fn texts<'d>(document: &'d Document, node: Node<'d>, open: &mut Vec<&'d str>) -> Tags {
    let Some(schema) = follow(document, node, open) else {
        return Tags::Any;
    };
    if let Some(constant) = schema.constant() {
        return match constant {
            Literal::Text(text) => Tags::Only(BTreeSet::from([text])),
            Literal::Bool(value) => Tags::Only(BTreeSet::from([value.to_string()])),
            Literal::Integer(value) => Tags::Only(BTreeSet::from([value.to_string()])),
            _ => Tags::Any,
        };
    }
    match &schema.schema_kind {
        SchemaKind::Type(Kind::String(string)) if !string.enumeration.is_empty() => {
            Tags::Only(string.enumeration.iter().flatten().cloned().collect())
        }
        SchemaKind::AllOf { all_of } if all_of.len() == 1 => {
            texts(document, Node::from(&all_of[0]), open)
        }
        _ => Tags::Any,
    }
}

/// The schema that a node is or leads to; `None` if it leads in a circle.
fn follow<'d>(
    document: &'d Document,
    node: Node<'d>,
    open: &mut Vec<&'d str>,
) -> Option<&'d Schema> {
    match node {
        Node::Schema(schema) => Some(schema),
        Node::Reference(reference) if open.contains(&reference) => None,
        Node::Reference(reference) => {
            open.push(reference);
            document.schema(reference).map(|(_, schema)| schema)
        }
    }
}
