//! The items of all collections.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::collections::variants;
use crate::testing::schemas::{Schemas, problems};

/// The items of all collections, in the order in which they were added.
#[derive(Debug, Default)]
pub(super) struct Items {
    collections: BTreeMap<&'static str, Vec<Item>>,
    /// The number of created items, from which IDs are derived.
    created: u64,
}

#[derive(Debug)]
struct Item {
    id: String,
    value: Value,
}

impl Items {
    /// Returns the number of the next created item.
    pub(super) fn next_number(&mut self) -> u64 {
        self.created += 1;
        self.created
    }

    /// Adds an item, or replaces the one with the same ID.
    pub(super) fn put(&mut self, collection: &'static str, id: &str, value: Value) {
        let items = self.collections.entry(collection).or_default();
        match items.iter_mut().find(|item| item.id == id) {
            Some(item) => item.value = value,
            None => items.push(Item {
                id: id.to_owned(),
                value,
            }),
        }
    }

    /// Returns the first item of a collection whose property has this value.
    pub(super) fn find(&self, collection: &str, property: &str, text: &str) -> Option<&Value> {
        self.all(collection).find(|value| value[property] == text)
    }

    /// Returns the item with this ID, from any collection.
    pub(super) fn with_id(&self, id: &str) -> Option<&Value> {
        let mut items = self.collections.values().flatten();
        items.find(|item| item.id == id).map(|item| &item.value)
    }

    pub(super) fn all(&self, collection: &str) -> impl Iterator<Item = &Value> {
        let items = self.collections.get(collection);
        items.into_iter().flatten().map(|item| &item.value)
    }

    /// Removes the first item whose property has this value. Returns `None` if there is none.
    pub(super) fn remove(&mut self, collection: &str, property: &str, text: &str) -> Option<()> {
        let items = self.collections.get_mut(collection)?;
        let index = items.iter().position(|item| item.value[property] == text)?;
        items.remove(index);
        Some(())
    }
}

/// Adds the default values of missing properties to a sent value.
pub(super) fn with_defaults(schemas: &Schemas, schema: &Value, sent: Value) -> Value {
    let Value::Object(mut entries) = sent else {
        return sent;
    };
    let sent = Value::Object(entries.clone());
    let variants = variants(schemas, schema);
    let meant = variants
        .iter()
        .find(|variant| problems(schemas, variant, &sent).is_empty());
    let properties = meant.and_then(|variant| variant["properties"].as_object());
    for (key, schema) in properties.into_iter().flatten() {
        if let Some(value) = schema.get("default")
            && !entries.contains_key(key)
        {
            entries.insert(key.clone(), value.clone());
        }
    }
    entries.into()
}

/// Removes properties that are null but not nullable: in an update, null leaves such a property unchanged.
pub(super) fn without_null(schemas: &Schemas, schema: &Value, sent: &Value) -> Value {
    let variants = variants(schemas, schema);
    let is_nullable = |key: &str| {
        let mut properties = variants.iter().map(|variant| &variant["properties"][key]);
        properties.any(|property| property["nullable"] == true)
    };
    let entries = sent.as_object().into_iter().flatten();
    let kept = entries.filter(|(key, value)| !value.is_null() || is_nullable(key));
    kept.map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// Merges an update into a stored item. Sent properties replace stored ones, including null. In a list of entities, an
/// entity with the ID of a stored one keeps the stored properties that are not sent.
pub(super) fn updated(stored: &Value, sent: &Value) -> Value {
    let mut updated = stored.as_object().cloned().unwrap_or_default();
    for (key, value) in sent.as_object().into_iter().flatten() {
        let before = updated.get(key).and_then(Value::as_array);
        let value = match (value.as_array(), before) {
            (Some(items), Some(before)) => {
                let items = items.iter().map(|item| kept(item, before));
                items.collect::<Vec<_>>().into()
            }
            _ => value.clone(),
        };
        updated.insert(key.clone(), value);
    }
    updated.into()
}

fn kept(item: &Value, before: &[Value]) -> Value {
    let id = item.get("id").filter(|id| id.is_string());
    let stored = id.and_then(|id| before.iter().find(|stored| stored["id"] == *id));
    let mut kept = stored
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_else(Map::new);
    match item.as_object() {
        Some(entries) => {
            kept.extend(entries.clone());
            kept.into()
        }
        None => item.clone(),
    }
}
