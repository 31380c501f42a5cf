//! Boxes fields of recursive structs, because a struct cannot contain itself by value. Also rejects aliases that refer to
//! themselves.

use std::collections::BTreeMap;

use super::{Lowering, graph};
use crate::ir::{Shape, Type, TypeDef, TypeId};

/// The maximum number of structs that contain each other by value. The compiler computes layouts recursively, and fails
/// at 128.
const MAX_NESTED: usize = 32;

/// Boxes fields so that no struct contains itself, or a long chain of structs, by value. Lists, maps and unions need no
/// box, because their content is on the heap anyway.
pub(super) fn box_cycles(cx: &mut Lowering<'_, '_>) {
    loop {
        let edges: Vec<Vec<usize>> = cx.types.iter().map(contained).collect();
        let component = graph::strongly_connected_components(&edges);
        let cyclic = graph::cyclic(&edges, &component);
        // In each cycle, the fields of the first struct are boxed. The rest of the cycle is analyzed again.
        let mut openers = BTreeMap::new();
        for (index, def) in cx.types.iter().enumerate() {
            if cyclic[index] && matches!(def.shape, Shape::Struct(_)) {
                openers.entry(component[index]).or_insert(index);
            }
        }
        if openers.is_empty() {
            return box_chains(cx, &component);
        }
        for (circle, owner) in openers {
            box_fields(&mut cx.types[owner], |id| component[id.0] == circle);
        }
    }
}

/// Boxes the fields that contain a long chain of structs. There must be no cycles left.
fn box_chains(cx: &mut Lowering<'_, '_>, component: &[usize]) {
    let mut inner_first: Vec<usize> = (0..cx.types.len()).collect();
    inner_first.sort_by_key(|&index| component[index]);
    let mut nested = vec![0; cx.types.len()];
    for index in inner_first {
        let is_struct = matches!(cx.types[index].shape, Shape::Struct(_));
        if is_struct {
            box_fields(&mut cx.types[index], |id| nested[id.0] >= MAX_NESTED);
        }
        let deepest = contained(&cx.types[index])
            .into_iter()
            .map(|id| nested[id])
            .max();
        nested[index] = deepest.unwrap_or(0) + usize::from(is_struct);
    }
}

fn box_fields(def: &mut TypeDef, is_boxed: impl Fn(TypeId) -> bool) {
    let Shape::Struct(object) = &mut def.shape else {
        return;
    };
    for field in &mut object.fields {
        let mut closes = false;
        by_value(&field.ty, &mut |id| closes |= is_boxed(id));
        if closes {
            field.ty = boxed(std::mem::replace(&mut field.ty, Type::Json));
        }
    }
}

/// Rejects aliases that refer to themselves, which Rust does not permit.
pub(super) fn reject_alias_cycles(cx: &mut Lowering<'_, '_>) {
    let aliased = |def: &TypeDef| {
        let mut found = Vec::new();
        if let Shape::Alias(ty) = &def.shape {
            ty.visit_named(&mut |id| found.push(id.0));
        }
        found
    };
    let edges: Vec<Vec<usize>> = cx.types.iter().map(aliased).collect();
    let cyclic = graph::cyclic(&edges, &graph::strongly_connected_components(&edges));
    for (index, cyclic) in cyclic.into_iter().enumerate() {
        if cyclic {
            let TypeDef { at, name, .. } = &cx.types[index];
            let (at, name) = (at.clone(), name.wire.clone());
            cx.problem(&at, format!("`{name}` is an alias of itself"));
            cx.types[index].shape = Shape::Alias(Type::Json);
        }
    }
}

/// Returns the types that a value of this type contains by value.
fn contained(def: &TypeDef) -> Vec<usize> {
    let mut found = Vec::new();
    let mut add = |id: TypeId| found.push(id.0);
    match &def.shape {
        Shape::Struct(object) => {
            let fields = object.fields.iter();
            fields.for_each(|field| by_value(&field.ty, &mut add));
        }
        Shape::Alias(inner) => by_value(inner, &mut add),
        Shape::Enum(_) | Shape::Union(_) => {}
    }
    found
}

/// Calls `visit` with every named type that the type contains by value.
fn by_value(ty: &Type, visit: &mut impl FnMut(TypeId)) {
    match ty {
        Type::Named(id) => visit(*id),
        Type::Nullable(inner) => by_value(inner, visit),
        Type::Tuple(items) => items.iter().for_each(|item| by_value(item, visit)),
        Type::Boxed(_)
        | Type::List(_)
        | Type::Map(_)
        | Type::Scalar(_)
        | Type::Id(_)
        | Type::Const(_)
        | Type::Json => {}
    }
}

fn boxed(ty: Type) -> Type {
    match ty {
        Type::Nullable(inner) => boxed(*inner).nullable(),
        other => Type::Boxed(Box::new(other)),
    }
}
