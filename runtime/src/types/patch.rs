//! Fields of update requests: unchanged, cleared or set.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::collect::Entries;
use super::id::Id;
use super::string_enum::StringEnum;

/// How an update changes a field: `Keep` leaves it unchanged, `Clear` sets it to null, `Set` sets it to a value.
///
/// In JSON, `Keep` omits the key, `Clear` is null, and `Set` is the value.
///
/// Setters accept a value, [`Clear`](Patch::Clear), or an `Option`, whose `None` clears the field. Lists can be passed
/// as arrays, slices and `Vec`s. Maps can also be passed as arrays of pairs.
///
/// # Examples
/// ```
/// use polar_client_runtime::types::Patch;
///
/// let value: Patch<String> = "Pro".into();
/// assert_eq!(value, Patch::Set("Pro".to_owned()));
///
/// let cleared: Patch<i64> = None::<i64>.into();
/// assert_eq!(cleared, Patch::Clear);
/// ```
///
/// # Use in serde types
/// A `Patch` in a struct of your own needs `#[serde(default, skip_serializing_if = "Patch::is_keep")]`, because only
/// the struct can omit the key. Without the attribute, `Keep` is serialized as null.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Patch<T> {
    /// The field is unchanged.
    #[default]
    Keep,
    /// The field is set to null. `Clear` can be used without the name of the enum: `.name(Clear)`.
    Clear,
    /// The field is set to this value.
    Set(T),
}

impl<T> Patch<T> {
    /// Returns whether the field is unchanged.
    #[must_use]
    pub fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// Returns the new value. `None` for `Keep` and `Clear`.
    #[must_use]
    pub fn as_set(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }
}

impl<T> From<T> for Patch<T> {
    fn from(value: T) -> Self {
        Self::Set(value)
    }
}

/// `None` clears the field.
impl<T> From<Option<T>> for Patch<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Clear, Self::Set)
    }
}

impl<T: Serialize> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_set().serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::from)
    }
}

impl From<&str> for Patch<String> {
    fn from(text: &str) -> Self {
        Self::Set(text.to_owned())
    }
}

impl From<&String> for Patch<String> {
    fn from(text: &String) -> Self {
        Self::Set(text.clone())
    }
}

impl<T: StringEnum> From<&str> for Patch<T> {
    fn from(text: &str) -> Self {
        Self::Set(text.into())
    }
}

impl<T> From<Uuid> for Patch<Id<T>> {
    fn from(uuid: Uuid) -> Self {
        Self::Set(uuid.into())
    }
}

impl<T, U: Into<T>, const N: usize> From<[U; N]> for Patch<Vec<T>> {
    fn from(values: [U; N]) -> Self {
        Self::Set(values.into_iter().map(Into::into).collect())
    }
}

impl<T, U: Clone + Into<T>> From<&[U]> for Patch<Vec<T>> {
    fn from(values: &[U]) -> Self {
        Self::Set(values.iter().cloned().map(Into::into).collect())
    }
}

impl<T, U: Clone + Into<T>> From<&Vec<U>> for Patch<Vec<T>> {
    fn from(values: &Vec<U>) -> Self {
        values.as_slice().into()
    }
}

impl<T, U: Clone + Into<T>, const N: usize> From<&[U; N]> for Patch<Vec<T>> {
    fn from(values: &[U; N]) -> Self {
        values.as_slice().into()
    }
}

impl From<Vec<&str>> for Patch<Vec<String>> {
    fn from(values: Vec<&str>) -> Self {
        values.as_slice().into()
    }
}

impl<T: StringEnum> From<Vec<&str>> for Patch<Vec<T>> {
    fn from(values: Vec<&str>) -> Self {
        values.as_slice().into()
    }
}

impl<T> From<Vec<Uuid>> for Patch<Vec<Id<T>>> {
    fn from(uuids: Vec<Uuid>) -> Self {
        uuids.as_slice().into()
    }
}

impl<K, U, V, const N: usize> From<[(K, U); N]> for Patch<BTreeMap<String, V>>
where
    K: Into<String>,
    U: Into<V>,
{
    fn from(entries: [(K, U); N]) -> Self {
        Self::Set(entries.into_map())
    }
}
