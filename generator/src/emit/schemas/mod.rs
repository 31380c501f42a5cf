//! Emits the JSON Schemas of a version group: `schemas.json` with the schemas, and `schemas.rs`, which includes that file.
//!
//! They are for tests of users' code. The runtime generates sample values from them, validates the responses of mocks, and
//! derives an in-memory API from the operations. Only programs with the feature `test-util` contain the schemas.

mod json;

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::docs::Docs;
use crate::emit::group::GroupModule;
use crate::emit::types::ident;
use crate::ir::{
    Api, Bound, Constant, Edge, Encoding, Facts, Limits, Operation, PatternSupport, Presence,
    Resolution, Scalar, Service, Shape, Success, Type, TypeDef, Union,
};
use crate::share::Key;
use json::{list, object, text};

/// The file with the schemas, relative to the folder of the version group.
pub(super) const FILE: &str = "schemas.json";

/// Returns whether a version group contains anything with a schema.
pub(super) fn is_needed(group: GroupModule<'_>) -> bool {
    let mut keys = group.keys();
    group.is_version() || keys.any(|key| matches!(key, Key::Type(_) | Key::Operation(_)))
}

/// Emits `schemas.rs` of a version group.
pub(super) fn file(group: GroupModule<'_>) -> TokenStream {
    let title = Docs::new(
        None,
        "JSON Schemas of the types, operations and events in this folder, for tests.",
    )
    .inner_attributes();
    let operations = operations(group).map(|(path, operation)| {
        let path = path.iter().map(|name| ident(name));
        let request = ident(&operation.type_name);
        quote!(#(#path ::)* #request)
    });
    let mut sampled: Vec<&TypeDef> = group.types().filter(|def| is_sampled(def)).collect();
    sampled.sort_by(|a, b| a.name.rust.cmp(&b.name.rust));
    let sampled = sampled.into_iter().map(|def| ident(&def.name.rust));
    let above = group.covering().filter(|group| is_needed(*group));
    let above = above.map(|group| {
        let path = group.path();
        quote!(#path::schemas::SCHEMAS)
    });
    let version = group
        .is_version()
        .then(|| quote!(polar_client_runtime::schemas_of! { Api }));
    let events = group.holds(&Key::Events).then(|| {
        quote! {
            #[cfg(feature = "webhooks")]
            polar_client_runtime::sampled_events! { Event }
        }
    });
    quote! {
        #title
        polar_client_runtime::operations! { OPERATIONS { #(#operations),* } }
        polar_client_runtime::schemas! { SCHEMAS { #(#above),* } }
        polar_client_runtime::samples! { SCHEMAS { #(#sampled),* } }
        #version
        #events
    }
}

/// Returns whether values of the type are received, so that tests need samples of them.
fn is_sampled(def: &TypeDef) -> bool {
    let is_own = match &def.shape {
        Shape::Alias(_) => false,
        Shape::Union(union) => !matches!(union.resolution, Resolution::WriteOnly),
        Shape::Struct(_) | Shape::Enum(_) => true,
    };
    is_own && def.usage.is_decoded()
}

/// Returns the operations of a version group, with the modules that lead to them.
fn operations(group: GroupModule<'_>) -> impl Iterator<Item = (Vec<&str>, &Operation)> {
    let mut found = Vec::new();
    let mut stack: Vec<(Vec<&str>, &Service)> = group
        .api()
        .services
        .iter()
        .rev()
        .map(|service| (vec![service.name.rust.as_str()], service))
        .collect();
    while let Some((path, service)) = stack.pop() {
        for operation in &service.operations {
            if group.holds(&Key::Operation(operation.id.clone())) {
                found.push((path.clone(), operation));
            }
        }
        for child in service.children.iter().rev() {
            let path = [path.as_slice(), &[child.name.rust.as_str()]].concat();
            stack.push((path, child));
        }
    }
    found.into_iter()
}

/// Returns `schemas.json` of a version group: one type, operation or event per line.
pub(super) fn table(group: GroupModule<'_>) -> String {
    let api = group.api();
    let types: BTreeMap<&str, String> = group
        .types()
        .filter(|def| !matches!(def.shape, Shape::Alias(_)))
        .map(|def| (def.name.rust.as_str(), definition(api, def)))
        .collect();
    let operations: BTreeMap<&str, String> = operations(group)
        .map(|(_, operation)| (operation.id.as_str(), described(api, operation)))
        .collect();
    let events = api.webhooks.iter().filter(|_| group.holds(&Key::Events));
    let events: BTreeMap<&str, String> = events
        .map(|webhook| {
            let payload = schema(api, &Type::Named(webhook.payload), &Limits::default());
            (webhook.name.wire.as_str(), payload)
        })
        .collect();
    let lines = |entries: BTreeMap<&str, String>| {
        let lines = entries
            .into_iter()
            .map(|(name, value)| format!("{}: {value}", text(name)));
        lines.collect::<Vec<_>>().join(",\n")
    };
    let parts = [
        ("types", lines(types)),
        ("operations", lines(operations)),
        ("events", lines(events)),
    ];
    let parts = parts.map(|(name, lines)| format!("\"{name}\": {{\n{lines}\n}}"));
    format!("{{\n{}\n}}\n", parts.join(",\n"))
}

/// Returns the schemas of an operation's request and response.
fn described(api: &Api, operation: &Operation) -> String {
    let of = |ty: &Type, limits: &Limits| schema(api, ty, limits);
    let query = operation.query.iter().map(|param| {
        (
            param.name.wire.as_str(),
            with_facts(api, &param.ty, &param.facts),
        )
    });
    let required = operation
        .query
        .iter()
        .filter(|param| param.presence == Presence::Required)
        .map(|param| text(&param.name.wire));
    let body = operation
        .body
        .as_ref()
        .filter(|body| body.encoding == Encoding::Json);
    let response = match &operation.success {
        Success::Json(ty) | Success::JsonOrEmpty(ty) => Some(of(ty, &Limits::default())),
        Success::Csv(_) | Success::Empty => None,
    };
    let (query, required) = (object(query), list(required));
    let entries = [
        ("status", Some(operation.status.to_string())),
        ("query", Some(query).filter(|query| query != "{}")),
        ("required", Some(required).filter(|names| names != "[]")),
        ("body", body.map(|body| of(&body.ty, &body.limits))),
        ("response", response),
    ];
    object(some(entries))
}

fn some<const N: usize>(
    entries: [(&str, Option<String>); N],
) -> impl Iterator<Item = (&str, String)> {
    let entries = entries.into_iter();
    entries.filter_map(|(key, value)| Some((key, value?)))
}

/// Returns the schema of a named type.
fn definition(api: &Api, def: &TypeDef) -> String {
    match &def.shape {
        Shape::Struct(structure) => {
            let fields = structure.fields.iter();
            let required = fields
                .clone()
                .filter(|field| field.presence == Presence::Required)
                .map(|field| text(&field.name.wire));
            let required = list(required);
            let fields = fields.map(|field| {
                (
                    field.name.wire.as_str(),
                    with_facts(api, &field.ty, &field.facts),
                )
            });
            let rest = structure.rest.as_ref();
            object(some([
                ("type", Some(text("object"))),
                ("required", Some(required).filter(|names| names != "[]")),
                ("properties", Some(object(fields))),
                (
                    "additionalProperties",
                    rest.map(|rest| schema(api, rest, &structure.rest_limits)),
                ),
            ]))
        }
        Shape::Enum(strings) => {
            let values = strings.values.iter().map(|value| text(&value.name.wire));
            object([("enum", list(values))])
        }
        Shape::Union(union) => members(api, union),
        Shape::Alias(ty) => schema(api, ty, &Limits::default()),
    }
}

/// Returns the schema of a field or parameter.
fn with_facts(api: &Api, ty: &Type, facts: &Facts) -> String {
    let mut keywords = keywords(api, ty, &facts.limits);
    keywords.extend(facts.default.clone().map(|value| ("default", value)));
    object(keywords)
}

fn members(api: &Api, union: &Union) -> String {
    let variants = union.variants.iter();
    let variants = variants.map(|variant| schema(api, &variant.ty, &variant.limits));
    object([("anyOf", list(variants))])
}

/// Returns the schema of a value with its constraints.
fn schema(api: &Api, ty: &Type, limits: &Limits) -> String {
    object(keywords(api, ty, limits))
}

fn keywords<'k>(api: &Api, ty: &Type, limits: &Limits) -> Vec<(&'k str, String)> {
    let items = limits.items.as_deref().cloned().unwrap_or_default();
    let mut entries = match ty {
        Type::Scalar(scalar) => scalar_keywords(*scalar),
        Type::Named(id) => match &api.def(*id).shape {
            Shape::Alias(inner) => return keywords(api, inner, limits),
            _ => vec![("$ref", text(&api.def(*id).name.rust))],
        },
        Type::List(item) => vec![
            ("type", text("array")),
            ("items", schema(api, item, &items)),
        ],
        Type::Map(value) => {
            let keys = limits.keys.as_deref();
            let keys = keys.map(|keys| schema(api, &Type::Scalar(Scalar::String), keys));
            let entries = [
                ("type", Some(text("object"))),
                ("propertyNames", keys),
                ("additionalProperties", Some(schema(api, value, &items))),
            ];
            some(entries).collect()
        }
        Type::Tuple(parts) => {
            let parts = parts
                .iter()
                .map(|part| schema(api, part, &Limits::default()));
            vec![("type", text("array")), ("prefixItems", list(parts))]
        }
        Type::Nullable(inner) => {
            let mut entries = keywords(api, inner, limits);
            if !entries.iter().any(|(key, _)| *key == "nullable") {
                entries.push(("nullable", "true".to_owned()));
            }
            return entries;
        }
        Type::Boxed(inner) => return keywords(api, inner, limits),
        Type::Id(entity) => vec![
            ("type", text("string")),
            ("format", text("uuid")),
            ("entity", text(entity)),
        ],
        Type::Const(constant) => vec![("const", literal(constant))],
        Type::Json => Vec::new(),
    };
    entries.extend(limit_keywords(ty, limits));
    entries
}

fn scalar_keywords<'k>(scalar: Scalar) -> Vec<(&'k str, String)> {
    let (kind, format) = match scalar {
        Scalar::String => ("string", None),
        Scalar::Integer => ("integer", None),
        Scalar::Unsigned => return vec![("type", text("integer")), ("minimum", "0".to_owned())],
        Scalar::Float | Scalar::Number => ("number", None),
        Scalar::Decimal => ("string", Some("decimal")),
        Scalar::Boolean => ("boolean", None),
        Scalar::Uuid => ("string", Some("uuid")),
        Scalar::Timestamp => ("string", Some("date-time")),
        Scalar::Date => ("string", Some("date")),
    };
    let format = format.map(|format| ("format", text(format)));
    std::iter::once(("type", text(kind)))
        .chain(format)
        .collect()
}

fn limit_keywords<'k>(ty: &Type, limits: &Limits) -> impl Iterator<Item = (&'k str, String)> {
    let pattern = limits.pattern.as_ref();
    let pattern = pattern.filter(|pattern| pattern.support == PatternSupport::Supported);
    let count = |count: Option<u64>| count.map(|count| count.to_string());
    let (fewest, most) = match ty {
        Type::Map(_) => ("minProperties", "maxProperties"),
        _ => ("minItems", "maxItems"),
    };
    let (minimum, maximum) = (limits.minimum.as_ref(), limits.maximum.as_ref());
    let bound = |bound: Option<&Bound>| bound.map(|bound| bound.value.clone());
    let key = |bound: Option<&Bound>, inclusive, exclusive| match bound.map(|bound| bound.edge) {
        Some(Edge::Exclusive) => exclusive,
        _ => inclusive,
    };
    some([
        ("minLength", count(limits.min_length)),
        ("maxLength", count(limits.max_length)),
        ("pattern", pattern.map(|pattern| text(&pattern.text))),
        ("format", limits.format.as_deref().map(text)),
        (key(minimum, "minimum", "exclusiveMinimum"), bound(minimum)),
        (key(maximum, "maximum", "exclusiveMaximum"), bound(maximum)),
        (fewest, count(limits.min_items)),
        (most, count(limits.max_items)),
    ])
}

fn literal(constant: &Constant) -> String {
    match constant {
        Constant::String(value) => text(value),
        other => other.to_string(),
    }
}
