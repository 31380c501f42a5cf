//! Whether a value is an instance of a schema, as JSON Schema (draft 2020-12) says.

use std::collections::BTreeSet;

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

use super::Contract;

/// The rules of one contract for values at some of its places.
///
/// They differ from the contract in one point: of a `oneOf` more than one member may fit. The servers themselves answer
/// with such values (a repeating discount is also one without repetition, for nothing forbids further keys), and which
/// member is meant is what other tests are about.
#[derive(Debug)]
pub struct Rules {
    validator: Validator,
}

impl Rules {
    /// The rules at these places, which are JSON pointers into the contract.
    #[must_use]
    pub fn new<'p>(contract: &Contract, pointers: impl IntoIterator<Item = &'p str>) -> Self {
        // One schema with a property for each place: so what the places share is compiled once.
        let places: Map<String, Value> = pointers
            .into_iter()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .map(|pointer| {
                // Templates of paths have braces, which references do not.
                let place = pointer.replace('{', "%7B").replace('}', "%7D");
                let reference = json!({"$ref": format!("#/contract{place}")});
                (pointer.to_owned(), reference)
            })
            .collect();
        let mut tree = contract.tree().clone();
        relax(&mut tree);
        let schema = json!({"properties": places, "contract": tree});
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .with_format("uuid4", |text: &str| text.len() == 36)
            .with_format("ipvanyaddress", |text: &str| {
                text.parse::<std::net::IpAddr>().is_ok()
            })
            .build(&schema)
            .unwrap_or_else(|error| panic!("the contract is not a valid schema: {error}"));
        Self { validator }
    }

    /// What is wrong with the value as one of the schema at the place; nothing if it is valid.
    ///
    /// # Errors
    /// One line for each violation.
    pub fn check(&self, pointer: &str, value: &Value) -> Result<(), String> {
        let value = json!({ pointer: value });
        let violations: Vec<String> = self
            .validator
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        match violations.is_empty() {
            true => Ok(()),
            false => Err(violations.join("\n")),
        }
    }
}

/// Replaces `oneOf` by `anyOf`, and moves references to where the contract is in the schema.
fn relax(node: &mut Value) {
    match node {
        Value::Array(items) => items.iter_mut().for_each(relax),
        Value::Object(entries) => {
            if let Some(members) = entries.remove("oneOf") {
                entries.insert("anyOf".to_owned(), members);
            }
            if let Some(Value::String(reference)) = entries.get_mut("$ref") {
                *reference = reference.replacen("#/", "#/contract/", 1);
            }
            entries.values_mut().for_each(relax);
        }
        _ => {}
    }
}
