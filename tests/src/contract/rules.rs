//! Validates values against schemas by the rules of JSON Schema (draft 2020-12).

use std::collections::BTreeSet;

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

use super::Contract;

/// The compiled schemas of a contract, for values at some of its places.
///
/// They differ from the contract in one way: a value may match several members of a `oneOf`. Servers send such values
/// (a repeating discount also matches the schema of a non-repeating one, because additional keys are permitted), and
/// other tests check which member is decoded.
#[derive(Debug)]
pub struct Rules {
    validator: Validator,
}

impl Rules {
    /// Compiles the schemas at these places, which are JSON pointers into the contract.
    #[must_use]
    pub fn new<'p>(contract: &Contract, pointers: impl IntoIterator<Item = &'p str>) -> Self {
        // All places are properties of one schema, so that schemas that they share are compiled once.
        let places: Map<String, Value> = pointers
            .into_iter()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .map(|pointer| {
                // Path templates contain braces, which are not valid in references.
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

    /// Validates a value against the schema at a place.
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

/// Replaces `oneOf` by `anyOf`, and updates references to the location of the contract in the compiled schema.
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
