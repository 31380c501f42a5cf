//! How an Outpost reads events: their customer and their properties.

use std::fmt;

use super::number::Number;

/// A customer, in the form that is part of keys in Redis: `external:u-1` or `customer:<UUID>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Identity(String);

impl Identity {
    const CUSTOMER: &'static str = "customer";
    const EXTERNAL: &'static str = "external";

    /// Returns the identity of a customer with this ID at Polar.
    pub(crate) fn customer(id: impl fmt::Display) -> Self {
        Self(format!("{}:{id}", Self::CUSTOMER))
    }

    /// Returns the identity of a customer with this external ID.
    pub(crate) fn external(id: impl fmt::Display) -> Self {
        Self(format!("{}:{id}", Self::EXTERNAL))
    }

    /// Returns the property that identifies the customer in a message to Polar: its key and its value.
    pub(super) fn parameter(&self) -> (&'static str, &str) {
        match self.0.split_once(':') {
            Some((Self::CUSTOMER, id)) => ("customer_id", id),
            Some((_, id)) => ("external_customer_id", id),
            None => ("external_customer_id", &self.0),
        }
    }

    /// Returns the name of the state of this customer for a reducer.
    pub(super) fn state(&self, reducer: &str) -> String {
        format!("{}:{reducer}", self.0)
    }
}

/// An event whose properties filters and aggregations can read.
pub(crate) trait Usage {
    /// Returns the name of the event.
    fn name(&self) -> &str;

    /// Returns the timestamp of the event, in microseconds since 1970.
    fn micros(&self) -> i64;

    /// Returns the value at a path in the metadata: several keys lead into nested objects.
    fn metadata(&self, path: &[String]) -> Option<Value<'_>>;
}

/// The value of a property.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    String(&'a str),
    Number(Number),
    Boolean(bool),
    /// An object. It exists, but it is not equal to any value.
    Other,
}

/// The property that a filter or an aggregation reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Property {
    Name,
    Source,
    /// The timestamp of the event, in whole seconds since 1970.
    Timestamp,
    Metadata(Vec<String>),
}

impl Property {
    pub(super) fn parse(text: &str) -> Self {
        match text {
            "name" => Self::Name,
            "source" => Self::Source,
            "timestamp" => Self::Timestamp,
            path => {
                let path = path.strip_prefix("metadata.").unwrap_or(path);
                Self::Metadata(path.split('.').map(str::to_owned).collect())
            }
        }
    }

    pub(super) fn read<'a>(&self, usage: &'a (impl Usage + ?Sized)) -> Option<Value<'a>> {
        match self {
            Self::Name => Some(Value::String(usage.name())),
            // Events with the source `system` are created by Polar. Tracked events have the source `user`.
            Self::Source => Some(Value::String("user")),
            Self::Timestamp => Some(Value::Number(Number::from(usage.micros() / 1_000_000))),
            Self::Metadata(path) => usage.metadata(path),
        }
    }
}
