//! Values as the plain texts that paths, queries and forms are made of.

use crate::codec::{self, Encode, Sink, View};
use crate::types::{Json, timestamp};

/// Why a value has no plain text.
pub(super) const STRUCTURED: &str = "is an object or a nested list, which has no plain text";

/// The texts of a value: one for a scalar, one for each item of a list, none for null and what is left out.
pub(super) fn texts(value: &dyn Encode) -> Result<Vec<String>, &'static str> {
    match value.view() {
        View::List(list) => (0..list.len())
            .filter_map(|index| list.item(index))
            .filter_map(|item| text(item).transpose())
            .collect(),
        View::Json(Json::Array(items)) => items
            .iter()
            .filter_map(|item| text(item).transpose())
            .collect(),
        View::Secret(inner) => texts(inner),
        _ => Ok(text(value)?.into_iter().collect()),
    }
}

/// The text of a scalar; `None` for null and what is left out.
pub(super) fn text(value: &dyn Encode) -> Result<Option<String>, &'static str> {
    Ok(Some(match value.view() {
        View::Absent | View::Null | View::Json(Json::Null) => return Ok(None),
        View::Text(text) => text.to_owned(),
        View::Decimal(value) => value.as_str().to_owned(),
        View::Json(Json::String(text)) => text.clone(),
        View::Timestamp(time) => timestamp::format(*time).as_str().to_owned(),
        View::Date(date) => timestamp::format_date(*date).as_str().to_owned(),
        View::Uuid(id) => id.to_string(),
        View::Secret(inner) => return text(inner),
        View::Boolean(_) | View::Integer(_) | View::Unsigned(_) | View::Float(_) => {
            codec::to_string(value)
        }
        View::Json(Json::Bool(_) | Json::Number(_)) => codec::to_string(value),
        View::Json(_) | View::List(_) | View::Map(_) | View::Model { .. } => {
            return Err(STRUCTURED);
        }
    }))
}

/// The entries of an object, each with its texts.
pub(super) fn entries(value: &dyn Encode) -> Result<Vec<(String, Vec<String>)>, &'static str> {
    let record = match value.view() {
        View::Absent | View::Null | View::Json(Json::Null) => return Ok(Vec::new()),
        View::Map(record) | View::Model { fields: record, .. } => record,
        View::Json(Json::Object(entries)) => entries,
        View::Secret(inner) => return entries(inner),
        _ => return Err("is not an object"),
    };
    let mut found = Ok(Vec::new());
    record.write(&mut Sink::new(&mut |fields| {
        for (key, value) in fields {
            match (&mut found, texts(*value)) {
                (Ok(entries), Ok(texts)) => entries.push(((*key).to_owned(), texts)),
                (found @ Ok(_), Err(reason)) => *found = Err(reason),
                (Err(_), _) => {}
            }
        }
    }));
    found
}
