//! Builds the doc comments and attributes of types and fields.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::{self, Docs};
use crate::ir::{Constant, Field, Lifecycle, Limits, Shape, Type, TypeDef, Usage};

/// Returns the doc comment of a type: the documentation, then the name of its schema if that is another one.
pub(super) fn type_docs(def: &TypeDef, what: &str) -> Docs {
    let name = &def.name.wire;
    let schema = match &def.docs {
        Some(_) if def.is_component() && def.name.rust != *name => format!("Schema `{name}`."),
        _ => String::new(),
    };
    let docs = Docs::new(def.docs.as_deref(), format!("{what} `{name}`.")).paragraph(schema);
    let docs = docs.paragraph(match def.lifecycle {
        Lifecycle::Active => "",
        Lifecycle::Deprecated => "Deprecated.",
    });
    aliases(def).into_iter().fold(docs, Docs::alias)
}

/// Returns the names of a type in the contract that differ from its Rust name: that of its schema, and those of nested
/// unions that it contains.
fn aliases(def: &TypeDef) -> BTreeSet<&str> {
    let own = def.is_component().then_some(def.name.wire.as_str());
    let nested = match &def.shape {
        Shape::Union(union) => Some(&union.nested),
        _ => None,
    };
    let nested = nested.into_iter().flatten().map(String::as_str);
    let names = own.into_iter().chain(nested);
    names.filter(|name| *name != def.name.rust).collect()
}

/// Returns the doc comment of a field.
pub(super) fn field_docs(field: &Field, usage: Usage) -> Docs {
    Docs::new(
        field.docs.as_deref(),
        format!("Field `{}`.", field.name.wire),
    )
    .paragraph(docs::facts(&field.facts, usage))
    .paragraph(constant_value(&field.ty))
}

/// Returns the doc comment of the field for additional entries.
pub(super) fn rest_docs(limits: &Limits, usage: Usage) -> Docs {
    Docs::new(None, "Additional entries, by key.").paragraph(docs::variant_limits(limits, usage))
}

fn constant_value(ty: &Type) -> String {
    let value = match ty.non_null() {
        Type::Const(Constant::String(text)) => docs::code(text),
        Type::Const(Constant::Boolean(value)) => format!("`{value}`"),
        Type::Const(Constant::Integer(value)) => format!("`{value}`"),
        Type::Const(Constant::Null) => "null".to_owned(),
        _ => return String::new(),
    };
    let or_null = if ty.is_nullable() { " or null" } else { "" };
    format!("Always {value}{or_null}.")
}

/// Emits `#[deprecated]`, if the contract deprecates the item.
pub(super) fn deprecated(lifecycle: Lifecycle) -> TokenStream {
    match lifecycle {
        Lifecycle::Active => TokenStream::new(),
        Lifecycle::Deprecated => quote!(#[deprecated = "deprecated in the OpenAPI description"]),
    }
}
