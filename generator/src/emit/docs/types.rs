//! Builds the doc comments and attributes of types and fields.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use super::{Docs, about, code, continued, facts};
use crate::ir::{
    Api, Constant, Field, Lifecycle, Limits, Representation, Role, Shape, Struct, Type, TypeDef,
    Usage,
};
use crate::names;

/// Returns the doc comment of a type: its documentation, then the name of its schema if the Rust name differs. Without
/// documentation, the summary consists of `what` and the name of the schema.
pub(in crate::emit) fn type_docs(def: &TypeDef, what: &str) -> Docs {
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
pub(in crate::emit) fn field_docs(field: &Field, usage: Usage, is_update: bool) -> Docs {
    let summary = match &field.docs {
        Some(summary) => summary.clone(),
        None => format!("Field `{}`.", field.name.wire),
    };
    described(field, usage, is_update, &summary)
}

/// Returns the doc comment of the setter of a field.
pub(in crate::emit) fn setter_docs(field: &Field, is_update: bool) -> Docs {
    let verb = match field.representation {
        Representation::Patch => "Sets or clears",
        _ => "Sets",
    };
    let summary = about(verb, &field.name.wire, field.docs.as_deref());
    described(field, Usage::Input, is_update, &summary)
}

/// Returns the doc comment of the setter of an entry with a well-known key.
pub(in crate::emit) fn entry_setter_docs(entry: &Field, map: &str) -> Docs {
    let summary = format!("Sets the key `{}` of `{map}`", entry.name.wire);
    let summary = match &entry.docs {
        Some(docs) => format!("{summary}: {}", continued(docs)),
        None => format!("{summary}."),
    };
    described(entry, Usage::Input, false, &summary)
}

/// Returns the doc comment of the method of a union that returns a field of its variants.
pub(in crate::emit) fn getter_docs(field: &Field) -> Docs {
    let summary = about("Returns", &field.name.wire, field.docs.as_deref());
    described(field, Usage::Output, false, &summary)
}

/// Returns whether a type is the body of a partial update, or a variant of such a body.
pub(in crate::emit) fn is_update(api: &Api, def: &TypeDef) -> bool {
    let is_variant = || {
        let mut unions = api.types.iter().filter(|other| other.is_body);
        unions.any(|other| match &other.shape {
            Shape::Union(union) => {
                let mut variants = union.variants.iter();
                variants.any(|variant| match api.target(&variant.ty) {
                    Type::Named(id) => api.def(*id).name == def.name,
                    _ => false,
                })
            }
            _ => false,
        })
    };
    def.role == Role::Patch && (def.is_body || is_variant())
}

/// Describes how a partial update treats the fields of its body that are not set, with an example of clearing one.
pub(in crate::emit) fn update_docs(object: &Struct) -> String {
    let is_optional = |field: &Field| {
        let representation = field.representation;
        matches!(
            representation,
            Representation::Patch | Representation::OrAbsent
        )
    };
    if !object.fields.iter().any(is_optional) {
        return String::new();
    }
    let kept = "Fields that are not set keep their values.";
    let cleared = object.fields.iter().find(|field| {
        field.representation == Representation::Patch && field.absence.unset.is_some()
    });
    match cleared {
        Some(field) => format!(
            "{kept} To clear a field, pass [`Clear`](polar_client_runtime::types::Clear) to its setter: `.{}(Clear)`.",
            names::setter(&field.name),
        ),
        None => kept.to_owned(),
    }
}

fn described(field: &Field, usage: Usage, is_update: bool, summary: &str) -> Docs {
    let summary = format!("{summary} {}", absence(field, usage, is_update));
    let mut facts = field.facts.clone();
    if is_none_the_default(field, usage) {
        facts.default = None;
    }
    Docs::new(Some(summary.trim_end()), "")
        .paragraph(facts::sentences(&facts, usage))
        .paragraph(constant_value(&field.ty, usage))
}

/// Returns whether `None` means the default: the server omits a value that equals it.
fn is_none_the_default(field: &Field, usage: Usage) -> bool {
    let is_omitted = field.representation == Representation::OrAbsent && usage.is_decoded();
    is_omitted && field.absence.none.is_none()
}

/// Describes what it means if an optional field has no value. Only in the body of an update (`is_update`), a field that
/// is not set differs from one that is cleared.
fn absence(field: &Field, usage: Usage, is_update: bool) -> String {
    let none = field.absence.none.as_ref();
    let unset = field.absence.unset.as_ref();
    match field.representation {
        Representation::OrNull => none.map(|none| format!("`None` {none}.")),
        Representation::OrAbsent if is_none_the_default(field, usage) => {
            facts::default(&field.facts).map(|value| meaning(&value))
        }
        Representation::OrAbsent if usage.is_decoded() => {
            none.map(|none| format!("`None` {none}."))
        }
        Representation::OrAbsent => unset.map(|unset| format!("If not set, {unset}.")),
        Representation::Patch if is_update => unset.map(|unset| format!("If cleared, {unset}.")),
        Representation::Patch => unset.map(|unset| format!("If not set or cleared, {unset}.")),
        Representation::Value | Representation::ImplicitConstant | Representation::Constant => None,
    }
    .unwrap_or_default()
}

/// Returns the doc comment of the field for additional entries.
pub(in crate::emit) fn rest_docs(limits: &Limits, usage: Usage) -> Docs {
    Docs::new(None, "Additional entries, by key.").paragraph(facts::limits(limits, usage))
}

/// Returns the doc comment of the setter for additional entries.
pub(in crate::emit) fn rest_setter_docs(limits: &Limits) -> Docs {
    Docs::new(None, "Sets the additional entries, by key.")
        .paragraph(facts::limits(limits, Usage::Input))
}

/// Returns the sentence that says that `None` means the default. A long default, such as a list of all scopes, is not
/// repeated in it.
fn meaning(default: &str) -> String {
    const LONGEST: usize = 80;
    match default.len() <= LONGEST {
        true => format!("`None` means {default}."),
        false => "`None` means the default of the server.".to_owned(),
    }
}

fn constant_value(ty: &Type, usage: Usage) -> String {
    let value = match ty.non_null() {
        Type::Const(Constant::String(text)) => code(text),
        Type::Const(Constant::Boolean(value)) => format!("`{value}`"),
        Type::Const(Constant::Integer(value)) => format!("`{value}`"),
        Type::Const(Constant::Null) => "null".to_owned(),
        _ => return String::new(),
    };
    match usage {
        Usage::Input => format!("Must be {value}."),
        Usage::Output | Usage::Both if ty.is_nullable() => format!("Always {value} or null."),
        Usage::Output | Usage::Both => format!("Always {value}."),
    }
}

/// Emits `#[deprecated]`, if the contract deprecates the item.
pub(in crate::emit) fn deprecated(lifecycle: Lifecycle) -> TokenStream {
    match lifecycle {
        Lifecycle::Active => TokenStream::new(),
        Lifecycle::Deprecated => quote!(#[deprecated = "deprecated in the OpenAPI description"]),
    }
}
