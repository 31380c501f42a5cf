//! The table of all supported keywords of schemas: the shape that the keyword's value must have, and the kinds of schemas
//! in which the keyword is allowed.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize as _;
use serde_json::Value;

use super::extensions::{AMBIGUOUS, CHOICES, CHOSEN_BY, ID_OF, LOOKUP, Lookup, RUST_NAME, SECRET};

/// The kind of a schema: its `type`, or the keyword that it has instead of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Reference,
    AnyOf,
    OneOf,
    AllOf,
    String,
    Number,
    Integer,
    Boolean,
    Array,
    Object,
    Null,
    /// A schema without `type`, which permits any JSON value.
    Untyped,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reference => "a reference",
            Self::AnyOf => "an `anyOf`",
            Self::OneOf => "a `oneOf`",
            Self::AllOf => "an `allOf`",
            Self::String => "a string",
            Self::Number => "a number",
            Self::Integer => "an integer",
            Self::Boolean => "a boolean",
            Self::Array => "an array",
            Self::Object => "an object",
            Self::Null => "null",
            Self::Untyped => "of no type",
        })
    }
}

impl Kind {
    /// Returns the kind of a `type`.
    pub(super) fn of_type(name: &str) -> Option<Self> {
        Some(match name {
            "string" => Self::String,
            "number" => Self::Number,
            "integer" => Self::Integer,
            "boolean" => Self::Boolean,
            "array" => Self::Array,
            "object" => Self::Object,
            "null" => Self::Null,
            _ => return None,
        })
    }

    /// Returns the `type` of a schema that only has a constant.
    pub(super) fn type_of(value: &Value) -> &'static str {
        match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        }
    }

    /// Returns whether a constant is a value of this kind.
    pub(super) fn admits(self, value: &Value) -> bool {
        match self {
            Self::String => value.is_string(),
            Self::Number => value.is_number(),
            Self::Integer => value.is_i64(),
            Self::Boolean => value.is_boolean(),
            Self::Null => value.is_null(),
            _ => false,
        }
    }
}

/// The shape of a keyword's value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    Anything,
    String,
    Flag,
    True,
    Count,
    Number,
    Strings,
    StringMap,
    Values,
    Schema,
    SchemaOrFlag,
    Schemas,
    SchemaMap,
    Discriminator,
    /// `x-id-of`: the name of an entity, or `false`.
    Entity,
    Lookups,
    /// `type`: a name, or a name and `null`.
    Type,
}

impl Shape {
    pub(super) fn matches(self, value: &Value) -> bool {
        match self {
            Self::Anything => true,
            Self::String => value.is_string(),
            Self::Flag => value.is_boolean(),
            Self::True => value == &Value::Bool(true),
            Self::Count => value.is_u64(),
            Self::Number => value.is_number(),
            Self::Strings => is_list(value, Value::is_string),
            Self::StringMap => value
                .as_object()
                .is_some_and(|entries| entries.values().all(Value::is_string)),
            Self::Values => is_list(value, |_| true),
            Self::Schema | Self::SchemaOrFlag => value.is_object() || value.is_boolean(),
            Self::Schemas => is_list(value, Value::is_object),
            Self::SchemaMap => value.is_object(),
            Self::Discriminator => is_discriminator(value),
            Self::Entity => is_entity(value),
            Self::Lookups => BTreeMap::<String, Lookup>::deserialize(value).is_ok(),
            Self::Type => value.is_string() || is_list(value, Value::is_string),
        }
    }

    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::Anything => "a value",
            Self::String => "a string",
            Self::Flag => "a boolean",
            Self::True => "true",
            Self::Count => "a count",
            Self::Number => "a number",
            Self::Strings => "strings",
            Self::StringMap => "strings by name",
            Self::Values => "values",
            Self::Schema => "a schema",
            Self::SchemaOrFlag => "a schema or a boolean",
            Self::Schemas => "schemas",
            Self::SchemaMap => "schemas by name",
            Self::Discriminator => "`propertyName` and `mapping`",
            Self::Entity => "the name of an entity in `UpperCamelCase`, or `false`",
            Self::Lookups => "`list` and `by` by name",
            Self::Type => "the name of a type",
        }
    }
}

fn is_list(value: &Value, item: impl Fn(&Value) -> bool) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(item))
}

fn is_discriminator(value: &Value) -> bool {
    value.as_object().is_some_and(|entries| {
        entries.get("propertyName").is_some_and(Value::is_string)
            && entries.iter().all(|(key, entry)| match key.as_str() {
                "propertyName" => true,
                "mapping" => entry
                    .as_object()
                    .is_some_and(|mapping| mapping.values().all(Value::is_string)),
                _ => false,
            })
    })
}

fn is_entity(value: &Value) -> bool {
    let is_camel = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.chars().all(|c| c.is_ascii_alphanumeric())
    };
    value == &Value::Bool(false) || value.as_str().is_some_and(is_camel)
}

