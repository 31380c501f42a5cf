//! The contract as the owner of the API wrote it: OpenAPI 3.1, read without the generator's IR.
//!
//! [`Contract`] resolves schemas, [`Generator`] generates random instances of a schema, and [`Rules`] validates values
//! against a schema. The corrections of the overlay are applied, because the client promises to decode the values that
//! they describe. A snapshot lists all corrections that change which values are valid, so that a correction cannot hide
//! a mistake.

#![allow(
    clippy::panic,
    clippy::expect_used,
    reason = "a contract that cannot be read is a failed test"
)]

mod documented;
mod generator;
mod operations;
mod place;
mod rules;
mod text;

pub use generator::{Extent, Generator, Instance, Mark};
pub use operations::{Content, Operation, Parameter, Response, Schema, Style};
pub use place::Place;
pub use rules::Rules;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use polar_codegen::document::{self, Source};
use serde_json::Value;

/// One contract.
#[derive(Debug, Clone)]
pub struct Contract {
    tree: Value,
}

impl Contract {
    /// Reads the contract of a version in `spec/`, with its corrections.
    #[must_use]
    pub fn of_version(version: &str) -> Self {
        let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec");
        Self::read(
            &spec.join(format!("{version}.yaml")),
            Some(&spec.join("overlay.yaml")),
        )
    }

    /// Reads the contract of a version in `spec/` without corrections.
    #[must_use]
    pub fn uncorrected(version: &str) -> Self {
        let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec");
        Self::read(&spec.join(format!("{version}.yaml")), None)
    }

    /// Reads the contract of a version in `spec/` without corrections, with another YAML parser than the generator's.
    #[must_use]
    pub fn uncorrected_by_another_parser(version: &str) -> Self {
        let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec");
        let text = fs::read_to_string(spec.join(format!("{version}.yaml")));
        let text = text.unwrap_or_else(|error| panic!("{version}: {error}"));
        let tree = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{version}: {error}"));
        Self { tree }
    }

    /// Reads a contract from a file, and applies an overlay.
    #[must_use]
    pub fn read(contract: &Path, overlay: Option<&Path>) -> Self {
        let text = |path: &Path| {
            fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let (contract, overlay) = (text(contract), overlay.map(text));
        let overlay = overlay.as_deref().map(|text| Source {
            name: "overlay",
            text,
        });
        let contract = Source {
            name: "contract",
            text: &contract,
        };
        let tree =
            document::corrected(contract, overlay).unwrap_or_else(|report| panic!("{report}"));
        Self { tree }
    }

    /// Returns the whole document.
    #[must_use]
    pub fn tree(&self) -> &Value {
        &self.tree
    }

    /// Returns the schema that a `$ref` refers to.
    #[must_use]
    pub fn referenced(&self, reference: &str) -> &Value {
        reference
            .strip_prefix('#')
            .and_then(|pointer| self.tree.pointer(pointer))
            .unwrap_or_else(|| panic!("{reference} does not resolve"))
    }

    /// Returns the optional properties with a constant value, by schema and property. The client writes them even if
    /// they were missing.
    #[must_use]
    pub fn optional_constants(&self) -> BTreeSet<(&str, &str)> {
        let mut found = BTreeSet::new();
        walk(&self.tree, &mut |node| {
            let required = |key: &str| {
                let keys = node["required"].as_array();
                keys.is_some_and(|keys| keys.iter().any(|one| one == key))
            };
            for (key, schema) in node["properties"].as_object().into_iter().flatten() {
                match schema["const"].as_str() {
                    Some(text) if !required(key) => drop(found.insert((key.as_str(), text))),
                    _ => {}
                }
            }
        });
        found
    }
}

/// Calls `visit` with every node of a document.
pub fn walk<'t>(node: &'t Value, visit: &mut impl FnMut(&'t Value)) {
    visit(node);
    match node {
        Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        Value::Object(entries) => entries.values().for_each(|entry| walk(entry, visit)),
        _ => {}
    }
}
