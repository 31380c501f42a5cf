//! Conversions between the types of metering and those of an Outpost.

use std::time::Duration;

use super::balance::{Balance, Source};
use super::customer::Customer;
use super::event::UsageEvent;
use super::metadata::{Llm, Metadata, MetadataValue};
use crate::outpost::{Identity, Number, Reading, Usage, Value};

impl From<&Customer> for Identity {
    fn from(customer: &Customer) -> Self {
        match customer {
            Customer::Id { customer_id, .. } => Self::customer(customer_id),
            Customer::External { customer_id, .. } => Self::external(customer_id),
        }
    }
}

impl Usage for UsageEvent {
    fn name(&self) -> &str {
        &self.name
    }

    fn micros(&self) -> i64 {
        let timestamp = self.timestamp.as_ref();
        timestamp.map_or(0, |timestamp| timestamp.timestamp_micros())
    }

    fn metadata(&self, path: &[String]) -> Option<Value<'_>> {
        let Metadata { cost, llm, values } = &self.metadata;
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match *path {
            ["_cost"] => cost.as_ref().map(|_| Value::Other),
            ["_llm"] => llm.as_ref().map(|_| Value::Other),
            // Filters see the amount as a string, because it is sent as one.
            ["_cost", "amount"] => cost.as_ref().map(|it| Value::String(it.amount.as_str())),
            ["_cost", "currency"] => cost.as_ref().map(|it| Value::String(&it.currency)),
            ["_llm", key] => llm_value(llm.as_ref()?, key),
            [key] => value(values.get(key)?),
            _ => None,
        }
    }
}

fn value(value: &MetadataValue) -> Option<Value<'_>> {
    Some(match value {
        MetadataValue::String(text) => Value::String(text),
        MetadataValue::Integer(integer) => Value::Number(Number::from(*integer)),
        MetadataValue::Float(float) => Value::Number(Number::from_f64(*float)?),
        MetadataValue::Boolean(boolean) => Value::Boolean(*boolean),
    })
}

fn llm_value<'a>(llm: &'a Llm, key: &str) -> Option<Value<'a>> {
    let usage = &llm.usage;
    let number = |value: i64| Some(Value::Number(Number::from(value)));
    match key {
        "vendor" => Some(Value::String(&llm.vendor)),
        "model" => Some(Value::String(&llm.model)),
        "prompt" => llm.prompt.as_deref().map(Value::String),
        "response" => llm.response.as_deref().map(Value::String),
        "input_tokens" => number(usage.input),
        "cached_input_tokens" => number(usage.cached_input?),
        "output_tokens" => number(usage.output),
        "total_tokens" => number(usage.total()),
        _ => None,
    }
}

/// Converts the values of a meter to a local balance.
pub(super) fn balance(reading: Reading, age: Duration) -> Balance {
    Balance {
        consumed: reading.consumed.into(),
        credited: reading.credited.into(),
        balance: reading.balance.into(),
        source: Source::Local,
        age,
    }
}
