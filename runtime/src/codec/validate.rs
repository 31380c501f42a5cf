//! Validates request bodies against the constraints of the OpenAPI description.

use std::cmp::Ordering;
use std::error::Error;
use std::fmt;

use regex_lite::Regex;

use super::limits::{Limit, Outline};
use super::path::Path;
use super::view::{Encode, FieldWriter, List, Record, View};
use crate::types::Decimal;

/// The constraints that a request body violates. Neither `Display` nor `Debug` shows the invalid values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violations(Vec<Violation>);

/// A constraint that a value of a request body violates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    path: String,
    limit: String,
}

impl Violation {
    /// Returns the path of the invalid value, such as `prices[0].price_amount`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the violated constraint, such as `must be at least 50`.
    #[must_use]
    pub fn limit(&self) -> &str {
        &self.limit
    }
}

impl Violations {
    /// Returns the violations in the order of the fields.
    #[must_use]
    pub fn as_slice(&self) -> &[Violation] {
        &self.0
    }
}

impl<'a> IntoIterator for &'a Violations {
    type Item = &'a Violation;
    type IntoIter = std::slice::Iter<'a, Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.limit)
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, violation) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{violation}")?;
        }
        Ok(())
    }
}

impl Error for Violations {}

/// Validates a value and all nested values against the constraints of their types.
///
/// # Errors
/// [`Violations`] with all violated constraints.
pub fn validate(value: &dyn Encode) -> Result<(), Violations> {
    let mut check = Check::default();
    check.value(value.view(), &[], &Place::Root);
    match check.violations.is_empty() {
        true => Ok(()),
        false => Err(Violations(check.violations)),
    }
}

/// The place of a value. Converted to a [`Path`] only for a violation, because almost all values are valid.
enum Place<'a> {
    Root,
    /// A key of the OpenAPI description.
    Field(&'a Self, &'a str),
    /// A key that is data, such as a metadata key.
    Key(&'a Self, &'a str),
    Item(&'a Self, usize),
}

impl Place<'_> {
    fn path(&self) -> Path {
        match *self {
            Self::Root => Path::default(),
            Self::Field(above, key) => above.with(|path| path.field(key)),
            Self::Key(above, key) => above.with(|path| path.key(key)),
            Self::Item(above, index) => above.with(|path| path.index(index)),
        }
    }

    fn with(&self, step: impl FnOnce(&mut Path)) -> Path {
        let mut path = self.path();
        step(&mut path);
        path
    }
}

/// The violations that were found so far.
#[derive(Default)]
struct Check {
    violations: Vec<Violation>,
}

impl Check {
    fn value(&mut self, view: View<'_>, limits: &[Limit], place: &Place<'_>) {
        match view {
            View::Secret(inner) | View::Variant { content: inner, .. } => {
                return self.value(inner.view(), limits, place);
            }
            View::List(list) => self.list(list, limits, place),
            View::Map(entries) => self.map(entries, limits, place),
            View::Model { outline, fields } => self.model(outline, fields, place),
            // NaN and infinities are invalid, because JSON would encode them as null.
            View::Float(value) if !value.is_finite() => {
                return self.add("must be a finite number".to_owned(), place);
            }
            _ => {}
        }
        for limit in limits {
            if let Some(broken) = broken(limit, view) {
                self.add(broken, place);
            }
        }
    }

    fn list(&mut self, list: &dyn List, limits: &[Limit], place: &Place<'_>) {
        let each = each(limits);
        for index in 0..list.len() {
            if let Some(item) = list.item(index) {
                self.value(item.view(), each, &Place::Item(place, index));
            }
        }
        self.count(list.len(), limits, place);
    }

    fn map(&mut self, entries: &dyn Record, limits: &[Limit], place: &Place<'_>) {
        let (each, keys, mut count) = (each(limits), keys(limits), 0);
        entries.write(&mut FieldWriter::new(&mut |fields| {
            for (key, value) in fields {
                count += 1;
                for broken in keys
                    .iter()
                    .filter_map(|limit| broken(limit, View::String(key)))
                {
                    self.add(format!("every key {broken}"), place);
                }
                self.value(value.view(), each, &Place::Key(place, key));
            }
        }));
        self.count(count, limits, place);
    }

