//! Converts unions. The members of nested unions become variants of the outer union. A union whose values a single type can
//! represent becomes that type.

use std::collections::BTreeSet;

use openapiv3::{ReferenceOr, Schema, SchemaKind};

use super::location::{Location, Node};
use super::{Lowering, ambiguous, decide, discriminator, facts, ids, lookups, nullable, scalar};
use crate::ir::{
    Constant, Facts, Limits, Resolution, Scalar, Shape, Type, TypeId, Union, ValueClass, Variant,
};
use crate::names::{self, Name};

/// Returns the union of a schema, with nested unions flattened. [`name_variants`] names the variants later.
pub(super) fn union(cx: &mut Lowering<'_, '_>, schema: &Schema, location: &Location) -> Union {
    let (mut variants, mut nesting) = (Vec::new(), Nesting::default());
    collect(cx, schema, location, &mut nesting, &mut variants);
    Union {
        variants,
        nested: nesting.done,
        resolution: Resolution::WriteOnly,
    }
}

/// Returns the union of the members, and whether a member permits null. Each member comes with its path below `location`.
pub(super) fn of_members(
    cx: &mut Lowering<'_, '_>,
    members: &[(String, ReferenceOr<Schema>)],
    location: &Location,
) -> (Union, bool) {
    let (mut variants, mut nesting) = (Vec::new(), Nesting::default());
    for (path, member) in members {
        collect_member(
            cx,
            member,
            location.below(path, ""),
            &mut nesting,
            &mut variants,
        );
    }
    let mut nodes = members.iter().map(|(_, member)| Node::from(member));
    let nullable = nodes.any(|node| {
        nullable::allows_null(cx.document, node) || nullable::is_null(cx.document, node)
    });
    let union = Union {
        variants,
        nested: nesting.done,
        resolution: Resolution::WriteOnly,
    };
    (union, nullable)
}

/// The maximum nesting of unions by reference.
const MAX_NESTED: usize = 32;

/// The components on the path to the current member, and the components whose variants are already collected.
#[derive(Default)]
struct Nesting {
    open: Vec<String>,
    done: BTreeSet<String>,
}

fn collect(
    cx: &mut Lowering<'_, '_>,
    schema: &Schema,
    location: &Location,
    nesting: &mut Nesting,
    variants: &mut Vec<Variant>,
) {
    let Some((keyword, members)) = members(schema) else {
        return;
    };
    for (index, member) in members.iter().enumerate() {
        let location = location.below(&format!("{keyword}/{index}"), "");
        collect_member(cx, member, location, nesting, variants);
    }
}

/// Adds the variants of a member. If a member is nullable, the union is.
fn collect_member(
    cx: &mut Lowering<'_, '_>,
    member: &ReferenceOr<Schema>,
    location: Location,
    nesting: &mut Nesting,
    variants: &mut Vec<Variant>,
) {
    if nullable::is_null(cx.document, Node::from(member)) {
        return;
    }
    let nested = match member {
        ReferenceOr::Reference { reference } => cx.document.schema(reference),
        ReferenceOr::Item(schema) => Some(("", schema)),
    };
    match nested {
        Some((name, nested)) if is_union(cx, nested, &location) => {
            facts::reject_outside_properties(cx, &facts::own_facts(nested), &location.at);
            if let (ReferenceOr::Item(schema), Some((_, members))) = (member, members(nested)) {
                discriminator::check(cx, schema, members, &location);
                ambiguous::reject_nested(cx, schema, &location);
                ids::note(cx, schema, &location.at);
                lookups::reject(cx, schema, &location);
            }
            collect_nested(cx, name, nested, &location, nesting, variants);
        }
        _ => {
            let (ty, facts) = cx.value(Node::from(member), &location);
            facts::reject_outside_properties(cx, &facts, &location.at);
            add(variants, ty.non_null().clone(), facts.limits, location.at);
        }
    }
}

/// Adds the variants of a nested union. A component is added once, even if several members refer to it.
fn collect_nested(
    cx: &mut Lowering<'_, '_>,
    name: &str,
    nested: &Schema,
    location: &Location,
    nesting: &mut Nesting,
    variants: &mut Vec<Variant>,
) {
    if name.is_empty() {
        collect(cx, nested, location, nesting, variants);
    } else if nesting.open.iter().any(|open| open == name) {
        cx.problem(&location.at, format!("the union `{name}` contains itself"));
    } else if nesting.open.len() == MAX_NESTED {
        let message = format!("nests more than {MAX_NESTED} unions in each other");
        cx.problem(&location.at, message);
    } else if !nesting.done.contains(name) {
        nesting.open.push(name.to_owned());
        collect(cx, nested, location, nesting, variants);
        nesting.done.extend(nesting.open.pop());
    }
}

