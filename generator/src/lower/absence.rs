//! Adds to each optional field what it means if the field has no value, from the documentation.

use super::Lowering;
use crate::documentation::Glossary;
use crate::ir::{Absence, Field, Representation, Role, Shape, Usage};

/// Sets `absence` of each optional field in each struct.
pub(super) fn describe(cx: &mut Lowering<'_, '_>) {
    let glossary = &cx.glossary;
    for def in &mut cx.types {
        let (usage, role) = (def.usage, def.role);
        if let Shape::Struct(object) = &mut def.shape {
            for field in &mut object.fields {
                field.absence = Absence {
                    none: none(glossary, &def.name.wire, usage, field),
                    unset: unset(glossary, &def.name.wire, usage, role, field),
                };
            }
        }
    }
}

fn none(glossary: &Glossary<'_>, schema: &str, usage: Usage, field: &Field) -> Option<String> {
    let has_default = field
        .facts
        .default
        .as_deref()
        .is_some_and(|it| it != "null");
    match field.representation {
        Representation::OrNull => glossary.none(schema, &field.name.wire),
        // If the field has a default, the emitted doc comment says that `None` means the default.
        Representation::OrAbsent if usage.is_decoded() && !has_default => {
            glossary.none(schema, &field.name.wire)
        }
        _ => None,
    }
}

fn unset(
    glossary: &Glossary<'_>,
    schema: &str,
    usage: Usage,
    role: Role,
    field: &Field,
) -> Option<String> {
    let name = &field.name.wire;
    match field.representation {
        _ if !usage.is_built() => None,
        // In a partial update, a field that is not set leaves the stored value unchanged. So a general entry, which is about
        // creating the object, does not apply.
        Representation::OrAbsent if role == Role::Patch => glossary.unset_here(schema, name),
        Representation::OrAbsent | Representation::Patch => glossary.unset(schema, name),
        _ => None,
    }
}
