//! What is read of an event, and who it belongs to.

use std::fmt;

use super::number::Number;

/// Whose usage it is, as it is written in keys of the shared state: `external:u-1` or `customer:<UUID>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Identity(String);

impl Identity {
    const CUSTOMER: &'static str = "customer";
    const EXTERNAL: &'static str = "external";

    /// The customer with this ID at Polar.
    pub(crate) fn customer(id: impl fmt::Display) -> Self {
        Self(format!("{}:{id}", Self::CUSTOMER))
    }

    /// The customer with this ID in the program's own database.
    pub(crate) fn external(id: impl fmt::Display) -> Self {
        Self(format!("{}:{id}", Self::EXTERNAL))
    }

    /// The key and the value that name the customer in a message to Polar.
    pub(super) fn parameter(&self) -> (&'static str, &str) {
        match self.0.split_once(':') {
            Some((Self::CUSTOMER, id)) => ("customer_id", id),
            Some((_, id)) => ("external_customer_id", id),
            None => ("external_customer_id", &self.0),
        }
    }

    /// The name of the customer's state for a reducer.
    pub(super) fn state(&self, reducer: &str) -> String {
        format!("{}:{reducer}", self.0)
    }
}

/// An event, as filters and aggregations read it.
pub(crate) trait Usage {
    /// The name.
    fn name(&self) -> &str;

    /// When it happened, in microseconds since 1970.
    fn micros(&self) -> i64;

    /// The value at a path into the metadata.
    fn metadata(&self, path: &[String]) -> Option<Value<'_>>;
}

/// The value of a property.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    Number(Number),
    Boolean(bool),
    /// An object: present, but equal to nothing.
    Other,
}

/// What a filter or an aggregation reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Property {
    Name,
    Source,
    /// Whole seconds since 1970.
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
            Self::Name => Some(Value::Text(usage.name())),
            // Events of the system are Polar's own; what is tracked comes from users.
            Self::Source => Some(Value::Text("user")),
            Self::Timestamp => Some(Value::Number(Number::from(usage.micros() / 1_000_000))),
            Self::Metadata(path) => usage.metadata(path),
        }
    }
}
