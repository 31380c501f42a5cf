//! Compares a value before decoding with the value after encoding.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset};
use serde_json::{Map, Number, Value};

/// Finds differences between a received value and its encoding after decoding.
///
/// These differences are ignored:
/// - **Numbers** are equal if their values are: a `3` in a float field is encoded as `3.0`.
/// - **Decimals** may be received as numbers. They are encoded as strings with the same value.
/// - **Timestamps** are equal if they are the same point in time. They are encoded in UTC, with six fractional digits
///   or none.
/// - **Null and a missing key** are equivalent for an optional property. That required keys are encoded is tested by
///   validating the encoded value against the contract.
/// - **Constants** that are optional are encoded even if they were missing.
#[derive(Debug, Clone, Copy)]
pub struct Difference<'c> {
    /// [`Contract::optional_constants`](crate::contract::Contract::optional_constants).
    pub constants: &'c BTreeSet<(&'c str, &'c str)>,
    /// The expected treatment of undocumented keys.
    pub undocumented: Undocumented,
}

/// The expected treatment of undocumented keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undocumented {
    /// The value has no such keys: everything must be encoded.
    None,
    /// They must be dropped.
    Dropped,
}

impl Difference<'_> {
    /// Returns the first difference with its place; `None` if the values are equivalent.
    #[must_use]
    pub fn find(&self, read: &Value, written: &Value) -> Option<String> {
        let first = self.all(read, written).into_iter().next();
        first.map(|(place, what)| format!("{place}: {what}"))
    }

    /// Returns all differences: the JSON pointer and a description of each.
    #[must_use]
    pub fn all(&self, read: &Value, written: &Value) -> Vec<(String, String)> {
        let mut found = Vec::new();
        self.collect("", read, written, &mut found);
        found
    }

    fn collect(
        &self,
        place: &str,
        read: &Value,
        written: &Value,
        found: &mut Vec<(String, String)>,
    ) {
        let equal = match (read, written) {
            (Value::Object(read), Value::Object(written)) => {
                return self.objects(place, read, written, found);
            }
            (Value::Array(read), Value::Array(written)) if read.len() == written.len() => {
                for (index, (read, written)) in read.iter().zip(written).enumerate() {
                    self.collect(&format!("{place}/{index}"), read, written, found);
                }
                return;
            }
            (Value::Number(read), Value::Number(written)) => same_number(read, written),
            (Value::Number(read), Value::String(written)) => {
                let written = written.parse();
                written.is_ok_and(|written| same_number(read, &written))
            }
            (Value::String(read), Value::String(written)) => {
                read == written || same_instant(read, written)
            }
            (read, written) => read == written,
        };
        if !equal {
            found.push((place.to_owned(), format!("read {read}, written {written}")));
        }
    }

    fn objects(
        &self,
        place: &str,
        read: &Map<String, Value>,
        written: &Map<String, Value>,
        found: &mut Vec<(String, String)>,
    ) {
        for (key, value) in read {
            let place = format!("{place}/{key}");
            match written.get(key) {
                Some(written) => self.collect(&place, value, written, found),
                None if value.is_null() || self.undocumented == Undocumented::Dropped => {}
                None => found.push((place, format!("read {value}, not written"))),
            }
        }
        for (key, value) in written.iter().filter(|(key, _)| !read.contains_key(*key)) {
            let constant = value
                .as_str()
                .is_some_and(|text| self.constants.contains(&(key.as_str(), text)));
            if !value.is_null() && !constant {
                found.push((
                    format!("{place}/{key}"),
                    format!("not read, written {value}"),
                ));
            }
        }
    }
}

fn same_number(a: &Number, b: &Number) -> bool {
    match (a.as_i128(), b.as_i128()) {
        (Some(a), Some(b)) => a == b,
        _ => a.as_f64() == b.as_f64(),
    }
}

fn same_instant(a: &str, b: &str) -> bool {
    let instant =
        |text: &str| -> Option<DateTime<FixedOffset>> { DateTime::parse_from_rfc3339(text).ok() };
    instant(a).is_some() && instant(a) == instant(b)
}
