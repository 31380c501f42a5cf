//! A server that stores events, and responds to queries for balances with a fixed response.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use polar_client::transport::{Body, BoxFuture, Transport, TransportError, TransportErrorKind};
use polar_client::types::JsonValue;
use polar_client::v2026_10::API_VERSION;
use serde_json::json;

#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The received events, including duplicates.
    pub(crate) events: Vec<JsonValue>,
    /// The queries for balances.
    pub(crate) queries: Vec<String>,
    /// The JSON of the items in the list of balances.
    pub(crate) balances: String,
    pub(crate) is_down: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Server(Arc<Mutex<Seen>>);

impl Server {
    pub(crate) fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.0.lock().unwrap()
    }
}

impl Transport for Server {
    fn execute(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin(async move { self.seen().respond(&request) })
    }
}

impl Seen {
    fn respond(
        &mut self,
        request: &http::Request<Bytes>,
    ) -> Result<http::Response<Body>, TransportError> {
        if self.is_down {
            let kind = TransportErrorKind::Connect;
            return Err(TransportError::new(kind, "the server is down"));
        }
        let body = match request.uri().path() {
            "/v1/events/ingest" => {
                let body: JsonValue = serde_json::from_slice(request.body()).unwrap();
                let events = body["events"].as_array().unwrap();
                self.events.extend_from_slice(events);
                json!({ "inserted": events.len(), "duplicates": 0 }).to_string()
            }
            "/v1/customer-meters/" => {
                let query = request.uri().query().unwrap_or_default();
                self.queries.push(query.to_owned());
                let items = &self.balances;
                format!(r#"{{"items":[{items}],"pagination":{{"total_count":1,"max_page":1}}}}"#)
            }
            path => panic!("no request goes to {path}"),
        };
        let response = http::Response::builder()
            .header("content-type", "application/json")
            .header("polar-version", API_VERSION);
        Ok(response.body(Body::from(body)).unwrap())
    }
}
