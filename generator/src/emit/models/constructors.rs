//! Emits constructors and setters of the structs that requests contain, which users build.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::emit::docs::facts;
use crate::emit::docs::types::{entry_setter_docs, is_update, rest_setter_docs, setter_docs};
use crate::emit::docs::{self, Docs};
use crate::emit::types::{ident, is_copy, literal, rust_type};
use crate::ir::{
    Api, Constant, Field, Limits, Representation, Scalar, Shape, Struct, Type, TypeDef, Usage,
};
use crate::names::{self, REST_FIELD};

/// Emits `new`, the setters and, if `new` has no arguments, `Default`. Emits nothing for a type that is only received.
pub(super) fn constructors(api: &Api, def: &TypeDef, object: &Struct) -> TokenStream {
    if !def.usage.is_built() {
        return TokenStream::new();
    }
    let name = ident(&def.name.rust);
    let kept: Vec<&Field> = object
        .fields
        .iter()
        .filter(|field| field.representation != Representation::ImplicitConstant)
        .collect();
    let new = (!is_literal(def, object)).then(|| new(api, def, object, &kept));
    let is_update = is_update(api, def);
    let setters = kept
        .iter()
        .filter_map(|field| match api.open_struct(field) {
            Some(open) => Some(open_setters(api, object, field, open)),
            None => setter(api, field, is_update),
        });
    let rest = object
        .rest
        .as_ref()
        .map(|ty| rest_setter(api, ty, &object.rest_limits));
    let has_arguments = kept.iter().any(|field| is_argument(field));
    let default = (!has_arguments).then(|| {
        quote! {
            impl Default for #name {
                fn default() -> Self {
                    Self::new()
                }
            }
        }
    });
    quote! {
        impl #name { #new #(#setters)* #rest }
        #default
    }
}

/// The maximum number of constructor arguments. More would be hard to read in a call.
const MAX_ARGUMENTS: usize = 7;

/// Returns whether a struct has so many required fields that users write it as a literal, in which each value is named.
pub(crate) fn is_literal(def: &TypeDef, object: &Struct) -> bool {
    let required = object.fields.iter().filter(|field| is_argument(field));
    def.usage.is_built() && required.count() > MAX_ARGUMENTS
}

fn is_argument(field: &Field) -> bool {
    matches!(
        field.representation,
        Representation::Value | Representation::OrNull
    )
}

