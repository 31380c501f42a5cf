//! Checks that the tables of decoded types contain all schemas of the contracts, and checks every string enum.

use std::collections::{BTreeMap, BTreeSet};

use polar_tests::contract::{Contract, walk};
use serde_json::Value;

use crate::fixture::{VersionFixture, for_each_version, version_test};

for_each_version! {
    every_received_type_is_in_the_table: complete;
    string_enums_keep_unknown_strings: string_enums;
    corrections_that_change_validity_are_reviewed: corrections;
}

fn string_enums(fixture: &VersionFixture) {
    for texts in fixture.table.string_enums {
        assert_eq!((texts.problem)(texts.values), None, "{}", texts.name);
    }
    let mut lists = BTreeSet::new();
    walk(fixture.contract.tree(), &mut |node| {
        let values = node["enum"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        lists.insert(values.collect::<Vec<_>>());
    });
    lists.remove(&vec![]);
    let known: BTreeSet<Vec<&str>> = fixture
        .table
        .string_enums
        .iter()
        .map(|texts| texts.values.to_vec())
        .collect();
    assert_eq!(known, lists);
}

/// Checks that the table contains every schema that a response or a webhook refers to, and every member of every union.
fn complete(fixture: &VersionFixture) {
    let received = received(&fixture.contract);
    let tried: BTreeSet<&str> = fixture
        .table
        .types
        .iter()
        .filter_map(|entry| component(entry.pointer))
        .collect();
    let left_out: Vec<&str> = received.difference(&tried).copied().collect();
    assert_eq!(left_out, FLATTENED);
    assert!(tried.is_subset(&received));

    let mut unions = 0;
    for entry in fixture.table.types {
        let Some(union) = &entry.union else { continue };
        unions += 1;
        let tried: Vec<&Value> = union
            .variants
            .iter()
            .flat_map(|(_, pointers)| *pointers)
            .map(|pointer| fixture.contract.place(pointer).schema)
            .collect();
        let mut members = Vec::new();
        flatten(
            &fixture.contract,
            fixture.contract.place(entry.pointer).schema,
            &mut members,
        );
        assert_eq!(tried, members, "{}", entry.name);
    }
    assert!(unions > 25, "{unions} unions");
}

/// Unions without a type: they only occur in other unions, which contain their members instead.
const FLATTENED: [&str; 3] = ["LegacyRecurringProductPrice", "ProductPrice", "SystemEvent"];

/// Returns the components that responses and webhooks refer to.
fn received(contract: &Contract) -> BTreeSet<&str> {
    let tree = contract.tree();
    let mut open = Vec::new();
    for operation in tree["paths"]
        .as_object()
        .into_iter()
        .flatten()
        .flat_map(|(_, item)| item.as_object().into_iter().flatten())
    {
        open.extend([
            &operation.1["responses"],
            &operation.1["x-polar-pagination"],
        ]);
    }
    open.push(&tree["webhooks"]);
    let mut found = BTreeSet::new();
    while let Some(node) = open.pop() {
        walk(node, &mut |node| {
            if let Some(reference) = node["$ref"].as_str()
                && let Some(name) = component(reference.trim_start_matches('#'))
                && found.insert(name)
            {
                open.push(contract.referenced(reference));
            }
        });
    }
    found
}

fn component(pointer: &str) -> Option<&str> {
    let name = pointer.strip_prefix("/components/schemas/")?;
    (!name.contains('/')).then_some(name)
}

/// Collects the members of a union, including those of nested unions.
fn flatten<'c>(contract: &'c Contract, schema: &'c Value, members: &mut Vec<&'c Value>) {
    let union = schema["anyOf"].as_array().or(schema["oneOf"].as_array());
    match (union, schema["$ref"].as_str()) {
        (Some(all), _) => all
            .iter()
            .filter(|one| one["type"] != "null")
            .for_each(|one| flatten(contract, one, members)),
        (_, Some(reference)) => flatten(contract, contract.referenced(reference), members),
        _ => members.push(schema),
    }
}

/// Compares the list of corrections that change which values are valid with a snapshot. The other corrections only
/// affect names, secrets and operation IDs.
fn corrections(fixture: &VersionFixture) {
    let uncorrected = Contract::uncorrected(fixture.table.version);
    let mut changed = BTreeMap::new();
    compare(
        "",
        uncorrected.tree(),
        fixture.contract.tree(),
        &mut changed,
    );
    let lines: Vec<String> = changed
        .into_iter()
        .map(|(place, what)| format!("{place}: {what}"))
        .collect();
    let name = format!("corrections_{}", fixture.table.version);
    insta::assert_snapshot!(name, lines.join("\n"));
}

fn compare(place: &str, before: &Value, after: &Value, changed: &mut BTreeMap<String, String>) {
    let annotation = |key: &str| matches!(key, "title" | "operationId") || key.starts_with("x-");
    match (before, after) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a
                .keys()
                .chain(b.keys())
                .filter(|key| !annotation(key))
                .collect();
            for key in keys {
                let at = format!("{place}/{key}");
                match (a.get(key), b.get(key)) {
                    (Some(a), Some(b)) => compare(&at, a, b, changed),
                    (Some(_), None) => drop(changed.insert(at, "removed".to_owned())),
                    _ => drop(changed.insert(at, "added".to_owned())),
                }
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter()
                .zip(b)
                .enumerate()
                .for_each(|(index, (a, b))| compare(&format!("{place}/{index}"), a, b, changed));
        }
        (a, b) if a != b => drop(changed.insert(place.to_owned(), "changed".to_owned())),
        _ => {}
    }
}
