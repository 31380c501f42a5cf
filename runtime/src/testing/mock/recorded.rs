//! `Recorded`: the requests that a mock has received.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, Request};

use crate::client::Operation;
use crate::secrets::{REDACTED, is_secret_key, is_secret_text};
use crate::testing::route;
use crate::types::JsonValue;

/// A request that a [`Mock`](super::Mock) has received. Returned by [`Mock::requests`](super::Mock::requests).
#[derive(Clone)]
pub struct Recorded {
    operation: &'static Operation,
    path: Vec<(&'static str, String)>,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
}

impl Recorded {
    pub(super) fn of(operation: &'static Operation, request: &Request<Bytes>) -> Self {
        let query = request.uri().query().unwrap_or_default();
        let path = route::parameters(operation.path, request.uri().path());
        Self {
            operation,
            path: path.unwrap_or_default(),
            query: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            headers: request.headers().clone(),
            body: request.body().clone(),
        }
    }

    /// Returns the operation of the request.
    #[must_use]
    pub fn operation(&self) -> &'static Operation {
        self.operation
    }

    /// Returns the value of a path parameter; `None` if the path has no such parameter.
    #[must_use]
    pub fn path(&self, name: &str) -> Option<&str> {
        let (_, value) = self.path.iter().find(|(other, _)| *other == name)?;
        Some(value)
    }

    /// Returns the names and values of all query parameters, in order.
    #[must_use]
    pub fn query(&self) -> &[(String, String)] {
        &self.query
    }

    /// Returns all values of a query parameter, in order.
    pub fn query_values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let pairs = self.query.iter().filter(move |(key, _)| key == name);
        pairs.map(|(_, value)| value.as_str())
    }

    /// Returns the value of a header; `None` if the header is missing or not visible ASCII.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the body as it was sent.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Returns the body as JSON. Returns null if the body is not JSON.
    #[must_use]
    pub fn json(&self) -> JsonValue {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Shows the call on one line, without values that look like secrets.
impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.operation.id)?;
        let path = self.path.iter().map(|(name, value)| (*name, value));
        let query = self.query.iter().map(|(name, value)| (&**name, value));
        for (index, (name, value)) in path.chain(query).enumerate() {
            let before = if index == 0 { " with" } else { "," };
            let value = if is_secret_key(name) || is_secret_text(value) {
                REDACTED
            } else {
                value
            };
            write!(f, "{before} {name}={value}")?;
        }
        if !self.body.is_empty() {
            write!(f, ", and a body of {} bytes", self.body.len())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recorded({self})")
    }
}
