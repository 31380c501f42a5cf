//! Names inline types. Then adds the documentation of all types, fields and enum values, which is looked up by name.
//!
//! An inline type gets its title as its name. Inline types with the same title and shape become one type, and so do unions
//! without a title that have the same shape. An inline type is named by its first location if it has no title, or if a
//! component or a type of another shape has the same title.

use std::collections::{BTreeMap, BTreeSet};

use super::location::Location;
use super::{Lowering, declare};
use crate::ir::{Facts, Shape, Type, TypeId};
use crate::names;

/// An inline type.
#[derive(Debug)]
pub(super) struct Inline {
    id: TypeId,
    title: Option<String>,
    location: String,
}

/// Returns the type of an inline schema: an existing type with the same title and shape, or a new one.
pub(super) fn hoist(
    cx: &mut Lowering<'_, '_>,
    shape: Shape,
    title: Option<&str>,
    location: &Location,
) -> TypeId {
    let title = title.filter(|title| !title.trim().is_empty());
    let title = title.map(|title| names::inline(title).rust);
    // Unions are merged even if they have no title; enums and structs only with equal titles.
    let mergeable = title.is_some() || matches!(shape, Shape::Union(_));
    let equal = cx.inline.iter().find(|inline| {
        mergeable && inline.title == title && same_shape(&cx.types[inline.id.0].shape, &shape)
    });
    if let Some(id) = equal.map(|inline| inline.id) {
        adopt_limits(&mut cx.types[id.0].shape, &shape);
        return id;
    }
    let place_name = names::inline(&location.name);
    let id = declare::declare(cx, place_name.clone(), location.at.clone());
    cx.types[id.0].shape = shape;
    cx.inline.push(Inline {
        id,
        title,
        location: place_name.rust,
    });
    id
}

/// Adds constraints on variants that the existing union lacks. The schemas of requests state more constraints than those of
/// responses, and both become one type.
fn adopt_limits(known: &mut Shape, other: &Shape) {
    let (Shape::Union(known), Shape::Union(other)) = (known, other) else {
        return;
    };
    for (known, other) in known.variants.iter_mut().zip(&other.variants) {
        if known.limits.is_empty() {
            known.limits = other.limits.clone();
        }
    }
}

/// Sets the final names of inline types, and the documentation of all types, fields and enum values.
pub(super) fn inline_types(cx: &mut Lowering<'_, '_>) {
    let components: BTreeSet<String> = cx
        .components
        .values()
        .map(|id| cx.types[id.0].name.rust.clone())
        .collect();
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for title in cx.inline.iter().filter_map(|inline| inline.title.clone()) {
        *uses.entry(title).or_default() += 1;
    }
    for Inline {
        id,
        title,
        location,
    } in std::mem::take(&mut cx.inline)
    {
        let title = title.filter(|title| uses[title] == 1 && !components.contains(title));
        let rust = title.unwrap_or(location);
        cx.types[id.0].name = names::Name {
            wire: rust.clone(),
            rust,
        };
    }
    for def in &mut cx.types {
        describe(def, &cx.glossary);
    }
}

fn describe(def: &mut crate::ir::TypeDef, glossary: &crate::documentation::Glossary<'_>) {
    let schema = def.name.wire.clone();
    def.docs = glossary.schema(&schema);
    match &mut def.shape {
        Shape::Struct(object) => {
            for field in &mut object.fields {
                field.docs = glossary.field(&schema, &field.name.wire);
            }
        }
        Shape::Enum(texts) => {
            let values = texts.values.iter();
            let all: BTreeSet<String> = values.map(|value| value.name.wire.clone()).collect();
            for value in &mut texts.values {
                value.name = names::variant(&def.name.rust, &value.name.wire);
                value.docs = glossary
                    .value(&schema, &value.name.wire)
                    .or_else(|| sort_criterion(&value.name.wire, &all, glossary));
            }
        }
        Shape::Union(_) | Shape::Alias(_) => {}
    }
}

/// Documents a value that sorts lists: one of the two values `amount` and `-amount` of the same enum.
fn sort_criterion(
    value: &str,
    all: &BTreeSet<String>,
    glossary: &crate::documentation::Glossary<'_>,
) -> Option<String> {
    let (property, order) = match value.strip_prefix('-') {
        Some(property) => (property, "descending"),
        None => (value, "ascending"),
    };
    let is_criterion = all.contains(property) && all.contains(&format!("-{property}"));
    is_criterion.then(|| format!("Sorts by {}, {order}.", glossary.sorted_by(property)))
}

/// Returns whether two shapes consist of the same types. Constraints, defaults and other facts are ignored.
fn same_shape(a: &Shape, b: &Shape) -> bool {
    let same_field = |(a, b): (&crate::ir::Field, &crate::ir::Field)| {
        a.name == b.name
            && a.ty == b.ty
            && a.presence == b.presence
            && same_facts(&a.facts, &b.facts)
    };
    match (a, b) {
        (Shape::Struct(a), Shape::Struct(b)) => {
            a.rest == b.rest
                && a.fields.len() == b.fields.len()
                && a.fields.iter().zip(&b.fields).all(same_field)
        }
        (Shape::Enum(a), Shape::Enum(b)) => a
            .values
            .iter()
            .map(|value| &value.name.wire)
            .eq(b.values.iter().map(|value| &value.name.wire)),
        (Shape::Union(a), Shape::Union(b)) => {
            let types = |union: &crate::ir::Union| -> Vec<Type> {
                union
                    .variants
                    .iter()
                    .map(|variant| variant.ty.clone())
                    .collect()
            };
            types(a) == types(b)
        }
        (Shape::Alias(a), Shape::Alias(b)) => a == b,
        _ => false,
    }
}

fn same_facts(a: &Facts, b: &Facts) -> bool {
    a.sensitivity == b.sensitivity && a.direction == b.direction
}
