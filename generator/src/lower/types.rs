//! Schemas become types: components when they are referred to, inline ones where they stand.

use openapiv3::{
    AdditionalProperties, ArrayType, ObjectType, ReferenceOr, Schema, SchemaKind, Type as Kind,
};

use super::place::{Node, Place};
use super::{Lowering, ambiguous, given, name, scalar, union};
use crate::document::{Literal, SchemaDataExt as _, SchemaExt as _};
use crate::error::escape_pointer;
use crate::ir::{
    Constant, Enum, EnumValue, Facts, Field, Lifecycle, Limits, Presence, Role, Sensitivity, Shape,
    Struct, Type, TypeDef, TypeId, Usage,
};
use crate::names;

/// Fills in declared components until none is left.
pub(super) fn fill(cx: &mut Lowering<'_, '_>) {
    while let Some((id, schema_name)) = cx.queue.pop_front() {
        let place = Place::new(
            component_pointer(&schema_name),
            cx.types[id.0].name.rust.clone(),
        );
        let document = cx.document;
        if let Some((_, schema)) = document.schema(&format!("#/components/schemas/{schema_name}")) {
            let shape = match shape(cx, schema, &place) {
                Some(shape) => shape,
                None => Shape::Alias(value(cx, Node::Schema(schema), &place).0),
            };
            ambiguous::note(cx, id, schema);
            cx.types[id.0].shape = shape;
        }
    }
}

/// The type that a `$ref` leads to, declared if this is the first one.
pub(super) fn reference(cx: &mut Lowering<'_, '_>, reference: &str, place: &Place) -> Type {
    let Some((schema_name, schema)) = cx.document.schema(reference) else {
        cx.problem(&place.at, format!("`{reference}` leads nowhere"));
        return Type::Json;
    };
    if let Some(&id) = cx.components.get(schema_name) {
        return Type::Named(id);
    }
    let schema_name = schema_name.to_owned();
    let at = component_pointer(&schema_name);
    let name = given::type_name(cx, &schema_name, schema.schema_data.rust_name(), &at);
    let id = declare(cx, name, at);
    cx.components.insert(schema_name.clone(), id);
    cx.queue.push_back((id, schema_name));
    Type::Named(id)
}

/// Adds a type that is yet to be filled in.
pub(super) fn declare(cx: &mut Lowering<'_, '_>, name: names::Name, at: String) -> TypeId {
    let id = TypeId(cx.types.len());
    cx.types.push(TypeDef {
        name,
        docs: None,
        usage: Usage::Output,
        role: Role::Plain,
        module: String::new(),
        shape: Shape::Alias(Type::Json),
        at,
    });
    id
}

/// The type of a value and what else is said of it.
pub(super) fn value(cx: &mut Lowering<'_, '_>, node: Node<'_>, place: &Place) -> (Type, Facts) {
    let schema = match node {
        Node::Reference(path) => return (reference(cx, path, place), Facts::default()),
        Node::Schema(schema) => schema,
    };
    let data = &schema.schema_data;
    let (ty, limits) = non_null(cx, schema, place);
    let facts = Facts {
        limits,
        default: data.default_value().map(|literal| json_text(&literal)),
        lifecycle: if data.deprecated {
            Lifecycle::Deprecated
        } else {
            Lifecycle::Active
        },
        sensitivity: if data.is_secret() {
            Sensitivity::Secret
        } else {
            Sensitivity::Public
        },
    };
    let ty = match ty {
        Type::Const(Constant::Null) => ty,
        ty if data.nullable => ty.nullable(),
        ty => ty,
    };
    (ty, facts)
}

