//! The tables of all decoded types, which the build script generates, so that tests can apply to each type.
//!
//! Compiling an entry is a test by itself: it checks that the type satisfies the bounds of [`Received`] or
//! [`StringEnumEntry::of`].

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::str::FromStr;

use polar_client_runtime::codec::{self, Decode, DecodeError, Encode};
use polar_client_runtime::testing::{Sample, sample};
use serde_json::Value;

/// The types of one version of the API.
#[derive(Debug)]
pub struct Table {
    /// `2026-10`.
    pub version: &'static str,
    /// All decoded types.
    pub types: &'static [Entry],
    /// All string enums, including those that are only sent.
    pub string_enums: &'static [StringEnumEntry],
    /// The JSON responses of operations.
    pub responses: &'static [Returned],
}

/// A function that decodes JSON.
pub type DecodeFn = fn(&str) -> Result<Box<dyn Decoded>, DecodeError>;

/// A decoded type.
#[derive(Debug)]
pub struct Entry {
    /// The Rust name.
    pub name: &'static str,
    /// The place in the contract, as a pointer of the generator.
    pub pointer: &'static str,
    /// Decodes JSON as the type.
    pub decode: DecodeFn,
    /// Creates a sample of the type.
    pub sample: fn() -> Box<dyn Decoded>,
    /// Variants and discriminating properties, if the type is a discriminated union.
    pub union: Option<Union>,
}

/// A discriminated union.
#[derive(Debug)]
pub struct Union {
    /// Returns the name of a value's variant.
    pub variant: fn(&dyn Any) -> &'static str,
    /// The variants, with the pointers of their schemas in the contract.
    pub variants: &'static [(&'static str, &'static [&'static str])],
    /// JSON pointers to the discriminating properties of a value.
    pub deciding: &'static [&'static str],
    /// The pointers of `deciding` at which an unknown string selects the unknown variant.
    pub tags: &'static [&'static str],
    /// The pointers of `deciding` at which an unknown string selects the variant that accepts any string.
    pub open_tags: &'static [&'static str],
}

/// The response of an operation.
#[derive(Debug)]
pub struct Returned {
    /// `orders:list`.
    pub operation: &'static str,
    /// Decodes JSON as the response.
    pub decode: DecodeFn,
}

impl Entry {
    /// Creates the entry of a type.
    #[must_use]
    pub const fn of<T: Received + Sample>(name: &'static str, pointer: &'static str) -> Self {
        Self {
            name,
            pointer,
            decode: decode::<T>,
            sample: || Box::new(sample::<T>()),
            union: None,
        }
    }

    /// Returns the entry with the facts about a union.
    #[must_use]
    pub const fn union(self, union: Union) -> Self {
        Self {
            union: Some(union),
            ..self
        }
    }
}

impl Returned {
    /// Creates the entry of an operation.
    #[must_use]
    pub const fn of<T: Received>(operation: &'static str) -> Self {
        Self {
            operation,
            decode: decode::<T>,
        }
    }
}

/// Decodes JSON as a type that the caller does not know.
///
/// # Errors
/// An error if the JSON does not match the type.
pub fn decode<T: Received>(text: &str) -> Result<Box<dyn Decoded>, DecodeError> {
    codec::from_str::<T>(text).map(|value| Box::new(value) as Box<dyn Decoded>)
}

/// The traits of every decoded type.
pub trait Received:
    Decode
    + Encode
    + Clone
    + PartialEq
    + Debug
    + Send
    + Sync
    + serde::Serialize
    + serde::de::DeserializeOwned
    + 'static
{
}

impl<T> Received for T where
    T: Decode
        + Encode
        + Clone
        + PartialEq
        + Debug
        + Send
        + Sync
        + serde::Serialize
        + serde::de::DeserializeOwned
        + 'static
{
}

/// A decoded value of any type.
pub trait Decoded: Any + Debug + Send + Sync {
    /// Returns the value as JSON.
    fn to_json(&self) -> String;

    /// Returns whether another value has the same type and is equal.
    fn equals(&self, other: &dyn Any) -> bool;

    /// Returns whether a clone of the value is equal, and whether serde decodes and encodes it like the codec.
    fn is_consistent(&self, text: &str) -> bool;
}

impl<T: Received> Decoded for T {
    fn to_json(&self) -> String {
        codec::to_string(self)
    }

    fn equals(&self, other: &dyn Any) -> bool {
        other.downcast_ref() == Some(self)
    }

    fn is_consistent(&self, text: &str) -> bool {
        let read = serde_json::from_str::<T>(text).is_ok_and(|value| value == *self);
        let written = serde_json::to_string(self).is_ok_and(|text| text == codec::to_string(self));
        self.clone() == *self && read && written
    }
}

/// A string enum.
#[derive(Debug)]
pub struct StringEnumEntry {
    /// The Rust name.
    pub name: &'static str,
    /// The strings that the contract lists.
    pub values: &'static [&'static str],
    /// Returns what is wrong with the Rust type; `None` if nothing is.
    pub problem: fn(&[&str]) -> Option<String>,
}

/// Checks a string enum: listed strings are known variants, unknown strings are kept, and values can be map keys.
#[must_use]
pub fn problem_of_string_enum<T>(
    values: &[&str],
    as_str: fn(&T) -> &str,
    is_unknown: fn(&T) -> bool,
) -> Option<String>
where
    T: Received
        + Ord
        + Hash
        + Display
        + FromStr
        + AsRef<str>
        + From<String>
        + for<'t> From<&'t str>,
{
    const UNKNOWN: &str = "something else";
    let (mut sorted, mut hashed) = (BTreeMap::new(), HashMap::new());
    for text in values.iter().copied().chain([UNKNOWN]) {
        let Ok(value) = text.parse::<T>() else {
            return Some(format!("{text:?} is rejected"));
        };
        let json = Value::from(text).to_string();
        let shown = value.to_string();
        let forms = [as_str(&value), value.as_ref(), shown.as_str()] == [text; 3];
        let made = T::from(text) == value && T::from(text.to_owned()) == value;
        let coded = codec::from_str::<T>(&json).is_ok_and(|it| it == value)
            && codec::to_string(&value) == json;
        if !(forms && made && coded) {
            return Some(format!("{text:?} does not stay what it is"));
        }
        if is_unknown(&value) != (text == UNKNOWN) {
            return Some(format!("whether {text:?} is known is not known"));
        }
        sorted.insert(value.clone(), text);
        hashed.insert(value, text);
    }
    let all = values.len() + 1;
    (sorted.len() != all || hashed.len() != all).then(|| "values are mixed up".to_owned())
}
