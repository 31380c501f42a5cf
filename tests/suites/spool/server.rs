//! A simulated server that deduplicates events by their external IDs. Tests use it as a transport, and other processes
//! over HTTP.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use polar_client::transport::{Body, BoxFuture, Transport, TransportError, TransportErrorKind};
use polar_client::types::JsonValue;
use polar_client::v2026_10::API_VERSION;
use serde_json::json;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The stored events, by their external IDs.
    pub(crate) stored: BTreeMap<String, JsonValue>,
    /// The number of received events that were stored before.
    pub(crate) duplicates: usize,
    pub(crate) is_down: bool,
    /// The server rejects events with this name.
    pub(crate) rejected: Option<&'static str>,
    /// Whether the server responds with success, but neither stores nor counts the events.
    pub(crate) counts_nothing: bool,
    /// With `Some(n)`, every nth response is an error, although the events were stored.
    pub(crate) breaks: Option<usize>,
    pub(crate) requests: usize,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Server(Arc<Mutex<Seen>>);

impl Server {
    pub(crate) fn down() -> Self {
        let server = Self::default();
        server.seen().is_down = true;
        server
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap()
    }

    /// Returns the external IDs of the stored events.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.seen().stored.keys().cloned().collect()
    }

    /// Serves requests over HTTP on loopback, for other processes.
    pub(crate) async fn listen(&self) -> MockServer {
        let server = self.clone();
        let listening = MockServer::builder()
            .disable_request_recording()
            .start()
            .await;
        let respond = move |request: &Request| {
            let (status, body) = server.seen().respond(&request.body);
            ResponseTemplate::new(status)
                .insert_header("polar-version", API_VERSION)
                .set_body_raw(body, "application/json")
        };
        let mock = Mock::given(wiremock::matchers::path("/v1/events/ingest"));
        mock.respond_with(respond).mount(&listening).await;
        listening
    }
}

impl Seen {
    fn respond(&mut self, body: &[u8]) -> (u16, String) {
        self.requests += 1;
        if self.is_down {
            return (503, String::new());
        }
        let body: JsonValue = serde_json::from_slice(body).unwrap();
        let events = body["events"].as_array().unwrap();
        let detail: Vec<JsonValue> = (0..events.len())
            .filter(|at| self.rejected.is_some_and(|name| events[*at]["name"] == name))
            .map(|at| json!({ "loc": ["body", "events", at, "name"], "msg": "wrong", "type": "value_error" }))
            .collect();
        if !detail.is_empty() {
            let error = json!({ "error": "RequestValidationError", "detail": detail });
            return (422, error.to_string());
        }
        if self.counts_nothing {
            return (200, json!({ "inserted": 0, "duplicates": 0 }).to_string());
        }
        let mut inserted = 0;
        for event in events {
            let id = event["external_id"].as_str().unwrap().to_owned();
            match self.stored.insert(id, event.clone()) {
                None => inserted += 1,
                // The same event, to the microsecond.
                Some(before) => assert_eq!(before, *event),
            }
        }
        let duplicates = events.len() - inserted;
        self.duplicates += duplicates;
        if self
            .breaks
            .is_some_and(|every| self.requests.is_multiple_of(every))
        {
            return (500, String::new());
        }
        let counts = json!({ "inserted": inserted, "duplicates": duplicates });
        (200, counts.to_string())
    }
}

impl Transport for Server {
    fn execute(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin(async move {
            let (status, body) = self.seen().respond(request.body());
            if status == 503 {
                let kind = TransportErrorKind::Connect;
                return Err(TransportError::new(kind, "the server is down"));
            }
            let response = http::Response::builder()
                .status(status)
                .header("content-type", "application/json")
                .header("polar-version", API_VERSION);
            Ok(response.body(Body::from(body)).unwrap())
        })
    }
}
