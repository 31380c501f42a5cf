//! What the contract guarantees about the values of a variant. Unions are discriminated by these guarantees.

use std::collections::HashMap;

use crate::ir::{Constant, Field, Kind, Presence, Scalar, Shape, Type, TypeDef, TypeId};

/// A variant that a value may be of, with the guarantees of the contract about the variant's values.
pub(super) struct Candidate<'t> {
    pub(super) variant: usize,
    pub(super) kinds: Vec<Kind>,
    /// The possible strings, if the variant is a string enum.
    pub(super) texts: Option<Vec<Constant>>,
    /// Whether the variant accepts any string.
    pub(super) free_text: bool,
    /// The keys of the object, including those of required nested objects.
    pub(super) properties: Vec<Property<'t>>,
    /// The index of each key in `properties`, by path.
    positions: HashMap<Vec<String>, usize>,
    /// Whether the object may have additional keys.
    pub(super) additional_keys: AdditionalKeys,
}

pub(super) struct Property<'t> {
    pub(super) path: Vec<String>,
    pub(super) ty: &'t Type,
    pub(super) constants: Option<Vec<Constant>>,
    /// Whether the constant is a `const`. An enum may get further values in a later version.
    pub(super) fixed: bool,
    pub(super) guarantee: Guarantee,
    pub(super) kinds: Vec<Kind>,
    /// Whether the object at this key may have additional keys.
    pub(super) additional_keys: AdditionalKeys,
}

/// Whether an object may have keys that the contract does not list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AdditionalKeys {
    /// None.
    None,
    /// Any.
    Any,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Guarantee {
    /// The key is always present, and its value is never null.
    Value,
    /// The key is always present, but its value may be null.
    Key,
    /// The key may be absent.
    Perhaps,
}

impl<'t> Candidate<'t> {
    pub(super) fn new(types: &'t [TypeDef], variant: usize, ty: &'t Type) -> Self {
        let mut properties = Vec::new();
        if let Some(fields) = struct_fields(types, ty) {
            add_properties(types, fields, &[], &mut properties);
        }
        properties.sort_by_key(|property: &Property<'_>| property.path.len());
        let positions = properties.iter().enumerate();
        let positions = positions.map(|(index, property)| (property.path.clone(), index));
        Self {
            positions: positions.rev().collect(),
            variant,
            kinds: kinds(types, ty),
            texts: constants(types, ty),
            free_text: matches!(target(types, ty), Type::Scalar(Scalar::String)),
            properties,
            additional_keys: additional_keys(types, ty),
        }
    }

    pub(super) fn property(&self, path: &[String]) -> Option<&Property<'t>> {
        self.positions
            .get(path)
            .map(|&index| &self.properties[index])
    }

    /// Returns whether a value of the variant may have a key.
    pub(super) fn knows(&self, path: &[String]) -> bool {
        let open_above = |property: &Property<'_>| {
            property.additional_keys == AdditionalKeys::Any && path.starts_with(&property.path)
        };
        self.property(path).is_some()
            || self.additional_keys == AdditionalKeys::Any
            || self.properties.iter().any(open_above)
    }

    /// Returns whether a value of the variant may have this constant at a path.
    pub(super) fn takes(&self, path: &[String], constant: &Constant) -> bool {
        let Some(property) = self.property(path) else {
            return self.knows(path);
        };
        let kind = match constant {
            Constant::String(_) => Kind::String,
            Constant::Boolean(_) => Kind::Boolean,
            Constant::Integer(_) => Kind::Integer,
            Constant::Null => return false,
        };
        match &property.constants {
            Some(constants) => constants.contains(constant),
            None => property.kinds.contains(&kind),
        }
    }

    /// Returns whether a value of the variant may lack this key. `guarantee` states whether null counts as lacking it.
    pub(super) fn can_lack(&self, path: &[String], guarantee: Guarantee) -> bool {
        let own = self.property(path).map(|property| property.guarantee);
        own != Some(Guarantee::Value) && own != Some(guarantee)
    }

    /// Returns the keys of the object itself, without those of nested objects.
    pub(super) fn own_keys(&self) -> impl Iterator<Item = &Property<'t>> {
        let properties = self.properties.iter();
        properties.filter(|property| property.path.len() == 1)
    }
}

