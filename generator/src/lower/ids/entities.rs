//! The entities of the API, and the rules that find the entity of an identifier by the names of schemas, properties and
//! parameters.

use std::collections::BTreeSet;

use crate::ir::{Operation, Param, Struct, Type};
use crate::names;

/// Suffixes of schema names that do not change which entity the schema represents: `OrderPublic` represents an `Order`.
const VIEWS: &[&str] = &[
    "base",
    "confirmed",
    "created",
    "download",
    "public",
    "read",
    "schema",
    "state",
    "subscriber",
    "upload",
    "webhook",
];

/// The names of the entities.
#[derive(Default)]
pub(super) struct Entities {
    /// The entities that a path parameter identifies.
    in_paths: BTreeSet<String>,
    /// The entities that only the overlay names.
    in_overlay: BTreeSet<String>,
}

impl Entities {
    pub(super) fn add_addressed(&mut self, name: String) {
        self.in_paths.insert(name);
    }

    pub(super) fn add_named(&mut self, name: &str) {
        self.in_overlay.insert(name.to_owned());
    }

    /// Returns whether a path parameter identifies this entity.
    pub(super) fn is_addressed(&self, name: &str) -> bool {
        self.in_paths.contains(name)
    }

    fn existing(&self, name: String) -> Option<String> {
        (self.in_paths.contains(&name) || self.in_overlay.contains(&name)).then_some(name)
    }

    /// Returns the entity that a property or parameter refers to: `default_payment_method_id` to `PaymentMethod`, the
    /// list `active_files` to `File`.
    pub(super) fn referenced_by(&self, wire: &str, ty: &Type) -> Option<String> {
        let stem = wire
            .strip_suffix("_ids")
            .or_else(|| wire.strip_suffix("_id"));
        let named_after = match (stem, ty.non_null()) {
            (Some(stem), _) => names::entity(stem),
            (None, Type::List(_)) => names::entity_of(wire),
            (None, _) => return None,
        };
        self.last_words(&names::words(&named_after))
    }

    /// Returns the entity that a schema with this name represents: `CustomerOrder` and `OrderPublic` represent `Order`.
    /// A struct that refers to an entity does not represent it: a `SubscriptionMeter` with a `meter_id` is not a
    /// `Meter`.
    pub(super) fn viewed(&self, schema: &str, object: &Struct) -> Option<String> {
        let mut words = names::words(schema);
        if let Some(end) = words.iter().position(|word| word == "with") {
            words.truncate(end);
        }
        while words.len() > 1
            && words
                .last()
                .is_some_and(|word| VIEWS.contains(&word.as_str()))
        {
            words.pop();
        }
        let entity = self.last_words(&words)?;
        let reference = format!("{}_id", names::words(&entity).join("_"));
        let mut fields = object.fields.iter();
        let refers = fields.any(|field| field.name.wire == reference);
        (!refers).then_some(entity)
    }

    /// Returns the entity whose name is a suffix of these words; the longest one if there are several.
    fn last_words(&self, words: &[String]) -> Option<String> {
        (0..words.len()).find_map(|start| self.existing(names::entity(&words[start..].join("_"))))
    }

    /// Returns the entity of the collection at the end of a path: `Order` for `/v1/orders/`.
    pub(super) fn listed(&self, path: &str) -> Option<String> {
        let collection = path.trim_end_matches('/').rsplit('/').next()?;
        self.existing(names::entity_of(collection))
    }
}

/// Returns the entity that a path parameter identifies, by its name or by the preceding collection.
pub(super) fn of_path(operation: &Operation, param: &Param) -> Option<String> {
    if let Some(stem) = param.name.wire.strip_suffix("_id") {
        return Some(names::entity(stem));
    }
    let (before, _) = operation
        .path
        .split_once(&format!("/{{{}}}", param.name.wire))?;
    let collection = before.rsplit('/').next()?;
    (param.name.wire == "id" && !collection.starts_with('{')).then(|| names::entity_of(collection))
}
