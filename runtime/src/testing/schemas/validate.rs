//! Validation of a value against a schema.

use regex_lite::Regex;
use serde_json::Value;

use super::Schemas;
use super::problem::{Problem, ProblemKind, Step};
use crate::codec;
use crate::types::{Date, Decimal, Timestamp, Uuid};

/// A keyword, the comparison of a number with its bound, and the phrase for messages.
type BoundRule = (&'static str, fn(f64, f64) -> bool, &'static str);

const BOUNDS: [BoundRule; 4] = [
    ("minimum", |number, bound| number >= bound, "at least"),
    ("maximum", |number, bound| number <= bound, "at most"),
    (
        "exclusiveMinimum",
        |number, bound| number > bound,
        "more than",
    ),
    (
        "exclusiveMaximum",
        |number, bound| number < bound,
        "less than",
    ),
];

/// Returns all problems of a value.
pub(in crate::testing) fn problems(
    schemas: &Schemas,
    schema: &Value,
    value: &Value,
) -> Vec<Problem> {
    let mut check = Check {
        schemas,
        path: Vec::new(),
        found: Vec::new(),
    };
    check.value(schema, value);
    check.found
}

struct Check<'s> {
    schemas: &'s Schemas,
    path: Vec<Step>,
    found: Vec<Problem>,
}

