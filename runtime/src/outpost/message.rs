//! The messages on the WebSocket: JSON objects with the properties `type` and `payload`.

use serde_json::json;

use super::number::Number;
use super::statistics::Statistics;
use super::usage::Identity;
use crate::types::JsonValue;

/// A message from Polar.
#[derive(Debug)]
pub(super) enum Message {
    /// The configuration with the reducers, as JSON.
    Configuration(JsonValue),
    Snapshot(Box<Snapshot>),
    /// A response to a request for a snapshot: Polar does not know the customer.
    Missing {
        customer: Identity,
        meter: String,
    },
    /// Any other message.
    Other,
}

/// The statistics and credits of a customer and a meter, up to a point in time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Snapshot {
    pub(super) customer: Identity,
    pub(super) meter: String,
    pub(super) version: i64,
    /// The time up to which the statistics include events, in microseconds since 1970.
    pub(super) cold_until: i64,
    pub(super) statistics: Statistics,
    pub(super) credited: Number,
}

impl Message {
    /// Parses a message. The error describes the problem.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let message: JsonValue = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let payload = message.get("payload").unwrap_or(&JsonValue::Null);
        match message.get("type").and_then(JsonValue::as_str) {
            Some("configuration") => Ok(Self::Configuration(payload.clone())),
            Some("meter_usage") => usage(payload),
            Some(_) => Ok(Self::Other),
            None => Err("the message has no type".to_owned()),
        }
    }
}

fn usage(payload: &JsonValue) -> Result<Message, String> {
    let id = |key: &str| payload.get(key).and_then(JsonValue::as_str);
    let customer = match (id("customer_id"), id("external_customer_id")) {
        (Some(id), None) => Identity::customer(id),
        (None, Some(id)) => Identity::external(id),
        // Without a customer, it is unknown which state it changes.
        _ => return Ok(Message::Other),
    };
    let meter = id("meter_id").ok_or("meter_id is missing")?.to_owned();
    if payload.get("customer_exists").and_then(JsonValue::as_bool) == Some(false) {
        return Ok(Message::Missing { customer, meter });
    }
    let integer = |key: &str| {
        let value = payload.get(key).and_then(whole);
        value.ok_or_else(|| format!("{key} is not an integer"))
    };
    let number = |key: &str| match payload.get(key) {
        None | Some(JsonValue::Null) => Ok(None),
        Some(value) => match Number::from_json(value) {
            None => Err(format!("{key} is not a finite number")),
            number => Ok(number),
        },
    };
    let required = |key: &str| number(key)?.ok_or_else(|| format!("{key} is missing"));
    Ok(Message::Snapshot(Box::new(Snapshot {
        version: integer("version")?,
        cold_until: integer("cold_until")?,
        statistics: Statistics {
            count: integer("count")?,
            sum: required("sum")?,
            min: number("min")?,
            max: number("max")?,
        },
        credited: required("credited_units")?,
        customer,
        meter,
    })))
}

/// Returns an integer, which may be written as `1.0`.
fn whole(value: &JsonValue) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let float = || {
        value
            .as_f64()
            .filter(|it| it.fract() == 0.0 && it.abs() <= EXACT)
    };
    value.as_i64().or_else(|| float().map(|it| it as i64))
}

/// Returns the message that requests the configuration.
pub(super) fn configuration_request() -> String {
    json!({ "type": "configuration" }).to_string()
}

/// Returns the message that requests snapshots of a customer and a meter.
pub(super) fn usage_request(customer: &Identity, meter: &str) -> String {
    let (key, id) = customer.parameter();
    json!({ "type": "meter_usage", "payload": { key: id, "meter_id": meter } }).to_string()
}
