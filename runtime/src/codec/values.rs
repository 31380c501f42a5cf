//! Implements serde's traits for types whose encoding is defined by the codec.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{deserialize, serialize};
use crate::types::{Decimal, Number};

macro_rules! serde_like_codec {
    ($($name:ident),*) => {
        $(
            impl Serialize for $name {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serialize(self, serializer)
                }
            }

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    deserialize(deserializer)
                }
            }
        )*
    };
}

serde_like_codec!(Decimal, Number);
