//! Handles ambiguous unions, whose variant cannot be determined from the value alone. The overlay must accept such a union
//! with a reason (`x-ambiguous`), and may name a string elsewhere in the response that selects the variant (`x-chosen-by`).

use openapiv3::Schema;

use super::Lowering;
use super::location::Location;
use crate::document::SchemaDataExt;
use crate::ir::{Choices, Resolution, Shape, Struct, Type, TypeId};

/// What the overlay states about an ambiguous union.
#[derive(Clone)]
pub(super) struct Accepted {
    /// Why the union cannot be discriminated.
    pub(super) reason: String,
    paths: Vec<Vec<String>>,
    schemas: Vec<(String, String)>,
}

/// Records what the overlay states about the union, if its schema has `x-ambiguous`.
pub(super) fn note(cx: &mut Lowering<'_, '_>, id: TypeId, schema: &Schema) {
    let data = &schema.schema_data;
    let owned = |text: &str| text.to_owned();
    let paths = data.chosen_by();
    let schemas = data.choices();
    if let Some(reason) = data.ambiguous() {
        let accepted = Accepted {
            reason: reason.to_owned(),
            paths: paths
                .iter()
                .map(|path| path.split('.').map(owned).collect())
                .collect(),
            schemas: schemas
                .iter()
                .map(|(text, name)| (owned(text), owned(name)))
                .collect(),
        };
        cx.ambiguous.insert(id, accepted);
    } else if !(paths.is_empty() && schemas.is_empty()) {
        let at = cx.types[id.0].at.clone();
        cx.problem(
            &at,
            "`x-chosen-by` and `x-choices` are only allowed on unions with `x-ambiguous`",
        );
    }
}

/// Rejects an ambiguous union that is a member of another union. The members of nested unions become variants of the outer
/// one, so the outer union has to be accepted.
pub(super) fn reject_nested(cx: &mut Lowering<'_, '_>, schema: &Schema, location: &Location) {
    let data = &schema.schema_data;
    let is_accepted = data.ambiguous().is_some();
    if is_accepted || !data.chosen_by().is_empty() || !data.choices().is_empty() {
        cx.problem(
            &location.at,
            "the union is part of another one: `x-ambiguous`, `x-chosen-by` and `x-choices` belong there",
        );
    }
}

/// Returns the variants of an ambiguous union by the strings that select them.
pub(super) fn choices(
    cx: &mut Lowering<'_, '_>,
    id: TypeId,
    accepted: &Accepted,
) -> Option<Choices> {
    if accepted.paths.is_empty() && accepted.schemas.is_empty() {
        return None;
    }
    let def = &cx.types[id.0];
    let Shape::Union(union) = &def.shape else {
        return None;
    };
    let (name, at) = (format!("{}View", def.name.rust), def.at.clone());
    let (mut variants, mut problems) = (Vec::new(), Vec::new());
    for (text, schema) in &accepted.schemas {
        let is_it =
            |ty: &Type| matches!(ty, Type::Named(id) if cx.types[id.0].name.wire == *schema);
        match union.variants.iter().position(|variant| is_it(&variant.ty)) {
            Some(variant) => variants.push((text.clone(), variant)),
            None => problems.push(format!(
                "`x-choices`: `{schema}` is not a member of the union"
            )),
        }
    }
    if accepted.paths.is_empty() || accepted.schemas.is_empty() {
        problems.push("`x-chosen-by` and `x-choices` belong together".to_owned());
    }
    for problem in problems {
        cx.problem(&at, problem);
    }
    Some(Choices {
        name,
        paths: accepted.paths.clone(),
        variants,
    })
}

/// Sets the path to the selecting string for each field that is an ambiguous union.
pub(super) fn choose(cx: &mut Lowering<'_, '_>) {
    let (mut found, mut unused) = (Vec::new(), Vec::new());
    for (index, def) in cx.types.iter().enumerate() {
        let Shape::Union(union) = &def.shape else {
            continue;
        };
        let Resolution::Ambiguous {
            choices: Some(choices),
            ..
        } = &union.resolution
        else {
            continue;
        };
        for path in &choices.paths {
            let locations = locations(cx, TypeId(index), path);
            if locations.is_empty() {
                unused.push((def.at.clone(), path.join(".")));
            }
            found.extend(
                locations
                    .into_iter()
                    .map(|location| (location, path.clone())),
            );
        }
    }
    for ((owner, field), path) in found {
        if let Shape::Struct(object) = &mut cx.types[owner].shape {
            object.fields[field].chosen_by = Some(path);
        }
    }
    for (at, path) in unused {
        cx.problem(
            &at,
            format!("`x-chosen-by`: no object contains this union and `{path}`"),
        );
    }
}

/// Returns the fields whose type is this union, in structs that also have the first field of the path. Each is given by
/// the indices of the struct and of the field.
fn locations(cx: &Lowering<'_, '_>, id: TypeId, path: &[String]) -> Vec<(usize, usize)> {
    let mut locations = Vec::new();
    for (owner, def) in cx.types.iter().enumerate() {
        let Shape::Struct(object) = &def.shape else {
            continue;
        };
        if !path.first().is_some_and(|key| has_field(object, key)) {
            continue;
        }
        let fields = object.fields.iter().enumerate();
        let chosen = fields.filter(|(_, field)| *field.ty.non_null() == Type::Named(id));
        locations.extend(chosen.map(|(field, _)| (owner, field)));
    }
    locations
}

fn has_field(object: &Struct, key: &str) -> bool {
    object.fields.iter().any(|field| field.name.wire == key)
}
