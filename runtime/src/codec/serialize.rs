//! Serializes values with serde.

use serde::ser::{Error, SerializeMap, SerializeSeq, Serializer};
use serde::{Serialize, ser};

use super::view::{Encode, FieldWriter, List, Record, View};
use crate::types::{JsonValue, timestamp};

/// Serializes a value with any serde serializer. Compiled once per serializer, not per type.
///
/// # Errors
/// Errors of the serializer.
pub fn serialize<S: Serializer>(value: &dyn Encode, serializer: S) -> Result<S::Ok, S::Error> {
    serialize_view(value.view(), serializer)
}

/// Converts a value to JSON.
pub(super) fn to_json(value: &dyn Encode) -> JsonValue {
    serialize(value, serde_json::value::Serializer).unwrap_or_default()
}

#[inline]
fn serialize_view<S: Serializer>(view: View<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    match view {
        View::Absent | View::Null => serializer.serialize_unit(),
        View::Boolean(value) => serializer.serialize_bool(value),
        View::Integer(value) => serializer.serialize_i64(value),
        View::Unsigned(value) => serializer.serialize_u64(value),
        View::Float(value) => serializer.serialize_f64(value),
        View::String(text) => serializer.serialize_str(text),
        View::Decimal(value) => serializer.serialize_str(value.as_str()),
        View::Uuid(id) => serializer.serialize_str(
            id.hyphenated()
                .encode_lower(&mut uuid::Uuid::encode_buffer()),
        ),
        View::Timestamp(time) => serializer.serialize_str(timestamp::format(*time).as_str()),
        View::Date(date) => serializer.serialize_str(timestamp::format_date(*date).as_str()),
        View::Json(json) => json.serialize(serializer),
        View::List(list) => serialize_list(list, serializer),
        View::Map(fields) | View::Model { fields, .. } => serialize_record(fields, serializer),
        View::Secret(value) | View::Variant { content: value, .. } => serialize(value, serializer),
    }
}

fn serialize_list<S: Serializer>(list: &dyn List, serializer: S) -> Result<S::Ok, S::Error> {
    let mut sequence = serializer.serialize_seq(Some(list.len()))?;
    for index in 0..list.len() {
        let Some(item) = list.item(index) else {
            return Err(S::Error::custom(
                "a list became shorter while it was written",
            ));
        };
        sequence.serialize_element(&Erased(item.view()))?;
    }
    sequence.end()
}

fn serialize_record<S: Serializer>(record: &dyn Record, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    let mut result = Ok(());
    record.write(&mut FieldWriter::new(&mut |fields| {
        for (key, value) in fields {
            let view = value.view();
            if result.is_err() || matches!(view, View::Absent) {
                continue;
            }
            if let Err(error) = map.serialize_entry(*key, &Erased(view)) {
                result = Err(error);
            }
        }
    }));
    result?;
    map.end()
}

/// A type-erased value that implements `Serialize`.
struct Erased<'a>(View<'a>);

impl ser::Serialize for Erased<'_> {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_view(self.0, serializer)
    }
}
