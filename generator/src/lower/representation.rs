//! Chooses the Rust representation of each field: the value itself, an `Option`, or a `Patch`.

use super::Lowering;
use crate::ir::{Constant, Field, Presence, Representation, Role, Shape, Type, Usage};

/// Sets the representation of each field of each struct.
pub(super) fn choose(cx: &mut Lowering<'_, '_>) {
    for def in &mut cx.types {
        let (usage, role) = (def.usage, def.role);
        if let Shape::Struct(object) = &mut def.shape {
            for field in &mut object.fields {
                field.representation = representation(usage, role, field);
            }
        }
    }
}

fn representation(usage: Usage, role: Role, field: &Field) -> Representation {
    let constant = matches!(field.ty, Type::Const(Constant::String(_) | Constant::Null))
        || (matches!(field.ty, Type::Const(_)) && field.presence == Presence::Required);
    match (field.presence, field.ty.is_nullable()) {
        _ if constant && !usage.is_decoded() => Representation::ImplicitConstant,
        _ if constant => Representation::Constant,
        (Presence::Required, false) => Representation::Value,
        (Presence::Required, true) => Representation::OrNull,
        (Presence::Optional, true) if role == Role::Patch => Representation::Patch,
        // The server writes null for a missing value in responses, although the contract also permits omitting the key.
        (Presence::Optional, true) if usage == Usage::Output => Representation::OrNull,
        (Presence::Optional, _) => Representation::OrAbsent,
    }
}
