//! Converts types and constants of the IR to Rust tokens.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};

use crate::ir::{Api, Constant, Field, Representation, Scalar, Shape, Struct, Type};
use crate::names;

/// Returns an identifier token. The prefix `r#` makes it a raw identifier.
pub(super) fn ident(name: &str) -> Ident {
    match name.strip_prefix("r#") {
        Some(keyword) => Ident::new_raw(keyword, Span::call_site()),
        None => Ident::new(name, Span::call_site()),
    }
}

/// Returns the Rust type for values of an IR type.
pub(super) fn rust_type(api: &Api, ty: &Type) -> TokenStream {
    match ty {
        Type::Scalar(scalar) => scalar_type(*scalar),
        Type::Id(entity) => ident(&names::id_type(entity)).into_token_stream(),
        Type::Named(id) => ident(&api.def(*id).name.rust).into_token_stream(),
        Type::List(item) => {
            let item = rust_type(api, item);
            quote!(Vec<#item>)
        }
        Type::Map(value) if **value == Type::Json => quote!(JsonObject),
        Type::Map(value) => {
            let value = rust_type(api, value);
            quote!(BTreeMap<String, #value>)
        }
        Type::Tuple(items) => {
            let items = items.iter().map(|item| rust_type(api, item));
            quote!((#(#items),*))
        }
        Type::Nullable(inner) => {
            let inner = rust_type(api, inner);
            quote!(Option<#inner>)
        }
        Type::Boxed(inner) => {
            let inner = rust_type(api, inner);
            quote!(Box<#inner>)
        }
        Type::Const(Constant::String(_)) => quote!(Cow<'static, str>),
        Type::Const(Constant::Boolean(_)) => quote!(bool),
        Type::Const(Constant::Integer(_)) => quote!(i64),
        Type::Const(Constant::Null) => quote!(()),
        Type::Json => quote!(JsonValue),
    }
}

fn scalar_type(scalar: Scalar) -> TokenStream {
    match scalar {
        Scalar::String => quote!(String),
        Scalar::Integer => quote!(i64),
        Scalar::Unsigned => quote!(u64),
        Scalar::Float => quote!(f64),
        Scalar::Number => quote!(Number),
        Scalar::Decimal => quote!(Decimal),
        Scalar::Boolean => quote!(bool),
        Scalar::Uuid => quote!(Uuid),
        Scalar::Timestamp => quote!(Timestamp),
        Scalar::Date => quote!(Date),
    }
}

/// Returns the type of a field.
pub(super) fn field_type(api: &Api, field: &Field) -> TokenStream {
    let value = rust_type(api, field.ty.non_null());
    match field.representation {
        Representation::Value | Representation::ImplicitConstant | Representation::Constant => {
            value
        }
        Representation::OrNull | Representation::OrAbsent => quote!(Option<#value>),
        Representation::Patch => quote!(Patch<#value>),
    }
}

/// Returns the Rust type of the value in an enum variant, or `None` for a variant without a value. Structs are boxed, so
/// that a union of structs is two words large.
pub(super) fn payload(api: &Api, ty: &Type) -> Option<TokenStream> {
    let rust = rust_type(api, ty);
    match ty {
        Type::Const(_) => None,
        _ if as_struct(api, ty).is_some() => Some(quote!(Box<#rust>)),
        _ => Some(rust),
    }
}

/// Returns the struct that a type refers to, through aliases and boxes.
pub(super) fn as_struct<'a>(api: &'a Api, ty: &'a Type) -> Option<&'a Struct> {
    match api.target(ty) {
        Type::Named(id) => match &api.def(*id).shape {
            Shape::Struct(object) => Some(object),
            _ => None,
        },
        _ => None,
    }
}

/// Returns whether the Rust type is `Copy`.
pub(super) fn is_copy(api: &Api, ty: &Type) -> bool {
    match api.target(ty) {
        Type::Scalar(scalar) => !matches!(scalar, Scalar::String | Scalar::Decimal),
        Type::Id(_) | Type::Const(Constant::Boolean(_) | Constant::Integer(_)) => true,
        Type::Nullable(inner) => is_copy(api, inner),
        _ => false,
    }
}

/// Returns a constant as a Rust literal.
pub(super) fn literal(constant: &Constant) -> TokenStream {
    match constant {
        Constant::String(text) => text.to_token_stream(),
        Constant::Boolean(value) => value.to_token_stream(),
        Constant::Null => quote!(()),
        Constant::Integer(value) => {
            let value = proc_macro2::Literal::i64_suffixed(*value);
            value.into_token_stream()
        }
    }
}
