//! The named types of the API, and what they are made of.

use std::collections::BTreeSet;

use super::{Decision, Facts, Lifecycle, Limits, Presence, Scalar, Type};
use crate::names::{self, Name};

/// A named type of the API.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeDef {
    /// Rust name and schema name.
    pub name: Name,
    /// Our words, if there are any yet.
    pub docs: Option<String>,
    /// Which way the type travels.
    pub usage: Usage,
    /// Whether fields that accept null are cleared by it: the type is (part of) the body of a partial update.
    pub role: Role,
    /// Whether an operation sends it as its whole body.
    pub is_body: bool,
    /// Whether the type still should be used.
    pub lifecycle: Lifecycle,
    /// The file of `models/` the type belongs to.
    pub module: String,
    /// What the type is made of.
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
    /// Returns whether the contract names the type, rather than leaving it inline somewhere.
    pub fn is_component(&self) -> bool {
        let name = self.at.strip_prefix("/components/schemas/");
        name.is_some_and(|name| !name.contains('/'))
    }
}

/// Which way a type travels.
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
    /// Returns whether values are received, and so decoded.
    pub fn is_decoded(self) -> bool {
        matches!(self, Self::Output | Self::Both)
    }

    /// Returns whether values are built by the user, and so need constructors.
    pub fn is_built(self) -> bool {
        matches!(self, Self::Input | Self::Both)
    }
}

/// What sending null in a field of the type means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Null is the same as leaving the field out.
    Plain,
    /// Null clears the stored value: part of the body of a `PATCH`.
    Patch,
}

/// What a type is made of.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// An object with known fields.
    Struct(Struct),
    /// A set of texts.
    Enum(Enum),
    /// One of several types.
    Union(Union),
    /// Another name for a type.
    Alias(Type),
}

/// How the client keeps a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Representation {
    /// A value that is always there.
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

/// An object with known fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Struct {
    /// In the order of the contract.
    pub fields: Vec<Field>,
    /// The type of further entries, where the contract gives them one.
    pub rest: Option<Type>,
    /// Limits on each further entry.
    pub rest_limits: Limits,
}

/// A field of a struct.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Rust name and key.
    pub name: Name,
    /// Our words, if there are any yet.
    pub docs: Option<String>,
    /// What it holds.
    pub ty: Type,
    /// Whether the key must be there.
    pub presence: Presence,
    /// How the client keeps it.
    pub representation: Representation,
    /// What else the contract says of it.
    pub facts: Facts,
    /// The path, from the struct, of the string that chooses the view of an ambiguous union.
    pub chosen_by: Option<Vec<String>>,
    /// JSON pointer into the contract.
    pub at: String,
}

/// A set of texts. The client keeps texts it does not know.
#[derive(Debug, Clone, PartialEq)]
pub struct Enum {
    /// In the order of the contract.
    pub values: Vec<EnumValue>,
}

/// One text of an enum.
#[derive(Debug, Clone, PartialEq)]
pub struct EnumValue {
    /// Variant name and text.
    pub name: Name,
    /// Our words, if there are any yet.
    pub docs: Option<String>,
}

/// One of several types.
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
    /// What it holds.
    pub ty: Type,
    /// Limits on the value.
    pub limits: Limits,
    /// JSON pointers into the contract: the members of the union that it stands for.
    pub at: Vec<String>,
}

impl Variant {
    /// Returns the method that returns its value: `as_fixed`. For what JSON has, its name is that of
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
    /// By a decision that can be taken from the value alone.
    Decided(Decision),
    /// Never decoded.
    WriteOnly,
    /// Not at all, for a reason given with the corrections; the raw JSON is kept.
    Ambiguous {
        /// Why that is right.
        reason: String,
        /// What a text that stands beside the union's value says of it.
        choices: Option<Choices>,
    },
}

/// The forms of an ambiguous union, by a text that stands elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Choices {
    /// The name of the enum over the forms.
    pub name: String,
    /// The paths where such a text is looked for, from the struct that has the union as a field.
    pub paths: Vec<Vec<String>>,
    /// Texts, and which of [`Union::variants`] they stand for.
    pub variants: Vec<(String, usize)>,
}

impl Resolution {
    /// Returns the word for it in reports.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Decided(decision) => decision.label(),
            Self::WriteOnly => "write-only",
            Self::Ambiguous { .. } => "ambiguous",
        }
    }
}
