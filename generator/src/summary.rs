//! Statistics of versions and version groups, which `cargo xtask codegen` prints.

use std::collections::BTreeMap;

use crate::documentation::Coverage;
use crate::emit::GroupModule;
use crate::ir::{Api, Identified, Resolution, Shape, Type, TypeId};
use crate::share::Key;

/// Statistics of a version.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// `YYYY-MM`.
    pub version: String,
    /// The number of operations.
    pub operations: usize,
    /// The number of types.
    pub types: usize,
    /// The number of webhook events.
    pub webhooks: usize,
    /// The number of unions, by how they are discriminated: the label of their [`Resolution`].
    pub unions: BTreeMap<&'static str, usize>,
    /// How many doc comments have an entry in `docs.yaml`.
    pub coverage: Coverage,
    /// A row for each union.
    pub table: Vec<UnionRow>,
    /// The fields and parameters that identify each entity.
    pub identifiers: BTreeMap<String, Vec<String>>,
    /// The fields and parameters with UUIDs that identify no entity.
    pub plain_uuids: Vec<String>,
}

/// Statistics of a version group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupSummary {
    /// The name of its module and folder.
    pub module: String,
    /// Its versions, oldest first.
    pub versions: Vec<String>,
    /// The number of types.
    pub types: usize,
    /// The number of operations.
    pub operations: usize,
    /// The number of source files.
    pub files: usize,
    /// The number of lines in these files.
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
    /// The Rust name.
    pub name: String,
    /// The number of variants.
    pub variants: usize,
    /// How the union is discriminated: the label of its [`Resolution`].
    pub resolution: &'static str,
    /// The discriminating properties, or the reason why the overlay accepts an ambiguous union. Empty for a union that is
    /// only sent.
    pub deciding: String,
    /// The fields and operations that contain the union.
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

/// Returns the fields and operations that use each type.
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
        let response = match &operation.success {
            crate::ir::Success::Json(ty) | crate::ir::Success::JsonOrEmpty(ty) => Some(ty),
            _ => None,
        };
        for ty in types
            .chain(operation.body.iter().map(|body| &body.ty))
            .chain(response)
        {
            add(ty, &|| operation.id.clone());
        }
    }
    users
}
