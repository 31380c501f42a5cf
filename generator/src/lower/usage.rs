//! Determines for each type whether it is sent or received, what null means in it, and in which file it is emitted.

use std::collections::{BTreeMap, VecDeque};

use super::draft::{Draft, DraftOperation};
use super::{Lowering, renamed};
use crate::ir::{Api, Method, Role, Shape, Success, Type, TypeDef, TypeId, Usage};
use crate::names;

/// The file of types that several resources use.
const SHARED: &str = "shared";
/// The file of types that only occur in error responses.
const ERRORS: &str = "errors";
/// The file of webhook payloads, and of types that only occur in them.
const WEBHOOKS: &str = "webhooks";

pub(super) fn assign(cx: &mut Lowering<'_, '_>, draft: &Draft) {
    let roots = Roots::of(cx, draft);
    let sent = distances(&cx.types, &roots.sent);
    let patched = distances(&cx.types, &roots.patched);
    let received = distances(&cx.types, &roots.received);
    let owners = owners(&cx.types, &roots.by_module);
    for (index, def) in cx.types.iter_mut().enumerate() {
        let id = TypeId(index);
        def.usage = match (sent.contains_key(&id), received.contains_key(&id)) {
            (true, false) => Usage::Input,
            (true, true) => Usage::Both,
            (false, _) => Usage::Output,
        };
        def.role = if patched.contains_key(&id) && def.usage == Usage::Input {
            Role::Patch
        } else {
            Role::Plain
        };
        def.module = owner(
            &def.name.rust,
            owners.get(&id).map(Vec::as_slice).unwrap_or_default(),
        );
    }
}

/// Marks the types that operations send as their whole bodies.
pub(super) fn mark_bodies(api: &mut Api) {
    let bodies = api
        .operations()
        .filter_map(|operation| operation.body.as_ref());
    let bodies: Vec<TypeId> = bodies
        .filter_map(|body| match api.target(&body.ty) {
            Type::Named(id) => Some(*id),
            _ => None,
        })
        .collect();
    for id in bodies {
        api.types[id.0].is_body = true;
    }
}

/// The types that operations and webhooks refer to directly.
#[derive(Default)]
pub(super) struct Roots {
    pub(super) sent: Vec<TypeId>,
    /// The types of partial updates.
    pub(super) patched: Vec<TypeId>,
    pub(super) received: Vec<TypeId>,
    by_module: BTreeMap<String, Vec<TypeId>>,
}

impl Roots {
    pub(super) fn of(cx: &Lowering<'_, '_>, draft: &Draft) -> Self {
        let mut roots = Self::default();
        for operation in &draft.operations {
            roots.add_operation(cx, operation);
        }
        let payloads = draft
            .webhooks
            .iter()
            .flat_map(|webhook| named(&webhook.payload));
        for id in payloads {
            roots.received.push(id);
            roots
                .by_module
                .entry(WEBHOOKS.to_owned())
                .or_default()
                .push(id);
        }
        roots
    }

    fn add_operation(&mut self, cx: &Lowering<'_, '_>, draft: &DraftOperation) {
        let operation = &draft.operation;
        let module = self
            .by_module
            .entry(names::module(&renamed::service(cx, &draft.group[..1])))
            .or_default();
        for param in operation.path_params.iter().chain(&operation.query) {
            self.sent.extend(named(&param.ty));
            module.extend(named(&param.ty));
        }
        if let Some(body) = &operation.body {
            self.sent.extend(named(&body.ty));
            module.extend(named(&body.ty));
            if matches!(operation.method, Method::Patch | Method::Put) {
                self.patched.extend(named(&body.ty));
            }
        }
        if let Success::Json(ty) | Success::JsonOrEmpty(ty) | Success::Csv(Some(ty)) =
            &operation.success
        {
            self.received.extend(named(ty));
            module.extend(named(ty));
        }
        if let Some(paging) = &operation.paging {
            self.received.extend(named(&paging.item));
            module.extend(named(&paging.item));
        }
        for (_, id) in &draft.errors {
            self.received.push(*id);
            self.by_module
                .entry(ERRORS.to_owned())
                .or_default()
                .push(*id);
        }
    }
}

fn named(ty: &Type) -> Vec<TypeId> {
    let mut found = Vec::new();
    ty.visit_named(&mut |id| found.push(id));
    found
}

/// Returns the distance of each reachable type from the roots, as the number of references.
pub(super) fn distances(types: &[TypeDef], roots: &[TypeId]) -> BTreeMap<TypeId, usize> {
    let mut found = BTreeMap::new();
    let mut queue: VecDeque<(TypeId, usize)> = roots.iter().map(|&id| (id, 0)).collect();
    while let Some((id, distance)) = queue.pop_front() {
        if found.contains_key(&id) {
            continue;
        }
        found.insert(id, distance);
        queue.extend(
            references(&types[id.0])
                .into_iter()
                .map(|id| (id, distance + 1)),
        );
    }
    found
}

/// Returns the types that each type refers to, by index.
pub(super) fn edges(types: &[TypeDef]) -> Vec<Vec<usize>> {
    let targets = |def| references(def).into_iter().map(|id: TypeId| id.0).collect();
    types.iter().map(targets).collect()
}

fn references(def: &TypeDef) -> Vec<TypeId> {
    match &def.shape {
        Shape::Struct(object) => object
            .fields
            .iter()
            .map(|field| &field.ty)
            .chain(&object.rest)
            .flat_map(named)
            .collect(),
        Shape::Union(union) => union
            .variants
            .iter()
            .flat_map(|variant| named(&variant.ty))
            .collect(),
        Shape::Alias(ty) => named(ty),
        Shape::Enum(_) => vec![],
    }
}

/// Returns the modules of the resources that are closest to each type, by number of references.
fn owners(
    types: &[TypeDef],
    by_module: &BTreeMap<String, Vec<TypeId>>,
) -> BTreeMap<TypeId, Vec<String>> {
    let mut closest: BTreeMap<TypeId, (usize, Vec<String>)> = BTreeMap::new();
    for (module, roots) in by_module {
        for (id, distance) in distances(types, roots) {
            let entry = closest.entry(id).or_insert((distance, vec![]));
            if distance < entry.0 {
                *entry = (distance, vec![module.clone()]);
            } else if distance == entry.0 {
                entry.1.push(module.clone());
            }
        }
    }
    closest
        .into_iter()
        .map(|(id, (_, modules))| (id, modules))
        .collect()
}

/// Returns the module of a type: the closest one. If several are equally close, returns the one with the most words in the
/// name of the type.
fn owner(name: &str, closest: &[String]) -> String {
    let mentioned = closest
        .iter()
        .filter(|module| names::mentions(name, module))
        .max_by_key(|module| module.len());
    match (closest, mentioned) {
        ([only], _) => only.clone(),
        (_, Some(mentioned)) => mentioned.clone(),
        _ => SHARED.to_owned(),
    }
}
