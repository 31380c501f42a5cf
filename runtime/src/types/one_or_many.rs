//! Filters with one or several values.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::id::Id;
use super::string_enum::StringEnum;

/// One or more values of a filter. An item matches the filter if it matches any of the values. Without values, every
/// item matches.
///
/// Setters accept a single value, an array, a slice or a `Vec`. Strings and enum values can also be passed as `&str`.
///
/// ```
/// use polar_client_runtime::types::OneOrMany;
///
/// let one: OneOrMany<String> = "a".into();
/// let many: OneOrMany<String> = ["a", "b"].into();
/// let borrowed: OneOrMany<String> = vec!["a".to_owned()].as_slice().into();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneOrMany<T>(Vec<T>);

impl<T> OneOrMany<T> {
    pub(crate) fn as_vec(&self) -> &Vec<T> {
        &self.0
    }
}

impl<T> From<T> for OneOrMany<T> {
    fn from(value: T) -> Self {
        Self(vec![value])
    }
}

impl<T> From<Vec<T>> for OneOrMany<T> {
    fn from(values: Vec<T>) -> Self {
        Self(values)
    }
}

impl<T, const N: usize> From<[T; N]> for OneOrMany<T> {
    fn from(values: [T; N]) -> Self {
        Self(values.into())
    }
}

impl<T: Clone> From<&[T]> for OneOrMany<T> {
    fn from(values: &[T]) -> Self {
        Self(values.to_vec())
    }
}

impl<T: Serialize> Serialize for OneOrMany<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self)
    }
}

impl<T: Clone> From<&Vec<T>> for OneOrMany<T> {
    fn from(values: &Vec<T>) -> Self {
        Self(values.clone())
    }
}

impl<T: Clone, const N: usize> From<&[T; N]> for OneOrMany<T> {
    fn from(values: &[T; N]) -> Self {
        Self(values.to_vec())
    }
}

impl From<&String> for OneOrMany<String> {
    fn from(value: &String) -> Self {
        Self(vec![value.clone()])
    }
}

/// Implements conversions from types other than `T`. A generic implementation would overlap with the one for `T`.
macro_rules! of_other_values {
    ($(($($generics:tt)*) $from:ty => $to:ty;)*) => {
        $(
            impl<$($generics)*> From<$from> for OneOrMany<$to> {
                fn from(value: $from) -> Self {
                    Self(vec![value.into()])
                }
            }

            impl<$($generics)*> From<Vec<$from>> for OneOrMany<$to> {
                fn from(values: Vec<$from>) -> Self {
                    Self(values.into_iter().map(Into::into).collect())
                }
            }

            impl<$($generics)*> From<&Vec<$from>> for OneOrMany<$to> {
                fn from(values: &Vec<$from>) -> Self {
                    values.as_slice().into()
                }
            }

            impl<$($generics)*> From<&[$from]> for OneOrMany<$to> {
                fn from(values: &[$from]) -> Self {
                    Self(values.iter().copied().map(Into::into).collect())
                }
            }

            impl<$($generics)* , const N: usize> From<[$from; N]> for OneOrMany<$to> {
                fn from(values: [$from; N]) -> Self {
                    values.as_slice().into()
                }
            }

            impl<$($generics)* , const N: usize> From<&[$from; N]> for OneOrMany<$to> {
                fn from(values: &[$from; N]) -> Self {
                    values.as_slice().into()
                }
            }
        )*
    };
}

of_other_values! {
    ('a) &'a str => String;
    ('a, T: StringEnum) &'a str => T;
    (T) Uuid => Id<T>;
}
