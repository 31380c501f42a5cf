//! A server that deduplicates events by their external IDs, and fails as a test configures it.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use polar_client::transport::{Body, BoxFuture, Transport, TransportError, TransportErrorKind};
use polar_client::types::{JsonValue, Timestamp};
use polar_client::v2026_10::API_VERSION;
use tokio::time::Instant;

/// How one request fails.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The connection fails.
    NoConnection,
    /// The connection breaks before the events are stored.
    Broken,
    /// The events are stored, and the connection breaks before the response.
    StoredAndBroken,
    /// No response.
    NoResponse,
    /// The events are stored, and there is no response.
    StoredWithoutResponse,
    /// A response with a status, a `Retry-After` if it is not empty, and a body.
    Response(u16, &'static str, &'static str),
    /// A response of a proxy with a status and a body, without the version header.
    Gateway(u16, &'static str),
}

/// What the server has seen.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The external IDs of the stored events.
    pub(crate) stored: BTreeSet<String>,
    /// The events of each request, with the time at which it was received.
    pub(crate) requests: Vec<(Instant, Vec<JsonValue>)>,
    /// The bytes of the largest body.
    pub(crate) largest: usize,
    faults: VecDeque<Fault>,
    /// The names of events that it rejects.
    rejected: Vec<&'static str>,
    /// Whether a rejection contains the indexes of the rejected events.
    names_index: bool,
    /// The maximum number of events in a request.
    max_events: Option<usize>,
    /// The name of events that make it fail.
    pub(crate) poison: Option<&'static str>,
    /// How it fails because of them, if not with a 500.
    pub(crate) poison_fault: Option<Fault>,
    /// The maximum size of a body that a gateway in front of it forwards, in bytes.
    pub(crate) gateway: Option<usize>,
    /// Accepts requests, but neither stores nor counts their events.
    pub(crate) counts_nothing: bool,
    /// The counts of each response, accepted and duplicates, regardless of what it stores.
    pub(crate) counts: Option<(i64, i64)>,
    /// Whether a proxy in front of it removes the version from its responses.
    pub(crate) hides_version: bool,
    /// Its time, if it is not that of this machine.
    pub(crate) now: Option<Timestamp>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Server(Arc<Mutex<Seen>>);

impl Server {
    /// Fails in these ways, one request after the other, and works afterwards.
    pub(crate) fn failing(faults: impl IntoIterator<Item = Fault>) -> Self {
        let server = Self::default();
        server.0.lock().unwrap().faults.extend(faults);
        server
    }

    /// Rejects requests with an event of this name, with the index of the event.
    pub(crate) fn rejecting(name: &'static str) -> Self {
        let server = Self::rejecting_without_index(name);
        server.0.lock().unwrap().names_index = true;
        server
    }

    /// Rejects requests with an event of this name, without its index.
    pub(crate) fn rejecting_without_index(name: &'static str) -> Self {
        let server = Self::default();
        server.0.lock().unwrap().rejected.push(name);
        server
    }

    /// Rejects requests with more events than this as too large.
    pub(crate) fn limited_to(max_events: usize) -> Self {
        let server = Self::default();
        server.0.lock().unwrap().max_events = Some(max_events);
        server
    }

    /// Is behind a gateway that rejects bodies with more bytes.
    pub(crate) fn behind_gateway(bytes: usize) -> Self {
        let server = Self::default();
        server.0.lock().unwrap().gateway = Some(bytes);
        server
    }

    /// Responds with 500 to requests with an event of this name.
    pub(crate) fn failing_on(name: &'static str) -> Self {
        let server = Self::default();
        server.0.lock().unwrap().poison = Some(name);
        server
    }

    /// Has another time than this machine, and rejects events of its future.
    pub(crate) fn at(now: &str) -> Self {
        let server = Self::default();
        server.0.lock().unwrap().now = Some(now.parse().unwrap());
        server
    }

    pub(crate) fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.0.lock().unwrap()
    }

    /// Returns the number of events of each request.
    pub(crate) fn sizes(&self) -> Vec<usize> {
        let seen = self.seen();
        seen.requests
            .iter()
            .map(|(_, events)| events.len())
            .collect()
    }
}