fn new(api: &Api, def: &TypeDef, object: &Struct, kept: &[&Field]) -> TokenStream {
    let arguments = kept.iter().filter(|field| is_argument(field)).map(|field| {
        let name = ident(&field.name.rust);
        let (ty, _) = argument(api, field, &name);
        quote!(#name: #ty)
    });
    let arguments: Vec<TokenStream> = arguments.collect();
    let values = kept.iter().map(|field| {
        let name = ident(&field.name.rust);
        let value = match field.representation {
            Representation::Value | Representation::OrNull => {
                let value = argument(api, field, &name).1;
                if name == value.to_string() {
                    return quote!(#name);
                }
                value
            }
            Representation::OrAbsent => quote!(None),
            Representation::Patch => quote!(Patch::Keep),
            Representation::Constant | Representation::ImplicitConstant => {
                constant_value(&field.ty)
            }
        };
        quote!(#name: #value)
    });
    let rest = object.rest.as_ref().map(|ty| {
        let name = ident(REST_FIELD);
        let map = if *ty == Type::Json {
            quote!(JsonObject)
        } else {
            quote!(BTreeMap)
        };
        quote!(#name: #map::new())
    });
    let article = docs::article(&def.name.rust);
    let is_constant = |field: &&Field| field.representation == Representation::Constant;
    let summary = if !arguments.is_empty() {
        format!("Creates {article} with its required fields.")
    } else if !kept.iter().all(is_constant) || object.rest.is_some() {
        format!("Creates {article} without any field set.")
    } else {
        format!("Creates {article}, which has no fields to set.")
    };
    let docs = Docs::new(None, summary).attributes();
    let values: Vec<TokenStream> = values.chain(rest).collect();
    quote! {
        #docs
        #[must_use]
        pub fn new(#(#arguments),*) -> Self {
            Self { #(#values),* }
        }
    }
}

fn constant_value(ty: &Type) -> TokenStream {
    match ty {
        Type::Const(Constant::String(text)) => quote!(Cow::Borrowed(#text)),
        Type::Const(constant) => literal(constant),
        _ => quote!(None),
    }
}

fn setter(api: &Api, field: &Field, is_update: bool) -> Option<TokenStream> {
    let name = ident(&field.name.rust);
    let method = ident(&names::setter(&field.name));
    let (ty, value) = argument(api, field, &name);
    let value = match field.representation {
        Representation::OrAbsent => quote!(Some(#value)),
        Representation::Patch => value,
        Representation::Value
        | Representation::OrNull
        | Representation::ImplicitConstant
        | Representation::Constant => return None,
    };
    let docs = setter_docs(field, is_update).attributes();
    Some(quote! {
        #docs
        #[must_use]
        pub fn #method(mut self, #name: #ty) -> Self {
            self.#name = #value;
            self
        }
    })
}

/// Emits the setters of a map with some well-known keys, such as metadata: one that sets the other entries, and one for
/// each well-known key.
fn open_setters(api: &Api, object: &Struct, field: &Field, open: &Struct) -> TokenStream {
    let (name, method) = (ident(&field.name.rust), ident(&names::setter(&field.name)));
    let rest = ident(REST_FIELD);
    let entries = open.rest.as_ref().map(|ty| {
        let (arg, value) = conversion(api, &Type::Map(Box::new(ty.clone())), &name);
        let docs = setter_docs(field, false)
            .paragraph(facts::limits(&open.rest_limits, Usage::Input))
            .attributes();
        quote! {
            #docs
            #[must_use]
            pub fn #method(mut self, #name: #arg) -> Self {
                let it = self.#name.get_or_insert_default();
                it.#rest = #value;
                self
            }
        }
    });
    let is_free = |key: &&Field| {
        object
            .fields
            .iter()
            .all(|other| other.name.rust != key.name.rust)
    };
    let keys = open.fields.iter().filter(is_free).map(|key| {
        let (key_name, method) = (ident(&key.name.rust), ident(&names::setter(&key.name)));
        let (ty, value) = argument(api, key, &key_name);
        let docs = entry_setter_docs(key, &field.name.wire).attributes();
        quote! {
            #docs
            #[must_use]
            pub fn #method(mut self, #key_name: #ty) -> Self {
                let it = self.#name.get_or_insert_default();
                it.#key_name = Some(#value);
                self
            }
        }
    });
    quote!(#entries #(#keys)*)
}

fn rest_setter(api: &Api, ty: &Type, limits: &Limits) -> TokenStream {
    let docs = rest_setter_docs(limits).attributes();
    let name = ident(REST_FIELD);
    let (arg, value) = conversion(api, &Type::Map(Box::new(ty.clone())), &name);
    quote! {
        #docs
        #[must_use]
        pub fn #name(mut self, #name: #arg) -> Self {
            self.#name = #value;
            self
        }
    }
}

/// Returns the type of an argument, and the expression that converts it to the field's value.
fn argument(api: &Api, field: &Field, name: &Ident) -> (TokenStream, TokenStream) {
    let ty = field.ty.non_null();
    let value = rust_type(api, ty);
    match field.representation {
        Representation::Patch => (quote!(impl Into<Patch<#value>>), quote!(#name.into())),
        Representation::OrNull if is_copy(api, ty) => (quote!(Option<#value>), quote!(#name)),
        Representation::OrNull => (quote!(impl Into<Option<#value>>), quote!(#name.into())),
        _ => conversion(api, ty, name),
    }
}

/// Returns an argument type that is convenient for callers, and the expression that converts the argument.
fn conversion(api: &Api, ty: &Type, name: &Ident) -> (TokenStream, TokenStream) {
    let rust = rust_type(api, ty);
    match api.target(ty) {
        Type::List(item) if **item == Type::Scalar(Scalar::String) => {
            (quote!(impl Strings), quote!(#name.into_strings()))
        }
        Type::List(item) => {
            let item = rust_type(api, item);
            (quote!(impl Items<#item>), quote!(#name.into_list()))
        }
        Type::Map(value) => {
            let value = rust_type(api, value);
            (quote!(impl Entries<#value>), quote!(#name.into_map()))
        }
        Type::Id(_) => (quote!(impl Into<#rust>), quote!(#name.into())),
        inner if matches!(ty, Type::Boxed(_)) => {
            let inner = rust_type(api, inner);
            (quote!(#inner), quote!(Box::new(#name)))
        }
        inner if is_copy(api, inner) => (rust, quote!(#name)),
        Type::Named(id) if matches!(api.def(*id).shape, Shape::Struct(_)) => (rust, quote!(#name)),
        // Not `impl Into<Decimal>`: then the compiler could not infer the type of an argument such as `"0.5".parse()?`.
        Type::Tuple(_) | Type::Scalar(Scalar::Decimal) => (rust, quote!(#name)),
        _ => (quote!(impl Into<#rust>), quote!(#name.into())),
    }
}
