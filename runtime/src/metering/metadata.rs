//! Metadata of usage events.

use std::collections::BTreeMap;

use crate::codec::{Decode, Encode, FieldWriter, Model, Node, Object, View, optional};
use crate::types::{Decimal, JsonValue};

/// The metadata of a usage event: values that meters aggregate and filter by.
#[derive(Clone, Default)]
pub struct Metadata {
    /// What the usage cost you: the entry `_cost`. `None` omits it.
    pub cost: Option<Cost>,
    /// The call of a language model that the event is about: the entry `_llm`. `None` omits it.
    pub llm: Option<Llm>,
    /// All other entries, by key.
    pub values: BTreeMap<String, MetadataValue>,
}

impl Metadata {
    pub(super) fn is_empty(&self) -> bool {
        self.cost.is_none() && self.llm.is_none() && self.values.is_empty()
    }
}

impl Model for Metadata {
    fn read(o: &mut Object<'_, '_>) -> Self {
        Self {
            cost: o.field("_cost"),
            llm: o.field("_llm"),
            values: o.rest(&["_cost", "_llm"]),
        }
    }

    fn write(&self, o: &mut FieldWriter<'_>) {
        o.fields(&[
            ("_cost", optional(&self.cost)),
            ("_llm", optional(&self.llm)),
        ]);
        o.entries(&self.values, &["_cost", "_llm"]);
    }
}

crate::model! {
    Metadata { "_cost" = [], "_llm" = [], "*" = [MinLength(1), MaxLength(500)] }
}

/// A value in the metadata of a usage event. Strings, integers, floats and booleans convert to it.
#[derive(Clone, Debug, PartialEq)]
pub enum MetadataValue {
    /// A string of 1 to 500 characters.
    String(String),
    /// An integer.
    Integer(i64),
    /// A finite number with a fraction.
    Float(f64),
    /// A boolean.
    Boolean(bool),
}

impl Encode for MetadataValue {
    fn view(&self) -> View<'_> {
        match self {
            Self::String(value) => View::String(value),
            Self::Integer(value) => View::Integer(*value),
            Self::Float(value) => View::Float(*value),
            Self::Boolean(value) => View::Boolean(*value),
        }
    }
}

impl Decode for MetadataValue {
    fn decode(node: Node<'_, '_>) -> Self {
        match JsonValue::decode(node) {
            JsonValue::String(value) => Self::String(value),
            JsonValue::Bool(value) => Self::Boolean(value),
            JsonValue::Number(value) if value.is_i64() => {
                Self::Integer(value.as_i64().unwrap_or(0))
            }
            // Reports an error if it is not a number.
            _ => Self::Float(f64::decode(node)),
        }
    }
}

macro_rules! from {
    ($($ty:ty => $variant:ident),* $(,)?) => {
        $(impl From<$ty> for MetadataValue {
            fn from(value: $ty) -> Self {
                Self::$variant(value.into())
            }
        })*
    };
}

from! { &str => String, String => String, i64 => Integer, i32 => Integer, u32 => Integer, f64 => Float, bool => Boolean }

/// What you paid for the usage that an event describes.
#[derive(Clone)]
#[non_exhaustive]
pub struct Cost {
    /// The amount in US cents, possibly with a fraction. At most 5 digits before and 12 after the decimal point.
    pub amount: Decimal,
    /// The currency in lower case. Polar accepts only `usd`.
    pub currency: String,
}

impl Cost {
    /// Creates a cost from an amount in US cents, possibly with a fraction.
    #[must_use]
    pub fn usd_cents(amount: impl Into<Decimal>) -> Self {
        Self {
            amount: amount.into(),
            currency: "usd".to_owned(),
        }
    }
}

impl Model for Cost {
    fn read(o: &mut Object<'_, '_>) -> Self {
        Self {
            amount: o.field("amount"),
            currency: o.field("currency"),
        }
    }

    fn write(&self, o: &mut FieldWriter<'_>) {
        o.fields(&[("amount", &self.amount), ("currency", &self.currency)]);
    }
}

crate::model! {
    Cost { "amount" = [Digits { integer: 5, fraction: 12 }], "currency" = [Pattern("usd")] }
}

/// The numbers of tokens that a call of a language model used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenUsage {
    /// The number of input tokens, including cached ones.
    pub input: i64,
    /// The number of input tokens that were read from a cache. `None` if it is unknown.
    pub cached_input: Option<i64>,
    /// The number of output tokens.
    pub output: i64,
}

impl TokenUsage {
    /// Returns the sum of input and output tokens.
    pub(super) fn total(&self) -> i64 {
        self.input.saturating_add(self.output)
    }
}

/// A call of a language model that a usage event describes: vendor, model and tokens.
#[derive(Clone)]
#[non_exhaustive]
pub struct Llm {
    /// The company that runs the model, such as `anthropic`.
    pub vendor: String,
    /// The name of the model.
    pub model: String,
    /// The prompt, if Polar should store it; `None` omits it.
    pub prompt: Option<String>,
    /// The response of the model, if Polar should store it; `None` omits it.
    pub response: Option<String>,
    /// The numbers of tokens. The sum of input and output tokens is sent as the total.
    pub usage: TokenUsage,
}

impl Llm {
    /// Creates a call from its vendor, model and tokens. Prompt and response are not sent.
    #[must_use]
    pub fn new(vendor: impl Into<String>, model: impl Into<String>, usage: TokenUsage) -> Self {
        Self {
            vendor: vendor.into(),
            model: model.into(),
            prompt: None,
            response: None,
            usage,
        }
    }
}

impl Model for Llm {
    fn read(o: &mut Object<'_, '_>) -> Self {
        Self {
            vendor: o.field("vendor"),
            model: o.field("model"),
            prompt: o.field("prompt"),
            response: o.field("response"),
            usage: TokenUsage {
                input: o.field("input_tokens"),
                cached_input: o.field("cached_input_tokens"),
                output: o.field("output_tokens"),
            },
        }
    }

    fn write(&self, o: &mut FieldWriter<'_>) {
        let usage = &self.usage;
        let total = usage.total();
        o.fields(&[
            ("vendor", &self.vendor),
            ("model", &self.model),
            ("prompt", optional(&self.prompt)),
            ("response", optional(&self.response)),
            ("input_tokens", &usage.input),
            ("cached_input_tokens", optional(&usage.cached_input)),
            ("output_tokens", &usage.output),
            ("total_tokens", &total),
        ]);
    }
}

crate::model! { Llm {} }
