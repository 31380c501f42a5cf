//! The context of a value, and the IDs of entities.

use serde_json::Value;
use sha2::Digest as _;

use crate::types::Uuid;

/// Where a value is: its property, and the entity that contains it.
#[derive(Debug, Clone, Copy)]
pub(in crate::testing) struct Context<'p> {
    /// The name of the property.
    pub(in crate::testing) key: &'p str,
    /// The entity that the surrounding object describes.
    pub(in crate::testing) resource: &'p str,
    /// The number of the entity among those of its type.
    pub(in crate::testing) serial: u64,
    /// Whether the value is an item of a list.
    pub(in crate::testing) is_item: bool,
    /// The entity that the whole value describes, and its number.
    pub(in crate::testing) root: (&'p str, u64),
}

impl<'p> Context<'p> {
    /// Returns the context of a property.
    pub(super) fn below(self, key: &'p str) -> Self {
        Self {
            key,
            is_item: false,
            ..self
        }
    }

    /// Returns the context of an item of a list.
    pub(super) fn item(self, index: u64) -> Self {
        /// The maximum number of items in a list. Beyond it, items of different lists may have the same number.
        const MOST: u64 = 1000;
        Self {
            serial: self.serial * MOST + index,
            is_item: true,
            ..self
        }
    }

    /// Returns the number of a referenced entity: that of the root if it has the same type, else the first one.
    pub(in crate::testing) fn referenced(&self, resource: &str) -> u64 {
        match resource == self.root.0 {
            true => self.root.1,
            false => 0,
        }
    }
}

/// Returns the type of the entity that an object describes: that of its ID, or else the type of the object.
pub(super) fn thing(type_name: &str, schema: &Value) -> String {
    let entity = schema["properties"]["id"]["entity"].as_str();
    let name = snake_case(entity.unwrap_or(type_name));
    let end = ["_schema", "_read"]
        .iter()
        .find_map(|end| name.strip_suffix(end));
    end.unwrap_or(&name).to_owned()
}

/// Converts `OrderItem` to `order_item`.
fn snake_case(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.extend(c.to_lowercase());
    }
    text
}

/// Returns the ID for a property in a context. An entity has the same ID wherever it occurs.
pub(super) fn uuid(context: Context<'_>, schema: &Value) -> Uuid {
    let entity = schema["entity"].as_str().map(snake_case);
    match (entity, context.key) {
        (Some(entity), "id") => id_of(&entity, context.serial),
        (Some(entity), _) => id_of(&entity, context.referenced(&entity)),
        (None, "id") => id_of(context.resource, context.serial),
        (None, key) => id_of(key, context.serial),
    }
}

/// Returns the UUID of an entity, which is always the same. It has version 4, as the API requires.
pub(in crate::testing) fn id_of(resource: &str, serial: u64) -> Uuid {
    let digest = sha2::Sha256::digest(format!("{resource} {serial}"));
    let mut bytes = [0; 16];
    for (byte, digest) in bytes.iter_mut().zip(digest) {
        *byte = digest;
    }
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}
