//! Emits expressions that read a property of a struct, or a property that all variants of a union have.

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::models::shared_fields;
use crate::emit::types::{as_struct, ident, is_copy};
use crate::ir::{Api, Representation, Scalar, Shape, Type};

/// A property, and the expressions that read it.
pub(super) struct PropertyAccess {
    /// The type, without null.
    pub(super) ty: Type,
    /// The expression that denotes the property, such as `it.data`.
    pub(super) place: TokenStream,
    /// The expression that returns the property: a copy or a reference, in an `Option` if the property may be missing.
    pub(super) value: TokenStream,
    pub(super) is_optional: bool,
}

impl PropertyAccess {
    /// Returns access to a property of the expression `of`.
    pub(super) fn property(api: &Api, ty: &Type, of: &TokenStream, key: &str) -> Option<Self> {
        if let Some(object) = as_struct(api, ty) {
            let field = object.fields.iter().find(|field| field.name.wire == key)?;
            let (name, ty) = (ident(&field.name.rust), field.ty.non_null().clone());
            let is_optional = match field.representation {
                Representation::Value => false,
                Representation::OrNull | Representation::OrAbsent => true,
                Representation::Patch
                | Representation::ImplicitConstant
                | Representation::Constant => {
                    return None;
                }
            };
            let place = quote!(#of.#name);
            let value = match is_optional {
                _ if is_copy(api, &ty) => place.clone(),
                true if ty == Type::Scalar(Scalar::String) => quote!(#place.as_deref()),
                true => quote!(#place.as_ref()),
                false => quote!(&#place),
            };
            return Some(Self {
                ty,
                place,
                value,
                is_optional,
            });
        }
        let Type::Named(id) = api.target(ty) else {
            return None;
        };
        let Shape::Union(union) = &api.def(*id).shape else {
            return None;
        };
        let mut shared = shared_fields(api, union).into_iter();
        let field = shared.find(|field| field.key() == key)?;
        let name = ident(field.name());
        let place = quote!(#of.#name());
        Some(Self {
            ty: field.ty().non_null().clone(),
            value: place.clone(),
            place,
            is_optional: field.ty().is_nullable(),
        })
    }

    /// Returns the access if the property has this type.
    pub(super) fn of_type(self, ty: &Type) -> Option<Self> {
        (self.ty == *ty).then_some(self)
    }

    /// Returns the expression of the value as an `Option`.
    pub(super) fn optional(self) -> TokenStream {
        let value = self.value;
        match self.is_optional {
            true => value,
            false => quote!(Some(#value)),
        }
    }
}
