//! The latest state of a customer, in whatever order states arrive.

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::codec::{self, Decode, Encode, FieldWriter, Model, Node, Object, Outline, View};
use crate::types::Timestamp;

/// The entitlements of a customer as of a point in time: the state `S` of a `customer.state_changed` event, or of
/// `customers().get_state()`.
///
/// Dereferences to the state, with lookups by ID: `entitlements.benefit(id)`, `.meter(id)` and
/// `.subscription(product)`. Implements serde, so that it can be stored for each customer. `Debug` shows the whole
/// state.
#[derive(Clone, PartialEq)]
pub struct Entitlements<S> {
    as_of: Timestamp,
    state: S,
}

impl<S> Entitlements<S> {
    /// Creates the entitlements from a state, and the `timestamp` of its event.
    ///
    /// For a state from `customers().get_state()`, pass the time just before the request, because the state may lack
    /// later changes. If the clock of this machine is ahead of Polar's, events within the difference are ignored as
    /// older.
    pub fn new(state: S, as_of: impl Into<Timestamp>) -> Self {
        Self {
            as_of: as_of.into(),
            state,
        }
    }

    /// Replaces the state with that of `other`, unless that is older. Returns whether it was replaced.
    ///
    /// Both must belong to the same customer. Of two states with the same time, the one that arrives later is kept.
    pub fn update(&mut self, other: Self) -> bool {
        let is_newer = other.as_of >= self.as_of;
        if is_newer {
            *self = other;
        }
        is_newer
    }

    /// Returns the time of the state, for example for a column to compare in a database.
    pub fn as_of(&self) -> Timestamp {
        self.as_of
    }

    /// Returns the state.
    pub fn into_state(self) -> S {
        self.state
    }
}

impl<S> Deref for Entitlements<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.state
    }
}

impl<S: Decode + Encode> Model for Entitlements<S> {
    fn read(o: &mut Object<'_, '_>) -> Self {
        Self {
            as_of: o.field("as_of"),
            state: o.field("state"),
        }
    }

    fn write(&self, o: &mut FieldWriter<'_>) {
        o.fields(&[("as_of", &self.as_of), ("state", &self.state)]);
    }
}

impl<S: Decode + Encode> Decode for Entitlements<S> {
    fn decode(node: Node<'_, '_>) -> Self {
        node.model()
    }
}

impl<S: Decode + Encode> Encode for Entitlements<S> {
    fn view(&self) -> View<'_> {
        static OUTLINE: Outline = Outline {
            name: "Entitlements",
            limits: &[],
        };
        View::Model {
            outline: &OUTLINE,
            fields: self,
        }
    }
}

impl<S: Decode + Encode> fmt::Debug for Entitlements<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        codec::debug(self, f)
    }
}

impl<S: Decode + Encode> Serialize for Entitlements<S> {
    fn serialize<T: Serializer>(&self, serializer: T) -> Result<T::Ok, T::Error> {
        codec::serialize(self, serializer)
    }
}

impl<'de, S: Decode + Encode> Deserialize<'de> for Entitlements<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        codec::deserialize(deserializer)
    }
}
