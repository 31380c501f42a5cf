//! Emits the definitions of structs, enums, unions and aliases, with their methods.

use proc_macro2::TokenStream;
use quote::quote;

use super::{ambiguous, constructors, lookups, unions};
use crate::emit::docs::types::{field_docs, is_update, rest_docs, type_docs, update_docs};
use crate::emit::docs::{self, Docs};
use crate::emit::types::{field_type, ident, rust_type};
use crate::ir::{Api, Enum, Representation, Shape, Struct, Type, TypeDef};
use crate::names::REST_FIELD;

/// Emits the definition of a type with its methods.
pub(super) fn definition(api: &Api, def: &TypeDef) -> TokenStream {
    match &def.shape {
        Shape::Struct(object) => {
            let definition = structure(api, def, object);
            let constructors = constructors::constructors(api, def, object);
            let views = ambiguous::chosen_views(api, def, object);
            let lookups = lookups::methods(api, def);
            quote!(#definition #constructors #views #lookups)
        }
        Shape::Enum(strings) => enumeration(def, strings),
        Shape::Union(union) => {
            let definition = unions::definition(api, def, union);
            let lookups = lookups::methods(api, def);
            quote!(#definition #lookups)
        }
        Shape::Alias(ty) => alias(api, def, ty),
    }
}

fn structure(api: &Api, def: &TypeDef, object: &Struct) -> TokenStream {
    let is_update = is_update(api, def);
    let update = is_update.then(|| update_docs(object));
    let docs = type_docs(def, "The object")
        .paragraph(update.unwrap_or_default())
        .attributes();
    let name = ident(&def.name.rust);
    let fields = object.fields.iter().filter_map(|field| {
        if field.representation == Representation::ImplicitConstant {
            return None;
        }
        let docs = field_docs(field, def.usage, is_update).attributes();
        let name = ident(&field.name.rust);
        let ty = field_type(api, field);
        Some(quote!(#docs pub #name: #ty,))
    });
    let rest = object.rest.as_ref().map(|ty| {
        let name = ident(REST_FIELD);
        let ty = rust_type(api, &Type::Map(Box::new(ty.clone())));
        let docs = rest_docs(&object.rest_limits, def.usage).attributes();
        quote!(#docs pub #name: #ty,)
    });
    let non_exhaustive =
        (!constructors::is_literal(def, object)).then(|| quote!(#[non_exhaustive]));
    quote! {
        #docs
        #[derive(Clone)]
        #non_exhaustive
        pub struct #name { #(#fields)* #rest }
    }
}

fn enumeration(def: &TypeDef, strings: &Enum) -> TokenStream {
    let docs = type_docs(def, "The values of")
        .paragraph("Unknown values are kept as `Unknown`.")
        .attributes();
    let name = ident(&def.name.rust);
    let values = strings.values.iter().map(|value| {
        let fallback = docs::code(&value.name.wire);
        let docs = match &value.docs {
            Some(summary) => Docs::new(Some(summary), "").paragraph(format!("Value {fallback}.")),
            None => Docs::new(None, format!("{fallback}.")),
        };
        let docs = docs.attributes();
        let name = ident(&value.name.rust);
        quote!(#docs #name,)
    });
    quote! {
        #docs
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum #name {
            #(#values)*
            #[doc = " An unknown value."]
            Unknown(String),
        }
    }
}

fn alias(api: &Api, def: &TypeDef, ty: &Type) -> TokenStream {
    let docs = type_docs(def, "The value").attributes();
    let name = ident(&def.name.rust);
    let ty = rust_type(api, ty);
    quote!(#docs pub type #name = #ty;)
}