impl Check<'_> {
    fn value(&mut self, schema: &Value, value: &Value) {
        if value.is_null() && schema["nullable"] == true {
            return;
        }
        if let Some(name) = schema["$ref"].as_str() {
            if let Some(schema) = self.schemas.definition(name) {
                self.value(schema, value);
            }
            return;
        }
        if let Some(constant) = schema.get("const") {
            if value != constant {
                self.add(
                    ProblemKind::Value,
                    format!("must be {constant}, is {}", shown(value)),
                );
            }
            return;
        }
        if let Some(values) = schema["enum"].as_array() {
            if !values.contains(value) {
                let values: Vec<String> = values.iter().map(Value::to_string).collect();
                let values = values.join(", ");
                let message = format!("unknown value {}, must be one of {values}", shown(value));
                self.add(ProblemKind::Value, message);
            }
            return;
        }
        if let Some(members) = schema["anyOf"].as_array() {
            return self.any_of(members, value);
        }
        match schema["type"].as_str() {
            Some("object") => self.object(schema, value),
            Some("array") => self.array(schema, value),
            Some("string") => self.string(schema, value),
            Some("integer") => match is_integer(value) {
                true => self.range(schema, value),
                false => self.mismatch("an integer", value),
            },
            Some("number") => match value.is_number() {
                true => self.range(schema, value),
                false => self.mismatch("a number", value),
            },
            Some("boolean") if !value.is_boolean() => self.mismatch("a boolean", value),
            _ => {}
        }
    }

    /// Validates against the variants of a union. If none matches, reports the problems of the variant whose constants
    /// the value has, or else of the one with the fewest problems that no constant contradicts.
    fn any_of(&mut self, members: &[Value], value: &Value) {
        let mut candidates: Vec<(Fit, Vec<Problem>)> = Vec::new();
        for member in members {
            let mut check = Check {
                schemas: self.schemas,
                path: self.path.clone(),
                found: Vec::new(),
            };
            check.value(member, value);
            if check.found.is_empty() {
                return;
            }
            candidates.push((Fit::of(self.schemas, member, value), check.found));
        }
        let possible = candidates.into_iter().filter(|(fit, _)| *fit != Fit::None);
        match possible.min_by_key(|(fit, found)| (*fit, found.len())) {
            Some((_, found)) => self.found.extend(found),
            None => {
                let message = format!("no variant has this form: {}", shown(value));
                self.add(ProblemKind::Value, message);
            }
        }
    }

    fn object(&mut self, schema: &Value, value: &Value) {
        let Some(entries) = value.as_object() else {
            return self.mismatch("an object", value);
        };
        let required = schema["required"].as_array().into_iter().flatten();
        for key in required.filter_map(Value::as_str) {
            if !entries.contains_key(key) {
                self.path.push(Step::Key(key.to_owned()));
                self.add(ProblemKind::Missing, "is required".to_owned());
                self.path.pop();
            }
        }
        let rest = schema.get("additionalProperties");
        let names = schema.get("propertyNames");
        for (key, value) in entries {
            if let Some(names) = names {
                self.path.push(Step::Key(key.clone()));
                self.value(names, &key.as_str().into());
                self.path.pop();
            }
            if let Some(schema) = schema["properties"].get(key).or(rest) {
                self.path.push(Step::Key(key.clone()));
                self.value(schema, value);
                self.path.pop();
            }
        }
        self.count(
            schema,
            ["minProperties", "maxProperties"],
            entries.len(),
            "entries",
        );
    }

    fn array(&mut self, schema: &Value, value: &Value) {
        let Some(items) = value.as_array() else {
            return self.mismatch("an array", value);
        };
        let parts = schema["prefixItems"].as_array();
        if parts.is_some_and(|parts| parts.len() > items.len()) {
            self.add(ProblemKind::Value, "has too few items".to_owned());
        }
        for (index, item) in items.iter().enumerate() {
            let part = parts.and_then(|parts| parts.get(index));
            if let Some(schema) = part.or_else(|| schema.get("items")) {
                self.path.push(Step::Index(index));
                self.value(schema, item);
                self.path.pop();
            }
        }
        self.count(schema, ["minItems", "maxItems"], items.len(), "items");
    }

    fn string(&mut self, schema: &Value, value: &Value) {
        let format = schema["format"].as_str();
        if format == Some("decimal") && codec::from_value::<Decimal>(value).is_ok() {
            return;
        }
        let Some(text) = value.as_str() else {
            return self.mismatch("a string", value);
        };
        let is_valid = match format {
            Some("uuid") => codec::from_value::<Uuid>(value).is_ok(),
            Some("date-time") => codec::from_value::<Timestamp>(value).is_ok(),
            Some("date") => codec::from_value::<Date>(value).is_ok(),
            Some("decimal") => false,
            Some("email") => text
                .split_once('@')
                .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty()),
            Some("uri") => text.contains(':'),
            _ => true,
        };
        if !is_valid {
            let format = format.unwrap_or_default();
            self.add(
                ProblemKind::Value,
                format!("is not a valid {format}: {}", shown(value)),
            );
        }
        self.count(
            schema,
            ["minLength", "maxLength"],
            text.chars().count(),
            "characters",
        );
        let pattern = schema["pattern"].as_str();
        if let Some(pattern) = pattern
            && Regex::new(pattern).is_ok_and(|regex| !regex.is_match(text))
        {
            self.add(ProblemKind::Value, format!("must match `{pattern}`"));
        }
    }

    fn count(&mut self, schema: &Value, [min, max]: [&str; 2], count: usize, what: &str) {
        let count = count as u64;
        if let Some(min) = schema[min].as_u64().filter(|min| count < *min) {
            self.add(
                ProblemKind::Value,
                format!("must have at least {min} {what}"),
            );
        }
        if let Some(max) = schema[max].as_u64().filter(|max| count > *max) {
            self.add(
                ProblemKind::Value,
                format!("must have at most {max} {what}"),
            );
        }
    }

    fn range(&mut self, schema: &Value, value: &Value) {
        let number = value.as_f64().unwrap_or_default();
        for (keyword, holds, words) in BOUNDS {
            let bound = &schema[keyword];
            if bound.as_f64().is_some_and(|bound| !holds(number, bound)) {
                self.add(ProblemKind::Value, format!("must be {words} {bound}"));
            }
        }
    }

    fn mismatch(&mut self, expected: &str, value: &Value) {
        self.add(
            ProblemKind::Type,
            format!("must be {expected}, is {}", shown(value)),
        );
    }

    fn add(&mut self, kind: ProblemKind, message: String) {
        self.found.push(Problem {
            path: self.path.clone(),
            message,
            kind,
        });
    }
}

/// How well a value matches a variant, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// It has the constants of the variant.
    Constants,
    /// It contradicts no constant of the variant.
    Open,
    /// It contradicts a constant, or is not an object.
    None,
}

impl Fit {
    fn of(schemas: &Schemas, member: &Value, value: &Value) -> Self {
        let schema = schemas.resolved(member);
        let (Some(entries), Some(properties)) =
            (value.as_object(), schema["properties"].as_object())
        else {
            return Self::None;
        };
        let mut fit = Self::Open;
        for (key, schema) in properties {
            match (entries.get(key), schema.get("const")) {
                (Some(value), Some(constant)) if value == constant => fit = Self::Constants,
                (Some(_), Some(_)) => return Self::None,
                _ => {}
            }
        }
        fit
    }
}

fn is_integer(value: &Value) -> bool {
    value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
}

/// Formats a value for a message, truncated.
fn shown(value: &Value) -> String {
    const WIDEST: usize = 80;
    let text = value.to_string();
    match text.char_indices().nth(WIDEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
