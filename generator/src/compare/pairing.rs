//! Finds the corresponding elements of two contracts: elements with the same name, and elements that only differ in their
//! name.

use std::collections::{BTreeMap, HashMap};

use crate::ir::{Api, Operation, Service, TypeDef};
use crate::share::{Key, SharedTypeIds};

/// Returns the new contract with the type names of the old one, and the old and new names of renamed types.
pub(super) fn with_old_names(old: &Api, new: &Api) -> (Api, Vec<(String, String)>) {
    let renamed = renamed_types(old, new);
    let mut api = new.clone();
    for (before, after) in &renamed {
        let was = old.types.iter().find(|def| def.name.rust == *before);
        let is = api.types.iter_mut().find(|def| def.name.rust == *after);
        if let (Some(was), Some(is)) = (was, is) {
            is.name = was.name.clone();
        }
    }
    (api, renamed)
}

/// Returns the old and new names of renamed types: a type that only the old contract has, and a type that only the new one
/// has, which are equal except for the name. If several types are equal in this way, none of them counts as renamed.
fn renamed_types(old: &Api, new: &Api) -> Vec<(String, String)> {
    let mut renamed: Vec<(String, String)> = Vec::new();
    loop {
        // Repeated until nothing changes: a known renaming can make other types equal that refer to the renamed one.
        let pairs = next_pairs(old, new, &renamed);
        if pairs.is_empty() {
            return renamed;
        }
        renamed.extend(pairs);
    }
}

fn next_pairs(old: &Api, new: &Api, renamed: &[(String, String)]) -> Vec<(String, String)> {
    let has = |api: &Api, name: &str| api.types.iter().any(|def| def.name.rust == name);
    let mut common: Vec<(&str, &str)> = renamed
        .iter()
        .map(|(before, after)| (before.as_str(), after.as_str()))
        .collect();
    let same = old.types.iter().map(|def| def.name.rust.as_str());
    common.extend(same.filter(|name| has(new, name)).map(|name| (name, name)));
    let before = common.iter().enumerate().map(|(id, (name, _))| (*name, id));
    let after = common.iter().enumerate().map(|(id, (_, name))| (*name, id));
    let (before, after) = (before.collect(), after.collect());
    let (before, after) = (shapes(old, &before), shapes(new, &after));
    let only = |names: &Vec<String>| match names.as_slice() {
        [name] => Some(name.clone()),
        _ => None,
    };
    before
        .iter()
        .filter_map(|(shape, names)| Some((only(names)?, only(after.get(shape)?)?)))
        .collect()
}

/// Returns the names of the types that the other contract does not have, by the shape of the types.
fn shapes(api: &Api, ids: &HashMap<&str, usize>) -> BTreeMap<String, Vec<String>> {
    let mut shapes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let names = SharedTypeIds { api, ids };
    let is_alone = |def: &&TypeDef| !ids.contains_key(def.name.rust.as_str());
    for def in api.types.iter().filter(is_alone) {
        let def = names.def(def);
        let shape = format!("{:?}", (&def.shape, def.usage, def.role, def.is_body));
        shapes.entry(shape).or_default().push(def.name.rust);
    }
    shapes
}

/// An operation, and the methods that lead to its service from the client.
#[derive(Debug, Clone)]
pub(super) struct Placed<'a> {
    pub(super) path: Vec<&'a str>,
    pub(super) operation: &'a Operation,
}

impl Placed<'_> {
    /// Formats the operation as a call: `orders().list()`.
    pub(super) fn call(&self) -> Option<String> {
        let services: String = self.path.iter().map(|name| format!("{name}().")).collect();
        Some(format!("{services}{}()", self.operation.name.rust))
    }
}

/// An operation in the old and in the new contract. One of the contracts may lack it.
#[derive(Debug)]
pub(super) enum OperationPair<'a> {
    Both(Placed<'a>, Placed<'a>),
    Removed(Placed<'a>),
    Added(Placed<'a>),
}

/// Pairs operations by ID, then by method and path.
pub(super) fn operations<'a>(old: &'a Api, new: &'a Api) -> Vec<OperationPair<'a>> {
    let (old, mut new) = (placed(old), placed(new));
    let mut pairs = Vec::new();
    let mut alone = Vec::new();
    for placed in old {
        let id = &placed.operation.id;
        match new.iter().position(|other| other.operation.id == *id) {
            Some(index) => pairs.push(OperationPair::Both(placed, new.remove(index))),
            None => alone.push(placed),
        }
    }
    for placed in alone {
        let endpoint = |operation: &Operation| (operation.method.as_str(), template(operation));
        let moved = |other: &Placed<'_>| endpoint(other.operation) == endpoint(placed.operation);
        match new.iter().position(moved) {
            Some(index) => pairs.push(OperationPair::Both(placed, new.remove(index))),
            None => pairs.push(OperationPair::Removed(placed)),
        }
    }
    pairs.extend(new.into_iter().map(OperationPair::Added));
    pairs
}

/// Returns the operations whose ID differs between the contracts.
pub(super) fn moved<'p>(pairs: &'p [OperationPair<'_>]) -> impl Iterator<Item = Key> + 'p {
    let moved = pairs.iter().filter_map(|pair| match pair {
        OperationPair::Both(old, new) if old.operation.id != new.operation.id => Some([old, new]),
        _ => None,
    });
    let ids = moved.flatten().map(|placed| placed.operation.id.clone());
    ids.map(Key::Operation)
}

/// Returns the path without the names of its parameters.
pub(super) fn template(operation: &Operation) -> String {
    let mut template = operation.path.clone();
    for param in &operation.path_params {
        template = template.replace(&format!("{{{}}}", param.name.wire), "{}");
    }
    template
}

fn placed(api: &Api) -> Vec<Placed<'_>> {
    fn add<'a>(service: &'a Service, above: &[&'a str], found: &mut Vec<Placed<'a>>) {
        let path = [above, &[service.name.rust.as_str()]].concat();
        for operation in &service.operations {
            found.push(Placed {
                path: path.clone(),
                operation,
            });
        }
        for child in &service.children {
            add(child, &path, found);
        }
    }
    let mut found = Vec::new();
    for service in &api.services {
        add(service, &[], &mut found);
    }
    found
}
