//! Every type that is decoded, to be tried one like the other. The tables are written by the build script.
//!
//! That an entry compiles is a test of its own: the bounds of [`Received`] and [`StringList::of`] are promised for every type.

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
    /// All types that are decoded.
    pub types: &'static [Entry],
    /// All lists of texts, also those that are only sent.
    pub texts: &'static [StringList],
    /// What each operation returns, if that is JSON.
    pub answers: &'static [Returned],
}

/// Decodes JSON text.
pub type DecodeFn = fn(&str) -> Result<Box<dyn Decoded>, DecodeError>;

/// A type that is decoded.
#[derive(Debug)]
pub struct Entry {
    /// Its Rust name.
    pub name: &'static str,
    /// Where the contract has it: a pointer of the generator.
    pub pointer: &'static str,
    /// Decodes a value.
    pub decode: DecodeFn,
    /// Creates a sample.
    pub sample: fn() -> Box<dyn Decoded>,
    /// Variants and deciding properties, if the type is a discriminated union.
    pub union: Option<Union>,
}

/// A union that is discriminated.
#[derive(Debug)]
pub struct Union {
    /// The name of a value's variant.
    pub variant: fn(&dyn Any) -> &'static str,
    /// The variants, with the pointers of their schemas in the contract.
    pub variants: &'static [(&'static str, &'static [&'static str])],
    /// The values that discriminate, as JSON pointers into a value.
    pub deciding: &'static [&'static str],
    /// Those of them for which an unknown string selects the unknown variant.
    pub tags: &'static [&'static str],
    /// Those of them for which an unknown string selects the open variant.
    pub open_tags: &'static [&'static str],
}

/// What an operation returns.
#[derive(Debug)]
pub struct Returned {
    /// `orders:list`.
    pub operation: &'static str,
    /// Decodes a value.
    pub decode: DecodeFn,
}

impl Entry {
    /// The entry of a type.
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

    /// The same entry, of a union.
    #[must_use]
    pub const fn union(self, union: Union) -> Self {
        Self {
            union: Some(union),
            ..self
        }
    }
}

impl Returned {
    /// The response of an operation.
    #[must_use]
    pub const fn of<T: Received>(operation: &'static str) -> Self {
        Self {
            operation,
            decode: decode::<T>,
        }
    }
}

/// Decodes JSON text into a type of which only that is known.
///
/// # Errors
/// Text that is no such value.
pub fn decode<T: Received>(text: &str) -> Result<Box<dyn Decoded>, DecodeError> {
    codec::from_str::<T>(text).map(|value| Box::new(value) as Box<dyn Decoded>)
}

/// What every type that is decoded can do.
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
    /// Returns the value as JSON text.
    fn to_json(&self) -> String;

    /// Returns whether another value is of the same type and equal.
    fn equals(&self, other: &dyn Any) -> bool;

    /// Returns whether a clone is equal, and whether serde reads and writes the value as the codec does.
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

/// A list of texts.
#[derive(Debug)]
pub struct StringList {
    /// Its Rust name.
    pub name: &'static str,
    /// The texts that the contract knows.
    pub values: &'static [&'static str],
    /// What is wrong with the Rust type, if anything is.
    pub problem: fn(&[&str]) -> Option<String>,
}

/// What is wrong with the type of a list of texts: it is known by its texts, keeps unknown ones, and can be a key.
#[must_use]
pub fn problem_of_texts<T>(
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
            return Some(format!("{text:?} is refused"));
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
