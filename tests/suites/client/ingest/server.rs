//! A simulated server that deduplicates events by their external IDs, and fails as a test configures it.

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
    /// The server neither stores the events nor responds.
    NoResponse,
    /// The events are stored, and there is no response.
    StoredWithoutResponse,
    /// A response with a status, a `Retry-After` if it is not empty, and a body.
    Response(u16, &'static str, &'static str),
    /// A response of a proxy with a status and a body, without the version header.
    Gateway(u16, &'static str),
}

/// The configuration of the server, and what it has received.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The external IDs of the stored events.
    pub(crate) stored: BTreeSet<String>,
    /// The events of each request, with the time at which it was received.
    pub(crate) requests: Vec<(Instant, Vec<JsonValue>)>,
    /// The bytes of the largest body.
    pub(crate) largest: usize,
    faults: VecDeque<Fault>,
    /// The server rejects events with these names.
    rejected: Vec<&'static str>,
    /// Whether a rejection contains the indexes of the rejected events.
    names_index: bool,
    /// The maximum number of events in a request.
    max_events: Option<usize>,
    /// The server fails if a request contains an event with this name.
    pub(crate) poison: Option<&'static str>,
    /// How it fails because of such an event. `None` means a response with status 500.
    pub(crate) poison_fault: Option<Fault>,
    /// The size in bytes of the largest body that a gateway in front of the server forwards.
    pub(crate) gateway: Option<usize>,
    /// Whether the server responds with success, but neither stores nor counts the events.
    pub(crate) counts_nothing: bool,
    /// The numbers of accepted and duplicate events in each response, regardless of what the server stores.
    pub(crate) counts: Option<(i64, i64)>,
    /// Whether a proxy in front of the server removes the version header from responses.
    pub(crate) hides_version: bool,
    /// The time of the server. `None` means that of this machine.
    pub(crate) now: Option<Timestamp>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Server(Arc<Mutex<Seen>>);

impl Server {
    /// Creates a server whose first requests fail, each with the next of these faults.
    pub(crate) fn failing(faults: impl IntoIterator<Item = Fault>) -> Self {
        let server = Self::default();
        server.0.lock().unwrap().faults.extend(faults);
        server
    }

    /// Creates a server that rejects requests with an event of this name. The response contains the index of the event.
    pub(crate) fn rejecting(name: &'static str) -> Self {
        let server = Self::rejecting_without_index(name);
        server.0.lock().unwrap().names_index = true;
        server
    }

    /// Creates a server that rejects requests with an event of this name. The response does not say which event it is.
    pub(crate) fn rejecting_without_index(name: &'static str) -> Self {
        let server = Self::default();
        server.0.lock().unwrap().rejected.push(name);
        server
    }

    /// Creates a server that rejects requests with more events than this as too large.
    pub(crate) fn limited_to(max_events: usize) -> Self {
        let server = Self::default();
        server.0.lock().unwrap().max_events = Some(max_events);
        server
    }

    /// Creates a server behind a gateway that rejects bodies with more bytes than this.
    pub(crate) fn behind_gateway(bytes: usize) -> Self {
        let server = Self::default();
        server.0.lock().unwrap().gateway = Some(bytes);
        server
    }

    /// Creates a server that responds with 500 to requests with an event of this name.
    pub(crate) fn failing_on(name: &'static str) -> Self {
        let server = Self::default();
        server.0.lock().unwrap().poison = Some(name);
        server
    }

    /// Creates a server whose clock shows this time. It rejects events with a later timestamp.
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
            // The time of a request on the paused clock.
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            match outcome {
                Some(outcome) => outcome,
                None => std::future::pending().await,
            }
        })
    }
}
