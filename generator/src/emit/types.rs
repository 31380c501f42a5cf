//! IR types as Rust types.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};

use crate::ir::{Api, Constant, Field, Presence, Role, Scalar, Shape, Type, TypeDef, Usage};

/// An identifier; `r#type` is raw.
pub(super) fn ident(name: &str) -> Ident {
    match name.strip_prefix("r#") {
        Some(keyword) => Ident::new_raw(keyword, Span::call_site()),
        None => Ident::new(name, Span::call_site()),
    }
}

/// How a value of an IR type is written in Rust.
pub(super) fn rust_type(api: &Api, ty: &Type) -> TokenStream {
    match ty {
        Type::Scalar(scalar) => scalar_type(*scalar),
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
        Type::Const(Constant::Text(_)) => quote!(Cow<'static, str>),
        Type::Const(Constant::Boolean(_)) => quote!(bool),
        Type::Const(Constant::Integer(_)) => quote!(i64),
        Type::Const(Constant::Null) => quote!(()),
        Type::Json => quote!(Json),
    }
}

fn scalar_type(scalar: Scalar) -> TokenStream {
    match scalar {
        Scalar::String => quote!(String),
        Scalar::Integer => quote!(i64),
        Scalar::Float => quote!(f64),
        Scalar::Number => quote!(Number),
        Scalar::Decimal => quote!(Decimal),
        Scalar::Boolean => quote!(bool),
        Scalar::Uuid => quote!(Uuid),
        Scalar::Timestamp => quote!(Timestamp),
        Scalar::Date => quote!(Date),
    }
}

/// How the client keeps a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeping {
    /// A value that is always there; lists and maps that are missing are empty.
    Value,
    /// `Option`, null when there is none.
    OrNull,
    /// `Option`, left out when there is none.
    OrAbsent,
    /// `Patch`: absent, null or a value.
    Patch,
    /// A constant that is sent and not kept.
    Sent,
    /// A constant that is kept as it came.
    Constant,
}

impl Keeping {
    pub(super) fn of(def: &TypeDef, field: &Field) -> Self {
        let constant = matches!(field.ty, Type::Const(Constant::Text(_) | Constant::Null))
            || (matches!(field.ty, Type::Const(_)) && field.presence == Presence::Required);
        match (field.presence, field.ty.is_nullable()) {
            _ if constant && !def.usage.is_decoded() => Self::Sent,
            _ if constant => Self::Constant,
            (Presence::Required, false) => Self::Value,
            (Presence::Required, true) => Self::OrNull,
            (Presence::Optional, true) if def.role == Role::Patch => Self::Patch,
            // The server writes null where there is no value, also where the contract lets it leave the key out.
            (Presence::Optional, true) if def.usage == Usage::Output => Self::OrNull,
            (Presence::Optional, _) => Self::OrAbsent,
        }
    }

    /// The type of the field.
    pub(super) fn field_type(self, api: &Api, ty: &Type) -> TokenStream {
        let value = rust_type(api, ty.non_null());
        match self {
            Self::Value | Self::Sent | Self::Constant => value,
            Self::OrNull | Self::OrAbsent => quote!(Option<#value>),
            Self::Patch => quote!(Patch<#value>),
        }
    }
}

/// The type behind aliases and boxes.
pub(super) fn target<'a>(api: &'a Api, mut ty: &'a Type) -> &'a Type {
    loop {
        ty = match ty {
            Type::Named(id) => match &api.def(*id).shape {
                Shape::Alias(inner) => inner,
                _ => return ty,
            },
            Type::Boxed(inner) => inner,
            other => return other,
        }
    }
}

/// Whether the Rust type is `Copy`.
pub(super) fn is_copy(api: &Api, ty: &Type) -> bool {
    match target(api, ty) {
        Type::Scalar(scalar) => !matches!(scalar, Scalar::String | Scalar::Decimal),
        Type::Const(Constant::Boolean(_) | Constant::Integer(_)) => true,
        Type::Nullable(inner) => is_copy(api, inner),
        _ => false,
    }
}

/// A constant as a Rust literal.
pub(super) fn literal(constant: &Constant) -> TokenStream {
    match constant {
        Constant::Text(text) => text.to_token_stream(),
        Constant::Boolean(value) => value.to_token_stream(),
        Constant::Null => quote!(()),
        Constant::Integer(value) => {
            let value = proc_macro2::Literal::i64_suffixed(*value);
            value.into_token_stream()
        }
    }
}
