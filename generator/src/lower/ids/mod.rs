//! Typed identifiers: determines the entity that each UUID identifies.
//!
//! A UUID in the path of an operation identifies an entity. Example: because of `/v1/orders/{id}`, `Order` is an entity,
//! and the `id` in the response of that operation is the ID of an order. Schemas, properties and parameters that are named
//! after an entity refer to it (`entities.rs`). If these rules find no entity or a wrong one, the overlay sets the entity
//! with `x-id-of`.

mod entities;

use std::collections::{BTreeSet, HashMap};

use openapiv3::Schema;

use super::Lowering;
use super::draft::Draft;
use crate::document::{IdOf, SchemaDataExt as _};
use crate::ir::{Operation, Param, Scalar, Shape, Struct, Success, Type, TypeDef, TypeId, Union};
use entities::Entities;

/// Records the `x-id-of` of a property or parameter.
pub(super) fn note(cx: &mut Lowering<'_, '_>, schema: &Schema, at: &str) {
    if let Some(id_of) = schema.schema_data.id_of() {
        cx.identified.insert(at.to_owned(), id_of);
    }
}

/// Replaces UUIDs that identify an entity by the ID type of the entity.
pub(super) fn assign(cx: &mut Lowering<'_, '_>, draft: &mut Draft) {
    let mut entities = Entities::default();
    for id_of in cx.identified.values() {
        if let IdOf::Entity(name) = id_of {
            entities.add_named(name);
        }
    }
    for (operation, param) in addressed(draft) {
        if let Some(name) = corrected(cx, &schema_at(param), entities::of_path(operation, param)) {
            entities.add_addressed(name);
        }
    }
    let mut pass = Pass {
        own: own(cx, draft, &entities),
        entities,
        used: BTreeSet::new(),
    };
    for index in 0..cx.types.len() {
        let mut shape = std::mem::replace(&mut cx.types[index].shape, Shape::Alias(Type::Json));
        if let Shape::Struct(object) = &mut shape {
            pass.fields(cx, TypeId(index), object);
        }
        cx.types[index].shape = shape;
    }
    for drafted in &mut draft.operations {
        pass.params(cx, &mut drafted.operation);
    }
    let noted: Vec<String> = cx.identified.keys().cloned().collect();
    for at in noted.iter().filter(|at| !pass.used.contains(*at)) {
        cx.problem(
            &format!("{at}/x-id-of"),
            "this is not a UUID, or a list of UUIDs, of a property or parameter",
        );
    }
}

/// Returns the path parameters that are UUIDs, with their operations.
fn addressed(draft: &Draft) -> impl Iterator<Item = (&Operation, &Param)> {
    let operations = draft.operations.iter().map(|draft| &draft.operation);
    operations.flat_map(|operation| {
        let params = operation.path_params.iter();
        let uuids = params.filter(|param| param.ty == Type::Scalar(Scalar::Uuid));
        uuids.map(move |param| (operation, param))
    })
}

/// Returns the JSON pointer of a parameter's schema, which is the key of `Lowering::identified`.
fn schema_at(param: &Param) -> String {
    format!("{}/schema", param.at)
}

/// Returns the entity that the overlay sets, or else the entity that the rules found.
fn corrected(cx: &Lowering<'_, '_>, at: &str, rule: Option<String>) -> Option<String> {
    match cx.identified.get(at) {
        Some(IdOf::Entity(name)) => Some(name.clone()),
        Some(IdOf::Anything) => None,
        None => rule,
    }
}