/// A keyword: the shape of its value, and the kinds of schemas that may have it.
pub(super) struct Keyword {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    kinds: Fits,
}

enum Fits {
    All,
    Only(&'static [Kind]),
}

impl Keyword {
    /// Returns the keyword with this name, if the generator supports it.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        KEYWORDS.iter().find(|keyword| keyword.name == name)
    }

    pub(super) fn fits(&self, kind: Kind) -> bool {
        match self.kinds {
            Fits::All => true,
            Fits::Only(kinds) => kinds.contains(&kind),
        }
    }
}

const fn annotation(name: &'static str, shape: Shape) -> Keyword {
    Keyword {
        name,
        shape,
        kinds: Fits::All,
    }
}

const fn keyword(name: &'static str, shape: Shape, kinds: &'static [Kind]) -> Keyword {
    Keyword {
        name,
        shape,
        kinds: Fits::Only(kinds),
    }
}

const TYPED: &[Kind] = &[
    Kind::String,
    Kind::Number,
    Kind::Integer,
    Kind::Boolean,
    Kind::Array,
    Kind::Object,
    Kind::Null,
];
const NUMERIC: &[Kind] = &[Kind::Number, Kind::Integer];
const ENUMERABLE: &[Kind] = &[Kind::String, Kind::Integer, Kind::Boolean];
const CONSTANT: &[Kind] = &[Kind::String, Kind::Integer, Kind::Boolean, Kind::Null];
const UNION: &[Kind] = &[Kind::AnyOf, Kind::OneOf];
const WITH_PROPERTIES: &[Kind] = &[Kind::AnyOf, Kind::OneOf, Kind::Object];

/// All keywords, sorted by frequency in the documents, because the search is linear. `tests/coverage/` tests that every
/// keyword has an effect on the emitted code, or gives the reason why it needs none.
pub(super) static KEYWORDS: &[Keyword] = &[
    keyword("type", Shape::Type, TYPED),
    keyword("anyOf", Shape::Schemas, &[Kind::AnyOf]),
    keyword("$ref", Shape::String, &[Kind::Reference]),
    keyword(
        "format",
        Shape::String,
        &[Kind::String, Kind::Number, Kind::Integer],
    ),
    annotation("title", Shape::String),
    keyword("properties", Shape::SchemaMap, &[Kind::Object]),
    keyword("required", Shape::Strings, &[Kind::Object]),
    keyword("items", Shape::Schema, &[Kind::Array]),
    keyword("const", Shape::Anything, CONSTANT),
    annotation("default", Shape::Anything),
    keyword("minLength", Shape::Count, &[Kind::String]),
    keyword("maxLength", Shape::Count, &[Kind::String]),
    keyword("additionalProperties", Shape::SchemaOrFlag, &[Kind::Object]),
    keyword("enum", Shape::Values, ENUMERABLE),
    keyword("minimum", Shape::Number, NUMERIC),
    keyword("exclusiveMinimum", Shape::Number, NUMERIC),
    keyword("maximum", Shape::Number, NUMERIC),
    keyword("exclusiveMaximum", Shape::Number, NUMERIC),
    keyword("multipleOf", Shape::Number, NUMERIC),
    keyword("propertyNames", Shape::Schema, &[Kind::Object]),
    keyword("maxProperties", Shape::Count, &[Kind::Object]),
    keyword("minProperties", Shape::Count, &[Kind::Object]),
    keyword("oneOf", Shape::Schemas, &[Kind::OneOf]),
    keyword("allOf", Shape::Schemas, &[Kind::AllOf]),
    annotation("deprecated", Shape::Flag),
    annotation("readOnly", Shape::Flag),
    annotation("writeOnly", Shape::Flag),
    annotation("nullable", Shape::Flag),
    annotation(SECRET, Shape::True),
    annotation(RUST_NAME, Shape::String),
    annotation(ID_OF, Shape::Entity),
    keyword(AMBIGUOUS, Shape::String, UNION),
    keyword(CHOSEN_BY, Shape::Strings, UNION),
    keyword(CHOICES, Shape::StringMap, UNION),
    keyword("discriminator", Shape::Discriminator, UNION),
    keyword(LOOKUP, Shape::Lookups, WITH_PROPERTIES),
    keyword("pattern", Shape::String, &[Kind::String]),
    keyword("minItems", Shape::Count, &[Kind::Array]),
    keyword("maxItems", Shape::Count, &[Kind::Array]),
    keyword("uniqueItems", Shape::Flag, &[Kind::Array]),
    keyword("prefixItems", Shape::Schemas, &[Kind::Array]),
];

/// Formats a value for a message: truncated, and without the content of mappings and sequences.
pub(super) fn describe(value: &Value) -> String {
    match value {
        Value::Array(_) => "a sequence".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
        scalar => format!("`{scalar}`"),
    }
}
