//! What a real server delivered to endpoints for webhooks, as `fixtures/recorded/webhooks.jsonl` has it.
//!
//! Nothing is masked there, or the signatures would not be those of the bodies. Server, endpoints and secrets were made for
//! the recording and are gone.

use serde_json::Value;

const DELIVERIES: &str = include_str!("../fixtures/recorded/webhooks.jsonl");

/// A delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The secret of the endpoint.
    pub secret: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// What was signed.
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

/// One delivery of each type of event, and one for each kind of chat.
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
