//! Decoding of invalid values returns an error that names their location, and never panics.

use std::any::Any;
use std::collections::BTreeSet;

use polar_client_runtime::codec::DecodeError;
use polar_tests::contract::Mark;
use polar_tests::decoded::Decoded;
use polar_tests::difference::{Difference, Undocumented};
use serde_json::{Value, json};

use crate::fixture::{Case, VersionFixture, for_each_version, version_test};

for_each_version! {
    a_missing_scalar_or_list_is_named: missing;
    a_broken_body_is_no_other_variant: broken;
    half_a_string_is_rejected: truncated;
    anything_else_is_rejected_or_kept: arbitrary;
}

fn decoded(case: &Case<'_>, value: &Value) -> Result<Box<dyn Decoded>, DecodeError> {
    (case.source.entry.decode)(&value.to_string())
}

/// Checks that a value without a required scalar or list is rejected, and that the error names the missing key. Scalars
/// that discriminate a union are excluded: without them, the value decodes as an unknown variant, or as a variant that
/// lacks the key.
fn missing(fixture: &VersionFixture) {
    let constants = fixture.contract.optional_constants();
    let difference = Difference {
        constants: &constants,
        undocumented: Undocumented::Dropped,
    };
    let deciding = deciding(fixture);
    fixture.each_case(|case, generator| {
        let places: Vec<&str> = case.instance.marked(Mark::Required).collect();
        let Some(place) = generator.random().choice(places) else {
            return Ok(());
        };
        let changed = without(&case.instance.value, place);
        match decoded(case, &changed) {
            Ok(value) if is_deciding(case, place, &deciding) => {
                let written: Value = serde_json::from_str(&value.to_json()).unwrap();
                difference.find(&changed, &written).map_or(Ok(()), Err)
            }
            Ok(_) => Err(format!("accepted without {place}")),
            Err(_) if is_deciding(case, place, &deciding) => Ok(()),
            Err(error) if error.path() == path(&case.instance.value, place) => Ok(()),
            Err(error) => Err(format!("without {place}: {error}")),
        }
    });
}

/// Checks that an invalid value with the tag of a known variant is an error that names the variant.
fn broken(fixture: &VersionFixture) {
    let deciding = deciding(fixture);
    fixture.each_case(|case, generator| {
        let Some(variant) = case.source.variant else {
            return Ok(());
        };
        let unions: Vec<&str> = case.instance.marked(Mark::Member).collect();
        let own = |place: &&str| place.rfind('/') == Some(0) && !unions.contains(place);
        let places = case.instance.marked(Mark::Required).filter(own);
        let places: Vec<&str> = places
            .filter(|place| !is_deciding(case, place, &deciding))
            .collect();
        let Some(place) = generator.random().choice(places) else {
            return Ok(());
        };
        let mut changed = case.instance.value.clone();
        *changed.pointer_mut(place).unwrap() = json!({"broken": true});
        let full_name = format!("{}::{variant}", case.source.entry.name);
        match decoded(case, &changed) {
            Err(error) if error.variant() == Some(&full_name) && error.path() == &place[1..] => {
                Ok(())
            }
            Err(error) => Err(format!("with {place} broken: {error}")),
            Ok(value) => Err(format!(
                "with {place} broken, taken for {:?}",
                case.variant_of(&*value)
            )),
        }
    });
}

fn truncated(fixture: &VersionFixture) {
    fixture.each_case(|case, generator| {
        let text = case.instance.value.to_string();
        if !text.starts_with(['{', '[', '"']) {
            return Ok(());
        }
        let mut ends = text.char_indices().map(|(index, _)| index);
        let end = ends.nth(generator.random().usize(..text.chars().count()));
        let end = end.unwrap_or(0);
        match (case.source.entry.decode)(&text[..end]) {
            Err(error) if error.path().is_empty() => Ok(()),
            Err(error) => Err(format!("cut at {end}: {error}")),
            Ok(_) => Err(format!("cut at {end}: accepted")),
        }
    });
}

fn arbitrary(fixture: &VersionFixture) {
    fixture.each_case(|case, generator| {
        let other = generator.any();
        // Not modified in this way: a plain array decodes as the only page of a list.
        let keys = ["/items", "/pagination"];
        let is_page = keys
            .iter()
            .all(|key| case.instance.value.pointer(key).is_some());
        let is_whole_list = is_page && other.is_array();
        let required = |place: &str| {
            case.source.variant.is_none()
                && !is_whole_list
                && place.rfind('/') == Some(0)
                && other.pointer(place).is_none()
        };
        match decoded(case, &other) {
            Ok(_) if case.instance.marked(Mark::Required).any(required) => {
                Err(format!("{other} is accepted"))
            }
            Ok(value) => match (case.source.entry.decode)(&value.to_json()) {
                Ok(again) if again.equals(&*value as &dyn Any) => Ok(()),
                Ok(again) => Err(format!("{other} is {value:?} and then {again:?}")),
                Err(error) => Err(format!("{other} is {value:?} and then rejected: {error}")),
            },
            Err(_) => Ok(()),
        }
    });
}

/// Returns the pointers of all values that discriminate a union.
fn deciding(fixture: &VersionFixture) -> BTreeSet<&'static str> {
    let unions = fixture
        .table
        .types
        .iter()
        .filter_map(|entry| entry.union.as_ref());
    unions
        .flat_map(|union| union.deciding.iter().copied())
        .collect()
}

/// Returns whether the value at this pointer discriminates an enclosing union.
fn is_deciding(case: &Case<'_>, place: &str, deciding: &BTreeSet<&str>) -> bool {
    let outermost = case.source.variant.map(|_| "");
    let mut roots = case.instance.marked(Mark::Member).chain(outermost);
    roots.any(|root| {
        place
            .strip_prefix(root)
            .is_some_and(|below| deciding.contains(below))
    })
}

fn without(value: &Value, place: &str) -> Value {
    let (parent, key) = place.rsplit_once('/').unwrap();
    let mut changed = value.clone();
    let parent = changed
        .pointer_mut(parent)
        .and_then(Value::as_object_mut)
        .unwrap();
    parent.remove(&unescaped(key)).unwrap();
    changed
}

/// Returns the path of this place as errors show it: `items[3].id`.
fn path(value: &Value, place: &str) -> String {
    let (mut path, mut node) = (String::new(), value);
    for segment in place.split('/').skip(1) {
        let key = unescaped(segment);
        let plain = !key.is_empty()
            && key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        match node {
            Value::Array(_) => path += &format!("[{key}]"),
            _ if !plain => path += &format!("[{key:?}]"),
            _ if path.is_empty() => path += &key,
            _ => path += &format!(".{key}"),
        }
        node = node.pointer(&format!("/{segment}")).unwrap();
    }
    path
}

fn unescaped(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}
