//! Resolves paths of keys in a type.

use super::Checker;
use crate::ir::{Shape, Type};

impl Checker<'_> {
    /// Returns whether any variant of the type has a property.
    pub(super) fn has_property(&self, ty: &Type, key: &str) -> bool {
        match ty {
            Type::Nullable(inner) | Type::Boxed(inner) => self.has_property(inner, key),
            Type::Named(id) => match &self.api.def(*id).shape {
                Shape::Struct(object) => {
                    let mut fields = object.fields.iter();
                    fields.any(|field| field.name.wire == key)
                }
                Shape::Union(union) => {
                    let mut variants = union.variants.iter();
                    variants.any(|variant| self.has_property(&variant.ty, key))
                }
                Shape::Alias(target) => self.has_property(target, key),
                Shape::Enum(_) => false,
            },
            _ => false,
        }
    }

    /// Returns whether a path of keys resolves in every variant of the type.
    pub(super) fn resolves(&self, ty: &Type, path: &[String]) -> bool {
        let Some((key, rest)) = path.split_first() else {
            return true;
        };
        match ty {
            Type::List(inner) | Type::Nullable(inner) | Type::Boxed(inner) => {
                self.resolves(inner, path)
            }
            Type::Named(id) => match &self.api.def(*id).shape {
                Shape::Struct(object) => {
                    let mut fields = object.fields.iter();
                    let field = fields.find(|field| field.name.wire == *key);
                    field.is_some_and(|field| self.resolves(&field.ty, rest))
                }
                Shape::Union(union) => {
                    let mut variants = union.variants.iter();
                    variants.all(|variant| self.resolves(&variant.ty, path))
                }
                Shape::Alias(target) => self.resolves(target, path),
                Shape::Enum(_) => false,
            },
            _ => false,
        }
    }
}
