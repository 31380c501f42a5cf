//! Converts schemas to types. Components are converted once, after they are referred to; inline schemas are converted where
//! they occur.

use openapiv3::{
    AdditionalProperties, ArrayType, ObjectType, ReferenceOr, Schema, SchemaKind, Type as Kind,
};

use super::declare::{component_pointer, reference};
use super::location::{Location, Node};
use super::{
    Lowering, ambiguous, discriminator, facts, ids, lookups, name, nullable, renamed, scalar,
    tuple, union,
};
use crate::document::{Literal, SchemaDataExt as _, SchemaExt as _};
use crate::ir::{
    Absence, Constant, Enum, EnumValue, Facts, Field, Limits, Presence, Representation, Scalar,
    Shape, Struct, Type,
};
use crate::names;

/// Defines declared components until the queue is empty.
pub(super) fn fill(cx: &mut Lowering<'_, '_>) {
    while let Some((id, schema_name)) = cx.queue.pop_front() {
        let location = Location::new(
            component_pointer(&schema_name),
            cx.types[id.0].name.rust.clone(),
        );
        let document = cx.document;
        if let Some((_, schema)) = document.schema(&format!("#/components/schemas/{schema_name}")) {
            ids::note(cx, schema, &location.at);
            let (shape, facts) = match shape(cx, schema, &location) {
                Some(shape) => {
                    lookups::note(cx, id, schema);
                    (shape, facts::own_facts(schema))
                }
                None => {
                    let (ty, facts) = value(cx, Node::Schema(schema), &location);
                    (Shape::Alias(ty.non_null().clone()), facts)
                }
            };
            ambiguous::note(cx, id, schema);
            let def = &mut cx.types[id.0];
            (def.shape, def.lifecycle) = (shape, facts.lifecycle);
            cx.component_facts.insert(id, facts);
        }
    }
}

/// Returns the type and the facts of a value.
pub(super) fn value(
    cx: &mut Lowering<'_, '_>,
    node: Node<'_>,
    location: &Location,
) -> (Type, Facts) {
    let schema = match node {
        Node::Reference(path) => return (reference(cx, path, location), Facts::default()),
        Node::Schema(schema) => schema,
    };
    if schema.schema_data.read_only && schema.schema_data.write_only {
        cx.problem(
            &location.at,
            "`readOnly` and `writeOnly` exclude each other",
        );
    }
    ids::note(cx, schema, &location.at);
    let (ty, facts) = non_null(cx, schema, location);
    let facts = facts::own_facts(schema).merged_with(facts);
    let ty = match ty {
        Type::Const(Constant::Null) => ty,
        ty if nullable::allows_null(cx.document, node) => ty.nullable(),
        ty => ty,
    };
    (ty, facts)
}

fn non_null(cx: &mut Lowering<'_, '_>, schema: &Schema, location: &Location) -> (Type, Facts) {
    if let Some(literal) = schema.constant() {
        return (constant(cx, &literal, location), Facts::default());
    }
    if let Some(single) = union::single_type(cx, schema, location) {
        lookups::reject(cx, schema, location);
        return single;
    }
    if let Some(shape) = shape(cx, schema, location) {
        let id = name::hoist(cx, shape, schema.schema_data.title.as_deref(), location);
        ambiguous::note(cx, id, schema);
        lookups::note(cx, id, schema);
        return (Type::Named(id), Facts::default());
    }
    lookups::reject(cx, schema, location);
    let scalar = |(ty, limits)| {
        let facts = Facts {
            limits,
            ..Facts::default()
        };
        (Type::Scalar(ty), facts)
    };
    match &schema.schema_kind {
        SchemaKind::Type(Kind::String(string)) => scalar(scalar::string(string)),
        SchemaKind::Type(Kind::Integer(integer)) => scalar(scalar::integer(integer)),
        SchemaKind::Type(Kind::Number(number)) => scalar(scalar::number(number)),
        SchemaKind::Type(Kind::Boolean(boolean)) => {
            if boolean.enumeration.len() == 1 {
                cx.problem(
                    &format!("{}/enum", location.at),
                    "an enum of one boolean is not supported; `const` is",
                );
            }
            scalar((crate::ir::Scalar::Boolean, Limits::default()))
        }
        SchemaKind::Type(Kind::Array(items)) => array(cx, schema, items, location),
        SchemaKind::Type(Kind::Object(object)) => map(cx, schema, object, location),
        SchemaKind::AllOf { all_of } if all_of.len() == 1 => {
            value(cx, Node::from(&all_of[0]), location)
        }
        SchemaKind::Any(any) if *any == openapiv3::AnySchema::default() => {
            (Type::Json, Facts::default())
        }
        _ => {
            cx.problem(&location.at, "a schema of this form is not supported");
            (Type::Json, Facts::default())
        }
    }
}

