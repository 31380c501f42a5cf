//! Finds the place in the contract that a pointer of the generator refers to.
//!
//! The generator first converts a document to OpenAPI 3.0, and its pointers refer to the result. There, a union with
//! null is the union of the other members, and a union of one member is that member.

use serde_json::Value;

use super::Contract;

/// A schema and its place.
#[derive(Debug, Clone)]
pub struct Place<'c> {
    /// JSON pointer into the contract.
    pub pointer: String,
    /// The schema, with references resolved.
    pub schema: &'c Value,
}

impl Contract {
    /// Returns the place that a pointer of the generator refers to.
    #[must_use]
    pub fn place(&self, pointer: &str) -> Place<'_> {
        let mut place = Place {
            pointer: String::new(),
            schema: self.tree(),
        };
        let mut segments = pointer.split('/').skip(1);
        while let Some(segment) = segments.next() {
            place = self.reduced(place);
            if matches!(segment, "anyOf" | "oneOf") {
                let index = segments.next().and_then(|index| index.parse().ok());
                let member =
                    index.and_then(|index: usize| members(place.schema)?.1.into_iter().nth(index));
                let (index, _) = member.unwrap_or_else(|| panic!("{pointer} does not resolve"));
                place = below(&below(&place, segment), &index.to_string());
            } else {
                place = below(&place, segment);
            }
        }
        self.reduced(place)
    }

    /// Resolves references, and unions of a single schema and null.
    fn reduced<'c>(&'c self, mut place: Place<'c>) -> Place<'c> {
        loop {
            if let Some(reference) = place.schema["$ref"].as_str() {
                place = Place {
                    pointer: reference.trim_start_matches('#').to_owned(),
                    schema: self.referenced(reference),
                };
                continue;
            }
            let only = match members(place.schema) {
                Some((keyword, members)) if members.len() == 1 => (keyword, members[0].0),
                _ if place.schema["allOf"]
                    .as_array()
                    .is_some_and(|all| all.len() == 1) =>
                {
                    ("allOf", 0)
                }
                _ => return place,
            };
            place = below(&below(&place, only.0), &only.1.to_string());
        }
    }
}

/// Returns the members of a union except null, with their positions.
fn members(schema: &Value) -> Option<(&'static str, Vec<(usize, &Value)>)> {
    let keyword = ["anyOf", "oneOf"]
        .into_iter()
        .find(|keyword| schema[keyword].is_array())?;
    let members = schema[keyword].as_array()?.iter().enumerate();
    let members = members.filter(|(_, member)| member["type"] != "null");
    Some((keyword, members.collect()))
}

/// Descends one level. `key` is a segment of a JSON pointer.
fn below<'c>(place: &Place<'c>, key: &str) -> Place<'c> {
    let schema = place.schema.pointer(&format!("/{key}"));
    Place {
        schema: schema.unwrap_or_else(|| panic!("{}/{key} does not resolve", place.pointer)),
        pointer: format!("{}/{key}", place.pointer),
    }
}
