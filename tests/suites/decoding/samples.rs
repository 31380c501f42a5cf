//! Checks the sample of every type: it is a valid instance of the schema, has no unknown variant, and is always the
//! same.

use serde_json::Value;

use crate::fixture::{VersionFixture, for_each_version, version_test};

fn check(fixture: &VersionFixture) {
    let rules = fixture.rules();
    let sources = fixture.sources();
    let mut problems = Vec::new();
    for entry in fixture.table.types {
        let Ok(sample) = std::panic::catch_unwind(entry.sample) else {
            problems.push(format!(
                "{} of {} has none",
                entry.name, fixture.table.version
            ));
            continue;
        };
        let text = sample.to_json();
        let value: Value = serde_json::from_str(&text).unwrap();
        let mut add = |problem: String| {
            problems.push(format!(
                "{} of {}: {problem}\n{value:#}",
                entry.name, fixture.table.version
            ));
        };
        if (entry.sample)().to_json() != text {
            add("another one differs".to_owned());
        }
        if !sample.is_consistent(&text) {
            add("it is not decoded to what it was".to_owned());
        }
        let variant = entry.union.as_ref().map(|union| (union.variant)(&*sample));
        if variant == Some("Unknown") {
            add("its variant is unknown".to_owned());
        }
        // The sample of a union is an instance of one of the schemas of its variant.
        let places = sources
            .iter()
            .filter(|source| source.entry.name == entry.name && source.variant == variant);
        let checked: Vec<Result<(), String>> = places
            .map(|source| rules.check(&source.pointer, &value))
            .collect();
        if !checked.iter().any(Result::is_ok) {
            add(format!("{checked:?}"));
        }
    }
    assert!(
        problems.is_empty(),
        "{} samples:\n{}",
        problems.len(),
        problems.join("\n\n")
    );
}

for_each_version! {
    every_sample_is_valid: check;
}
