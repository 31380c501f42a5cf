//! Converts arrays that have a schema for each position (`prefixItems`).
//!
//! An array of fixed length becomes a tuple. Any other array becomes a list, whose item type is the type of all positions,
//! or a union of their types.

use openapiv3::{ArrayType, ReferenceOr, Schema};

use super::location::{Location, Node};
use super::{Lowering, facts, name, union};
use crate::ir::{Facts, Limits, Sensitivity, Shape, Type};

/// The lengths of tuples that the codec of the runtime supports.
const LENGTHS: std::ops::RangeInclusive<usize> = 2..=4;

/// Returns the type and the facts of an array. `positions` contains the schema of each position.
pub(super) fn tuple(
    cx: &mut Lowering<'_, '_>,
    array: &ArrayType,
    positions: &[ReferenceOr<Schema>],
    location: &Location,
) -> (Type, Facts) {
    let bounds = (array.min_items, array.max_items);
    let (least, most) = (bounds.0.unwrap_or_default(), bounds.1.unwrap_or(usize::MAX));
    let says_nothing = bounds == (None, None) && array.items.is_none();
    let length = positions.len().min(most);
    let is_fixed = says_nothing || (least == length && most == length);
    if is_fixed && LENGTHS.contains(&length) {
        let (ty, mut facts) = fixed(cx, &positions[..length], location);
        facts.limits.unique_items = array.unique_items;
        return (ty, facts);
    }
    let mut members: Vec<(String, ReferenceOr<Schema>)> = Vec::new();
    for (index, position) in positions[..length].iter().enumerate() {
        members.push((format!("prefixItems/{index}"), position.clone()));
    }
    if most > length && !says_nothing {
        let further = array.items.clone().map(ReferenceOr::unbox);
        members.push(("items".to_owned(), further.unwrap_or_else(anything)));
    }
    let (item, item_facts) = one_of(cx, members, location);
    let length = says_nothing.then_some(length as u64);
    let limits = Limits {
        min_items: array.min_items.map(|count| count as u64).or(length),
        max_items: array.max_items.map(|count| count as u64).or(length),
        unique_items: array.unique_items,
        ..Limits::default()
    };
    let own = Facts {
        limits,
        ..Facts::default()
    };
    (
        Type::List(Box::new(item)),
        own.merged_with(item_facts.of_items()),
    )
}

fn fixed(
    cx: &mut Lowering<'_, '_>,
    positions: &[ReferenceOr<Schema>],
    location: &Location,
) -> (Type, Facts) {
    let mut sensitivity = Sensitivity::Public;
    let items = positions.iter().enumerate().map(|(index, item)| {
        let location = location.below(&format!("prefixItems/{index}"), "item");
        let (ty, facts) = cx.value(Node::from(item), &location);
        facts::reject_direction(cx, &facts, &location.at);
        sensitivity = sensitivity.max(facts.sensitivity);
        ty
    });
    let ty = Type::Tuple(items.collect());
    let facts = Facts {
        sensitivity,
        ..Facts::default()
    };
    (ty, facts)
}

fn anything() -> ReferenceOr<Schema> {
    ReferenceOr::Item(Schema {
        schema_data: openapiv3::SchemaData::default(),
        schema_kind: openapiv3::SchemaKind::Any(openapiv3::AnySchema::default()),
    })
}

/// Returns the type of an item that matches any of the members.
fn one_of(
    cx: &mut Lowering<'_, '_>,
    mut members: Vec<(String, ReferenceOr<Schema>)>,
    location: &Location,
) -> (Type, Facts) {
    let anything = anything();
    if members.iter().any(|(_, member)| *member == anything) {
        return (Type::Json, Facts::default());
    }
    let mut seen: Vec<ReferenceOr<Schema>> = Vec::new();
    members.retain(|(_, member)| {
        let is_new = !seen.contains(member);
        seen.extend(is_new.then(|| member.clone()));
        is_new
    });
    let location = Location::new(location.at.clone(), format!("{} item", location.name));
    if let [(path, only)] = members.as_slice() {
        return cx.value(Node::from(only), &location.below(path, ""));
    }
    let (union, nullable) = union::of_members(cx, &members, &location);
    let id = name::hoist(cx, Shape::Union(union), None, &location);
    let ty = Type::Named(id);
    let ty = if nullable { ty.nullable() } else { ty };
    (ty, Facts::default())
}
