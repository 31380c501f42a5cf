//! The JSON Schemas of the API, for samples and for the validation of responses.
//!
//! The generator emits a table of schemas for each version group, so that the crate contains each schema once. Keywords
//! are those of JSON Schema, and `nullable` of OpenAPI 3.0. A `$ref` is the name of a type.

mod problem;
mod validate;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::Value;

use crate::client::Operation;

pub(super) use problem::{Problem, ProblemKind, Step};
pub(super) use validate::problems;

/// The schemas of types, operations and events that are defined in the same folder of generated code.
#[doc(hidden)]
#[derive(Debug)]
pub struct Schemas {
    text: &'static str,
    operations: &'static [&'static Operation],
    above: &'static [&'static Schemas],
    table: OnceLock<Table>,
}

/// The parsed JSON: the schemas of `types`, `operations` and `events`, by name.
type Table = BTreeMap<String, BTreeMap<String, Value>>;

/// An empty table, for types that the API does not define.
pub(super) static NONE: Schemas = Schemas::new("{}", &[], &[]);

impl Schemas {
    /// Creates a table from JSON. Its schemas may refer to types in the tables `above`.
    pub const fn new(
        text: &'static str,
        operations: &'static [&'static Operation],
        above: &'static [&'static Schemas],
    ) -> Self {
        Self {
            text,
            operations,
            above,
            table: OnceLock::new(),
        }
    }

    /// Returns the schema of a type.
    pub(super) fn definition(&self, name: &str) -> Option<&Value> {
        self.named(name).map(|(_, schema)| schema)
    }

    /// Returns the schema of a type with its name.
    pub(super) fn named(&self, name: &str) -> Option<(&str, &Value)> {
        self.find("types", name)
    }

    /// Resolves a reference, or returns the schema itself.
    pub(super) fn resolved<'s>(&'s self, schema: &'s Value) -> &'s Value {
        let name = schema["$ref"].as_str();
        name.and_then(|name| self.definition(name))
            .unwrap_or(schema)
    }

    /// Returns the parameters, body and response of an operation.
    pub(super) fn operation(&self, id: &str) -> Option<&Value> {
        self.find("operations", id).map(|(_, described)| described)
    }

    /// Returns the schema of an event's payload.
    #[cfg(feature = "webhooks")]
    pub(super) fn event(&self, event_type: &str) -> Option<&Value> {
        self.find("events", event_type).map(|(_, schema)| schema)
    }

    /// Iterates over all operations.
    pub(super) fn operations(&self) -> impl Iterator<Item = &'static Operation> {
        let above = self.above.iter().flat_map(|above| above.operations);
        self.operations.iter().chain(above).copied()
    }

    fn find(&self, part: &str, name: &str) -> Option<(&str, &Value)> {
        let above = self.above.iter().map(|above| above.table());
        let mut tables = std::iter::once(self.table()).chain(above);
        let found = tables.find_map(|table| table.get(part)?.get_key_value(name));
        found.map(|(name, schema)| (name.as_str(), schema))
    }

    fn table(&self) -> &Table {
        let read = || serde_json::from_str(self.text).unwrap_or_default();
        self.table.get_or_init(read)
    }
}

/// An API version whose schemas are available, so that a [`Store`](super::Store) can be created for it. Generated code
/// implements it for every version.
pub trait Described {
    /// The schemas of all types and operations of the version.
    #[doc(hidden)]
    const SCHEMAS: &'static Schemas;
}
