//! Builds values of the client's types from JSON, with the constructors and setters that users call.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use polar_client_runtime::codec::{self, Encode};
use polar_client_runtime::types::{Date, Decimal, Id, Number, Patch, Timestamp, Uuid};
use polar_tests::difference::{Difference, Undocumented};
use serde_json::{Map, Value};

/// A type whose values can be built from JSON.
pub(crate) trait Build: Sized {
    fn build(value: &Value) -> Result<Self, Problem>;
}

/// The reason why a JSON value cannot be built as a type of the client.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    place: String,
    what: String,
}

impl Problem {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self {
            place: String::new(),
            what: what.into(),
        }
    }

    /// Prepends a key to the path of the problem.
    pub(crate) fn at(self, key: &str) -> Self {
        Self {
            place: format!("/{key}{}", self.place),
            ..self
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// The properties of a JSON object.
pub(crate) struct Fields<'v>(&'v Map<String, Value>);

impl<'v> Fields<'v> {
    pub(crate) fn of(value: &'v Value) -> Result<Self, Problem> {
        let object = value.as_object();
        object
            .map(Self)
            .ok_or_else(|| Problem::new(format!("the client expects an object, not {value}")))
    }

    /// Returns a required property.
    pub(crate) fn get<T: Build>(&self, key: &str) -> Result<T, Problem> {
        let missing = "the client requires a value that the contract does not require";
        let value = self
            .0
            .get(key)
            .ok_or_else(|| Problem::new(missing).at(key))?;
        T::build(value).map_err(|problem| problem.at(key))
    }

    /// Returns an optional or nullable property.
    pub(crate) fn find<T: Build>(&self, key: &str) -> Result<Option<T>, Problem> {
        let value = self.0.get(key).map(Option::build).transpose();
        value
            .map(Option::flatten)
            .map_err(|problem| problem.at(key))
    }

    /// Returns a property, distinguishing absent, null and a value.
    pub(crate) fn patch<T: Build>(&self, key: &str) -> Result<Patch<T>, Problem> {
        Ok(match self.0.get(key) {
            None => Patch::Keep,
            Some(Value::Null) => Patch::Clear,
            Some(value) => Patch::Set(T::build(value).map_err(|problem| problem.at(key))?),
        })
    }

    /// Returns the additional properties: those without a field.
    pub(crate) fn rest<T: Build>(&self, known: &[&str]) -> Result<BTreeMap<String, T>, Problem> {
        let rest = self
            .0
            .iter()
            .filter(|(key, _)| !known.contains(&key.as_str()));
        rest.map(|(key, value)| Ok((key.clone(), T::build(value).map_err(|it| it.at(key))?)))
            .collect()
    }
}

/// Returns the value of a string enum. Unknown strings are an error.
pub(crate) fn build_string_enum<T: for<'t> From<&'t str>>(
    value: &Value,
    is_unknown: fn(&T) -> bool,
) -> Result<T, Problem> {
    let text = value.as_str().map(T::from);
    text.filter(|text| !is_unknown(text))
        .ok_or_else(|| Problem::new(format!("the client does not know {value}")))
}

/// A function that builds one of the variants of a union.
pub(crate) type VariantBuilder<T> = fn(&Value) -> Result<T, Problem>;

/// How similar the encoded value is to the JSON from which it was built. Later variants are more similar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Similarity {
    /// The encoded value also contains constants that the JSON omits.
    Larger,
    /// Equal, except that null in one is an absent key in the other.
    Same,
    /// Equal, including nulls.
    Equal,
}

/// Builds each variant, and returns the one whose encoding is most similar to the value.
pub(crate) fn build_union<T: Encode>(
    value: &Value,
    builders: &[VariantBuilder<T>],
) -> Result<T, Problem> {
    let (mut best, mut problems) = (None, Vec::new());
    for build in builders {
        let made = build(value).and_then(|made| Ok((similarity(value, &written(&made))?, made)));
        match made {
            Ok((similarity, made)) => {
                if best.as_ref().is_none_or(|(other, _)| similarity > *other) {
                    best = Some((similarity, made));
                }
            }
            Err(problem) => problems.push(problem.to_string()),
        }
    }
    let failed = || Problem::new(format!("{value} is not a variant: {}", problems.join("; ")));
    best.map(|(_, made)| made).ok_or_else(failed)
}

fn similarity(value: &Value, written: &Value) -> Result<Similarity, Problem> {
    let difference = Difference {
        constants: &BTreeSet::new(),
        undocumented: Undocumented::None,
    };
    let differences = difference.all(value, written);
    let is_changed = |(_, what): &&(String, String)| !what.starts_with("not read");
    match differences.iter().find(is_changed) {
        Some((place, what)) => Err(Problem::new(format!("{place}: {what}"))),
        None if !differences.is_empty() => Ok(Similarity::Larger),
        None if keys(value) == keys(written) => Ok(Similarity::Equal),
        None => Ok(Similarity::Same),
    }
}

fn keys(value: &Value) -> BTreeSet<&String> {
    let entries = value.as_object();
    entries.into_iter().flat_map(Map::keys).collect()
}

/// Returns the JSON that the client encodes a value as.
pub(crate) fn written(value: &dyn Encode) -> Value {
    serde_json::from_str(&codec::to_string(value)).unwrap_or_default()
}

/// Implements [`Build`] for types without a constructor, by decoding the value with the codec.
macro_rules! read {
    ($($ty:ty),*) => {
        $(
            impl Build for $ty {
                fn build(value: &Value) -> Result<Self, Problem> {
                    codec::from_str(&value.to_string()).map_err(|error| Problem::new(error.to_string()))
                }
            }
        )*
    };
}
read!(
    String,
    i64,
    f64,
    bool,
    (),
    Uuid,
    Timestamp,
    Date,
    Decimal,
    Number
);

impl<T> Build for Id<T> {
    fn build(value: &Value) -> Result<Self, Problem> {
        Uuid::build(value).map(Self::new)
    }
}

impl Build for Cow<'static, str> {
    fn build(value: &Value) -> Result<Self, Problem> {
        String::build(value).map(Cow::Owned)
    }
}

impl Build for Value {
    fn build(value: &Value) -> Result<Self, Problem> {
        Ok(value.clone())
    }
}

impl Build for Map<String, Value> {
    fn build(value: &Value) -> Result<Self, Problem> {
        Fields::of(value).map(|fields| fields.0.clone())
    }
}

impl<T: Build> Build for Box<T> {
    fn build(value: &Value) -> Result<Self, Problem> {
        T::build(value).map(Box::new)
    }
}

impl<T: Build> Build for Option<T> {
    fn build(value: &Value) -> Result<Self, Problem> {
        match value {
            Value::Null => Ok(None),
            some => T::build(some).map(Some),
        }
    }
}

impl<T: Build> Build for Vec<T> {
    fn build(value: &Value) -> Result<Self, Problem> {
        let wrong = || Problem::new(format!("the client expects a list, not {value}"));
        let items = value.as_array().ok_or_else(wrong)?.iter().enumerate();
        items
            .map(|(index, item)| T::build(item).map_err(|it| it.at(&index.to_string())))
            .collect()
    }
}

impl<T: Build> Build for BTreeMap<String, T> {
    fn build(value: &Value) -> Result<Self, Problem> {
        Fields::of(value)?.rest(&[])
    }
}
