//! Webhook deliveries of a real server, from `fixtures/recorded/webhooks.jsonl`.
//!
//! They are not masked, because signatures would not match otherwise. The server, its endpoints and secrets were
//! created for the recording and then deleted.

use serde_json::Value;

const DELIVERIES: &str = include_str!("../fixtures/recorded/webhooks.jsonl");

/// A delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The secret of the endpoint.
    pub secret: String,
    /// Names and values of the headers.
    pub headers: Vec<(String, String)>,
    /// The signed body.
    pub body: String,
}

impl Recorded {
    /// Returns the value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let mut headers = self.headers.iter();
        headers
            .find(|(header, _)| header == name)
            .map_or("", |(_, value)| value)
    }
}

/// Returns one delivery of each event type, and one for each chat format.
#[must_use]
pub fn recorded_deliveries() -> Vec<Recorded> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let read = |line| {
        let row: Value = serde_json::from_str(line).unwrap_or_default();
        let headers = row["headers"].as_object().into_iter().flatten();
        Recorded {
            secret: text(&row["secret"]),
            headers: headers
                .map(|(name, value)| (name.clone(), text(value)))
                .collect(),
            body: text(&row["body"]),
        }
    };
    DELIVERIES.lines().map(read).collect()
}