fn add_properties<'t>(
    types: &'t [TypeDef],
    fields: &'t [Field],
    above: &[String],
    found: &mut Vec<Property<'t>>,
) {
    for field in fields {
        let path = [above, std::slice::from_ref(&field.name.wire)].concat();
        let certain = field.presence == Presence::Required && !field.ty.is_nullable();
        let within = struct_fields(types, &field.ty).filter(|_| above.is_empty() && certain);
        if let Some(fields) = within {
            add_properties(types, fields, &path, found);
        }
        let kinds = kinds(types, &field.ty);
        let is_object = kinds.contains(&Kind::Object);
        found.push(Property {
            path,
            ty: &field.ty,
            additional_keys: match within {
                Some(_) => additional_keys(types, &field.ty),
                None if is_object => AdditionalKeys::Any,
                None => AdditionalKeys::None,
            },
            constants: constants(types, field.ty.non_null()),
            fixed: matches!(field.ty.non_null(), Type::Const(_)),
            guarantee: match field.presence {
                Presence::Required if certain => Guarantee::Value,
                Presence::Required => Guarantee::Key,
                Presence::Optional => Guarantee::Perhaps,
            },
            kinds,
        });
    }
}

/// Returns the type that a type refers to, through aliases.
fn target<'t>(types: &'t [TypeDef], mut ty: &'t Type) -> &'t Type {
    loop {
        ty = match ty {
            Type::Named(TypeId(id)) => match &types[*id].shape {
                Shape::Alias(inner) => inner,
                _ => return ty,
            },
            Type::Boxed(inner) => inner,
            other => return other,
        }
    }
}

fn struct_fields<'t>(types: &'t [TypeDef], ty: &'t Type) -> Option<&'t [Field]> {
    match target(types, ty) {
        Type::Named(TypeId(id)) => match &types[*id].shape {
            Shape::Struct(object) => Some(&object.fields),
            _ => None,
        },
        _ => None,
    }
}

fn additional_keys(types: &[TypeDef], ty: &Type) -> AdditionalKeys {
    match target(types, ty) {
        Type::Named(TypeId(id)) => match &types[*id].shape {
            Shape::Struct(object) if object.rest.is_none() => AdditionalKeys::None,
            _ => AdditionalKeys::Any,
        },
        _ => AdditionalKeys::Any,
    }
}

fn constants(types: &[TypeDef], ty: &Type) -> Option<Vec<Constant>> {
    match target(types, ty) {
        Type::Const(Constant::Null) => None,
        Type::Const(constant) => Some(vec![constant.clone()]),
        Type::Named(TypeId(id)) => match &types[*id].shape {
            Shape::Enum(texts) => Some(
                texts
                    .values
                    .iter()
                    .map(|value| Constant::String(value.name.wire.clone()))
                    .collect(),
            ),
            _ => None,
        },
        _ => None,
    }
}

fn kinds(types: &[TypeDef], ty: &Type) -> Vec<Kind> {
    match target(types, ty) {
        Type::Scalar(Scalar::Integer) | Type::Const(Constant::Integer(_)) => {
            vec![Kind::Integer, Kind::Whole]
        }
        Type::Scalar(Scalar::Unsigned) => vec![Kind::Integer, Kind::BigInteger, Kind::Whole],
        // Large integers are excluded, because a double cannot represent all of them. They decode as raw JSON.
        Type::Scalar(Scalar::Float) => vec![Kind::Integer, Kind::Whole, Kind::Number],
        Type::Scalar(Scalar::Number) => NUMBERS.to_vec(),
        Type::Scalar(Scalar::Decimal) => [&[Kind::String][..], &NUMBERS].concat(),
        Type::Scalar(Scalar::Boolean) | Type::Const(Constant::Boolean(_)) => vec![Kind::Boolean],
        Type::Scalar(_) | Type::Id(_) | Type::Const(Constant::String(_)) => vec![Kind::String],
        Type::List(_) | Type::Tuple(_) => vec![Kind::Array],
        Type::Map(_) => vec![Kind::Object],
        Type::Nullable(inner) | Type::Boxed(inner) => kinds(types, inner),
        Type::Const(Constant::Null) => vec![],
        Type::Json => ALL_KINDS.to_vec(),
        Type::Named(TypeId(id)) => match &types[*id].shape {
            Shape::Enum(_) => vec![Kind::String],
            Shape::Struct(_) => vec![Kind::Object],
            Shape::Union(_) | Shape::Alias(_) => ALL_KINDS.to_vec(),
        },
    }
}

const NUMBERS: [Kind; 4] = [Kind::Integer, Kind::BigInteger, Kind::Whole, Kind::Number];

pub(super) const ALL_KINDS: [Kind; 8] = [
    Kind::Boolean,
    Kind::Integer,
    Kind::BigInteger,
    Kind::Whole,
    Kind::Number,
    Kind::String,
    Kind::Array,
    Kind::Object,
];