fn add(variants: &mut Vec<Variant>, ty: Type, limits: Limits, at: String) {
    if let Some(known) = variants.iter_mut().find(|variant| variant.ty == ty) {
        known.at.push(at);
        known.limits = std::mem::take(&mut known.limits).loosest(limits);
        return;
    }
    let name = Name {
        rust: String::new(),
        wire: String::new(),
    };
    variants.push(Variant {
        name,
        ty,
        limits,
        at: vec![at],
    });
}

fn members(schema: &Schema) -> Option<(&'static str, &[ReferenceOr<Schema>])> {
    match &schema.schema_kind {
        SchemaKind::OneOf { one_of } => Some(("oneOf", one_of)),
        SchemaKind::AnyOf { any_of } => Some(("anyOf", any_of)),
        _ => None,
    }
}

fn is_union(cx: &mut Lowering<'_, '_>, schema: &Schema, location: &Location) -> bool {
    members(schema).is_some() && single_type(cx, schema, location).is_none()
}

/// Returns the type that can represent all values of a union, if there is one: the type of its only member, or a numeric
/// type for several representations of a number.
pub(super) fn single_type(
    cx: &mut Lowering<'_, '_>,
    schema: &Schema,
    location: &Location,
) -> Option<(Type, Facts)> {
    let (keyword, members) = members(schema)?;
    if let [only] = members {
        let location = location.below(&format!("{keyword}/0"), "");
        return Some(cx.value(Node::from(only), &location));
    }
    let scalars: Option<Vec<(Scalar, Limits)>> = members
        .iter()
        .map(|member| match &member.as_item()?.schema_kind {
            SchemaKind::Type(openapiv3::Type::String(text)) if text.enumeration.is_empty() => {
                Some(scalar::string(text))
            }
            SchemaKind::Type(openapiv3::Type::Integer(integer))
                if integer.enumeration.is_empty() =>
            {
                Some(scalar::integer(integer))
            }
            SchemaKind::Type(openapiv3::Type::Number(number)) => Some(scalar::number(number)),
            _ => None,
        })
        .collect();
    let scalars = scalars?;
    let kinds: Vec<Scalar> = scalars.iter().map(|(scalar, _)| *scalar).collect();
    let single = scalar::numeric_union(&kinds)?;
    let limits: Vec<_> = scalars
        .into_iter()
        .map(|(scalar, limits)| (value_classes(scalar), limits))
        .collect();
    let facts = Facts {
        limits: Limits::of_any(&limits),
        ..Facts::default()
    };
    Some((Type::Scalar(single), facts))
}

/// Returns the classes of the values of a numeric union's member. A decimal in such a union is a string, so constraints on
/// strings apply to it.
fn value_classes(scalar: Scalar) -> Vec<ValueClass> {
    match scalar {
        Scalar::Decimal => vec![ValueClass::String, ValueClass::Decimal],
        _ => vec![ValueClass::Number],
    }
}

/// Returns the item type of a parameter that accepts one or several values: `anyOf [T, array of T]`.
pub(super) fn one_or_many(
    cx: &mut Lowering<'_, '_>,
    schema: &Schema,
    location: &Location,
) -> Option<(Type, Facts)> {
    let (_, [one, many]) = members(schema)? else {
        return None;
    };
    let SchemaKind::Type(openapiv3::Type::Array(array)) = &many.as_item()?.schema_kind else {
        return None;
    };
    let items = array.items.clone()?.unbox();
    let same = match (one, &items) {
        (ReferenceOr::Reference { reference: a }, ReferenceOr::Reference { reference: b }) => {
            a == b
        }
        (ReferenceOr::Item(a), ReferenceOr::Item(b)) => a.schema_kind == b.schema_kind,
        _ => false,
    };
    if !same {
        return None;
    }
    let (item, facts) = cx.value(Node::from(one), location);
    let ty = Type::List(Box::new(item.non_null().clone()));
    let mut facts = facts.of_items();
    // A single value counts as a list with one item.
    facts.limits.max_items = array.max_items.map(|count| count as u64);
    facts.limits.unique_items = array.unique_items;
    Some((ty, facts))
}

