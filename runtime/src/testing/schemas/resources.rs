//! What types and properties are about, so that the identifier of one thing is the same wherever it occurs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The names of what has identifiers: `customer`, because some property is called `customer_id`.
#[derive(Debug, Default)]
pub(in crate::testing) struct Resources {
    names: BTreeSet<String>,
    /// The union that a type is a variant of.
    unions: BTreeMap<String, String>,
}

impl Resources {
    pub(super) fn of<'t>(types: impl Iterator<Item = (&'t String, &'t Value)>) -> Self {
        let mut found = Self::default();
        for (name, schema) in types {
            let properties = schema["properties"].as_object().into_iter().flatten();
            let stems = properties.filter_map(|(key, _)| key.strip_suffix("_id"));
            found.names.extend(stems.map(str::to_owned));
            let variants = schema["anyOf"].as_array().into_iter().flatten();
            for variant in variants.filter_map(|variant| variant["$ref"].as_str()) {
                let union = found.unions.entry(variant.to_owned());
                union.or_insert_with(|| name.clone());
            }
        }
        found
    }

    /// What the object of a type is about, at a property.
    pub(in crate::testing) fn of_object(
        &self,
        property: &str,
        type_name: &str,
        schema: &Value,
    ) -> String {
        let found = self.found(property, type_name);
        // What refers to a thing is not the thing itself.
        let is_itself = |name: &String| schema["properties"].get(format!("{name}_id")).is_none();
        found.filter(is_itself).unwrap_or_else(|| {
            let name = snake_case(type_name);
            let end = ["_schema", "_read"]
                .iter()
                .find_map(|end| name.strip_suffix(end));
            end.unwrap_or(&name).to_owned()
        })
    }

    fn found(&self, property: &str, type_name: &str) -> Option<String> {
        if let Some(name) = self.named(singular(property)) {
            return Some(name);
        }
        let name = snake_case(type_name);
        let ends = name.match_indices('_').map(|(index, _)| index + 1);
        let mut ends = std::iter::once(0)
            .chain(ends)
            .filter_map(|start| name.get(start..));
        if let Some(end) = ends.find(|end| self.names.contains(*end)) {
            return Some(end.to_owned());
        }
        let union = self
            .unions
            .get(type_name)
            .filter(|union| *union != type_name)?;
        self.found("", union)
    }

    /// The name of what a property holds: `product_price` for `price`, unless some property is called `price_id`.
    fn named(&self, property: &str) -> Option<String> {
        if property.is_empty() || self.names.contains(property) {
            return (!property.is_empty()).then(|| property.to_owned());
        }
        let mut names = self.names.iter();
        let longer = names.find(|name| {
            name.strip_suffix(property)
                .is_some_and(|start| start.ends_with('_'))
        });
        longer.cloned()
    }
}

/// `products` without its plural.
pub(in crate::testing) fn singular(name: &str) -> &str {
    match name.strip_suffix('s') {
        Some(stem) if !stem.ends_with('s') => stem,
        _ => name,
    }
}

/// `OrderItem` as `order_item`.
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
