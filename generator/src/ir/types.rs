//! The named types of the API and their definitions.

use std::collections::BTreeSet;

use super::{Decision, Facts, Lifecycle, Limits, Presence, Scalar, Type};
use crate::names::{self, Name};

/// A named type of the API.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeDef {
    /// The Rust name and the schema name.
    pub name: Name,
    /// Documentation, if it exists.
    pub docs: Option<String>,
    /// Whether the type is sent, received, or both.
    pub usage: Usage,
    /// The meaning of null in optional fields.
    pub role: Role,
    /// Whether the type is the body of an operation.
    pub is_body: bool,
    /// Whether the type is deprecated.
    pub lifecycle: Lifecycle,
    /// The file in `models/` that contains the type.
    pub module: String,
    /// The definition of the type.
    pub shape: Shape,
    /// The methods that find an item of a list in the type.
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
    /// The key of the items' property that is compared with the argument.
    pub by: String,
}

impl TypeDef {
    /// Returns whether the contract defines the type as a named component, rather than inline.
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
    /// Returns whether values are received, so that they are decoded.
    pub fn is_decoded(self) -> bool {
        matches!(self, Self::Output | Self::Both)
    }

    /// Returns whether users create values, so that constructors are needed.
    pub fn is_built(self) -> bool {
        matches!(self, Self::Input | Self::Both)
    }
}

/// The meaning of null in an optional field of the type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Null is equivalent to an omitted field.
    Plain,
    /// Null clears the stored value: the type is part of the body of a `PATCH`.
    Patch,
}

/// The definition of a type.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// An object with known properties.
    Struct(Struct),
    /// A set of strings.
    Enum(Enum),
    /// One of several types.
    Union(Union),
    /// An alias of a type.
    Alias(Type),
}

/// How the emitted struct represents a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Representation {
    /// A field with the value itself, which is always present.
    Value,
    /// A field with an `Option`. `None` is encoded as null.
    OrNull,
    /// A field with an `Option`. `None` is omitted.
    OrAbsent,
    /// A field with a `Patch`, which is omitted (keep), null (clear), or a value (set).
    Patch,
    /// No field: the client sends the constant automatically.
    ImplicitConstant,
    /// A field with a constant, which holds the value that was received.
    Constant,
}

/// An object with known properties.
#[derive(Debug, Clone, PartialEq)]
pub struct Struct {
    /// The fields, in the order of the contract.
    pub fields: Vec<Field>,
    /// The type of additional entries, if they are permitted.
    pub rest: Option<Type>,
    /// The constraints on each additional entry.
    pub rest_limits: Limits,
}

/// A field of a struct.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The Rust name, and the key in JSON.
    pub name: Name,
    /// Documentation, if it exists.
    pub docs: Option<String>,
    /// What it means if there is no value.
    pub absence: Absence,
    /// Its type.
    pub ty: Type,
    /// Whether the key is required.
    pub presence: Presence,
    /// How the client represents it.
    pub representation: Representation,
    /// Further facts about the field.
    pub facts: Facts,
    /// For an ambiguous union: the path to the string that selects its variant, from this struct.
    pub chosen_by: Option<Vec<String>>,
    /// JSON pointer into the contract.
    pub at: String,
}

/// What it means if an optional field has no value. Each is the rest of a sentence, or `None` if it is not documented.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Absence {
    /// Continues a sentence that begins with "`None`": `if it was never modified`.
    pub none: Option<String>,
    /// Continues a sentence that begins with "If not set,": `the customer has no name`.
    pub unset: Option<String>,
}

/// A set of strings. The client also decodes strings that are not in the set.
#[derive(Debug, Clone, PartialEq)]
pub struct Enum {
    /// The values, in the order of the contract.
    pub values: Vec<EnumValue>,
}

/// A value of an enum.
#[derive(Debug, Clone, PartialEq)]
pub struct EnumValue {
    /// The variant name and the string.
    pub name: Name,
    /// Documentation, if it exists.
    pub docs: Option<String>,
}

/// A union: a value of one of several types.
#[derive(Debug, Clone, PartialEq)]
pub struct Union {
    /// The variants, with those of nested unions.
    pub variants: Vec<Variant>,
    /// The components that are nested unions of this one.
    pub nested: BTreeSet<String>,
    /// How values are discriminated.
    pub resolution: Resolution,
}

/// One of the types of a union.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// The variant name, and the name of the schema or scalar.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// The constraints on the value.
    pub limits: Limits,
    /// JSON pointers of the union's members that the variant represents.
    pub at: Vec<String>,
}

impl Variant {
    /// Returns the name of the union's method that returns the value of this variant: `as_fixed`. For JSON types, it is the
    /// name of the method of `serde_json::Value`: `as_str`.
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

/// How the variants of a union are discriminated when a value is decoded.
#[derive(Debug, Clone, PartialEq)]
pub enum Resolution {
    /// By a decision about the value.
    Decided(Decision),
    /// Not at all, because the union is never received.
    WriteOnly,
    /// Not possible, which the overlay accepts with a reason. The client keeps the raw JSON.
    Ambiguous {
        /// The reason.
        reason: String,
        /// The strings elsewhere in the response that select the variant, if there are any.
        choices: Option<Choices>,
    },
}

/// How a string at another place selects the variant of an ambiguous union.
#[derive(Debug, Clone, PartialEq)]
pub struct Choices {
    /// The name of the enum over the variants.
    pub name: String,
    /// The possible paths to the string, each from a struct that contains the union.
    pub paths: Vec<Vec<String>>,
    /// The strings, and the index in [`Union::variants`] that each selects.
    pub variants: Vec<(String, usize)>,
}

impl Resolution {
    /// Returns the name of the resolution in reports.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Decided(decision) => decision.label(),
            Self::WriteOnly => "write-only",
            Self::Ambiguous { .. } => "ambiguous",
        }
    }
}
