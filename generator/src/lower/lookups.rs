//! Reads `x-lookup`, by which the overlay adds methods that find an item of a list in a type.

use openapiv3::Schema;

use super::Lowering;
use super::location::Location;
use crate::document::SchemaDataExt as _;
use crate::ir::{Lookup, TypeId};
use crate::names;

/// Records the methods that the overlay adds to a type. The phase `check` verifies that the lists exist.
pub(super) fn note(cx: &mut Lowering<'_, '_>, id: TypeId, schema: &Schema) {
    let lookups = schema.schema_data.lookups().into_iter();
    cx.types[id.0].lookups = lookups
        .map(|(name, lookup)| Lookup {
            name: names::field(&name),
            list: lookup.list,
            by: lookup.by,
        })
        .collect();
}

/// Rejects `x-lookup` on a schema that does not become a type.
pub(super) fn reject(cx: &mut Lowering<'_, '_>, schema: &Schema, location: &Location) {
    if !schema.schema_data.lookups().is_empty() {
        cx.problem(
            &format!("{}/x-lookup", location.at),
            "only objects with `properties` and unions with several members can have such methods",
        );
    }
}
