//! Reads token usage from a span, by OpenTelemetry's conventions for generative AI.

use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;
use uuid::Uuid;

const CUSTOMER_ID: &str = "customerId";
const EXTERNAL_CUSTOMER_ID: &str = "externalCustomerId";

// Names of attributes. The names of the current conventions come first, then those of earlier ones.
const VENDOR: [&str; 2] = ["gen_ai.provider.name", "gen_ai.system"];
const MODEL: [&str; 2] = ["gen_ai.response.model", "gen_ai.request.model"];
const INPUT: [&str; 2] = ["gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"];
const CACHED: [&str; 1] = ["gen_ai.usage.cache_read.input_tokens"];
const OUTPUT: [&str; 2] = [
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
];

/// The value for a vendor or model that the span does not name.
const UNKNOWN: &str = "unknown";

/// The token usage of one call of a language model, read from a span.
///
/// Prompts, completions and other attributes of the span are not included.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LlmUsage {
    /// The name of the span.
    pub name: String,
    /// The customer to bill.
    pub customer: UsageCustomer,
    /// The provider of the model, from `gen_ai.provider.name`. `unknown` if the span does not contain it.
    pub vendor: String,
    /// The name of the model, from `gen_ai.response.model` or else `gen_ai.request.model`. `unknown` if the span
    /// contains neither.
    pub model: String,
    /// The number of input tokens, from `gen_ai.usage.input_tokens`. 0 if the span does not contain it.
    pub input_tokens: i64,
    /// The number of input tokens that were read from a cache, from `gen_ai.usage.cache_read.input_tokens`. `None` if
    /// the span does not contain it.
    pub cached_input_tokens: Option<i64>,
    /// The number of output tokens, from `gen_ai.usage.output_tokens`. 0 if the span does not contain it.
    pub output_tokens: i64,
    /// The sum of input and output tokens.
    pub total_tokens: i64,
}

/// The customer in the attributes of a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsageCustomer {
    /// The ID of the customer at Polar, from the attribute `customerId`.
    Id(Uuid),
    /// The external ID of the customer, from the attribute `externalCustomerId`.
    External(String),
}

impl LlmUsage {
    /// Reads the usage from a span. Returns `None` if the span has no token count or no customer.
    pub(super) fn of(span: &SpanData) -> Option<Self> {
        let span_attributes = span.attributes.as_slice();
        let (input, output) = (
            count(span_attributes, &INPUT),
            count(span_attributes, &OUTPUT),
        );
        if input.is_none() && output.is_none() {
            return None;
        }
        let (input, output) = (input.unwrap_or(0), output.unwrap_or(0));
        let named = |names| string(span_attributes, names).unwrap_or_else(|| UNKNOWN.to_owned());
        Some(Self {
            name: span.name.to_string(),
            customer: customer(span_attributes)?,
            vendor: named(&VENDOR),
            model: named(&MODEL),
            input_tokens: input,
            cached_input_tokens: count(span_attributes, &CACHED),
            output_tokens: output,
            total_tokens: input.saturating_add(output),
        })
    }
}

fn customer(attributes: &[KeyValue]) -> Option<UsageCustomer> {
    let id = string(attributes, &[CUSTOMER_ID]).and_then(|id| id.parse().ok());
    let external = || string(attributes, &[EXTERNAL_CUSTOMER_ID]).map(UsageCustomer::External);
    id.map(UsageCustomer::Id).or_else(external)
}

/// Returns the first of these attributes that is a non-empty string.
fn string(attributes: &[KeyValue], names: &[&str]) -> Option<String> {
    find(attributes, names, |value| match value {
        Value::String(text) if !text.as_str().is_empty() => Some(text.to_string()),
        _ => None,
    })
}

/// Returns the first of these attributes that is a number of tokens.
fn count(attributes: &[KeyValue], names: &[&str]) -> Option<i64> {
    find(attributes, names, |value| match value {
        Value::I64(count) if *count >= 0 => Some(*count),
        _ => None,
    })
}

fn find<T>(
    attributes: &[KeyValue],
    names: &[&str],
    read: impl Fn(&Value) -> Option<T>,
) -> Option<T> {
    names.iter().find_map(|name| {
        let mut named = attributes.iter().filter(|it| it.key.as_str() == *name);
        named.find_map(|it| read(&it.value))
    })
}
