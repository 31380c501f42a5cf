//! Collections of an API, such as its customers, and the operations on their items. Both are derived from the paths and
//! types of the operations.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::client::{Method, Operation};
use crate::testing::schemas::Schemas;

/// What an operation does with the items of a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Create,
    List,
    /// Reads the item of which this property equals the path parameter of the same name.
    Get(&'static str),
    Update(&'static str),
    Delete(&'static str),
}

/// The collections of an API, by their paths without trailing slash.
#[derive(Debug)]
pub(super) struct Collections(BTreeMap<&'static str, BTreeSet<String>>);

impl Collections {
    pub(super) fn of(schemas: &Schemas) -> Self {
        let mut found: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
        for operation in schemas.operations() {
            let Some(described) = schemas.operation(operation.id) else {
                continue;
            };
            let response = &described["response"];
            let path = operation.path.trim_end_matches('/');
            let (path, item) = match path.strip_suffix("/{id}") {
                Some(above) => (above, Some(response)),
                None if operation.method == Method::Post => {
                    (path, Some(response).filter(|_| is_created(described)))
                }
                None if operation.method == Method::Get => (path, list_item(schemas, response)),
                None => continue,
            };
            let Some(item) = item.filter(|_| !path.contains('{')) else {
                continue;
            };
            if has_id(schemas, item) {
                let types = found.entry(path).or_default();
                types.extend(names(schemas, item));
            }
        }
        Self(found)
    }

    /// Returns the paths of the collections whose items have this type.
    pub(super) fn of_type(&self, name: &str) -> Vec<&'static str> {
        let collections = self.0.iter().filter(|(_, types)| types.contains(name));
        collections.map(|(path, _)| *path).collect()
    }

    /// Returns the collection of an operation, and what the operation does with its items. Returns `None` if the store
    /// does not support the operation.
    pub(super) fn action(
        &self,
        operation: &Operation,
        described: &Value,
    ) -> Option<(&'static str, Action)> {
        let path = operation.path.trim_end_matches('/');
        if let Some((collection, _)) = self.0.get_key_value(path) {
            return match operation.method {
                Method::Get => Some((collection, Action::List)),
                Method::Post if is_created(described) => Some((collection, Action::Create)),
                _ => None,
            };
        }
        let (above, last) = path.rsplit_once('/')?;
        let property = last.strip_prefix('{')?.strip_suffix('}')?;
        // `customers/external/{external_id}` is an action on the collection. A sub-resource of an item is not.
        let is_above = |collection: &&'static str| {
            let rest = above.strip_prefix(*collection);
            rest.is_some_and(|rest| {
                !rest.contains('{') && (rest.is_empty() || rest.starts_with('/'))
            })
        };
        let collection = self
            .0
            .keys()
            .copied()
            .filter(is_above)
            .max_by_key(|path| path.len())?;
        let action = match operation.method {
            Method::Get => Action::Get(property),
            Method::Patch | Method::Put => Action::Update(property),
            Method::Delete if described["response"].is_null() => Action::Delete(property),
            Method::Delete | Method::Post => return None,
        };
        Some((collection, action))
    }
}

/// Returns whether the response has status 201.
fn is_created(described: &Value) -> bool {
    described["status"] == 201
}

/// Returns the item schema of a list: of a page, or of a plain array.
pub(super) fn list_item<'s>(schemas: &'s Schemas, response: &'s Value) -> Option<&'s Value> {
    let mut schema = schemas.resolved(response);
    if let Some(first) = schema["anyOf"].get(0) {
        schema = schemas.resolved(first);
    }
    match schema["type"].as_str()? {
        "array" => schema.get("items"),
        _ => {
            let properties = &schema["properties"];
            properties.get("pagination")?;
            properties["items"].get("items")
        }
    }
}

/// Returns the variants of a union, or else the schema itself.
pub(super) fn variants<'s>(schemas: &'s Schemas, schema: &'s Value) -> Vec<&'s Value> {
    let resolved = schemas.resolved(schema);
    match resolved["anyOf"].as_array() {
        Some(members) => members
            .iter()
            .map(|member| schemas.resolved(member))
            .collect(),
        None => vec![resolved],
    }
}

fn has_id(schemas: &Schemas, schema: &Value) -> bool {
    let variants = variants(schemas, schema);
    variants
        .iter()
        .all(|variant| variant["properties"].get("id").is_some())
}

/// Returns the names of a type and of its variants.
fn names(schemas: &Schemas, schema: &Value) -> Vec<String> {
    let members = schemas.resolved(schema)["anyOf"]
        .as_array()
        .into_iter()
        .flatten();
    let schemas = std::iter::once(schema).chain(members);
    schemas
        .filter_map(|schema| schema["$ref"].as_str())
        .map(str::to_owned)
        .collect()
}
