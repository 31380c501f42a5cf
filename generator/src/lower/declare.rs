//! Declares types when they are first referred to: they get an ID. `types.rs` defines them later.

use super::location::{Location, Node};
use super::{Lowering, nullable, renamed};
use crate::document::SchemaDataExt as _;
use crate::error::escape_pointer;
use crate::ir::{Lifecycle, Role, Shape, Type, TypeDef, TypeId, Usage};
use crate::names;

/// Returns the type of a `$ref`. Declares the component if this is the first reference to it. If the component permits null,
/// it is declared without null, and each reference to it becomes nullable.
pub(super) fn reference(cx: &mut Lowering<'_, '_>, reference: &str, location: &Location) -> Type {
    let Some((schema_name, schema)) = cx.document.schema(reference) else {
        cx.problem(&location.at, format!("`{reference}` does not resolve"));
        return Type::Json;
    };
    let id = match cx.components.get(schema_name) {
        Some(&id) => id,
        None => {
            let name = schema_name.to_owned();
            let at = component_pointer(&name);
            let given = renamed::type_name(cx, &name, schema.schema_data.rust_name(), &at);
            let id = declare(cx, given, at);
            if nullable::allows_null(cx.document, Node::Reference(reference)) {
                cx.nullable.insert(id);
            }
            cx.components.insert(name.clone(), id);
            cx.queue.push_back((id, name));
            id
        }
    };
    if cx.nullable.contains(&id) {
        Type::Named(id).nullable()
    } else {
        Type::Named(id)
    }
}

/// Adds a type without a definition.
pub(super) fn declare(cx: &mut Lowering<'_, '_>, name: names::Name, at: String) -> TypeId {
    let id = TypeId(cx.types.len());
    cx.types.push(TypeDef {
        name,
        docs: None,
        usage: Usage::Output,
        role: Role::Plain,
        is_body: false,
        lifecycle: Lifecycle::Active,
        module: String::new(),
        shape: Shape::Alias(Type::Json),
        lookups: Vec::new(),
        at,
    });
    id
}

/// Returns the JSON pointer of a component.
pub(super) fn component_pointer(schema_name: &str) -> String {
    format!("/components/schemas/{}", escape_pointer(schema_name))
}