fn non_null(cx: &mut Lowering<'_, '_>, schema: &Schema, place: &Place) -> (Type, Limits) {
    if let Some(literal) = schema.constant() {
        return (constant(cx, &literal, place), Limits::default());
    }
    if let Some(single) = union::single_type(cx, schema, place) {
        return single;
    }
    if let Some(shape) = shape(cx, schema, place) {
        let id = name::hoist(cx, shape, schema, place);
        ambiguous::note(cx, id, schema);
        return (Type::Named(id), Limits::default());
    }
    match &schema.schema_kind {
        SchemaKind::Type(Kind::String(string)) => {
            let (ty, limits) = scalar::string(string);
            (Type::Scalar(ty), limits)
        }
        SchemaKind::Type(Kind::Integer(integer)) => {
            let (ty, limits) = scalar::integer(integer);
            (Type::Scalar(ty), limits)
        }
        SchemaKind::Type(Kind::Number(number)) => {
            let (ty, limits) = scalar::number(number);
            (Type::Scalar(ty), limits)
        }
        SchemaKind::Type(Kind::Boolean(_)) => {
            (Type::Scalar(crate::ir::Scalar::Boolean), Limits::default())
        }
        SchemaKind::Type(Kind::Array(items)) => array(cx, schema, items, place),
        SchemaKind::Type(Kind::Object(object)) => map(cx, schema, object, place),
        SchemaKind::AllOf { all_of } if all_of.len() == 1 => {
            let (ty, facts) = value(cx, Node::from(&all_of[0]), place);
            (ty, facts.limits)
        }
        SchemaKind::Any(any) if *any == openapiv3::AnySchema::default() => {
            (Type::Json, Limits::default())
        }
        _ => {
            cx.problem(
                &place.at,
                "a schema of this form has no counterpart in the client",
            );
            (Type::Json, Limits::default())
        }
    }
}

/// The definition that a schema needs, if it needs one: an enum, a union, an object with known fields.
fn shape(cx: &mut Lowering<'_, '_>, schema: &Schema, place: &Place) -> Option<Shape> {
    if schema.constant().is_some() {
        return None;
    }
    match &schema.schema_kind {
        SchemaKind::Type(Kind::String(string)) if !string.enumeration.is_empty() => {
            Some(Shape::Enum(text_enum(&string.enumeration)))
        }
        SchemaKind::Type(Kind::Integer(integer)) if !integer.enumeration.is_empty() => {
            cx.problem(
                &place.at,
                "an enum of integers has no counterpart in the client",
            );
            None
        }
        SchemaKind::Type(Kind::Object(object)) if has_known_fields(object) => {
            Some(Shape::Struct(fields(cx, object, place)))
        }
        SchemaKind::OneOf { .. } | SchemaKind::AnyOf { .. }
            if union::single_type(cx, schema, place).is_none() =>
        {
            Some(Shape::Union(union::union(cx, schema, place)))
        }
        _ => None,
    }
}

fn has_known_fields(object: &ObjectType) -> bool {
    !object.properties.is_empty()
        || matches!(
            object.additional_properties,
            Some(AdditionalProperties::Any(false))
        )
}

/// Variants are named later, when the enum has its final name.
fn text_enum(values: &[Option<String>]) -> Enum {
    let values = values.iter().flatten();
    let unnamed = |wire: &String| names::Name {
        rust: String::new(),
        wire: wire.clone(),
    };
    Enum {
        values: values
            .map(|wire| EnumValue {
                name: unnamed(wire),
                docs: None,
            })
            .collect(),
    }
}

fn fields(cx: &mut Lowering<'_, '_>, object: &ObjectType, place: &Place) -> Struct {
    let fields = object.properties.iter().map(|(key, schema)| {
        let place = place.property(key);
        let (ty, facts) = value(cx, Node::from(schema), &place);
        let presence = if object.required.contains(key) {
            Presence::Required
        } else {
            Presence::Optional
        };
        let given = match schema {
            ReferenceOr::Item(schema) => schema.schema_data.rust_name(),
            ReferenceOr::Reference { .. } => None,
        };
        Field {
            name: given::name(cx, key, given, names::field, &place.at),
            docs: None,
            ty,
            presence,
            facts,
            chosen_by: None,
            at: place.at,
        }
    });
    let fields = fields.collect();
    for key in &object.required {
        if !object.properties.contains_key(key) {
            cx.problem(
                &place.at,
                format!("`{key}` is required and not among the properties"),
            );
        }
    }
    let (rest, rest_limits) = match &object.additional_properties {
        Some(AdditionalProperties::Schema(schema)) => {
            let place = place.below("additionalProperties", "value");
            let (ty, facts) = value(cx, Node::from(schema.as_ref()), &place);
            (Some(ty), facts.limits)
        }
        Some(AdditionalProperties::Any(true)) => (Some(Type::Json), Limits::default()),
        Some(AdditionalProperties::Any(false)) | None => (None, Limits::default()),
    };
    Struct {
        fields,
        rest,
        rest_limits,
    }
}

