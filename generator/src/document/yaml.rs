//! Parses YAML to a tree of JSON values. A duplicate key is an error, which the parser alone would not report.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::{Source, brackets};
use crate::error::Problem;

/// The maximum number of open brackets. The parser's time grows quadratically with the nesting, and the parser checks its
/// own limit too late. This limit is higher than the permitted nesting, because brackets in plain strings also count.
const MAX_OPEN: usize = 256;

/// Parses the text. Error messages of the parser contain line and column.
pub(super) fn parse(source: Source<'_>) -> Result<Value, Problem> {
    check_brackets(source)?;
    match serde_yaml::from_str::<Tree>(source.text) {
        Ok(Tree(value)) => Ok(value),
        Err(error) => Err(Problem::new(source.name, "", error.to_string())),
    }
}

fn check_brackets(source: Source<'_>) -> Result<(), Problem> {
    match brackets::exceeding(source.text, MAX_OPEN) {
        None => Ok(()),
        Some((line, column)) => {
            let message =
                format!("more than {MAX_OPEN} brackets are open at line {line} column {column}");
            Err(Problem::new(source.name, "", message))
        }
    }
}

struct Tree(Value);

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor).map(Tree)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping, a sequence, a string, a number, a boolean or null")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    /// Treats a document without content as null.
    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom(format!("{value} is not a number in JSON")))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Tree(item)) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut mapping: A) -> Result<Value, A::Error> {
        let mut entries = Map::new();
        while let Some(Key(key)) = mapping.next_key()? {
            if entries.contains_key(&key) {
                return Err(A::Error::custom(format!("duplicate key `{key}`")));
            }
            let Tree(value) = mapping.next_value()?;
            entries.insert(key, value);
        }
        Ok(Value::Object(entries))
    }
}

/// A key, which is a string in JSON. An unquoted number, such as a status, is converted to a string.
struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KeyVisitor).map(Key)
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string as the key")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<String, E> {
        Ok(value.to_owned())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

    use serde_json::json;

    use super::*;

    fn parsed(text: &str) -> Result<Value, String> {
        parse(Source {
            name: "a.yaml",
            text,
        })
        .map_err(|problem| problem.to_string())
    }

    #[test]
    fn the_order_of_keys_is_kept() {
        let value = parsed("b: 1\na: [x, 2.5, null, true]\n'2': -3\n200: ''").unwrap();
        assert_eq!(
            value.to_string(),
            r#"{"b":1,"a":["x",2.5,null,true],"2":-3,"200":""}"#
        );
    }

    #[test]
    fn versions_and_quoted_digits_are_strings() {
        assert_eq!(
            parsed("version: 2026-10\nstatus: '200'\nanswer: no").unwrap(),
            json!({"version": "2026-10", "status": "200", "answer": "no"})
        );
    }

    #[test]
    fn duplicate_keys_are_rejected_with_their_line() {
        let message = parsed("a:\n  b: 1\n  c: 2\n  b: 3\n").unwrap_err();
        assert!(message.starts_with("a.yaml: "), "{message}");
        assert!(message.contains("duplicate key `b`"), "{message}");
        assert!(message.contains("line 2"), "{message}");
    }

    #[test]
    fn a_duplicate_status_is_rejected_whether_quoted_or_not() {
        let message = parsed("200: 1\n'200': 2\n").unwrap_err();
        assert!(message.contains("duplicate key `200`"), "{message}");
    }

    #[test]
    fn brackets_beyond_the_limit_are_rejected_before_they_are_parsed() {
        for nested in ["[", "{a: "] {
            let message = parsed(&format!("a:\n  b: {}", nested.repeat(16_000))).unwrap_err();
            assert!(
                message.contains("more than 256 brackets are open at line 2"),
                "{message}"
            );
        }
        let message = parsed(&format!("a: {}", "[']',".repeat(3_000))).unwrap_err();
        assert!(
            message.contains("more than 256 brackets are open at line 1"),
            "{message}"
        );
        assert!(
            parsed(
                &"[]"
                    .repeat(1_000)
                    .replace("][", "],[")
                    .replacen('[', "[[", 1)
            )
            .is_err()
        );
        assert!(parsed(&format!("a: [{}]", "[],".repeat(1_000))).is_ok());
    }

    #[test]
    fn values_without_a_json_form_are_rejected() {
        for text in [
            "a: .nan",
            "a: .inf",
            "a: !tag 1",
            "[1]: 2",
            "a: 1\n---\nb: 2",
            "a: [1",
            "\t- a",
        ] {
            assert!(parsed(text).is_err(), "{text}");
        }
    }
}
