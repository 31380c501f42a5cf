//! The newest state of a customer, whatever order states arrive in.

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::codec::{self, Decode, Encode, Model, Node, Object, Outline, Sink, View};
use crate::types::Timestamp;

/// What a customer may use, as of a point in time: the state `S` that `customer.state_changed` delivers and
/// `customers().get_state()` returns.
///
/// Dereferences to the state, which is searched by ID: `entitlements.benefit(id)`, `.meter(id)` and `.subscription(product)`.
/// Implements serde, to be stored for each customer. `Debug` shows the whole state.
#[derive(Clone, PartialEq)]
pub struct Entitlements<S> {
    as_of: Timestamp,
    state: S,
}

impl<S> Entitlements<S> {
    /// Creates the entitlements from a state, and the `timestamp` of the event that delivered it.
    ///
    /// For a state from `customers().get_state()`, pass the time just before the request: later changes may be missing in it.
    /// If the clock of this machine is ahead of Polar's, events of that interval are ignored as older.
    pub fn new(state: S, as_of: impl Into<Timestamp>) -> Self {
        Self {
            as_of: as_of.into(),
            state,
        }
    }

    /// Replaces the state by that of `other`, unless that is older. Returns whether it was replaced.
    ///
    /// Both have to be of the same customer. Of two states with the same time, the one that arrives later is kept.
    pub fn update(&mut self, other: Self) -> bool {
        let is_newer = other.as_of >= self.as_of;
        if is_newer {
            *self = other;
        }
        is_newer
    }

    /// Returns the point in time that the state belongs to: a column to compare in a database, and the age of the state.
    pub fn as_of(&self) -> Timestamp {
        self.as_of
    }

    /// Returns the state itself.
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

    fn write(&self, o: &mut Sink<'_>) {
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
