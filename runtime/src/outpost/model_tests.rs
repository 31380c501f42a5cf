//! Property tests: random reducers, events and snapshots, compared with a simple model that searches a list of all
//! events by the JSON of the filter.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

use fastrand::Rng;
use serde_json::json;

use super::message::{Message, Snapshot};
use super::number::Number;
use super::reducer::{BUCKET, Reducer, bucket};
use super::state::State;
use super::usage::{Usage, Value};
use crate::types::JsonValue;

const START: i64 = 1_790_000_000_000_000;
const METER: &str = "meter";

/// An event as JSON.
#[derive(Clone)]
struct Event {
    name: &'static str,
    micros: i64,
    metadata: JsonValue,
}

impl Usage for Event {
    fn name(&self) -> &str {
        self.name
    }

    fn micros(&self) -> i64 {
        self.micros
    }

    fn metadata(&self, path: &[String]) -> Option<Value<'_>> {
        let value = path.iter().try_fold(&self.metadata, |it, key| it.get(key));
        Some(match value? {
            JsonValue::Null => return None,
            JsonValue::Bool(boolean) => Value::Boolean(*boolean),
            JsonValue::String(text) => Value::String(text),
            JsonValue::Number(number) => Value::Number(Number::from_f64(number.as_f64()?)?),
            _ => Value::Other,
        })
    }
}

fn pick<T: Copy>(random: &mut Rng, choices: &[T]) -> T {
    choices[random.usize(..choices.len())]
}

/// Multiples of a quarter, which doubles and their sums represent exactly.
fn number(random: &mut Rng) -> f64 {
    f64::from(random.i32(-8..40)) / 4.0
}

fn value(random: &mut Rng) -> JsonValue {
    match random.u8(..6) {
        0 => json!(random.bool()),
        1 => json!(pick(random, &["a", "b", "call", "10"])),
        2 => json!(random.i32(-2..10)),
        3 => json!({ "deep": number(random) }),
        _ => json!(number(random)),
    }
}

fn event(random: &mut Rng) -> Event {
    let mut metadata = json!({});
    for key in ["units", "region", "nested"] {
        if random.u8(..5) > 0 {
            metadata[key] = value(random);
        }
    }
    Event {
        name: pick(random, &["call", "b"]),
        micros: START + random.i64(0..6 * BUCKET),
        metadata,
    }
}

const PROPERTIES: [&str; 8] = [
    "name",
    "source",
    "timestamp",
    "units",
    "metadata.units",
    "region",
    "nested.deep",
    "metadata.nested.deep.er",
];

fn filter(random: &mut Rng, depth: u8) -> JsonValue {
    if depth == 0 || random.u8(..3) == 0 {
        let property = pick(random, &PROPERTIES);
        let value = match (property, random.u8(..4)) {
            ("timestamp", 0..3) => json!((START + random.i64(0..6 * BUCKET)) / 1_000_000),
            (_, 3) => json!("user"),
            _ => match value(random) {
                JsonValue::Object(_) => json!(1),
                value => value,
            },
        };
        let operator = pick(random, &["eq", "ne", "gt", "gte", "lt", "lte"]);
        return json!({ "property": property, "operator": operator, "value": value });
    }
    let clauses: Vec<JsonValue> = (0..random.u8(..4))
        .map(|_| filter(random, depth - 1))
        .collect();
    json!({ "conjunction": pick(random, &["and", "or"]), "clauses": clauses })
}

fn reducer(random: &mut Rng) -> JsonValue {
    let function = pick(random, &["count", "sum", "min", "max", "avg"]);
    let aggregation = match function {
        "count" => json!({ "func": "count" }),
        _ => json!({ "func": function, "property": pick(random, &PROPERTIES) }),
    };
    json!({
        "id": "r", "filter": filter(random, 3), "aggregation": aggregation, "meter_ids": [METER],
    })
}

/// The model: everything in doubles, one event after the other.
mod naive {
    use super::*;

    pub(super) fn property(event: &Event, property: &str) -> Option<JsonValue> {
        match property {
            "name" => Some(json!(event.name)),
            "source" => Some(json!("user")),
            "timestamp" => Some(json!(event.micros / 1_000_000)),
            path => {
                let pointer = path.trim_start_matches("metadata.").replace('.', "/");
                event.metadata.pointer(&format!("/{pointer}")).cloned()
            }
        }
    }

