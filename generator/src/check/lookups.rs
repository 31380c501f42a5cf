//! Checks the methods that find an item of a list (`x-lookup`). All variants of the type must have the list, and the items
//! of the list must have the property that is compared.

use super::Checker;
use crate::ir::{Field, Lookup, Presence, Scalar, Shape, Type, TypeDef};
use crate::names;

impl Checker<'_> {
    pub(super) fn lookups(&mut self, def: &TypeDef) {
        if def.lookups.is_empty() {
            return;
        }
        let at = format!("{}/x-lookup", def.at);
        if !def.usage.is_decoded() || def.usage.is_built() {
            self.problem(
                &at,
                "only types that are received and not sent can have such methods".to_owned(),
            );
        }
        for lookup in &def.lookups {
            if let Err(message) = self.lookup(def, lookup) {
                self.problem(&format!("{at}/{}", lookup.name.wire), message);
            }
        }
    }

    fn lookup(&self, def: &TypeDef, lookup: &Lookup) -> Result<(), String> {
        if self.is_method(def, &lookup.name.rust) {
            return Err("the type has a method of that name".to_owned());
        }
        let item = self.item(def, &lookup.list).ok_or_else(|| {
            format!(
                "`{}` is not a list that every variant of the type requires",
                lookup.list
            )
        })?;
        let field = self.required(item, &lookup.by);
        match field.map(|field| &field.ty) {
            Some(Type::Id(_)) => Ok(()),
            Some(Type::Scalar(scalar)) if !matches!(scalar, Scalar::Float | Scalar::Number) => {
                Ok(())
            }
            _ => Err(format!(
                "`{}` is not a required property of the items that can be compared",
                lookup.by
            )),
        }
    }

    /// Returns the item type of a list that all variants of the type have.
    fn item<'t>(&'t self, def: &'t TypeDef, list: &str) -> Option<&'t Type> {
        let forms: Vec<&Type> = match &def.shape {
            Shape::Struct(object) => {
                let field = object.fields.iter().find(|field| field.name.wire == list)?;
                vec![item_of(field)?]
            }
            Shape::Union(union) => {
                let forms = union.variants.iter();
                let forms = forms.map(|variant| item_of(self.required(&variant.ty, list)?));
                forms.collect::<Option<_>>()?
            }
            Shape::Enum(_) | Shape::Alias(_) => return None,
        };
        let (first, rest) = forms.split_first()?;
        rest.iter().all(|form| form == first).then_some(*first)
    }

    fn required(&self, ty: &Type, key: &str) -> Option<&Field> {
        let Type::Named(id) = self.api.target(ty) else {
            return None;
        };
        let Shape::Struct(object) = &self.api.def(*id).shape else {
            return None;
        };
        let field = object.fields.iter().find(|field| field.name.wire == key)?;
        (field.presence == Presence::Required).then_some(field)
    }

    /// Returns whether the type already has a method with this name, for a variant or a shared field.
    fn is_method(&self, def: &TypeDef, name: &str) -> bool {
        let Shape::Union(union) = &def.shape else {
            return false;
        };
        names::is_union_method(name)
            || union.variants.iter().any(|variant| {
                names::narrowing(&variant.name.rust) == name
                    || self.api.property(&variant.ty, name).is_some()
            })
    }
}

fn item_of(field: &Field) -> Option<&Type> {
    match (&field.ty, field.presence) {
        (Type::List(item), Presence::Required) => Some(item),
        _ => None,
    }
}
