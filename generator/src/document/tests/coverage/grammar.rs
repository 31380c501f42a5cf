//! Tests that every entry of the grammar has an effect.

use super::*;

#[test]
fn every_entry_of_the_grammar_is_read() {
    let inputs = inputs();
    let mut keys = BTreeMap::new();
    collect_keys(&DOCUMENT, "", &mut keys);
    let mut ignored = BTreeSet::new();
    for (name, key) in keys.values() {
        let is_read = inputs.iter().any(|(contract, before)| {
            let mut found = Vec::new();
            places(contract, &DOCUMENT, key, &mut Vec::new(), &mut found);
            found.iter().any(|place| {
                let mutants = mutants(contract, place, key);
                !mutants.is_empty()
                    && mutants
                        .iter()
                        .all(|mutant| outcome(mutant).as_ref() != Some(before))
            })
        });
        if !is_read {
            ignored.insert(name.as_str());
        }
    }
    let excused: BTreeSet<&str> = UNREAD_ENTRIES.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        ignored, excused,
        "entries that nothing reads, and those that nothing has to read"
    );
}

/// Entries without a meaning for a client: name, reason.
const UNREAD_ENTRIES: &[(&str, &str)] = &[
    (
        "openapi",
        "any other than 3.1 is rejected; its patch version changes nothing",
    ),
    ("info.title", "the crate has a name of its own"),
    (
        "components.securitySchemes",
        "operations name the schemes, whose tokens the client knows by name",
    ),
    (
        "components.securitySchemes.*.scheme",
        "operations name the schemes, whose tokens the client knows by name",
    ),
    (
        "components.securitySchemes.*.openIdConnectUrl",
        "operations name the schemes, whose tokens the client knows by name",
    ),
    (
        "paths.*.get.responses.*.description",
        "a status has documentation of its own",
    ),
    (
        "webhooks.*.post.requestBody.required",
        "a delivery always has a body",
    ),
    (
        "paths.*.get.x-polar-pagination",
        "pages are known by their form, with and without it; the keyword is checked against that",
    ),
    (
        "paths.*.get.x-polar-pagination.type",
        "there is only one kind; another is rejected",
    ),
];

/// Returns the small contracts in `tests/inputs/` that are accepted, and the code that is emitted for each.
fn inputs() -> Vec<(Value, BTreeMap<String, String>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/inputs");
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths.filter(|path| path.is_file()).collect();
    paths.sort();
    let contracts = paths.iter().map(|path| {
        let text = fs::read_to_string(path).unwrap();
        let name = "input";
        yaml::parse(Source { name, text: &text }).unwrap()
    });
    contracts
        .filter_map(|contract| outcome(&contract).map(|before| (contract, before)))
        .collect()
}

/// Collects all keys below a part of the grammar, each once with the shortest path.
fn collect_keys(
    part: &'static Part,
    path: &str,
    keys: &mut BTreeMap<usize, (String, &'static Key)>,
) {
    match part {
        Part::Object(entries) | Part::Choice(entries) => {
            for key in *entries {
                let path = format!("{path}.{}", key.name);
                let path = path.trim_start_matches('.').to_owned();
                if let std::collections::btree_map::Entry::Vacant(entry) = keys.entry(address(key))
                {
                    entry.insert((path.clone(), key));
                    collect_keys(key.part, &path, keys);
                }
            }
        }
        Part::Map(inner) | Part::List(inner) => collect_keys(inner, &format!("{path}.*"), keys),
        Part::String | Part::Flag | Part::Strings | Part::OneOf(_) | Part::Schema => {}
    }
}

fn address(key: &'static Key) -> usize {
    std::ptr::from_ref(key).addr()
}

/// Returns the JSON pointers of the objects in which a contract has a key.
fn places(
    node: &Value,
    part: &'static Part,
    wanted: &'static Key,
    at: &mut Vec<String>,
    found: &mut Vec<String>,
) {
    match (part, node) {
        (Part::Object(keys) | Part::Choice(keys), Value::Object(entries)) => {
            for key in keys.iter().filter(|key| entries.contains_key(key.name)) {
                if address(key) == address(wanted) {
                    found.push(pointer(at));
                }
                at.push(key.name.to_owned());
                places(&entries[key.name], key.part, wanted, at, found);
                at.pop();
            }
        }
        (Part::Map(inner), Value::Object(entries)) => {
            for (name, entry) in entries {
                at.push(name.clone());
                places(entry, inner, wanted, at, found);
                at.pop();
            }
        }
        (Part::List(inner), Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                at.push(index.to_string());
                places(item, inner, wanted, at, found);
                at.pop();
            }
        }
        _ => {}
    }
}

fn pointer(segments: &[String]) -> String {
    segments
        .iter()
        .map(|segment| format!("/{}", crate::error::escape_pointer(segment)))
        .collect()
}

/// Returns the contract with other values of a key. Each must change the emitted code.
fn mutants(contract: &Value, place: &str, key: &Key) -> Vec<Value> {
    let with = |change: &dyn Fn(&mut serde_json::Map<String, Value>)| {
        let mut mutant = contract.clone();
        let holder = mutant.pointer_mut(place).and_then(Value::as_object_mut);
        change(holder.unwrap());
        mutant
    };
    let set = |value: Value| {
        with(&|holder| {
            holder.insert(key.name.to_owned(), value.clone());
        })
    };
    let given = &contract.pointer(place).unwrap()[key.name];
    let mut mutants = match (key.part, given) {
        (Part::String, Value::String(text)) => vec![set(json!(format!("{text}x")))],
        (Part::Flag, Value::Bool(flag)) => vec![set(json!(!flag))],
        (Part::Strings, Value::Array(_)) => vec![set(json!(["other"]))],
        (Part::OneOf(known), Value::String(text)) => {
            let others = known.iter().filter(|other| *other != text);
            others.map(|other| set(json!(other))).collect()
        }
        _ => vec![],
    };
    let is_leaf = !mutants.is_empty() || matches!(key.part, Part::OneOf(_));
    if key.need == Need::Optional && !is_leaf {
        mutants.push(with(&|holder| {
            holder.shift_remove(key.name);
        }));
    } else if !is_leaf {
        // An object is covered by the tests of its keys. Here, only an empty object is tested.
        mutants.push(set(if given.is_array() {
            json!([])
        } else {
            json!({})
        }));
    }
    mutants
}