/// Returns the definition of a schema that becomes a named type: an enum, a union, or an object with known properties.
/// `None` for other schemas.
fn shape(cx: &mut Lowering<'_, '_>, schema: &Schema, location: &Location) -> Option<Shape> {
    if schema.constant().is_some() {
        return None;
    }
    match &schema.schema_kind {
        SchemaKind::Type(Kind::String(string)) if !string.enumeration.is_empty() => {
            Some(Shape::Enum(text_enum(&string.enumeration)))
        }
        SchemaKind::Type(Kind::Integer(integer)) if !integer.enumeration.is_empty() => {
            cx.problem(&location.at, "an enum of integers is not supported");
            None
        }
        SchemaKind::Type(Kind::Object(object)) if has_known_fields(object) => {
            if schema.schema_data.property_names().is_some() {
                reject_beside_properties(cx, "propertyNames", location);
            }
            Some(Shape::Struct(fields(cx, object, location)))
        }
        SchemaKind::OneOf { one_of: members } | SchemaKind::AnyOf { any_of: members } => {
            discriminator::check(cx, schema, members, location);
            union::single_type(cx, schema, location)
                .is_none()
                .then(|| Shape::Union(union::union(cx, schema, location)))
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

/// Creates an enum. Its variants are named later, after the enum has its final name.
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

fn reject_beside_properties(cx: &mut Lowering<'_, '_>, keyword: &str, location: &Location) {
    cx.problem(
        &format!("{}/{keyword}", location.at),
        "is not supported together with `properties`",
    );
}

fn fields(cx: &mut Lowering<'_, '_>, object: &ObjectType, location: &Location) -> Struct {
    for (keyword, count) in [
        ("minProperties", object.min_properties),
        ("maxProperties", object.max_properties),
    ] {
        if count.is_some() {
            reject_beside_properties(cx, keyword, location);
        }
    }
    let fields = object.properties.iter().map(|(key, schema)| {
        let location = location.property(key);
        let (ty, facts) = value(cx, Node::from(schema), &location);
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
            name: renamed::name(cx, key, given, names::field, &location.at),
            docs: None,
            absence: Absence::default(),
            ty,
            presence,
            representation: Representation::Value,
            facts,
            chosen_by: None,
            at: location.at,
        }
    });
    let fields = fields.collect();
    require_properties(cx, object, location);
    let (rest, rest_limits) = match &object.additional_properties {
        Some(AdditionalProperties::Schema(schema)) => {
            let location = location.below("additionalProperties", "value");
            let (ty, facts) = value(cx, Node::from(schema.as_ref()), &location);
            facts::reject_outside_properties(cx, &facts, &location.at);
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

fn require_properties(cx: &mut Lowering<'_, '_>, object: &ObjectType, location: &Location) {
    for key in &object.required {
        if !object.properties.contains_key(key) {
            cx.problem(
                &location.at,
                format!("`{key}` is required but is not one of the properties"),
            );
        }
    }
}

fn array(
    cx: &mut Lowering<'_, '_>,
    schema: &Schema,
    array: &ArrayType,
    location: &Location,
) -> (Type, Facts) {
    if let Some(positions) = schema.schema_data.prefix_items() {
        return tuple::tuple(cx, array, &positions, location);
    }
    let (item, item_facts) = match &array.items {
        Some(items) => value(cx, Node::from(items), &location.below("items", "item")),
        None => (Type::Json, Facts::default()),
    };
    let limits = Limits {
        min_items: array.min_items.map(|count| count as u64),
        max_items: array.max_items.map(|count| count as u64),
        unique_items: array.unique_items,
        ..Limits::default()
    };
    (Type::List(Box::new(item)), collection(limits, item_facts))
}

/// Returns the facts of a list or map with these constraints, whose items have these facts.
fn collection(limits: Limits, item: Facts) -> Facts {
    let own = Facts {
        limits,
        ..Facts::default()
    };
    own.merged_with(item.of_items())
}

fn map(
    cx: &mut Lowering<'_, '_>,
    schema: &Schema,
    object: &ObjectType,
    location: &Location,
) -> (Type, Facts) {
    require_properties(cx, object, location);
    let (item, item_facts) = match &object.additional_properties {
        Some(AdditionalProperties::Schema(schema)) => {
            let location = location.below("additionalProperties", "value");
            value(cx, Node::from(schema.as_ref()), &location)
        }
        _ => (Type::Json, Facts::default()),
    };
    let keys = schema.schema_data.property_names();
    let keys = keys.and_then(|keys| key_limits(cx, &keys, &location.below("propertyNames", "key")));
    let limits = Limits {
        min_items: object.min_properties.map(|count| count as u64),
        max_items: object.max_properties.map(|count| count as u64),
        keys,
        ..Limits::default()
    };
    (Type::Map(Box::new(item)), collection(limits, item_facts))
}

fn key_limits(
    cx: &mut Lowering<'_, '_>,
    keys: &ReferenceOr<Schema>,
    location: &Location,
) -> Option<Box<Limits>> {
    let (name, schema) = match keys {
        ReferenceOr::Reference { reference } => cx.document.schema(reference)?,
        ReferenceOr::Item(schema) => ("", schema),
    };
    match &schema.schema_kind {
        SchemaKind::Type(Kind::String(string)) if string.enumeration.is_empty() => {
            let (ty, mut limits) = scalar::string(string);
            if ty == Scalar::Uuid {
                limits.format = Some("uuid".to_owned());
            }
            (!limits.is_empty()).then(|| Box::new(limits))
        }
        // Keys are strings in the Rust API. The documentation names the enum that lists known keys.
        SchemaKind::Type(Kind::String(_)) if !name.is_empty() => {
            reference(cx, &format!("#/components/schemas/{name}"), location);
            Some(Box::new(Limits {
                format: Some(names::schema(name).rust),
                ..Limits::default()
            }))
        }
        _ => {
            cx.problem(
                &location.at,
                "keys of this form are not supported: \
                 they are strings without a list of values, or refer to an enum",
            );
            None
        }
    }
}

fn constant(cx: &mut Lowering<'_, '_>, literal: &Literal, location: &Location) -> Type {
    match literal {
        Literal::String(text) => Type::Const(Constant::String(text.clone())),
        Literal::Bool(value) => Type::Const(Constant::Boolean(*value)),
        Literal::Integer(value) => Type::Const(Constant::Integer(*value)),
        Literal::Null => Type::Const(Constant::Null),
        _ => {
            cx.problem(&location.at, "a constant of this type is not supported");
            Type::Json
        }
    }
}
