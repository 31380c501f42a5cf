//! The named types of the API, and their definitions.

use std::collections::BTreeSet;

use super::{Decision, Facts, Lifecycle, Limits, Presence, Scalar, Type};
use crate::names::{self, Name};

/// A named type of the API.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeDef {
    /// Rust name and schema name.
    pub name: Name,
    /// Documentation, if it exists.
    pub docs: Option<String>,
    /// Whether the type is sent, received, or both.
    pub usage: Usage,
    /// Whether null clears the stored value in its fields: the type is (part of) the body of a partial update.
    pub role: Role,
    /// Whether an operation sends it as its whole body.
    pub is_body: bool,
    /// Whether the type is deprecated.
    pub lifecycle: Lifecycle,
    /// The file of `models/` the type belongs to.
    pub module: String,
    /// The definition of the type.
    pub shape: Shape,
    /// Methods that find an item of one of its lists.
    pub lookups: Vec<Lookup>,
    /// JSON pointer into the contract.
    pub at: String,
}

/// A method that finds an item of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Lookup {
    /// The name of the method.
    pub name: Name,
    /// The key of the list.
    pub list: String,
    /// The key of the property of its items that is compared with the argument.
    pub by: String,
}

impl TypeDef {
    /// Returns whether the contract names the type, rather than defining it inline.
    pub fn is_component(&self) -> bool {
        let name = self.at.strip_prefix("/components/schemas/");
        name.is_some_and(|name| !name.contains('/'))
    }
}

/// Whether a type is sent, received, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// Only sent.
    Input,
    /// Only received.
    Output,
    /// Sent and received.
    Both,
}

impl Usage {
    /// Returns whether values are received, and therefore decoded.
    pub fn is_decoded(self) -> bool {
        matches!(self, Self::Output | Self::Both)
    }

    /// Returns whether values are built by the user, and therefore need constructors.
    pub fn is_built(self) -> bool {
        matches!(self, Self::Input | Self::Both)
    }
}

/// The meaning of null in a field of the type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Null is equivalent to an omitted field.
    Plain,
    /// Null clears the stored value: part of the body of a `PATCH`.
    Patch,
}

/// The definition of a type.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// An object with known fields.
    Struct(Struct),
    /// A set of strings.
    Enum(Enum),
    /// One of several types.
    Union(Union),
    /// An alias of a type.
    Alias(Type),
}

/// How the client represents a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Representation {
    /// As a value, which is always present.
    Value,
    /// As `Option`, where `None` is sent as null.
    OrNull,
    /// As `Option`, where `None` is omitted.
    OrAbsent,
    /// `Patch`: absent, null or a value.
    Patch,
    /// Not at all: a constant that is only sent.
    ImplicitConstant,
    /// As a constant that is stored as received.
    Constant,
}

/// An object with known fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Struct {
    /// In the order of the contract.
    pub fields: Vec<Field>,
    /// The type of additional entries, if the contract has one.
    pub rest: Option<Type>,
    /// Constraints on each additional entry.
    pub rest_limits: Limits,
}

/// A field of a struct.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Rust name and key.
    pub name: Name,
    /// Documentation, if it exists.
    pub docs: Option<String>,
    /// Its type.
    pub ty: Type,
    /// Whether the key is required.
    pub presence: Presence,
    /// How the client represents it.
    pub representation: Representation,
    /// Other facts that the contract states.
    pub facts: Facts,
    /// The path, from the struct, to the string that selects the form of an ambiguous union.
    pub chosen_by: Option<Vec<String>>,
    /// JSON pointer into the contract.
    pub at: String,
}

/// A set of strings. The client accepts unknown ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Enum {
    /// In the order of the contract.
    pub values: Vec<EnumValue>,
}

/// A value of an enum.
#[derive(Debug, Clone, PartialEq)]
pub struct EnumValue {
    /// Variant name and string.
    pub name: Name,
    /// Documentation, if it exists.
    pub docs: Option<String>,
}

/// A value of one of several types.
#[derive(Debug, Clone, PartialEq)]
pub struct Union {
    /// Nested unions are flattened.
    pub variants: Vec<Variant>,
    /// The components that were nested in it.
    pub nested: BTreeSet<String>,
    /// How a value is discriminated.
    pub resolution: Resolution,
}

/// One of the types of a union.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// Variant name; the wire part is the schema's or scalar's name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// Constraints on the value.
    pub limits: Limits,
    /// JSON pointers into the contract: the members of the union that it represents.
    pub at: Vec<String>,
}

impl Variant {
    /// Returns the name of the method that returns its value: `as_fixed`. JSON types have the names of
    /// `serde_json::Value`: `as_str`.
    pub fn narrowing(&self) -> String {
        let method = match (self.name.rust.as_str(), &self.ty) {
            ("String", Type::Scalar(Scalar::String)) => "as_str",
            ("Integer", Type::Scalar(Scalar::Integer)) => "as_i64",
            ("Integer", Type::Scalar(Scalar::Unsigned)) => "as_u64",
            ("Number", Type::Scalar(Scalar::Float)) => "as_f64",
            ("Boolean", Type::Scalar(Scalar::Boolean)) => "as_bool",
            (name, _) => return names::narrowing(name),
        };
        method.to_owned()
    }
}

/// How the variants of a union are distinguished when a value is decoded.
#[derive(Debug, Clone, PartialEq)]
pub enum Resolution {
    /// By a decision on the value alone.
    Decided(Decision),
    /// Never decoded.
    WriteOnly,
    /// Not at all, for a reason in the corrections; the raw JSON is kept.
    Ambiguous {
        /// The reason.
        reason: String,
        /// The strings beside the union that select the form of its value.
        choices: Option<Choices>,
    },
}

/// The forms of an ambiguous union, by a string elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Choices {
    /// The name of the enum over the forms.
    pub name: String,
    /// The paths where such a string is looked up, from the struct with the union as a field.
    pub paths: Vec<Vec<String>>,
    /// Strings, and the [`Union::variants`] that they select.
    pub variants: Vec<(String, usize)>,
}

impl Resolution {
    /// Returns its name in reports.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Decided(decision) => decision.label(),
            Self::WriteOnly => "write-only",
            Self::Ambiguous { .. } => "ambiguous",
        }
    }
}