    fn model(&mut self, outline: &Outline, fields: &dyn Record, place: &Place<'_>) {
        fields.write(&mut FieldWriter::new(&mut |fields| {
            for (key, value) in fields {
                let of = |key: &str| outline.limits.iter().find(|(limited, _)| *limited == key);
                let limits = of(key)
                    .or_else(|| of("*"))
                    .map_or(&[][..], |(_, limits)| limits);
                self.value(value.view(), limits, &Place::Field(place, key));
            }
        }));
    }

    fn count(&mut self, count: usize, limits: &[Limit], place: &Place<'_>) {
        for limit in limits {
            match *limit {
                Limit::MinItems(min) if count < min => {
                    self.add(too_few(min, "item", count), place);
                }
                Limit::MaxItems(max) if count > max => {
                    self.add(too_many(max, "item", count), place);
                }
                _ => {}
            }
        }
    }

    fn add(&mut self, limit: String, place: &Place<'_>) {
        self.violations.push(Violation {
            path: place.path().into_string(),
            limit,
        });
    }
}

fn each(limits: &[Limit]) -> &'static [Limit] {
    let found = limits.iter().find_map(|limit| match limit {
        Limit::Each(each) => Some(*each),
        _ => None,
    });
    found.unwrap_or_default()
}

fn keys(limits: &[Limit]) -> &'static [Limit] {
    let found = limits.iter().find_map(|limit| match limit {
        Limit::Keys(keys) => Some(*keys),
        _ => None,
    });
    found.unwrap_or_default()
}

/// Returns the message of a violated constraint. `None` if the value satisfies it.
fn broken(limit: &Limit, view: View<'_>) -> Option<String> {
    match view {
        View::String(text) => broken_text(limit, text),
        View::Decimal(value) => broken_digits(limit, value)
            .or_else(|| broken_number(limit, |than| Some(value.cmp(&than.into())))),
        View::Integer(value) => broken_number(limit, |than| Some(value.cmp(&than))),
        View::Unsigned(_) => broken_number(limit, |_| Some(Ordering::Greater)),
        // A constraint that `f64` cannot represent exactly is rounded to the nearest double.
        View::Float(value) => broken_number(limit, |than| value.partial_cmp(&(than as f64))),
        _ => None,
    }
}

fn broken_text(limit: &Limit, text: &str) -> Option<String> {
    let length = || text.chars().count();
    match *limit {
        Limit::MinLength(min) if length() < min => Some(too_few(min, "character", length())),
        Limit::MaxLength(max) if length() > max => Some(too_many(max, "character", length())),
        Limit::Pattern(pattern) if !matches(pattern, text) => {
            Some(format!("must match the pattern {pattern}"))
        }
        _ => None,
    }
}

fn too_few(min: usize, unit: &str, has: usize) -> String {
    format!("must have at least {min} {}, has {has}", plural(min, unit))
}

fn too_many(max: usize, unit: &str, has: usize) -> String {
    format!("must have at most {max} {}, has {has}", plural(max, unit))
}

fn plural(count: usize, unit: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{unit}{s}")
}

/// Returns whether a string matches a pattern. A pattern that the regex library does not support matches everything,
/// but the generator emits no such pattern.
fn matches(pattern: &str, text: &str) -> bool {
    Regex::new(pattern).map_or(true, |pattern| pattern.is_match(text))
}

fn broken_number(limit: &Limit, compare: impl FnOnce(i64) -> Option<Ordering>) -> Option<String> {
    let (than, kept, words): (i64, fn(Ordering) -> bool, _) = match *limit {
        Limit::AtLeast(than) => (than, Ordering::is_ge, "at least"),
        Limit::MoreThan(than) => (than, Ordering::is_gt, "more than"),
        Limit::AtMost(than) => (than, Ordering::is_le, "at most"),
        Limit::LessThan(than) => (than, Ordering::is_lt, "less than"),
        _ => return None,
    };
    (!compare(than).is_some_and(kept)).then(|| format!("must be {words} {than}"))
}

fn broken_digits(limit: &Limit, value: &Decimal) -> Option<String> {
    let Limit::Digits { integer, fraction } = *limit else {
        return None;
    };
    let (before, after) = value.digits();
    if before > integer {
        Some(format!(
            "must have at most {integer} digits before the point, has {before}"
        ))
    } else if after > fraction {
        Some(format!(
            "must have at most {fraction} digits after the point, has {after}"
        ))
    } else {
        None
    }
}
