//! Validates OpenAPI discriminators. The generator does not need them: it discriminates unions by the constants of their
//! members, which discriminators repeat. A discriminator that contradicts the members is an error of the contract.

use std::collections::{BTreeSet, HashMap, HashSet};

use openapiv3::{ReferenceOr, Schema, SchemaKind, Type as Kind};

use super::Lowering;
use super::location::{Location, Node};
use crate::document::{Document, Literal, SchemaExt as _};
use crate::error::escape_pointer;

/// Compares the discriminator of a union, if it has one, with the members.
pub(super) fn check(
    cx: &mut Lowering<'_, '_>,
    schema: &Schema,
    members: &[ReferenceOr<Schema>],
    location: &Location,
) {
    let Some(discriminator) = &schema.schema_data.discriminator else {
        return;
    };
    let (document, property) = (cx.document, &discriminator.property_name);
    let mut reachable = HashSet::new();
    reach(document, members, &mut reachable);
    let mut known: HashMap<&str, Tags> = HashMap::new();
    for member in members {
        if Tags::of(document, Node::from(member), property) == Tags::Missing {
            let at = format!("{}/discriminator/propertyName", location.at);
            let member = match member {
                ReferenceOr::Reference { reference } => format!("`{reference}`"),
                ReferenceOr::Item(_) => "a member of the union".to_owned(),
            };
            cx.problem(&at, format!("{member} has no property `{property}`"));
        }
    }
    for (tag, reference) in &discriminator.mapping {
        let at = format!(
            "{}/discriminator/mapping/{}",
            location.at,
            escape_pointer(tag)
        );
        if !reachable.contains(reference.as_str()) {
            cx.problem(&at, format!("`{reference}` is not a member of the union"));
            continue;
        }
        let tags = known
            .entry(reference)
            .or_insert_with(|| Tags::of(document, Node::Reference(reference), property));
        if let Tags::Only(tags) = tags
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

/// Adds the references that are members of the union or of a nested union.
fn reach<'d>(
    document: &'d Document,
    members: &'d [ReferenceOr<Schema>],
    found: &mut HashSet<&'d str>,
) {
    for member in members {
        let schema = match member {
            ReferenceOr::Reference { reference } if found.insert(reference) => {
                document.schema(reference).map(|(_, schema)| schema)
            }
            ReferenceOr::Reference { .. } => None,
            ReferenceOr::Item(schema) => Some(schema),
        };
        if let Some(
            SchemaKind::AllOf { all_of: members }
            | SchemaKind::AnyOf { any_of: members }
            | SchemaKind::OneOf { one_of: members },
        ) = schema.map(|schema| &schema.schema_kind)
        {
            reach(document, members, found);
        }
    }
}

/// The possible values of a property.
#[derive(PartialEq)]
enum Tags {
    /// The property does not exist.
    Missing,
    /// Any string: the contract does not restrict the value.
    Any,
    /// One of these strings.
    Only(BTreeSet<String>),
}

impl Tags {
    fn of(document: &Document, node: Node<'_>, property: &str) -> Self {
        let (mut found, mut followed) = (None, HashMap::new());
        collect(document, node, property, &mut followed, &mut found);
        found.unwrap_or(Self::Missing)
    }

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

/// Adds the possible values of the property in a schema and its members. `followed` contains the references that were
/// followed so far, and whether each is still being processed.
fn collect<'d>(
    document: &'d Document,
    node: Node<'d>,
    property: &str,
    followed: &mut HashMap<&'d str, bool>,
    found: &mut Option<Tags>,
) {
    let mut add = |tags: Tags| {
        *found = Some(match found.take() {
            Some(others) => others.or(tags),
            None => tags,
        });
    };
    let schema = match node {
        Node::Schema(schema) => schema,
        Node::Reference(reference) => match (followed.get(reference), document.schema(reference)) {
            (Some(false), _) => return,
            (Some(true), _) | (None, None) => return add(Tags::Any),
            (None, Some((_, schema))) => {
                followed.insert(reference, true);
                collect(document, Node::Schema(schema), property, followed, found);
                followed.insert(reference, false);
                return;
            }
        },
    };
    match &schema.schema_kind {
        SchemaKind::Type(Kind::Object(object)) => add(match object.properties.get(property) {
            Some(value) => texts(document, Node::from(value), &mut HashSet::new()),
            None => Tags::Missing,
        }),
        SchemaKind::AllOf { all_of: members }
        | SchemaKind::AnyOf { any_of: members }
        | SchemaKind::OneOf { one_of: members } => {
            for member in members {
                collect(document, Node::from(member), property, followed, found);
            }
        }
        _ => add(Tags::Missing),
    }
}

/// Returns the strings that a schema permits.
fn texts<'d>(document: &'d Document, node: Node<'d>, open: &mut HashSet<&'d str>) -> Tags {
    let schema = match node {
        Node::Schema(schema) => Some(schema),
        Node::Reference(reference) if open.insert(reference) => {
            document.schema(reference).map(|(_, schema)| schema)
        }
        Node::Reference(_) => None,
    };
    let Some(schema) = schema else {
        return Tags::Any;
    };
    if let Some(constant) = schema.constant() {
        return match constant {
            Literal::String(text) => Tags::Only(BTreeSet::from([text])),
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
