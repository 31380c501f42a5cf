//! Decoded values are encoded unchanged: instances of the contract, and the same with unknown values.

use std::collections::BTreeSet;

use polar_tests::contract::{Generator, Mark};
use polar_tests::difference::{Difference, Undocumented};
use serde_json::{Value, json};

use crate::subject::{Case, Subject, for_each_version, version_test};

for_each_version! {
    instances_are_valid: valid;
    instances_are_written_as_they_were_read: round_trip;
    values_that_no_contract_knows_are_kept: unknown;
    keys_that_no_contract_knows_do_no_harm: further_keys;
}

/// Random instances are valid against the contract; the other tests rely on it.
fn valid(subject: &Subject) {
    let rules = subject.rules();
    subject.each_case(|case, _| rules.check(&case.source.pointer, &case.instance.value));
}

fn round_trip(subject: &Subject) {
    let constants = subject.contract.optional_constants();
    let difference = subject.difference(&constants);
    let rules = subject.rules();
    subject.each_case(|case, _| {
        let text = case.instance.value.to_string();
        let value = case.decode(&text)?;
        let variant = case.variant_of(&*value);
        if case.source.variant != variant
            && !is_plain_scalar(&case.instance.value, variant)
            && !fits_as_well(subject, case, variant)
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

/// Scalars have no tag. Where integers and numbers are two variants, a number without a fraction is an integer. Where
/// free text and points in time are, a text is taken for a point in time if it is written as the API writes one; any
/// other text stays as it is, to the letter.
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

/// Where only optional keys tell variants apart, an object that lacks them is valid as another variant too. (That
/// nothing of it is lost then is found out by the comparison.)
fn fits_as_well(subject: &Subject, case: &Case<'_>, variant: Option<&str>) -> bool {
    let union = case.source.entry.union.as_ref();
    let variants = union.map_or(&[][..], |union| union.variants);
    let pointers = variants
        .iter()
        .filter(|(name, _)| Some(*name) == variant)
        .flat_map(|(_, pointers)| *pointers);
    case.instance.value.is_object()
        && pointers.into_iter().any(|pointer| {
            let place = subject.contract.place(pointer);
            let valid = subject.rules().check(&place.pointer, &case.instance.value);
            valid.is_ok()
        })
}

/// Returns a tag that the contract allows to be left out, and that was: the value is unknown, and kept as it came.
/// Servers write it always.
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

/// Any enum value and any string constant may be an unknown one in a later version of the API.
fn unknown(subject: &Subject) {
    let unions = subject
        .table
        .types
        .iter()
        .filter_map(|entry| entry.union.as_ref());
    let open_tags: BTreeSet<&str> = unions
        .flat_map(|union| union.open_tags.iter().copied())
        .collect();
    let constants = subject.contract.optional_constants();
    let difference = subject.difference(&constants);
    subject.each_case(|case, generator| {
        let places: Vec<&str> = case.instance.marked(Mark::Open).collect();
        let tags = case
            .source
            .entry
            .union
            .as_ref()
            .map_or(&[][..], |union| union.tags);
        // What tells the variants of the type itself apart is one place of many, and the one that matters most.
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
        // The variant that is open takes the value, and knows fewer keys than the one that it was made from.
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

/// Objects may get keys that the contract does not know. They are dropped, and nothing else is.
fn further_keys(subject: &Subject) {
    subject.each_case(|case, generator| {
        let mut changed = case.instance.value.clone();
        let Some(object) = changed.as_object_mut() else {
            return Ok(());
        };
        let text = case.instance.value.to_string();
        // Where further keys are documented, what they hold is too.
        let further = match &case.source.schema["additionalProperties"] {
            schema if schema.is_object() => {
                let mut generator = Generator::new(&subject.contract, case.seed);
                generator.non_null(schema).value
            }
            _ => generator.any(),
        };
        object.insert("x_not_documented".to_owned(), further);
        let (before, after) = (case.decode(&text)?, case.decode(&changed.to_string())?);
        // Maps keep all keys, and so does what keeps its JSON.
        let kept = after.to_json().contains("x_not_documented");
        match kept || after.equals(&*before as &dyn std::any::Any) {
            true => Ok(()),
            false => Err("a further key changes the value".to_owned()),
        }
    });
}
