//! Compares values by their views, with code that is compiled once rather than for each type.

use std::cell::Cell;

use super::view::{Encode, Field, FieldWriter, List, Record, View};

/// Compares two values of the same type. Allocates nothing, except for maps whose keys are not strings.
///
/// Enum values are compared as strings, so a known value equals an `Unknown` with the same string.
#[must_use]
pub fn equal(one: &dyn Encode, other: &dyn Encode) -> bool {
    match (one.view(), other.view()) {
        (View::Absent, View::Absent) | (View::Null, View::Null) => true,
        (View::Boolean(one), View::Boolean(other)) => one == other,
        (View::Integer(one), View::Integer(other)) => one == other,
        (View::Unsigned(one), View::Unsigned(other)) => one == other,
        (View::Float(one), View::Float(other)) => one == other,
        (View::String(one), View::String(other)) => one == other,
        (View::Decimal(one), View::Decimal(other)) => one == other,
        (View::Uuid(one), View::Uuid(other)) => one == other,
        (View::Timestamp(one), View::Timestamp(other)) => one == other,
        (View::Date(one), View::Date(other)) => one == other,
        (View::Json(one), View::Json(other)) => one == other,
        (View::List(one), View::List(other)) => equal_lists(one, other),
        (View::Map(one), View::Map(other)) => equal_maps(one, other),
        (View::Model { fields: one, .. }, View::Model { fields: other, .. }) => {
            equal_structs(one, other)
        }
        (
            View::Variant { name, content },
            View::Variant {
                name: other_name,
                content: other,
            },
        ) => name == other_name && equal(content, other),
        (View::Secret(one), View::Secret(other)) => equal(one, other),
        _ => false,
    }
}

fn equal_lists(one: &dyn List, other: &dyn List) -> bool {
    let items = |index| match (one.item(index), other.item(index)) {
        (Some(one), Some(other)) => equal(one, other),
        _ => false,
    };
    one.len() == other.len() && (0..one.len()).all(items)
}

/// Compares maps by looking up each entry of one map in the other, regardless of order.
fn equal_maps(one: &dyn Record, other: &dyn Record) -> bool {
    let (mut len, mut same) = (0, true);
    one.write(&mut FieldWriter::new(&mut |entries| {
        for (key, value) in entries {
            len += 1;
            same = same && other.entry(key).is_some_and(|other| equal(*value, other));
        }
    }));
    let mut other_len = 0;
    other.write(&mut FieldWriter::new(&mut |entries| {
        other_len += entries.len()
    }));
    same && len == other_len
}

/// Compares structs. A struct passes its fields in several calls; the fields of corresponding calls are compared.
fn equal_structs(one: &dyn Record, other: &dyn Record) -> bool {
    let (calls, same) = (Cell::new(0), Cell::new(true));
    one.write(&mut FieldWriter::apart(
        &mut |fields| {
            let call = calls.replace(calls.get() + 1);
            same.set(same.get() && has_fields(other, call, fields));
        },
        &mut |entries| same.set(same.get() && has_entries(other, entries)),
    ));
    let mut other_calls = 0;
    other.write(&mut FieldWriter::apart(
        &mut |_| other_calls += 1,
        &mut |_| {},
    ));
    same.get() && calls.get() == other_calls
}

