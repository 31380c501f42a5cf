//! Typed identifiers.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// The identifier of a `T`: a [`Uuid`] that cannot be confused with the identifier of another type.
///
/// `T` is only a marker, without values. Identifiers are `Copy`, and are parsed, displayed and serialized as UUIDs.
/// They convert from and to [`Uuid`], for example to store them in a database.
///
/// ```
/// use polar_client_runtime::types::{Id, Uuid};
///
/// enum Order {}
///
/// let id: Id<Order> = "3c90c3cc-0d44-4b50-8888-8dd25736052a".parse()?;
/// let stored: Uuid = id.into();
/// assert_eq!(Id::from(stored), id);
/// assert_eq!(id.to_string(), "3c90c3cc-0d44-4b50-8888-8dd25736052a");
/// # Ok::<(), uuid::Error>(())
/// ```
#[repr(transparent)]
pub struct Id<T> {
    uuid: Uuid,
    /// Makes `Id<T>` `Send` and `Sync` for any `T`.
    marker: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    /// Creates an identifier from its UUID.
    #[must_use]
    pub const fn new(uuid: Uuid) -> Self {
        Self {
            uuid,
            marker: PhantomData,
        }
    }

    /// Returns the UUID, for databases and other libraries.
    #[must_use]
    pub const fn as_uuid(&self) -> &Uuid {
        &self.uuid
    }
}

// Implemented by hand, because derived traits would require the same trait of `T`.

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.uuid, f)
    }
}

impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.uuid, f)
    }
}

impl<T> FromStr for Id<T> {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self::new)
    }
}

impl<T> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.uuid.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Uuid::deserialize(deserializer).map(Self::new)
    }
}

impl<T> From<Uuid> for Id<T> {
    fn from(uuid: Uuid) -> Self {
        Self::new(uuid)
    }
}

/// Allows slices of UUIDs as arguments.
impl<T> From<&Uuid> for Id<T> {
    fn from(uuid: &Uuid) -> Self {
        Self::new(*uuid)
    }
}

/// Allows slices of identifiers as arguments.
impl<T> From<&Self> for Id<T> {
    fn from(id: &Self) -> Self {
        *id
    }
}

impl<T> From<Id<T>> for Uuid {
    fn from(id: Id<T>) -> Self {
        id.uuid
    }
}

impl<T> AsRef<Uuid> for Id<T> {
    fn as_ref(&self) -> &Uuid {
        &self.uuid
    }
}