/// Returns the entity that the field `id` identifies, by struct. Structs whose `id` identifies no entity are missing.
fn own(cx: &mut Lowering<'_, '_>, draft: &Draft, entities: &Entities) -> HashMap<TypeId, String> {
    let mut own = HashMap::new();
    for (operation, param) in addressed(draft) {
        let is_last = operation
            .path
            .ends_with(&format!("/{{{}}}", param.name.wire));
        let entity = corrected(cx, &schema_at(param), entities::of_path(operation, param));
        let (Some(entity), true) = (entity, is_last) else {
            continue;
        };
        let (Success::Json(ty) | Success::JsonOrEmpty(ty)) = &operation.success else {
            continue;
        };
        for id in structs(cx, ty) {
            let other = own.insert(id, entity.clone());
            if let Some(other) = other.filter(|other| *other != entity) {
                let message = format!(
                    "the response would be an entity `{other}` and `{entity}`: correct one with `x-id-of`"
                );
                cx.problem(&operation.at, message);
            }
        }
    }
    // The entity of a union takes precedence over the name of a variant: a `BenefitMeterCredit` is a `Benefit`, not a
    // `Credit`.
    let mut names: HashMap<TypeId, Vec<&str>> = HashMap::new();
    for (def, union) in cx.types.iter().filter_map(as_union) {
        for id in union
            .variants
            .iter()
            .flat_map(|variant| structs(cx, &variant.ty))
        {
            names.entry(id).or_default().push(&def.name.rust);
        }
    }
    for (index, def) in cx.types.iter().enumerate() {
        names.entry(TypeId(index)).or_default().push(&def.name.rust);
    }
    for (id, names) in names {
        if let Shape::Struct(object) = &cx.types[id.0].shape {
            let entity = names.iter().find_map(|name| entities.viewed(name, object));
            if let Some(entity) = entity {
                own.entry(id).or_insert(entity);
            }
        }
    }
    own
}

fn as_union(def: &TypeDef) -> Option<(&TypeDef, &Union)> {
    match &def.shape {
        Shape::Union(union) => Some((def, union)),
        _ => None,
    }
}

/// Returns the struct of a type, or those of a union's variants.
fn structs(cx: &Lowering<'_, '_>, ty: &Type) -> Vec<TypeId> {
    let Type::Named(id) = ty.non_null() else {
        return vec![];
    };
    match &cx.types[id.0].shape {
        Shape::Struct(_) => vec![*id],
        Shape::Union(union) => {
            let variants = union.variants.iter();
            variants
                .flat_map(|variant| structs(cx, &variant.ty))
                .collect()
        }
        Shape::Alias(inner) => structs(cx, inner),
        Shape::Enum(_) => vec![],
    }
}

/// The state of this pass.
struct Pass {
    entities: Entities,
    own: HashMap<TypeId, String>,
    /// The places of annotations that were used.
    used: BTreeSet<String>,
}

impl Pass {
    fn fields(&mut self, cx: &mut Lowering<'_, '_>, id: TypeId, object: &mut Struct) {
        for field in &mut object.fields {
            let rule = match field.name.wire.as_str() {
                "id" => self.own.get(&id).cloned(),
                wire => self.entities.referenced_by(wire, &field.ty),
            };
            self.identify(cx, &mut field.ty, &field.at, rule);
        }
    }

    fn params(&mut self, cx: &mut Lowering<'_, '_>, operation: &mut Operation) {
        let mut path_params = std::mem::take(&mut operation.path_params);
        for param in &mut path_params {
            let rule = entities::of_path(operation, param);
            let at = schema_at(param);
            self.identify(cx, &mut param.ty, &at, rule);
        }
        operation.path_params = path_params;
        for param in &mut operation.query {
            let rule = match param.name.wire.as_str() {
                "id" | "ids" => self.entities.listed(&operation.path),
                wire => self.entities.referenced_by(wire, &param.ty),
            };
            let at = schema_at(param);
            self.identify(cx, &mut param.ty, &at, rule);
        }
    }

    fn identify(
        &mut self,
        cx: &mut Lowering<'_, '_>,
        ty: &mut Type,
        at: &str,
        rule: Option<String>,
    ) {
        if ty.identified().is_none() {
            return;
        }
        let entity = corrected(cx, at, rule.clone());
        if cx.identified.contains_key(at) {
            let is_rule =
                entity == rule && rule.is_none_or(|name| self.entities.is_addressed(&name));
            if is_rule && self.used.insert(at.to_owned()) {
                cx.problem(
                    &format!("{at}/x-id-of"),
                    "the rules already find this entity: remove the correction",
                );
            }
            self.used.insert(at.to_owned());
        }
        if let Some(entity) = entity {
            replace(ty, &entity);
        }
    }
}

/// Replaces the UUIDs in a type by identifiers of an entity.
fn replace(ty: &mut Type, entity: &str) {
    match ty {
        Type::Scalar(Scalar::Uuid) => *ty = Type::Id(entity.to_owned()),
        Type::List(inner) | Type::Nullable(inner) | Type::Boxed(inner) => replace(inner, entity),
        _ => {}
    }
}
