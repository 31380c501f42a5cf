//! Decoded values are encoded unchanged. The values are random instances of the contract, some of them with unknown
//! strings and keys.

use std::collections::BTreeSet;

use polar_tests::contract::{Generator, Mark};
use polar_tests::difference::{Difference, Undocumented};
use serde_json::{Value, json};

use crate::fixture::{Case, VersionFixture, for_each_version, version_test};

for_each_version! {
    instances_are_valid: valid;
    instances_are_written_as_they_were_read: round_trip;
    values_that_no_contract_knows_are_kept: unknown;
    keys_that_no_contract_knows_do_no_harm: unknown_keys;
}

/// Checks that random instances are valid against the contract. The other tests rely on it.
fn valid(fixture: &VersionFixture) {
    let rules = fixture.rules();
    fixture.each_case(|case, _| rules.check(&case.source.pointer, &case.instance.value));
}

fn round_trip(fixture: &VersionFixture) {
    let constants = fixture.contract.optional_constants();
    let difference = fixture.difference(&constants);
    let rules = fixture.rules();
    fixture.each_case(|case, _| {
        let text = case.instance.value.to_string();
        let value = case.decode(&text)?;
        let variant = case.variant_of(&*value);
        if case.source.variant != variant
            && !is_plain_scalar(&case.instance.value, variant)
            && !fits_as_well(fixture, case, variant)
            && !lacks_its_tag(case, variant)
        {
            return Err(format!("taken for {variant:?}"));
        }
        let written: Value = serde_json::from_str(&value.to_json()).unwrap();
        if let Some(difference) = difference.find(&case.instance.value, &written) {
            return Err(difference);
        }
        rules
            .check(&case.source.pointer, &written)
            .map_err(|error| format!("written {written:#}, which is not valid: {error}"))?;
        if !value.is_consistent(&text) {
            return Err("clone, serde and the codec do not agree".to_owned());
        }
        hides_secrets(case, &format!("{value:?}{value:#?}"))
    });
}

/// Returns whether the value is a scalar of a union of scalars, which has no tag. If integers and numbers are separate
/// variants, a number without a fraction decodes as an integer. If strings and timestamps are separate variants, a
/// string decodes as a timestamp only if it is written like those of the API.
fn is_plain_scalar(value: &Value, variant: Option<&str>) -> bool {
    let as_written_by_the_api = |text: &str| match text.split_once('.') {
        Some((_, fraction)) => fraction.len() == "476450Z".len() && fraction.ends_with('Z'),
        None => text.ends_with('Z'),
    };
    match value {
        Value::Number(number) => variant == Some("Integer") && number.is_i64(),
        Value::String(text) => variant == Some("String") && !as_written_by_the_api(text),
        _ => false,
    }
}

/// Returns whether the value is also a valid instance of the variant that it decodes as. This is possible if only
/// optional keys discriminate the variants, and the object lacks them. The comparison still checks that nothing is
/// lost.
fn fits_as_well(fixture: &VersionFixture, case: &Case<'_>, variant: Option<&str>) -> bool {
    let union = case.source.entry.union.as_ref();
    let variants = union.map_or(&[][..], |union| union.variants);
    let pointers = variants
        .iter()
        .filter(|(name, _)| Some(*name) == variant)
        .flat_map(|(_, pointers)| *pointers);
    case.instance.value.is_object()
        && pointers.into_iter().any(|pointer| {
            let place = fixture.contract.place(pointer);
            let valid = fixture.rules().check(&place.pointer, &case.instance.value);
            valid.is_ok()
        })
}

/// Returns whether the value lacks a tag that is optional in the contract. It decodes as an unknown variant, which is
/// kept unchanged. Servers always send the tag.
fn lacks_its_tag(case: &Case<'_>, variant: Option<&str>) -> bool {
    let tags = case
        .source
        .entry
        .union
        .as_ref()
        .map_or(&[][..], |union| union.tags);
    let value = &case.instance.value;
    variant == Some("Unknown") && tags.iter().any(|tag| value.pointer(tag).is_none())
}

fn hides_secrets(case: &Case<'_>, output: &str) -> Result<(), String> {
    for place in case.instance.marked(Mark::Secret) {
        let secret = case.instance.value.pointer(place).unwrap();
        let secret = secret.as_str().or(secret["of"].as_str()).unwrap();
        if output.contains(secret) {
            return Err(format!("{place} is shown by Debug"));
        }
    }
    Ok(())
}

/// Checks that any enum value or string constant can be an unknown string, as it may be in a later version of the API.
fn unknown(fixture: &VersionFixture) {
    let unions = fixture
        .table
        .types
        .iter()
        .filter_map(|entry| entry.union.as_ref());
    let open_tags: BTreeSet<&str> = unions
        .flat_map(|union| union.open_tags.iter().copied())
        .collect();
    let constants = fixture.contract.optional_constants();
    let difference = fixture.difference(&constants);
    fixture.each_case(|case, generator| {
        let places: Vec<&str> = case.instance.marked(Mark::Open).collect();
        let tags = case
            .source
            .entry
            .union
            .as_ref()
            .map_or(&[][..], |union| union.tags);
        // Half of the cases change a tag of the union itself, because it decides the variant. The others change any
        // place.
        let own_tags = places.iter().filter(|place| tags.contains(place)).copied();
        let own_tag = generator.random().choice(own_tags.collect::<Vec<_>>());
        let place = match own_tag {
            Some(tag) if generator.random().bool() => Some(tag),
            _ => generator.random().choice(places),
        };
        let Some(place) = place else {
            return Ok(());
        };
        let mut changed = case.instance.value.clone();
        *changed.pointer_mut(place).unwrap() = json!("something new");
        let value = case.decode(&changed.to_string())?;
        let written: Value = serde_json::from_str(&value.to_json()).unwrap();
        // The value decodes as the variant that accepts any string, which may lack some keys of the original variant.
        let undocumented = match open_tags.iter().any(|tag| place.ends_with(tag)) {
            true => Undocumented::Dropped,
            false => Undocumented::None,
        };
        let difference = Difference {
            undocumented,
            ..difference
        };
        if let Some(difference) = difference.find(&changed, &written) {
            return Err(format!("with {place} changed: {difference}"));
        }
        if tags.contains(&place)
            && (case.variant_of(&*value) != Some("Unknown") || written != changed)
        {
            return Err(format!(
                "with {place} changed, taken for {:?}",
                case.variant_of(&*value)
            ));
        }
        Ok(())
    });
}

/// Checks that undocumented keys of objects are dropped, and nothing else is.
fn unknown_keys(fixture: &VersionFixture) {
    fixture.each_case(|case, generator| {
        let mut changed = case.instance.value.clone();
        let Some(object) = changed.as_object_mut() else {
            return Ok(());
        };
        let text = case.instance.value.to_string();
        // If the schema permits additional keys, the value of the added key must match it.
        let further = match &case.source.schema["additionalProperties"] {
            schema if schema.is_object() => {
                let mut generator = Generator::new(&fixture.contract, case.seed);
                generator.non_null(schema).value
            }
            _ => generator.any(),
        };
        object.insert("x_not_documented".to_owned(), further);
        let (before, after) = (case.decode(&text)?, case.decode(&changed.to_string())?);
        // Maps and unknown variants keep all keys.
        let kept = after.to_json().contains("x_not_documented");
        match kept || after.equals(&*before as &dyn std::any::Any) {
            true => Ok(()),
            false => Err("a further key changes the value".to_owned()),
        }
    });
}