impl Seen {
    /// Returns the response to a request, or the error of a broken connection. `None` if there is never a response.
    fn handle(&mut self, body: &[u8]) -> Option<Result<http::Response<Body>, TransportError>> {
        let json: JsonValue = serde_json::from_slice(body).unwrap();
        let events = json["events"].as_array().unwrap().clone();
        self.largest = self.largest.max(body.len());
        self.requests.push((Instant::now(), events.clone()));
        if self.gateway.is_some_and(|max| body.len() > max) {
            let mut response =
                response(413, "<html>413 Request Entity Too Large</html>".to_owned());
            response.headers_mut().remove("polar-version");
            return Some(Ok(response));
        }
        let broken = |kind| Some(Err(TransportError::new(kind, "the server failed")));
        let is_poisoned = |poison| events.iter().any(|event| event["name"] == poison);
        let fault = match (self.faults.pop_front(), &self.poison_fault) {
            (None, _) if !self.poison.is_some_and(is_poisoned) => None,
            (None, Some(fault)) => Some(fault.clone()),
            (None, None) => Some(Fault::Response(
                500,
                "",
                r#"{"error":"InternalServerError"}"#,
            )),
            (fault, _) => fault,
        };
        match fault {
            None => {
                let mut response = self.respond(&events);
                if self.hides_version {
                    response.headers_mut().remove("polar-version");
                }
                Some(Ok(response))
            }
            Some(Fault::NoConnection) => broken(TransportErrorKind::Connect),
            Some(Fault::Broken) => broken(TransportErrorKind::Interrupted),
            Some(Fault::StoredAndBroken) => {
                self.respond(&events);
                broken(TransportErrorKind::Interrupted)
            }
            Some(Fault::Gateway(status, body)) => {
                let mut response = response(status, body.to_owned());
                response.headers_mut().remove("polar-version");
                Some(Ok(response))
            }
            Some(Fault::NoResponse) => None,
            Some(Fault::StoredWithoutResponse) => {
                self.respond(&events);
                None
            }
            Some(Fault::Response(status, retry_after, body)) => {
                let mut response = response(status, body.to_owned());
                if !retry_after.is_empty() {
                    let value = retry_after.parse().unwrap();
                    response.headers_mut().insert("retry-after", value);
                }
                Some(Ok(response))
            }
        }
    }

    fn respond(&mut self, events: &[JsonValue]) -> http::Response<Body> {
        if self.max_events.is_some_and(|max| events.len() > max) {
            return response(413, "<html>too large</html>".to_owned());
        }
        let is_future = |event: &JsonValue| {
            let time = event["timestamp"].as_str();
            let time = time.map(|time| time.parse::<Timestamp>().unwrap());
            self.now
                .is_some_and(|now| time.is_some_and(|time| time > now))
        };
        let early: Vec<JsonValue> = (0..events.len())
            .filter(|&at| is_future(&events[at]))
            .map(|at| serde_json::json!({"loc": ["body", "events", at, "EventCreateExternalCustomer", "timestamp"], "msg": "Timestamp must be in the past.", "type": "value_error"}))
            .collect();
        if !early.is_empty() {
            let body = serde_json::json!({"error": "RequestValidationError", "detail": early});
            return response(422, body.to_string());
        }
        let is_rejected =
            |event: &JsonValue| self.rejected.iter().any(|name| event["name"] == *name);
        let rejected: Vec<usize> = (0..events.len())
            .filter(|&at| is_rejected(&events[at]))
            .collect();
        if !rejected.is_empty() {
            let entries = rejected.iter().map(|at| match self.names_index {
                true => serde_json::json!({"loc": ["body", "events", at, "customer_id"], "msg": "no such customer", "type": "value_error"}),
                false => serde_json::json!({"msg": "something is wrong", "type": "value_error"}),
            });
            let entries: Vec<JsonValue> = entries.collect();
            let body = serde_json::json!({"error": "RequestValidationError", "detail": entries});
            return response(422, body.to_string());
        }
        if self.counts_nothing {
            return response(200, r#"{"inserted":0,"duplicates":0}"#.to_owned());
        }
        let ids = events
            .iter()
            .map(|event| event["external_id"].as_str().unwrap().to_owned());
        let inserted = ids.filter(|id| self.stored.insert(id.clone())).count();
        let duplicates = events.len() - inserted;
        let stored = (inserted as i64, duplicates as i64);
        let (inserted, duplicates) = self.counts.unwrap_or(stored);
        let body = serde_json::json!({"inserted": inserted, "duplicates": duplicates});
        response(200, body.to_string())
    }
}

fn response(status: u16, body: String) -> http::Response<Body> {
    http::Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .header("polar-version", API_VERSION)
        .body(Body::from(body))
        .unwrap()
}

impl Transport for Server {
    fn execute(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        assert_eq!(request.uri().path(), "/v1/events/ingest");
        let outcome = self.0.lock().unwrap().handle(request.body());
        Box::pin(async {
            // A response takes a while.
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            match outcome {
                Some(outcome) => outcome,
                None => std::future::pending().await,
            }
        })
    }
}
