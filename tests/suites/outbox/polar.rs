//! A simulated Polar server that deduplicates events by their external IDs.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use polar_client::transport::{Body, BoxFuture, Transport, TransportError, TransportErrorKind};
use polar_client::types::JsonValue;
use polar_client::v2026_10::API_VERSION;
use serde_json::json;

#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The external IDs of the stored events.
    pub(crate) stored: BTreeSet<String>,
    /// The stored events.
    pub(crate) events: Vec<JsonValue>,
    /// The number of received events that were accepted, including duplicates.
    pub(crate) received: usize,
    /// The number of requests that failed.
    pub(crate) failed: usize,
    pub(crate) is_down: bool,
    /// The maximum time in milliseconds between storing events and the response.
    pub(crate) delay: u64,
    /// The server rejects events with this name.
    pub(crate) rejected: Option<&'static str>,
    /// Whether the server rejects every timestamp as one in the future.
    pub(crate) rejects_timestamps: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct StandIn(Arc<Mutex<Seen>>);

impl StandIn {
    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap()
    }

    pub(crate) fn stored(&self) -> BTreeSet<String> {
        self.seen().stored.clone()
    }
}

impl Transport for StandIn {
    fn execute(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin(async move {
            let response = self.seen().respond(&request);
            let delay = self.seen().delay;
            // Blocks only the thread of the server.
            std::thread::sleep(Duration::from_millis(fastrand::u64(0..=delay)));
            response
        })
    }
}

impl Seen {
    fn respond(
        &mut self,
        request: &http::Request<Bytes>,
    ) -> Result<http::Response<Body>, TransportError> {
        if self.is_down {
            self.failed += 1;
            let kind = TransportErrorKind::Connect;
            return Err(TransportError::new(kind, "the server is down"));
        }
        let body: JsonValue = serde_json::from_slice(request.body()).unwrap();
        let events = body["events"].as_array().unwrap();
        let problems: Vec<JsonValue> = (0..events.len())
            .filter_map(|index| self.problem(index, &events[index]))
            .collect();
        let (status, body) = match problems.is_empty() {
            true => (200, self.store(events)),
            false => (
                422,
                json!({ "error": "RequestValidationError", "detail": problems }),
            ),
        };
        let response = http::Response::builder()
            .status(status)
            .header("content-type", "application/json")
            .header("polar-version", API_VERSION);
        Ok(response.body(Body::from(body.to_string())).unwrap())
    }

    fn problem(&self, index: usize, event: &JsonValue) -> Option<JsonValue> {
        let problem = |key: &str, message: &str| {
            Some(json!({
                "loc": ["body", "events", index, key], "msg": message, "type": "value_error", "input": null
            }))
        };
        if self.rejected.is_some_and(|name| event["name"] == name) {
            return problem("name", "is wrong");
        }
        let has_timestamp = event.get("timestamp").is_some();
        match self.rejects_timestamps && has_timestamp {
            true => problem("timestamp", "is in the future"),
            false => None,
        }
    }

    fn store(&mut self, events: &[JsonValue]) -> JsonValue {
        let mut inserted = 0;
        for event in events {
            let id = event["external_id"].as_str().unwrap().to_owned();
            if self.stored.insert(id) {
                self.events.push(event.clone());
                inserted += 1;
            }
        }
        self.received += events.len();
        json!({ "inserted": inserted, "duplicates": events.len() - inserted })
    }
}
