//! Removes undocumented keys from values.

use serde_json::{Map, Value};

use super::Contract;

impl Contract {
    /// Returns the value without the keys that the schema does not document. In a union, the keys of all members are
    /// kept.
    #[must_use]
    pub fn documented(&self, schema: &Value, value: &Value) -> Value {
        self.pruned(&self.forms(schema), value)
    }

    /// Returns the members of a union without null, including those of nested unions. Returns any other schema itself.
    #[must_use]
    pub fn forms<'c>(&'c self, schema: &'c Value) -> Vec<&'c Value> {
        if let Some(reference) = schema["$ref"].as_str() {
            return self.forms(self.referenced(reference));
        }
        let keywords = ["anyOf", "oneOf", "allOf"];
        let members = keywords
            .iter()
            .find_map(|keyword| schema[keyword].as_array());
        match members {
            Some(members) => members
                .iter()
                .flat_map(|member| self.forms(member))
                .collect(),
            None if schema["type"] == "null" => Vec::new(),
            None => vec![schema],
        }
    }

    /// Returns the schema of a property, entry or item, by its key or index.
    #[must_use]
    pub fn part<'c>(schema: &'c Value, key: &str) -> Option<&'c Value> {
        let positional = || {
            key.parse()
                .ok()
                .and_then(|index: usize| schema["prefixItems"].get(index))
        };
        let entry = || {
            schema
                .get("additionalProperties")
                .filter(|it| it.is_object())
        };
        match schema["type"].as_str() {
            Some("array") => positional().or_else(|| schema.get("items")),
            _ => schema["properties"].get(key).or_else(entry),
        }
    }

    fn pruned(&self, forms: &[&Value], value: &Value) -> Value {
        if forms.iter().any(|form| is_open(form)) {
            return value.clone();
        }
        let below = |key: &str, value: &Value| {
            let schemas = forms.iter().filter_map(|form| Self::part(form, key));
            let forms: Vec<&Value> = schemas.flat_map(|schema| self.forms(schema)).collect();
            (!forms.is_empty()).then(|| self.pruned(&forms, value))
        };
        match value {
            Value::Object(entries) => {
                let known = entries
                    .iter()
                    .filter_map(|(key, value)| Some((key.clone(), below(key, value)?)));
                Value::Object(known.collect::<Map<_, _>>())
            }
            Value::Array(items) => {
                let items = items.iter().enumerate();
                items
                    .filter_map(|(index, item)| below(&index.to_string(), item))
                    .collect()
            }
            scalar => scalar.clone(),
        }
    }
}

/// Returns whether the schema permits any value, or any entries.
fn is_open(schema: &Value) -> bool {
    let typed = ["type", "const", "enum"]
        .iter()
        .any(|key| schema.get(key).is_some());
    let map = schema["type"] == "object"
        && schema.get("properties").is_none()
        && !schema["additionalProperties"].is_object();
    !typed || map || schema["additionalProperties"] == true
}
