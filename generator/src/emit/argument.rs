//! Parameters as arguments of methods.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::types::{is_copy, rust_type};
use crate::ir::{Api, Param, Scalar, Shape, Type};

/// The type of a parameter's argument, and the reference that the request takes.
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
        inner if is_copy(api, inner) => (rust, quote!(&#name)),
        Type::Named(id) if matches!(api.def(*id).shape, Shape::Enum(_)) => (rust, quote!(&#name)),
        _ => (quote!(impl Body<#rust>), quote!(&#name)),
    }
}
