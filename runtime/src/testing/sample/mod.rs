//! Sample values for tests. They are composed from the JSON Schemas of the API.

mod compose;
mod context;
mod given;
mod plausible;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::schemas::{self, Problem, Schemas};
use crate::codec::{self, Decode};
use crate::types::JsonObject;

pub(super) use compose::{Composer, Extent};
#[cfg(feature = "webhooks")]
pub(super) use context::id_of;

/// A type of which [`sample`] returns a value: every response type of the API, and lists and maps of them. Generated
/// code implements it.
pub trait Sample: Decode {
    /// Returns the schema of the type.
    #[doc(hidden)]
    fn schema() -> Schema;
}

/// A JSON Schema, and the table in which its references are looked up.
#[doc(hidden)]
#[derive(Debug)]
pub struct Schema {
    pub(super) value: Value,
    pub(super) schemas: &'static Schemas,
}

impl Schema {
    /// Returns the schema of a named type.
    pub fn named(name: &'static str, schemas: &'static Schemas) -> Self {
        Self {
            value: json!({ "$ref": name }),
            schemas,
        }
    }

    fn plain(value: Value) -> Self {
        Self {
            value,
            schemas: &schemas::NONE,
        }
    }

    fn around(self, value: impl FnOnce(Value) -> Value) -> Self {
        Self {
            value: value(self.value),
            schemas: self.schemas,
        }
    }
}

/// Returns a valid sample value of a type, for use in tests.
///
/// The value satisfies the OpenAPI description, and is always the same:
/// - The currency is `usd`, timestamps are in January 2026, and email addresses and URLs belong to `example.com`.
/// - Lists have one item.
/// - Optional fields are set, unless they mean that something has ended: a subscription is not canceled, and an order
///   is not refunded.
/// - An entity has the same ID wherever it occurs: `order.customer_id == order.customer.id`.
/// - The value of a union is its first variant. For another variant, call this function with the type of that variant.
#[must_use]
pub fn sample<T: Sample>() -> T {
    sample_with(&json!(null))
}

/// Returns a sample value like [`sample()`], with some properties replaced by the given JSON.
///
/// Nested objects may be incomplete as well. Properties that are not in the OpenAPI description are ignored.
///
/// # Panics
/// Panics if a given property is invalid.
#[must_use]
#[track_caller]
pub fn sample_with<T: Sample>(given: &Value) -> T {
    let Schema { value, schemas } = T::schema();
    decode_or_panic(compose(schemas, &value, given))
}

fn compose(schemas: &'static Schemas, schema: &Value, given: &Value) -> Result<Value, Problem> {
    Composer::new(schemas, Extent::Full).compose(schema, given)
}

#[track_caller]
fn decode_or_panic<T: Decode>(composed: Result<Value, Problem>) -> T {
    // Without the path, which contains private modules.
    let name = std::any::type_name::<T>();
    let name = name.rsplit_once("::").map_or(name, |(_, name)| name);
    match composed.map(|composed| codec::from_value(&composed)) {
        Ok(Ok(sample)) => sample,
        Ok(Err(error)) => panic!("no sample of {name}: {error}"),
        Err(problem) => panic!("no sample of {name}: {problem}"),
    }
}

/// Returns an event of a type with the sample of its payload; called by generated code.
#[doc(hidden)]
#[cfg(feature = "webhooks")]
#[must_use]
#[track_caller]
pub fn sample_event<E: crate::webhooks::VersionedEvent>(
    schemas: &'static Schemas,
    event_type: &str,
) -> E {
    let given = json!({"type": event_type, "api_version": E::VERSIONS.first()});
    let event = match schemas.event(event_type) {
        Some(schema) => compose(schemas, schema, &given),
        None => Ok(given),
    };
    decode_or_panic(event)
}

impl<T: Sample> Sample for Vec<T> {
    fn schema() -> Schema {
        T::schema().around(|items| json!({"type": "array", "items": items}))
    }
}

impl<T: Sample> Sample for BTreeMap<String, T> {
    fn schema() -> Schema {
        T::schema().around(|values| json!({"type": "object", "additionalProperties": values}))
    }
}

impl<T: Sample> Sample for Option<T> {
    fn schema() -> Schema {
        T::schema().around(|mut value| {
            value["nullable"] = true.into();
            value
        })
    }
}

macro_rules! plain {
    ($($name:ty: $schema:tt,)*) => {
        $(impl Sample for $name {
            fn schema() -> Schema {
                Schema::plain(json!($schema))
            }
        })*
    };
}

plain! {
    (): { "const": null },
    bool: { "type": "boolean" },
    i64: { "type": "integer" },
    String: { "type": "string" },
    Cow<'static, str>: { "type": "string" },
    Value: {},
    JsonObject: { "type": "object" },
}
