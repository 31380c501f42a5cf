//! `Entitlements`: the latest state of a customer.

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::codec::{self, Decode, Encode, FieldWriter, Model, Node, Object, Outline, View};
use crate::types::Timestamp;

/// The latest known state of a customer: active subscriptions, granted benefits and meters, and the time of the state.
///
/// The state `S` comes from a `customer.state_changed` event, or from `customers().get_state()`. Events may arrive in
/// any order; [`update`](Self::update) keeps the latest state.
///
/// It dereferences to the state, which has lookups by ID: `entitlements.benefit(id)`, `.meter(id)` and
/// `.subscription(product)`. It implements `Serialize` and `Deserialize`, so that you can store it for each customer.
/// `Debug` shows the whole state, which contains personal data.
#[derive(Clone, PartialEq)]
pub struct Entitlements<S> {
    as_of: Timestamp,
    state: S,
}

impl<S> Entitlements<S> {
    /// Creates the entitlements from a state and its time.
    ///
    /// For the state of an event, pass the `timestamp` of the event. For a state from `customers().get_state()`, pass
    /// the time just before the request, because the response may lack later changes. If the clock of this machine is
    /// ahead of Polar's, [`update`](Self::update) may then ignore events of that difference as older.
    pub fn new(state: S, as_of: impl Into<Timestamp>) -> Self {
        Self {
            as_of: as_of.into(),
            state,
        }
    }

    /// Replaces the state with that of `other`, unless `other` is older. Returns whether the state was replaced.
    ///
    /// Both must belong to the same customer. If both have the same time, the state is replaced.
    pub fn update(&mut self, other: Self) -> bool {
        let is_newer = other.as_of >= self.as_of;
        if is_newer {
            *self = other;
        }
        is_newer
    }

    /// Returns the time of the state. Store it in a column of its own to compare times in a database.
    pub fn as_of(&self) -> Timestamp {
        self.as_of
    }

    /// Returns the state without its time.
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
