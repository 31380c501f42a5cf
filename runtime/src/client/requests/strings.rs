//! Converts values to strings for paths, queries and forms.

use crate::codec::{self, Encode, FieldWriter, Record, View};
use crate::types::{JsonValue, timestamp};

/// The reason why an object or nested list cannot be sent in a path, query or form.
pub(super) const STRUCTURED: &str =
    "is an object or a nested list, which cannot be sent as a plain string";

/// The reason why NaN and infinities cannot be sent. JSON would encode them as null.
const NOT_FINITE: &str = "is not a finite number";

/// Calls `take` with the strings of a value: once for a scalar, once for each item of a list, and not at all for null
/// and absent values.
pub(super) fn each_string(
    value: &dyn Encode,
    take: &mut dyn FnMut(&str),
) -> Result<(), &'static str> {
    match value.view() {
        View::List(list) => (0..list.len())
            .filter_map(|index| list.item(index))
            .try_for_each(|item| one_string(item, take)),
        View::Json(JsonValue::Array(items)) => {
            items.iter().try_for_each(|item| one_string(item, take))
        }
        View::Secret(inner) | View::Variant { content: inner, .. } => each_string(inner, take),
        _ => one_string(value, take),
    }
}

/// Returns the string of a scalar; `None` for null and absent values.
pub(super) fn string(value: &dyn Encode) -> Result<Option<String>, &'static str> {
    let mut found = None;
    one_string(value, &mut |text| found = Some(text.to_owned()))?;
    Ok(found)
}

/// Calls `take` with the string of a scalar, unless it is null or absent.
fn one_string(value: &dyn Encode, take: &mut dyn FnMut(&str)) -> Result<(), &'static str> {
    match value.view() {
        View::Absent | View::Null | View::Json(JsonValue::Null) => {}
        View::String(text) => take(text),
        View::Decimal(value) => take(value.as_str()),
        View::Json(JsonValue::String(text)) => take(text),
        View::Timestamp(time) => take(timestamp::format(*time).as_str()),
        View::Date(date) => take(timestamp::format_date(*date).as_str()),
        View::Uuid(id) => take(
            id.hyphenated()
                .encode_lower(&mut uuid::Uuid::encode_buffer()),
        ),
        View::Secret(inner) | View::Variant { content: inner, .. } => {
            return one_string(inner, take);
        }
        View::Float(number) if !number.is_finite() => return Err(NOT_FINITE),
        View::Boolean(_) | View::Integer(_) | View::Unsigned(_) | View::Float(_) => {
            take(&codec::to_string(value));
        }
        View::Json(JsonValue::Bool(_) | JsonValue::Number(_)) => take(&codec::to_string(value)),
        View::Json(_) | View::List(_) | View::Map(_) | View::Model { .. } => {
            return Err(STRUCTURED);
        }
    }
    Ok(())
}

/// Returns the keys of an object, with the strings of each value.
pub(super) fn entries(value: &dyn Encode) -> Result<Vec<(String, Vec<String>)>, &'static str> {
    let record = match value.view() {
        View::Absent | View::Null | View::Json(JsonValue::Null) => return Ok(Vec::new()),
        View::Map(record) | View::Model { fields: record, .. } => record,
        View::Json(JsonValue::Object(entries)) => entries,
        View::Secret(inner) | View::Variant { content: inner, .. } => return entries(inner),
        _ => return Err("is not an object"),
    };
    let mut found = Ok(Vec::new());
    record.write(&mut FieldWriter::new(&mut |fields| {
        for (key, value) in fields {
            let mut strings = Vec::new();
            let result = each_string(*value, &mut |text| strings.push(text.to_owned()));
            match (&mut found, result) {
                (Ok(entries), Ok(())) => entries.push(((*key).to_owned(), strings)),
                (found @ Ok(_), Err(reason)) => *found = Err(reason),
                (Err(_), _) => {}
            }
        }
    }));
    found
}

/// Returns whether a value contains a non-empty string at a path of object keys. If there are lists on the path, every
/// item must contain one.
pub(super) fn has_key(value: &dyn Encode, path: &[&str]) -> bool {
    match (value.view(), path) {
        (View::Secret(inner) | View::Variant { content: inner, .. }, _) => has_key(inner, path),
        (View::List(list), _) => {
            (0..list.len()).all(|index| list.item(index).is_some_and(|item| has_key(item, path)))
        }
        (View::Json(JsonValue::Array(items)), _) => items.iter().all(|item| has_key(item, path)),
        (View::Absent | View::Null | View::Json(JsonValue::Null), _) => false,
        (View::String(text), []) => !text.is_empty(),
        (View::Json(JsonValue::String(text)), []) => !text.is_empty(),
        (_, []) => true,
        (View::Map(record) | View::Model { fields: record, .. }, [key, rest @ ..]) => {
            field_has_key(record, key, rest)
        }
        (View::Json(JsonValue::Object(entries)), [key, rest @ ..]) => {
            field_has_key(entries, key, rest)
        }
        _ => false,
    }
}

fn field_has_key(record: &dyn Record, key: &str, rest: &[&str]) -> bool {
    let mut found = false;
    record.write(&mut FieldWriter::new(&mut |fields| {
        found |= fields
            .iter()
            .any(|(name, value)| *name == key && has_key(*value, rest));
    }));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_looked_for_in_all_items_of_lists() {
        for (json, has) in [
            (r#"{"events":[{"id":"a"},{"id":1}]}"#, true),
            (r#"{"events":[]}"#, true),
            (r#"{"events":{"id":"a"}}"#, true),
            (r#"{"events":[{"id":"a"},{}]}"#, false),
            (r#"{"events":[{"id":null}]}"#, false),
            (r#"{"events":[{"id":""}]}"#, false),
            (r#"{"events":["id"]}"#, false),
            (r#"{"events":null}"#, false),
            ("{}", false),
            ("7", false),
        ] {
            let json: JsonValue = serde_json::from_str(json).unwrap_or_default();
            assert_eq!(has_key(&json, &["events", "id"]), has, "{json}");
        }
    }
}
