//! The types of values: scalars, constants, compound types, and references to named types.

use std::fmt;

/// The index of a type in [`Api::types`](super::Api::types).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(pub usize);

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// A single value.
    Scalar(Scalar),
    /// The identifier of an entity, such as `Customer`: a UUID.
    Id(String),
    /// A type of [`Api::types`](super::Api::types).
    Named(TypeId),
    /// A JSON array.
    List(Box<Type>),
    /// A JSON object with any keys.
    Map(Box<Type>),
    /// A JSON array of fixed length.
    Tuple(Vec<Type>),
    /// A value or null.
    Nullable(Box<Type>),
    /// A value in a `Box`, because a struct would otherwise contain itself.
    Boxed(Box<Type>),
    /// Always the same value.
    Const(Constant),
    /// Any JSON value.
    Json,
}

impl Type {
    /// Returns the type without null.
    pub fn non_null(&self) -> &Type {
        match self {
            Self::Nullable(inner) => inner.non_null(),
            other => other,
        }
    }

    /// Returns whether the type includes null.
    pub fn is_nullable(&self) -> bool {
        matches!(self, Self::Nullable(_))
    }

    /// Returns the type with null.
    pub fn nullable(self) -> Type {
        if self.is_nullable() {
            self
        } else {
            Self::Nullable(Box::new(self))
        }
    }

    /// Calls `visit` with every named type that occurs in the type.
    pub fn visit_named(&self, visit: &mut impl FnMut(TypeId)) {
        match self {
            Self::Named(id) => visit(*id),
            Self::List(inner) | Self::Map(inner) | Self::Nullable(inner) | Self::Boxed(inner) => {
                inner.visit_named(visit);
            }
            Self::Tuple(items) => items.iter().for_each(|item| item.visit_named(visit)),
            Self::Scalar(_) | Self::Id(_) | Self::Const(_) | Self::Json => {}
        }
    }

    /// Returns the entity that a UUID, or each UUID of a list, identifies.
    pub fn identified(&self) -> Option<Identified<'_>> {
        match self {
            Self::Id(entity) => Some(Identified::Entity(entity)),
            Self::Scalar(Scalar::Uuid) => Some(Identified::Anything),
            Self::List(inner) | Self::Nullable(inner) | Self::Boxed(inner) => inner.identified(),
            _ => None,
        }
    }
}

/// The entity that a UUID identifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Identified<'a> {
    /// An entity, by its name.
    Entity(&'a str),
    /// No entity: a plain UUID.
    Anything,
}

/// A single value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scalar {
    /// String.
    String,
    /// Signed 64-bit integer; money in cents.
    Integer,
    /// Unsigned 64-bit integer.
    Unsigned,
    /// Double.
    Float,
    /// An integer or a double. The client keeps which of the two was received.
    Number,
    /// An exact decimal: sent as a string, received as a number or string.
    Decimal,
    /// True or false.
    Boolean,
    /// UUID.
    Uuid,
    /// Date and time.
    Timestamp,
    /// Calendar date.
    Date,
}

/// A constant of the contract.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Constant {
    /// A string.
    String(String),
    /// True or false.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// Null.
    Null,
}

/// Formats the constant as in JSON, but without quotes.
impl fmt::Display for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String(text) => f.write_str(text),
            Self::Boolean(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Null => f.write_str("null"),
        }
    }
}
