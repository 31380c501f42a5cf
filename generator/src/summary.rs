//! Figures of a version, for the line that codegen prints and for its table of unions.

use std::collections::BTreeMap;

use crate::documentation::Coverage;
use crate::emit::GroupModule;
use crate::ir::{Api, Identified, Resolution, Shape, Type, TypeId};
use crate::share::Key;

/// Figures of one version.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// `YYYY-MM`.
    pub version: String,
    /// Operations.
    pub operations: usize,
    /// Types of all shapes.
    pub types: usize,
    /// Webhook events.
    pub webhooks: usize,
    /// Unions, by the name of their resolution.
    pub unions: BTreeMap<&'static str, usize>,
    /// Doc comments with an entry in `docs.yaml`.
    pub coverage: Coverage,
    /// A row for each union.
    pub table: Vec<UnionRow>,
    /// The places of the identifiers of each entity: fields and parameters.
    pub identifiers: BTreeMap<String, Vec<String>>,
    /// The places of UUIDs that identify no entity.
    pub plain_uuids: Vec<String>,
}

/// Figures of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupSummary {
    /// The module of the crate, and its folder.
    pub module: String,
    /// The versions, oldest first.
    pub versions: Vec<String>,
    /// Types of all shapes.
    pub types: usize,
    /// Operations.
    pub operations: usize,
    /// Source files.
    pub files: usize,
    /// Lines in them.
    pub lines: usize,
}

impl GroupSummary {
    pub(crate) fn new(group: GroupModule<'_>, printed: &BTreeMap<String, String>) -> Self {
        let count = |is: fn(&Key) -> bool| group.keys().filter(|key| is(key)).count();
        Self {
            module: group.module(),
            versions: group.versions().map(str::to_owned).collect(),
            types: count(|key| matches!(key, Key::Type(_))),
            operations: count(|key| matches!(key, Key::Operation(_))),
            files: printed.len(),
            lines: printed.values().map(|text| text.lines().count()).sum(),
        }
    }
}

/// A union, where it is used, and how it is discriminated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnionRow {
    /// Rust name.
    pub name: String,
    /// Number of variants.
    pub variants: usize,
    /// The name of its resolution.
    pub resolution: &'static str,
    /// The deciding properties, or the reason why none exist.
    pub deciding: String,
    /// Fields and operations that contain it.
    pub used_by: Vec<String>,
}

impl Summary {
    pub(crate) fn new(api: &Api, coverage: Coverage) -> Self {
        let mut unions = BTreeMap::new();
        for (_, union) in api.unions() {
            *unions.entry(union.resolution.label()).or_default() += 1;
        }
        let mut identifiers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut plain_uuids = Vec::new();
        for (place, identified) in api.identifiers() {
            match identified {
                Identified::Entity(name) => {
                    identifiers.entry(name.to_owned()).or_default().push(place);
                }
                Identified::Anything => plain_uuids.push(place),
            }
        }
        Self {
            version: api.version.clone(),
            operations: api.operations().count(),
            types: api.types.len(),
            webhooks: api.webhooks.len(),
            unions,
            coverage,
            table: table(api),
            identifiers,
            plain_uuids,
        }
    }
}

fn table(api: &Api) -> Vec<UnionRow> {
    let users = users(api);
    let mut rows: Vec<UnionRow> = api
        .types
        .iter()
        .enumerate()
        .filter_map(|(index, def)| {
            let Shape::Union(union) = &def.shape else {
                return None;
            };
            Some(UnionRow {
                name: def.name.rust.clone(),
                variants: union.variants.len(),
                resolution: union.resolution.label(),
                deciding: match &union.resolution {
                    Resolution::Decided(decision) => decision.deciding().join(", "),
                    Resolution::WriteOnly => String::new(),
                    Resolution::Ambiguous { reason, .. } => reason.clone(),
                },
                used_by: users.get(&TypeId(index)).cloned().unwrap_or_default(),
            })
        })
        .collect();
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    rows
}

/// Returns the users of each type.
fn users(api: &Api) -> BTreeMap<TypeId, Vec<String>> {
    let mut users: BTreeMap<TypeId, Vec<String>> = BTreeMap::new();
    let mut add = |ty: &Type, user: &dyn Fn() -> String| {
        ty.visit_named(&mut |id| users.entry(id).or_default().push(user()));
    };
    for def in &api.types {
        let name = &def.name.rust;
        match &def.shape {
            Shape::Struct(object) => {
                for field in &object.fields {
                    add(&field.ty, &|| format!("{name}.{}", field.name.wire));
                }
                if let Some(rest) = &object.rest {
                    add(rest, &|| format!("{name}.*"));
                }
            }
            Shape::Union(union) => union
                .variants
                .iter()
                .for_each(|variant| add(&variant.ty, &|| name.clone())),
            Shape::Alias(ty) => add(ty, &|| name.clone()),
            Shape::Enum(_) => {}
        }
    }
    for operation in api.operations() {
        let types = operation
            .path_params
            .iter()
            .chain(&operation.query)
            .map(|param| &param.ty);
        let answer = match &operation.success {
            crate::ir::Success::Json(ty) | crate::ir::Success::JsonOrEmpty(ty) => Some(ty),
            _ => None,
        };
        for ty in types
            .chain(operation.body.iter().map(|body| &body.ty))
            .chain(answer)
        {
            add(ty, &|| operation.id.clone());
        }
    }
    users
}
