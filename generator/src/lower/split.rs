//! Splits types that differ between requests and responses into two types: `Team`, which is received, and `TeamInput`,
//! which is sent.
//!
//! A type that is both sent and received is split if one of these applies:
//! - Some of its properties are only sent, or only received.
//! - It is part of a partial update. There, null in an optional field clears the stored value, and an omitted field keeps
//!   it. In responses, both mean the same.

use std::collections::{BTreeMap, BTreeSet};

use super::Lowering;
use super::draft::Draft;
use super::graph;
use super::usage::{self, Roots};
use crate::ir::{Constant, Direction, Field, Presence, Shape, Type, TypeDef, TypeId};

/// Splits types that differ between requests and responses. Then removes the `readOnly` fields of types that are only sent,
/// and the `writeOnly` fields of types that are only received.
pub(super) fn by_direction(cx: &mut Lowering<'_, '_>, draft: &mut Draft) {
    let roots = Roots::of(cx, draft);
    let reached = |roots: &[TypeId]| -> BTreeSet<TypeId> {
        usage::distances(&cx.types, roots).into_keys().collect()
    };
    let (sent, patched) = (reached(&roots.sent), reached(&roots.patched));
    let received = reached(&roots.received);
    let both = sent.intersection(&received).copied();
    let directional = received.iter();
    let directional =
        directional.filter(|id| is_directional(&cx.types[id.0], patched.contains(id)));
    let directional: Vec<usize> = directional.map(|id| id.0).collect();
    let differs = graph::leading_to(&usage::edges(&cx.types), &directional);
    let split: Vec<TypeId> = both.filter(|id| differs[id.0]).collect();
    let inputs = copies(cx, &split);
    let only_sent = sent.difference(&received).copied();
    for id in only_sent.chain(inputs.values().copied()) {
        visit_types(&mut cx.types[id.0].shape, &mut |ty| redirect(ty, &inputs));
        drop_fields(&mut cx.types[id.0], Direction::Received);
    }
    for id in &received {
        drop_fields(&mut cx.types[id.0], Direction::Sent);
    }
    for drafted in &mut draft.operations {
        let operation = &mut drafted.operation;
        let params = operation.path_params.iter_mut().chain(&mut operation.query);
        params.for_each(|param| redirect(&mut param.ty, &inputs));
        if let Some(body) = &mut operation.body {
            redirect(&mut body.ty, &inputs);
        }
    }
}

/// Returns whether the type itself differs by direction. The types that it refers to are not considered.
fn is_directional(def: &TypeDef, patched: bool) -> bool {
    let Shape::Struct(object) = &def.shape else {
        return false;
    };
    object
        .fields
        .iter()
        .any(|field| field.facts.direction != Direction::Both || (patched && can_be_cleared(field)))
}

fn can_be_cleared(field: &Field) -> bool {
    let is_constant = matches!(field.ty, Type::Const(Constant::Null));
    field.presence == Presence::Optional && field.ty.is_nullable() && !is_constant
}

/// Adds a copy of each type, which is used in requests. Returns the ID of the copy by the ID of the type.
fn copies(cx: &mut Lowering<'_, '_>, split: &[TypeId]) -> BTreeMap<TypeId, TypeId> {
    let mut inputs = BTreeMap::new();
    for id in split {
        let mut def = cx.types[id.0].clone();
        def.name.rust.push_str("Input");
        inputs.insert(*id, TypeId(cx.types.len()));
        cx.types.push(def);
    }
    inputs
}

fn visit_types(shape: &mut Shape, visit: &mut impl FnMut(&mut Type)) {
    match shape {
        Shape::Struct(object) => {
            object
                .fields
                .iter_mut()
                .for_each(|field| visit(&mut field.ty));
            object.rest.iter_mut().for_each(visit);
        }
        Shape::Union(union) => {
            let variants = union.variants.iter_mut();
            variants.for_each(|variant| visit(&mut variant.ty));
        }
        Shape::Alias(ty) => visit(ty),
        Shape::Enum(_) => {}
    }
}

fn redirect(ty: &mut Type, inputs: &BTreeMap<TypeId, TypeId>) {
    match ty {
        Type::Named(id) => *id = inputs.get(id).copied().unwrap_or(*id),
        Type::List(inner) | Type::Map(inner) | Type::Nullable(inner) | Type::Boxed(inner) => {
            redirect(inner, inputs);
        }
        Type::Tuple(items) => items.iter_mut().for_each(|item| redirect(item, inputs)),
        Type::Scalar(_) | Type::Id(_) | Type::Const(_) | Type::Json => {}
    }
}

fn drop_fields(def: &mut TypeDef, direction: Direction) {
    if let Shape::Struct(object) = &mut def.shape {
        let is_kept = |field: &Field| field.facts.direction != direction;
        object.fields.retain(is_kept);
    }
}