/// Names the variants of all unions, after all types have names.
pub(super) fn name_variants(cx: &mut Lowering<'_, '_>) {
    for index in 0..cx.types.len() {
        let Shape::Union(union) = &cx.types[index].shape else {
            continue;
        };
        let named: Vec<&str> = union
            .variants
            .iter()
            .filter_map(|variant| type_name(cx, &variant.ty))
            .collect();
        let mut short = names::union_variants(&named).into_iter();
        let named: Vec<Name> = union
            .variants
            .iter()
            .map(|variant| match type_name(cx, &variant.ty) {
                Some(wire) => Name {
                    rust: short.next().unwrap_or_default(),
                    wire: wire.to_owned(),
                },
                None => unnamed_variant(&variant.ty),
            })
            .collect();
        if let Shape::Union(union) = &mut cx.types[index].shape {
            for (variant, name) in union.variants.iter_mut().zip(named) {
                variant.name = name;
            }
        }
    }
}

fn type_name<'a>(cx: &'a Lowering<'_, '_>, ty: &Type) -> Option<&'a str> {
    match ty {
        Type::Named(id) => Some(&cx.types[id.0].name.rust),
        _ => None,
    }
}

/// Returns the variant name for a type that has no name: `String`, `Strings` for a list, `Now` for the constant `now`.
fn unnamed_variant(ty: &Type) -> Name {
    match ty {
        Type::Const(Constant::String(text)) => names::variant("Value", text),
        Type::Const(Constant::Boolean(value)) => names::variant("Value", &value.to_string()),
        Type::Const(Constant::Integer(value)) => names::variant("Value", &value.to_string()),
        Type::Const(Constant::Null) => names::variant("Value", "null"),
        Type::List(item) => {
            let item = unnamed_variant(item).rust;
            Name {
                rust: format!("{item}s"),
                wire: "array".to_owned(),
            }
        }
        other => {
            let word = match other {
                Type::Scalar(Scalar::String) => "String",
                Type::Scalar(Scalar::Integer | Scalar::Unsigned) => "Integer",
                Type::Scalar(Scalar::Float | Scalar::Number) => "Number",
                Type::Scalar(Scalar::Decimal) => "Decimal",
                Type::Scalar(Scalar::Boolean) => "Boolean",
                Type::Scalar(Scalar::Uuid) => "Uuid",
                Type::Scalar(Scalar::Timestamp) => "Timestamp",
                Type::Scalar(Scalar::Date) => "Date",
                Type::Map(_) => "Object",
                Type::Tuple(_) => "Tuple",
                _ => "Value",
            };
            Name {
                rust: word.to_owned(),
                wire: word.to_lowercase(),
            }
        }
    }
}

/// Decides how every union that is received is discriminated.
pub(super) fn resolve(cx: &mut Lowering<'_, '_>) {
    for index in 0..cx.types.len() {
        let def = &cx.types[index];
        let Shape::Union(union) = &def.shape else {
            continue;
        };
        let at = def.at.clone();
        let accepted = cx.ambiguous.get(&TypeId(index)).cloned();
        if !def.usage.is_decoded() {
            if accepted.is_some() {
                cx.problem(
                    &at,
                    "`x-ambiguous` is not needed, because the union is never decoded: remove it",
                );
            }
            continue;
        }
        let resolution = match (decide::decide(&cx.types, union), accepted) {
            (Ok(decision), None) => Resolution::Decided(decision),
            (Err(_), Some(accepted)) => Resolution::Ambiguous {
                choices: ambiguous::choices(cx, TypeId(index), &accepted),
                reason: accepted.reason,
            },
            (Ok(_), Some(_)) => {
                cx.problem(
                    &at,
                    "`x-ambiguous` is not needed, because the union can be discriminated: remove it",
                );
                continue;
            }
            (Err(undecided), None) => {
                let names: Vec<&str> = undecided
                    .iter()
                    .map(|&variant| union.variants[variant].name.rust.as_str())
                    .collect();
                let message = format!(
                    "these variants of the union cannot be discriminated: {}; \
                     correct the contract, or accept it with `x-ambiguous` and a reason in the overlay",
                    names.join(", ")
                );
                cx.problem(&at, message);
                continue;
            }
        };
        if let Shape::Union(union) = &mut cx.types[index].shape {
            union.resolution = resolution;
        }
    }
}
