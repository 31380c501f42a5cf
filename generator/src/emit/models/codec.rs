//! Emits how types are decoded and encoded. This code is in files of its own, so that readers of `models/` see only the
//! definitions.

use proc_macro2::TokenStream;
use quote::quote;

use super::{limits, unions};
use crate::emit::types::{ident, literal};
use crate::ir::{
    Api, Constant, Enum, Field, Presence, Representation, Resolution, Sensitivity, Shape, Struct,
    Type, TypeDef,
};
use crate::names::REST_FIELD;

/// The maximum length of an array of keys that fits on the line of the call `o.rest(&[..])`.
const WIDEST_LIST: usize = 53;

/// The maximum length of key and value, as printed by `TokenStream`, that fit on the line of the call `o.fields(..)`.
const WIDEST_FIELD: usize = 63;

/// Emits the codec of a type; nothing for an alias.
pub(super) fn implementation(api: &Api, def: &TypeDef) -> TokenStream {
    let name = ident(&def.name.rust);
    let page = is_page(api, def).then(|| quote!(page));
    match &def.shape {
        Shape::Struct(object) if def.usage.is_decoded() => {
            let read = read(object);
            let write = write(object);
            let limits = def.usage.is_built().then(|| limits::braced(api, object));
            quote! {
                impl Model for #name { #read #write }
                polar_client_runtime::model! { #page #name #limits }
            }
        }
        Shape::Struct(object) => {
            let write = write(object);
            let limits = limits::braced_if_any(api, object);
            quote! {
                impl Record for #name { #write }
                polar_client_runtime::input! { #name #limits }
            }
        }
        Shape::Enum(strings) => enumeration(def, strings),
        Shape::Union(union) => {
            let implementation = unions::codec(api, def, union);
            let close = match union.resolution {
                Resolution::WriteOnly => quote!(polar_client_runtime::choice! { #name }),
                Resolution::Decided(_) => quote!(polar_client_runtime::union! { #page #name }),
                Resolution::Ambiguous { .. } => TokenStream::new(),
            };
            quote!(#implementation #close)
        }
        Shape::Alias(_) => TokenStream::new(),
    }
}

/// Returns whether the type is a page that may be received as a plain array. Pages that are also sent are not.
fn is_page(api: &Api, def: &TypeDef) -> bool {
    let mut pages = api.pages.keys().map(|id| api.def(*id));
    !def.usage.is_built() && pages.any(|page| page.name.rust == def.name.rust)
}

fn read(object: &Struct) -> TokenStream {
    let fields = object.fields.iter().map(|field| {
        let name = ident(&field.name.rust);
        let key = &field.name.wire;
        match (&field.ty, field.representation, field.presence) {
            (Type::Const(Constant::String(text)), _, Presence::Required) => {
                quote!(#name: o.constant(#key, #text),)
            }
            (Type::Const(Constant::String(text)), _, Presence::Optional) => {
                quote!(#name: o.constant_or(#key, #text),)
            }
            _ => quote!(#name: o.field(#key),),
        }
    });
    let keys: Vec<&str> = object
        .fields
        .iter()
        .map(|field| field.name.wire.as_str())
        .collect();
    let width: usize = keys.iter().map(|key| key.len() + 4).sum();
    // prettyplease and rustfmt break longer lists differently, so a long list is bound to a variable first.
    let is_long = width > WIDEST_LIST;
    let known = (object.rest.is_some() && is_long).then(|| quote!(let known = [#(#keys),*];));
    let rest = object.rest.as_ref().map(|_| {
        let name = ident(REST_FIELD);
        let known = if is_long {
            quote!(known)
        } else {
            quote!([#(#keys),*])
        };
        quote!(#name: o.rest(&#known),)
    });
    let argument = if object.fields.is_empty() && object.rest.is_none() {
        quote!(_)
    } else {
        quote!(o)
    };
    quote! {
        fn read(#argument: &mut Object<'_, '_>) -> Self {
            #known
            Self { #(#fields)* #rest }
        }
    }
}

fn write(object: &Struct) -> TokenStream {
    let fields = match object.fields.as_slice() {
        [] => None,
        [field] => Some(single_field(field)),
        fields => {
            let count = proc_macro2::Literal::usize_unsuffixed(fields.len());
            let fields = fields.iter().map(written);
            Some(quote! {
                let fields: [(&str, &dyn Encode); #count] = [#(#fields),*];
                o.fields(&fields);
            })
        }
    };
    let rest = object.rest.as_ref().map(|_| {
        let name = ident(REST_FIELD);
        let keys = object.fields.iter().map(|field| &field.name.wire);
        quote!(o.entries(&self.#name, &[#(#keys),*]);)
    });
    let argument = if fields.is_none() && rest.is_none() {
        quote!(_)
    } else {
        quote!(o)
    };
    quote! {
        fn write(&self, #argument: &mut FieldWriter<'_>) {
            #fields
            #rest
        }
    }
}

/// Emits the only field of a struct. A long value is bound to a variable first, because prettyplease and rustfmt break the
/// long call differently.
fn single_field(field: &Field) -> TokenStream {
    let (key, value) = (&field.name.wire, written_value(field));
    let is_long = key.len() + value.to_string().len() > WIDEST_FIELD;
    match is_long {
        true => quote!(let value = #value; o.fields(&[(#key, value)]);),
        false => quote!(o.fields(&[(#key, #value)]);),
    }
}

fn written(field: &Field) -> TokenStream {
    let (key, value) = (&field.name.wire, written_value(field));
    quote!((#key, #value))
}

/// Emits the expression that a field is encoded from.
fn written_value(field: &Field) -> TokenStream {
    let name = ident(&field.name.rust);
    let secret = field.facts.sensitivity == Sensitivity::Secret;
    match (field.representation, secret) {
        (Representation::ImplicitConstant, _) => match &field.ty {
            Type::Const(constant) => {
                let value = literal(constant);
                quote!(&#value)
            }
            _ => quote!(&()),
        },
        (Representation::OrAbsent, false) => quote!(optional(&self.#name)),
        (Representation::OrAbsent, true) => quote!(&Redacted(optional(&self.#name))),
        (_, false) => quote!(&self.#name),
        (_, true) => quote!(&Redacted(&self.#name)),
    }
}

fn enumeration(def: &TypeDef, strings: &Enum) -> TokenStream {
    let name = ident(&def.name.rust);
    let values = strings.values.iter().map(|value| {
        let name = ident(&value.name.rust);
        let text = &value.name.wire;
        quote!(#name = #text)
    });
    quote!(polar_client_runtime::string_enum! { #name { #(#values),* } })
}
