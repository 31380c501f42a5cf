//! A call of an operation: its arguments, and the expected request.

use std::collections::BTreeMap;

use chrono::DateTime;
use polar_tests::contract::{Extent, Generator, Operation, Parameter, Style};
use serde_json::{Map, Value};

use crate::calls::Arguments;
use crate::fixture::VersionFixture;
use crate::server::Received;
use crate::validate::parameter_of;

/// Returns random arguments that the contract permits.
pub(crate) fn arguments<'c>(
    operation: &Operation<'c>,
    generator: &mut Generator<'c>,
    extent: Extent,
) -> Arguments {
    let mut arguments = Arguments {
        credential: generator.random().usize(..),
        ..Arguments::default()
    };
    for parameter in operation.parameters() {
        let name = parameter.name.to_owned();
        match parameter.place {
            "path" => drop(
                arguments
                    .path
                    .insert(name, path_value(generator, &parameter)),
            ),
            _ if is_included(parameter.is_required, generator, extent) => {
                let value = generator.instance(parameter.schema.schema).value;
                arguments.query.insert(name, value);
            }
            _ => {}
        }
    }
    arguments.body = operation
        .body()
        .filter(|(_, is_required)| is_included(*is_required, generator, extent))
        .map(|(content, _)| generator.non_null(content.schema.schema).value);
    arguments
}

fn is_included(is_required: bool, generator: &mut Generator<'_>, extent: Extent) -> bool {
    is_required
        || match extent {
            Extent::Required => false,
            Extent::Some => generator.random().bool(),
            Extent::Everything => true,
        }
}

/// Returns a value for a path parameter. Strings that would change the path are excluded.
fn path_value<'c>(generator: &mut Generator<'c>, parameter: &Parameter<'c>) -> Value {
    loop {
        let value = generator.instance(parameter.schema.schema).value;
        let changes_the_path = |text: &str| matches!(text, "" | "." | "..") || text.contains('/');
        if !value.as_str().is_some_and(changes_the_path) {
            return value;
        }
    }
}

/// Returns how the received request differs from the expected one.
pub(crate) fn difference(
    fixture: &'static VersionFixture,
    operation: &Operation<'_>,
    expected: &Arguments,
    received: &Received,
) -> Result<(), String> {
    let target = (operation.method.as_str(), path(operation, expected));
    if target != (received.method.as_str(), received.path.clone()) {
        return Err(format!(
            "expected {target:?}, received {} {}",
            received.method, received.path
        ));
    }
    query(fixture, operation, expected, received)?;
    let Some((content, _)) = operation.body() else {
        return Ok(());
    };
    let Some(expected) = &expected.body else {
        return match received.body.is_empty() {
            true => Ok(()),
            false => Err("expected no body".to_owned()),
        };
    };
    match content.media_type {
        "application/json" => {
            let sent: Value = serde_json::from_slice(&received.body).unwrap();
            body(fixture, operation, expected, &sent)
        }
        _ => form(expected, &received.body),
    }
}

fn path(operation: &Operation<'_>, expected: &Arguments) -> String {
    let segments = operation
        .path
        .split('/')
        .map(|segment| match parameter_of(segment) {
            Some(name) => encoded(&text(&expected.path[name])),
            None => segment.to_owned(),
        });
    segments.collect::<Vec<_>>().join("/")
}

/// Percent-encodes all characters except letters, digits and `-._~`.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// Returns a scalar as it is written in a URL.
fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().map(text).collect(),
        one => vec![text(one)],
    }
}

fn query(
    fixture: &'static VersionFixture,
    operation: &Operation<'_>,
    expected: &Arguments,
    received: &Received,
) -> Result<(), String> {
    let mut given: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, text) in &received.query {
        given.entry(name.clone()).or_default().push(text.clone());
    }
    for parameter in operation
        .parameters()
        .iter()
        .filter(|it| it.place == "query")
    {
        let value = expected.query.get(parameter.name).unwrap_or(&Value::Null);
        let pairs: Vec<(String, Vec<String>)> = match (parameter.style, value) {
            (Style::DeepObject, Value::Object(entries)) => {
                let pair = |(key, value)| (format!("{}[{key}]", parameter.name), texts(value));
                entries.iter().map(pair).collect()
            }
            (Style::Json, Value::Object(_)) => {
                let sent = given.remove(parameter.name).unwrap_or_default();
                let sent: Value = serde_json::from_str(&sent.concat()).unwrap_or_default();
                fixture
                    .difference()
                    .find(value, &sent)
                    .map_or(Ok(()), Err)?;
                continue;
            }
            _ => vec![(parameter.name.to_owned(), texts(value))],
        };
        for (name, texts) in pairs {
            let sent = given.remove(&name).unwrap_or_default();
            let same = texts.len() == sent.len()
                && texts.iter().zip(&sent).all(|(a, b)| is_same_value(a, b));
            if !same {
                return Err(format!("expected {name}={texts:?}, received {sent:?}"));
            }
        }
    }
    match given.is_empty() {
        true => Ok(()),
        false => Err(format!("unexpected: {given:?}")),
    }
}

/// Returns whether two strings are equal or represent the same point in time.
fn is_same_value(a: &str, b: &str) -> bool {
    let instant = |text: &str| DateTime::parse_from_rfc3339(text).ok();
    a == b || (instant(a).is_some() && instant(a) == instant(b))
}

fn body(
    fixture: &'static VersionFixture,
    operation: &Operation<'_>,
    expected: &Value,
    sent: &Value,
) -> Result<(), String> {
    if let Some(difference) = fixture.difference().find(expected, sent) {
        return Err(format!(
            "body{difference}\nexpected {expected}\nreceived {sent}"
        ));
    }
    // In an update, null clears the stored value. Otherwise, null is equivalent to a missing property.
    match (operation.method.as_str(), nulls(expected), nulls(sent)) {
        ("PATCH", expected, sent) if expected != sent => {
            Err(format!("expected {expected:?} to be cleared, not {sent:?}"))
        }
        _ => Ok(()),
    }
}

/// Returns the properties of an object that are null.
fn nulls(value: &Value) -> Vec<&str> {
    let entries = value.as_object().into_iter().flatten();
    let mut nulls: Vec<&str> = entries
        .filter(|(_, value)| value.is_null())
        .map(|(key, _)| key.as_str())
        .collect();
    nulls.sort_unstable();
    nulls
}

/// Compares forms, which contain only strings and no null.
fn form(expected: &Value, sent: &[u8]) -> Result<(), String> {
    let sent: Map<String, Value> = form_urlencoded::parse(sent)
        .map(|(key, text)| (key.into_owned(), Value::from(text)))
        .collect();
    let expected = expected.as_object().into_iter().flatten();
    let expected: Map<String, Value> = expected
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| (key.clone(), Value::from(text(value))))
        .collect();
    match expected == sent {
        true => Ok(()),
        false => Err(format!("expected the form {expected:?}, received {sent:?}")),
    }
}