    pub(super) fn matches(event: &Event, filter: &JsonValue) -> bool {
        let Some(name) = filter["property"].as_str() else {
            let clauses = filter["clauses"].as_array().unwrap();
            return match filter["conjunction"].as_str().unwrap() {
                "and" => clauses.iter().all(|clause| matches(event, clause)),
                _ => clauses.iter().any(|clause| matches(event, clause)),
            };
        };
        let Some(actual) = property(event, name) else {
            return false;
        };
        let expected = &filter["value"];
        let as_number = |json: &JsonValue| match json {
            JsonValue::Bool(boolean) => Some(f64::from(u8::from(*boolean))),
            json => json.as_f64(),
        };
        let equal = match (as_number(&actual), as_number(expected)) {
            (Some(actual), Some(expected)) => actual == expected,
            _ => actual == *expected,
        };
        let order = match (&actual, expected) {
            (JsonValue::String(actual), JsonValue::String(expected)) => {
                actual.partial_cmp(expected)
            }
            (JsonValue::Number(actual), JsonValue::Number(expected)) => {
                actual.as_f64().partial_cmp(&expected.as_f64())
            }
            _ => None,
        };
        match filter["operator"].as_str().unwrap() {
            "eq" => equal,
            "ne" => !equal,
            "gt" => order.is_some_and(|it| it.is_gt()),
            "gte" => order.is_some_and(|it| it.is_ge()),
            "lt" => order.is_some_and(|it| it.is_lt()),
            _ => order.is_some_and(|it| it.is_le()),
        }
    }

    /// Returns the values that the events of a reducer have.
    pub(super) fn values(events: &[Event], reducer: &JsonValue) -> Vec<f64> {
        let matching = events.iter().filter(|it| matches(it, &reducer["filter"]));
        let values =
            matching.filter_map(|event| match reducer["aggregation"]["property"].as_str() {
                None => Some(1.0),
                Some(name) => property(event, name)?.as_f64(),
            });
        values.collect()
    }

    pub(super) fn consumed(cold: &JsonValue, values: &[f64], function: &str) -> f64 {
        let cold = |key: &str| cold[key].as_f64();
        let count = cold("count").unwrap() + values.len() as f64;
        let sum = cold("sum").unwrap() + values.iter().sum::<f64>();
        let all = || values.iter().copied();
        match function {
            "count" => count,
            "sum" => sum,
            "min" => all().chain(cold("min")).reduce(f64::min).unwrap_or(0.0),
            "max" => all().chain(cold("max")).reduce(f64::max).unwrap_or(0.0),
            _ if count == 0.0 => 0.0,
            _ => sum / count,
        }
    }
}

fn snapshot(random: &mut Rng) -> JsonValue {
    let count = random.i64(0..20);
    let bounds = (count > 0).then(|| (number(random), number(random)));
    json!({
        "external_customer_id": "u-1", "customer_id": null, "customer_exists": true,
        "meter_id": METER, "version": random.i64(0..8),
        "cold_until": START + random.i64(-1..5) * BUCKET + random.i64(..2),
        "count": count, "sum": number(random), "credited_units": number(random),
        "min": bounds.map(|(a, b)| a.min(b)), "max": bounds.map(|(a, b)| a.max(b)),
    })
}

fn parsed(payload: &JsonValue) -> Snapshot {
    let text = json!({ "type": "meter_usage", "payload": payload }).to_string();
    match Message::parse(&text).unwrap() {
        Message::Snapshot(snapshot) => *snapshot,
        other => panic!("{other:?}"),
    }
}

#[test]
fn reduction_is_that_of_the_model() {
    for seed in 0..500 {
        let mut random = Rng::with_seed(seed);
        let json = reducer(&mut random);
        let reducer = Reducer::parse(&json, 0).unwrap();
        let rule = reducer.rule.as_ref().unwrap();
        let mut state = State::default();
        let (mut events, mut cold, mut credited): (Vec<Event>, Option<JsonValue>, _) =
            (Vec::new(), None, None::<(i64, f64)>);
        for step in 0..random.u32(..60) {
            if random.u8(..6) > 0 {
                let event = event(&mut random);
                let start = bucket(event.micros);
                if let Some(statistics) = rule.reduce(&event) {
                    state.add(start, &statistics).unwrap();
                }
                let until = cold.as_ref().and_then(|cold| cold["cold_until"].as_i64());
                if until.is_none_or(|until| start >= until) {
                    events.push(event);
                }
            } else {
                let next = snapshot(&mut random);
                state.apply(&parsed(&next));
                let (until, version) = (&next["cold_until"], next["version"].as_i64().unwrap());
                let is_older = |cold: &JsonValue| cold["cold_until"].as_i64() > until.as_i64();
                if !cold.as_ref().is_some_and(is_older) {
                    if credited.is_none_or(|(known, _)| version >= known) {
                        credited = Some((version, next["credited_units"].as_f64().unwrap()));
                    }
                    if cold
                        .as_ref()
                        .is_none_or(|it| version >= it["version"].as_i64().unwrap())
                    {
                        let until = until.as_i64().unwrap();
                        events.retain(|event| bucket(event.micros) >= until);
                        cold = Some(next);
                    }
                }
            }
            let reading = state.reading(METER, rule.function);
            let expected = cold.as_ref().zip(credited).map(|(cold, (_, credited))| {
                let function = json["aggregation"]["func"].as_str().unwrap();
                let values = naive::values(&events, &json);
                let consumed = naive::consumed(cold, &values, function);
                (consumed, credited)
            });
            let actual = reading.map(|it| (double(it.consumed), double(it.credited)));
            assert_eq!(actual, expected, "seed {seed}, step {step}: {json}");
        }
    }
}

fn double(number: Number) -> f64 {
    number.to_string().parse().unwrap()
}