/// Returns whether the record passes these fields in its call with the index `wanted`.
fn has_fields(record: &dyn Record, wanted: usize, fields: &[Field<'_>]) -> bool {
    let (mut call, mut same) = (0, false);
    record.write(&mut FieldWriter::apart(
        &mut |others| {
            if call == wanted {
                same = equal_fields(fields, others);
            }
            call += 1;
        },
        &mut |_| {},
    ));
    same
}

/// Returns whether these entries are the additional fields of the record.
fn has_entries(record: &dyn Record, entries: &dyn Record) -> bool {
    let mut same = false;
    record.write(&mut FieldWriter::apart(&mut |_| {}, &mut |others| {
        same = equal_maps(entries, others);
    }));
    same
}

fn equal_fields(fields: &[Field<'_>], others: &[Field<'_>]) -> bool {
    let mut pairs = fields.iter().zip(others);
    fields.len() == others.len()
        && pairs.all(|((key, value), (other_key, other))| key == other_key && equal(*value, *other))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::codec::{Model, Object, optional};
    use crate::types::{JsonObject, JsonValue, Patch, Uuid};

    /// A struct with a value of each kind.
    #[derive(Clone, Default)]
    struct Sample {
        text: String,
        number: f64,
        list: Vec<Option<i64>>,
        named: BTreeMap<String, i64>,
        numbered: BTreeMap<Uuid, String>,
        object: JsonObject,
        patch: Patch<i64>,
        note: Option<Box<Sample>>,
        rest: BTreeMap<String, JsonValue>,
    }

    impl Model for Sample {
        fn read(o: &mut Object<'_, '_>) -> Self {
            Self {
                text: o.field("text"),
                number: o.field("number"),
                list: o.field("list"),
                named: o.field("named"),
                numbered: o.field("numbered"),
                object: o.field("object"),
                patch: o.field("patch"),
                note: o.field("note"),
                rest: o.rest(&["text"]),
            }
        }

        fn write(&self, o: &mut FieldWriter<'_>) {
            o.fields(&[
                ("text", &self.text),
                ("number", &self.number),
                ("list", &self.list),
                ("named", &self.named),
                ("numbered", &self.numbered),
                ("object", &self.object),
                ("patch", &self.patch),
            ]);
            if self.note.is_some() {
                o.fields(&[("note", optional(&self.note))]);
            }
            o.entries(&self.rest, &["text"]);
        }
    }

    crate::model! { Sample }

    fn sample() -> Sample {
        Sample {
            text: "a".to_owned(),
            number: 0.5,
            list: vec![Some(1), None],
            named: BTreeMap::from([("x".to_owned(), 1), ("y".to_owned(), 2)]),
            numbered: BTreeMap::from([(Uuid::nil(), "a".to_owned())]),
            object: JsonObject::from_iter([("k".to_owned(), JsonValue::from(1))]),
            patch: Patch::Clear,
            note: Some(Box::default()),
            rest: BTreeMap::from([("further".to_owned(), JsonValue::Null)]),
        }
    }

    #[test]
    fn a_change_anywhere_makes_a_difference() {
        assert!(sample() == sample());
        let changes: [fn(&mut Sample); 14] = [
            |it| it.text.push('b'),
            |it| it.number = f64::NAN,
            |it| it.list.truncate(1),
            |it| it.list.reverse(),
            |it| {
                it.named.insert("z".to_owned(), 3);
            },
            |it| {
                it.named.insert("x".to_owned(), 2);
            },
            |it| {
                it.named.remove("x");
            },
            |it| drop(it.numbered.insert(Uuid::nil(), String::new())),
            |it| drop(it.numbered.insert(Uuid::max(), String::new())),
            |it| drop(it.object.insert("l".to_owned(), JsonValue::from(1))),
            |it| it.patch = Patch::Keep,
            |it| it.note = None,
            |it| it.note = Some(Box::new(sample())),
            |it| drop(it.rest.insert("further".to_owned(), JsonValue::from(0))),
        ];
        for (index, change) in changes.into_iter().enumerate() {
            let mut other = sample();
            change(&mut other);
            assert!(sample() != other, "{index}");
            assert!(other != sample(), "{index}");
        }
    }

    #[test]
    fn a_nan_equals_nothing() {
        let sample = Sample {
            number: f64::NAN,
            ..Sample::default()
        };
        assert!(sample != sample.clone());
    }

    #[test]
    fn the_order_of_keys_does_not_matter() {
        let object = |keys: [&str; 2]| {
            JsonObject::from_iter(keys.map(|key| (key.to_owned(), JsonValue::Null)))
        };
        assert!(equal(&object(["a", "b"]), &object(["b", "a"])));
        assert!(!equal(&object(["a", "b"]), &object(["b", "c"])));
    }
}
