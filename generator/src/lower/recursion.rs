//! Types that contain themselves: by value they need a box somewhere, and the field that closes the circle gets it; names
//! for nothing but themselves are refused.

use super::Lowering;
use crate::ir::{Shape, Type, TypeDef, TypeId};

/// Boxes every field through which a struct contains itself. Lists, maps and unions already put their content on the heap.
pub(super) fn box_cycles(cx: &mut Lowering<'_, '_>) {
    for index in 0..cx.types.len() {
        let Shape::Struct(object) = &cx.types[index].shape else {
            continue;
        };
        let owner = TypeId(index);
        let closing: Vec<usize> = object
            .fields
            .iter()
            .enumerate()
            .filter(|(_, field)| reaches(&cx.types, &field.ty, owner, &mut Vec::new()))
            .map(|(position, _)| position)
            .collect();
        if let Shape::Struct(object) = &mut cx.types[index].shape {
            for position in closing {
                let ty = &mut object.fields[position].ty;
                *ty = boxed(std::mem::replace(ty, Type::Json));
            }
        }
    }
}

/// Refuses aliases that lead back to themselves: no Rust type is written that way.
pub(super) fn refuse_alias_cycles(cx: &mut Lowering<'_, '_>) {
    for index in 0..cx.types.len() {
        if !names_itself(&cx.types, TypeId(index)) {
            continue;
        }
        let TypeDef { at, name, .. } = &cx.types[index];
        let (at, name) = (at.clone(), name.wire.clone());
        cx.problem(&at, format!("`{name}` is only another name for itself"));
        cx.types[index].shape = Shape::Alias(Type::Json);
    }
}

fn names_itself(types: &[TypeDef], id: TypeId) -> bool {
    let (mut open, mut seen) = (vec![id], Vec::new());
    while let Some(next) = open.pop() {
        if let Shape::Alias(ty) = &types[next.0].shape {
            ty.visit_named(&mut |id| {
                if !seen.contains(&id) {
                    seen.push(id);
                    open.push(id);
                }
            });
        }
    }
    seen.contains(&id)
}

/// Whether a value of the type contains a value of `owner` directly.
fn reaches(types: &[TypeDef], ty: &Type, owner: TypeId, open: &mut Vec<TypeId>) -> bool {
    match ty {
        Type::Named(id) if *id == owner => true,
        Type::Named(id) if open.contains(id) => false,
        Type::Named(id) => {
            open.push(*id);
            match &types[id.0].shape {
                Shape::Struct(object) => object
                    .fields
                    .iter()
                    .any(|field| reaches(types, &field.ty, owner, open)),
                Shape::Alias(inner) => reaches(types, inner, owner, open),
                Shape::Enum(_) | Shape::Union(_) => false,
            }
        }
        Type::Nullable(inner) => reaches(types, inner, owner, open),
        Type::Tuple(items) => items.iter().any(|item| reaches(types, item, owner, open)),
        Type::Boxed(_)
        | Type::List(_)
        | Type::Map(_)
        | Type::Scalar(_)
        | Type::Const(_)
        | Type::Json => false,
    }
}

fn boxed(ty: Type) -> Type {
    match ty {
        Type::Nullable(inner) => boxed(*inner).nullable(),
        other => Type::Boxed(Box::new(other)),
    }
}