fn array(
    cx: &mut Lowering<'_, '_>,
    schema: &Schema,
    array: &ArrayType,
    place: &Place,
) -> (Type, Limits) {
    if let Some(positions) = schema.schema_data.prefix_items() {
        let items = positions.iter().enumerate().map(|(index, item)| {
            let place = place.below(&format!("prefixItems/{index}"), "item");
            value(cx, Node::from(item), &place).0
        });
        return (Type::Tuple(items.collect()), Limits::default());
    }
    let (item, facts) = match &array.items {
        Some(items) => value(cx, Node::from(items), &place.below("items", "item")),
        None => (Type::Json, Facts::default()),
    };
    let limits = Limits {
        min_items: array.min_items.map(|count| count as u64),
        max_items: array.max_items.map(|count| count as u64),
        items: some_limits(facts.limits),
        ..Limits::default()
    };
    (Type::List(Box::new(item)), limits)
}

fn map(
    cx: &mut Lowering<'_, '_>,
    schema: &Schema,
    object: &ObjectType,
    place: &Place,
) -> (Type, Limits) {
    let (item, facts) = match &object.additional_properties {
        Some(AdditionalProperties::Schema(schema)) => {
            let place = place.below("additionalProperties", "value");
            value(cx, Node::from(schema.as_ref()), &place)
        }
        _ => (Type::Json, Facts::default()),
    };
    let keys = schema.schema_data.property_names().and_then(|keys| {
        let place = place.below("propertyNames", "key");
        some_limits(value(cx, Node::from(&keys), &place).1.limits)
    });
    let limits = Limits {
        min_items: object.min_properties.map(|count| count as u64),
        max_items: object.max_properties.map(|count| count as u64),
        items: some_limits(facts.limits),
        keys,
        ..Limits::default()
    };
    (Type::Map(Box::new(item)), limits)
}

fn constant(cx: &mut Lowering<'_, '_>, literal: &Literal, place: &Place) -> Type {
    match literal {
        Literal::Text(text) => Type::Const(Constant::Text(text.clone())),
        Literal::Bool(value) => Type::Const(Constant::Boolean(*value)),
        Literal::Integer(value) => Type::Const(Constant::Integer(*value)),
        Literal::Null => Type::Const(Constant::Null),
        _ => {
            cx.problem(
                &place.at,
                "a constant of this type has no counterpart in the client",
            );
            Type::Json
        }
    }
}

fn some_limits(limits: Limits) -> Option<Box<Limits>> {
    (!limits.is_empty()).then(|| Box::new(limits))
}

fn component_pointer(schema_name: &str) -> String {
    format!("/components/schemas/{}", escape_pointer(schema_name))
}

/// A literal as it stands in JSON.
fn json_text(literal: &Literal) -> String {
    match literal {
        Literal::Null => "null".to_owned(),
        Literal::Bool(value) => value.to_string(),
        Literal::Integer(value) => value.to_string(),
        Literal::Number(value) => value.to_string(),
        Literal::Text(text) => format!("{text:?}"),
        Literal::List(items) => {
            let items: Vec<String> = items.iter().map(json_text).collect();
            format!("[{}]", items.join(", "))
        }
        Literal::Object(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{key:?}: {}", json_text(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}
