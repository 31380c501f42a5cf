//! Emits the types of the arguments for parameters and bodies, and the statements that add the arguments to a request.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::emit::types::{ident, is_copy, rust_type};
use crate::ir::{Api, Body, Encoding, Param, ParamStyle, Scalar, Shape, Type};

/// Returns the argument type of a parameter, and the expression that is passed to the request. `&value` and `&values` refer
/// to the variables that [`convert`] emits.
pub(super) fn argument(api: &Api, param: &Param, name: &Ident) -> (TokenStream, TokenStream) {
    let ty = param.ty.non_null();
    let rust = rust_type(api, ty);
    match api.target(ty).non_null() {
        Type::Scalar(Scalar::String) => (quote!(&str), quote!(&#name)),
        Type::List(item) => {
            let item = rust_type(api, item);
            (quote!(impl Into<OneOrMany<#item>>), quote!(&values))
        }
        Type::Map(value) => {
            let value = rust_type(api, value);
            (quote!(impl Entries<#value>), quote!(&values))
        }
        _ if is_converted(api, ty) => (quote!(impl Into<#rust>), quote!(&value)),
        inner if is_copy(api, inner) => (rust, quote!(&#name)),
        _ => (quote!(impl Body<#rust>), quote!(&#name)),
    }
}

/// Emits the statement that converts the argument of a parameter, if necessary. Variables have short names, so
/// that the line fits: prettyplease and rustfmt break long lines differently.
fn convert(api: &Api, param: &Param, name: &Ident) -> TokenStream {
    let ty = param.ty.non_null();
    match api.target(ty).non_null() {
        Type::List(_) => quote!(let values: OneOrMany<_> = #name.into();),
        Type::Map(item) => {
            let item = rust_type(api, item);
            // Pairs rather than a map, because keys may be repeated.
            quote!(let values: Pairs<#item> = #name.into_map();)
        }
        _ if is_converted(api, ty) => {
            let ty = rust_type(api, ty);
            quote!(let value: #ty = #name.into();)
        }
        _ => TokenStream::new(),
    }
}

/// Returns whether the argument accepts anything that converts to a single value.
fn is_converted(api: &Api, ty: &Type) -> bool {
    match api.target(ty).non_null() {
        Type::Id(_) => true,
        Type::Named(id) => matches!(api.def(*id).shape, Shape::Enum(_)),
        _ => false,
    }
}

/// Emits the statement that converts an argument to its final type, so that several operations can use the value.
pub(super) fn shared_conversion(api: &Api, param: &Param, name: &Ident) -> TokenStream {
    let ty = param.ty.non_null();
    match is_converted(api, ty) {
        true => {
            let ty = rust_type(api, ty);
            quote!(let #name: #ty = #name.into();)
        }
        false => TokenStream::new(),
    }
}

/// Emits the statements that set a path parameter of a request.
pub(super) fn push_path(api: &Api, param: &Param, request: &TokenStream) -> TokenStream {
    let (wire, name) = (&param.name.wire, ident(&param.name.rust));
    let (_, value) = argument(api, param, &name);
    let convert = convert(api, param, &name);
    quote!(#convert #request.path(#wire, #value);)
}

/// Emits the statements that set a query parameter of a request.
pub(super) fn push(api: &Api, param: &Param, request: &TokenStream) -> TokenStream {
    let (wire, name) = (&param.name.wire, ident(&param.name.rust));
    let (_, value) = argument(api, param, &name);
    let convert = convert(api, param, &name);
    match param.style {
        ParamStyle::DeepObject => quote!(#convert #request.deep_object(#wire, #value);),
        ParamStyle::Json => quote!(#convert #request.json_query(#wire, #value);),
        ParamStyle::Joined => quote!(#convert #request.joined_query(#wire, #value);),
        ParamStyle::Plain => quote!(#convert #request.query(#wire, #value);),
    }
}

/// Emits the statement that sets the body of a request.
pub(super) fn push_body(body: &Body, request: &TokenStream) -> TokenStream {
    match body.encoding {
        Encoding::Json => quote!(#request.json_body(&body);),
        Encoding::Form => quote!(#request.form_body(&body);),
    }
}
