//! Metadata of an event: values that meters aggregate and filter by.

use std::collections::BTreeMap;

use crate::codec::{Decode, Encode, FieldWriter, Model, Node, Object, View, optional};
use crate::types::{Decimal, JsonValue};

/// The metadata of an event: values by key, and the two structured entries `_cost` and `_llm`.
#[derive(Clone, Default)]
pub struct Metadata {
    /// What the usage cost you.
    pub cost: Option<Cost>,
    /// The call of a language model.
    pub llm: Option<Llm>,
    /// All other values.
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

/// A value of an event's metadata.
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
            // Anything but a number is reported as a problem.
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

/// What the usage cost you.
#[derive(Clone)]
#[non_exhaustive]
pub struct Cost {
    /// In US cents; fractions of a cent are allowed. At most 5 digits before the decimal point and 12 after it.
    pub amount: Decimal,
    /// The currency. Polar accepts only `usd`.
    pub currency: String,
}

impl Cost {
    /// Creates a cost in US cents.
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

/// How many tokens a call of a language model used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenUsage {
    /// Tokens of the input, the cached ones included.
    pub input: i64,
    /// Cached tokens of the input, if they are known.
    pub cached_input: Option<i64>,
    /// Tokens of the output.
    pub output: i64,
}

impl TokenUsage {
    /// Returns the sum of input and output tokens.
    pub(super) fn total(&self) -> i64 {
        self.input.saturating_add(self.output)
    }
}

/// A call of a language model.
#[derive(Clone)]
#[non_exhaustive]
pub struct Llm {
    /// The vendor, such as `anthropic`.
    pub vendor: String,
    /// The model.
    pub model: String,
    /// The prompt, if Polar should store it.
    pub prompt: Option<String>,
    /// The response, if Polar should store it.
    pub response: Option<String>,
    /// The tokens. Their sum is sent as the total.
    pub usage: TokenUsage,
}

impl Llm {
    /// Creates a call without prompt and response.
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
