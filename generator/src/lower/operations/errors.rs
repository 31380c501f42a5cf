//! Determines the errors of operations and their error codes.

use std::collections::BTreeMap;

use openapiv3::{Operation as Source, ReferenceOr, Response, Schema, SchemaKind, StatusCode};

use super::media;
use crate::error::escape_pointer;
use crate::ir::{Constant, Shape, Type, TypeId};
use crate::lower::Lowering;
use crate::lower::declare::reference;
use crate::lower::draft::{Draft, DraftOperation};
use crate::lower::location::{Location, Node};

/// Returns the documented error statuses, without error codes. [`name_errors`] adds the codes later.
pub(super) fn statuses(source: &Source) -> BTreeMap<u16, Vec<String>> {
    let codes = source
        .responses
        .responses
        .keys()
        .filter_map(|status| match status {
            StatusCode::Code(code @ 400..=599) => Some((*code, Vec::new())),
            _ => None,
        });
    codes.collect()
}

/// Returns the causes of errors from the documentation, by status.
pub(super) fn causes(
    cx: &Lowering<'_, '_>,
    id: &str,
    statuses: &BTreeMap<u16, Vec<String>>,
) -> BTreeMap<u16, String> {
    statuses
        .keys()
        .filter_map(|status| Some((*status, cx.glossary.cause(id, *status)?)))
        .collect()
}

/// Returns the types of an error response: its type, or the members of its union, recursively.
pub(super) fn types(
    cx: &mut Lowering<'_, '_>,
    response: &Response,
    location: &Location,
    at: &str,
) -> Vec<TypeId> {
    let mut found = Vec::new();
    if response.content.len() > 1 {
        media::reject_several(cx, at);
        return found;
    }
    for (media_type, media) in &response.content {
        let at = format!("{at}/content/{}", escape_pointer(media_type));
        if media_type != "application/json" {
            let message = format!("an error of type `{media_type}` is not supported");
            cx.problem(&at, message);
        } else if let Some(schema) = &media.schema {
            let location =
                Location::new(format!("{at}/schema"), format!("{} error", location.name));
            collect(cx, schema, &location, &mut found);
        }
    }
    found
}

fn collect(
    cx: &mut Lowering<'_, '_>,
    schema: &ReferenceOr<Schema>,
    location: &Location,
    found: &mut Vec<TypeId>,
) {
    let document = cx.document;
    let mut open = vec![schema];
    while let Some(schema) = open.pop() {
        let target = match schema {
            ReferenceOr::Reference { reference: name } => {
                match reference(cx, name, location).non_null() {
                    Type::Named(id) if !found.contains(id) => found.push(*id),
                    // Its members are already in the list.
                    _ => continue,
                }
                document.schema(name).map(|(_, schema)| schema)
            }
            ReferenceOr::Item(schema) => Some(schema),
        };
        if let Some(SchemaKind::OneOf { one_of: members } | SchemaKind::AnyOf { any_of: members }) =
            target.map(|schema| &schema.schema_kind)
        {
            // Reversed, because the last item is processed first.
            open.extend(members.iter().rev());
        } else if let ReferenceOr::Item(schema) = schema {
            let (ty, _) = cx.value(Node::Schema(schema), location);
            ty.visit_named(&mut |id| found.push(id));
        }
    }
}

/// Sets the error codes of the operations, and returns all error codes with their statuses. Must be called when the error
/// types are defined.
pub(in crate::lower) fn name_errors(
    cx: &Lowering<'_, '_>,
    draft: &mut Draft,
) -> BTreeMap<String, Vec<u16>> {
    let mut all: BTreeMap<String, Vec<u16>> = BTreeMap::new();
    for DraftOperation {
        operation, errors, ..
    } in &mut draft.operations
    {
        for (status, id) in errors.iter() {
            let codes = operation.errors.entry(*status).or_default();
            let Some(code) = error_code(cx, *id) else {
                continue;
            };
            if !codes.contains(&code) {
                codes.push(code.clone());
            }
            let statuses = all.entry(code).or_default();
            if !statuses.contains(status) {
                statuses.push(*status);
                statuses.sort_unstable();
            }
        }
    }
    all
}

fn error_code(cx: &Lowering<'_, '_>, id: TypeId) -> Option<String> {
    let Shape::Struct(object) = &cx.types[id.0].shape else {
        return None;
    };
    let field = object
        .fields
        .iter()
        .find(|field| field.name.wire == "error")?;
    match field.ty.non_null() {
        Type::Const(Constant::String(code)) => Some(code.clone()),
        _ => None,
    }
}
