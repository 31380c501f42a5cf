//! Access to the fields of an event, and its customer.

use std::fmt;

use super::number::Number;

/// The customer, as in keys of the shared state: `external:u-1` or `customer:<UUID>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Identity(String);

impl Identity {
    const CUSTOMER: &'static str = "customer";
    const EXTERNAL: &'static str = "external";

    /// Identifies a customer by the ID at Polar.
    pub(crate) fn customer(id: impl fmt::Display) -> Self {
        Self(format!("{}:{id}", Self::CUSTOMER))
    }

    /// Identifies a customer by an external ID.
    pub(crate) fn external(id: impl fmt::Display) -> Self {
        Self(format!("{}:{id}", Self::EXTERNAL))
    }

    /// Returns the key and the value that identify the customer in a message to Polar.
    pub(super) fn parameter(&self) -> (&'static str, &str) {
        match self.0.split_once(':') {
            Some((Self::CUSTOMER, id)) => ("customer_id", id),
            Some((_, id)) => ("external_customer_id", id),
            None => ("external_customer_id", &self.0),
        }
    }

    /// Returns the name of the customer's state for a reducer.
    pub(super) fn state(&self, reducer: &str) -> String {
        format!("{}:{reducer}", self.0)
    }
}

/// An event, as filters and aggregations read it.
pub(crate) trait Usage {
    /// Returns the name.
    fn name(&self) -> &str;

    /// Returns the timestamp, in microseconds since 1970.
    fn micros(&self) -> i64;

    /// Returns the value at a path into the metadata.
    fn metadata(&self, path: &[String]) -> Option<Value<'_>>;
}

/// The value of a property.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    String(&'a str),
    Number(Number),
    Boolean(bool),
    /// An object: present, but equal to nothing.
    Other,
}

/// The property that a filter or an aggregation reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Property {
    Name,
    Source,
    /// The timestamp, in whole seconds since 1970.
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
            // System events are Polar's own; tracked events come from users.
            Self::Source => Some(Value::String("user")),
            Self::Timestamp => Some(Value::Number(Number::from(usage.micros() / 1_000_000))),
            Self::Metadata(path) => usage.metadata(path),
        }
    }
}
