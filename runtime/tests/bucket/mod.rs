//! A transport that is both the API and a file storage, with faults.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses some of it"
)]

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, Response};
use polar_client_runtime::client::{Access, Method, Operation, Safety};
use polar_client_runtime::flows::{NewFile, Upload, UploadSource};
use polar_client_runtime::transport::{
    Body, BoxFuture, Transport, TransportError, TransportErrorKind,
};
use polar_client_runtime::types::JsonValue;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::polar::{Polar, Thing};

pub const MIB: usize = 1 << 20;
pub const ID: &str = "9eac85b9-55ec-4c68-a933-84be243cb2cf";

pub static CREATE: Operation = Operation {
    id: "files:create",
    method: Method::Post,
    path: "/v1/files/",
    access: Access::Account,
    safety: Safety::NotIdempotent,
};
pub static UPLOADED: Operation = Operation {
    id: "files:uploaded",
    method: Method::Post,
    path: "/v1/files/{id}/uploaded",
    access: Access::Account,
    safety: Safety::NotIdempotent,
};

/// The outcome of sending a part.
#[derive(Clone, Copy, Debug)]
pub enum PartOutcome {
    Response(u16, &'static str),
    Fail(TransportErrorKind),
    NoEtag,
    /// Accepted with this status and media type, and with an ETag.
    Accepted(u16, &'static str),
    Hang,
}

#[derive(Clone, Debug, Default)]
pub struct Bucket(Arc<Mutex<State>>);

#[derive(Debug, Default)]
pub struct State {
    /// The outcomes of the attempts to send each part, in order. Further attempts succeed.
    pub outcomes: BTreeMap<usize, VecDeque<PartOutcome>>,
    /// The status and body of operations that are rejected.
    pub rejected: BTreeMap<&'static str, (u16, &'static str)>,
    /// The number of completions whose response is lost.
    pub lost: usize,
    /// The part whose URL is missing.
    pub forgotten: Option<usize>,
    /// The requests to the API, in order.
    pub calls: Vec<(String, JsonValue)>,
    /// The requests to the storage, in order.
    pub sent: Vec<(usize, Request<Bytes>)>,
    pub stored: BTreeMap<usize, Bytes>,
    in_flight: Vec<usize>,
    pub most_parts: usize,
    pub most_bytes: usize,
    /// Changes the length of the local file at the time when the file is created with the API.
    pub resize: Option<(PathBuf, u64)>,
}

impl Bucket {
    pub fn polar(&self) -> Polar {
        Polar::builder()
            .access_token("polar_oat_hush")
            .transport(self.clone())
            .build()
            .unwrap()
    }

    /// Returns an upload in parts of five megabytes.
    pub fn upload(&self, source: impl Into<UploadSource>) -> Upload<Thing> {
        let client = self.polar().client;
        let file = NewFile::new("downloadable", "manual.pdf", "application/pdf");
        let (create, complete) = (client.request(&CREATE), client.request(&UPLOADED));
        Upload::new(create, complete, file, source.into()).part_size(1)
    }

    pub fn set(&self, change: impl FnOnce(&mut State)) -> &Self {
        change(&mut self.0.lock().unwrap());
        self
    }

    pub fn outcome(&self, part: usize, outcomes: impl IntoIterator<Item = PartOutcome>) -> &Self {
        self.set(|state| {
            state.outcomes.insert(part, outcomes.into_iter().collect());
        })
    }

    pub fn get<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.0.lock().unwrap())
    }

    /// Returns how often a part was sent.
    pub fn attempts(&self, part: usize) -> usize {
        self.get(|state| state.sent.iter().filter(|(sent, _)| *sent == part).count())
    }

    /// Returns the called operations, in order.
    pub fn calls(&self) -> Vec<String> {
        self.get(|state| state.calls.iter().map(|(id, _)| id.clone()).collect())
    }

    /// Returns the stored bytes, in the order of the parts.
    pub fn content(&self) -> Vec<u8> {
        self.get(|state| {
            let parts: Vec<&[u8]> = state.stored.values().map(Bytes::as_ref).collect();
            parts.concat()
        })
    }

    fn call(&self, request: &Request<Bytes>) -> Response<Body> {
        assert_eq!(request.headers()["authorization"], "Bearer polar_oat_hush");
        let operation = request.extensions().get::<&'static Operation>().unwrap();
        let body: JsonValue = serde_json::from_slice(request.body()).unwrap();
        let mut state = self.0.lock().unwrap();
        state.calls.push((operation.id.to_owned(), body.clone()));
        if let Some((status, text)) = state.rejected.get(operation.id) {
            let response = Response::builder().status(*status);
            return response.body((*text).into()).unwrap();
        }
        if operation.id == UPLOADED.id {
            assert_eq!(request.uri().path(), format!("/v1/files/{ID}/uploaded"));
            if state.lost > 0 {
                state.lost -= 1;
                return Response::builder().status(502).body("".into()).unwrap();
            }
            return Response::new(r#"{"name":"manual.pdf"}"#.into());
        }
        if let Some((path, len)) = state.resize.take() {
            let file = std::fs::File::options().write(true).open(path).unwrap();
            file.set_len(len).unwrap();
        }
        let parts = body["upload"]["parts"].as_array().unwrap().iter();
        let parts = parts.filter(|part| {
            let number = part["number"].as_u64().unwrap() as usize;
            state.forgotten != Some(number)
        });
        // In reverse order, because the client must not depend on the order.
        let parts: Vec<JsonValue> = parts
            .rev()
            .map(|part| {
                json!({
                    "number": part["number"],
                    "url": format!("https://storage.test/{}?X-Amz-Signature=hush", part["number"]),
                    "headers": {"x-amz-checksum-sha256": part["checksum_sha256_base64"]},
                })
            })
            .collect();
        let response = json!({"id": ID, "upload": {"id": "up", "path": "a/b", "parts": parts}});
        Response::new(response.to_string().into())
    }

    async fn store(&self, request: Request<Bytes>) -> Result<Response<Body>, TransportError> {
        let (uri, headers) = (request.uri(), request.headers());
        assert_eq!(uri.query(), Some("X-Amz-Signature=hush"));
        for name in headers.keys() {
            let allowed = [
                "accept",
                "content-length",
                "user-agent",
                "x-amz-checksum-sha256",
            ];
            assert!(allowed.contains(&name.as_str()), "{name}");
        }
        let number: usize = uri.path()[1..].parse().unwrap();
        let body = request.body().clone();
        let checksum = STANDARD.encode(Sha256::digest(&body));
        assert_eq!(headers["x-amz-checksum-sha256"], checksum);
        let outcome = {
            let mut state = self.0.lock().unwrap();
            state.in_flight.push(body.len());
            state.most_parts = state.most_parts.max(state.in_flight.len());
            state.most_bytes = state.most_bytes.max(state.in_flight.iter().sum());
            state.sent.push((number, request));
            state
                .outcomes
                .get_mut(&number)
                .and_then(VecDeque::pop_front)
        };
        // Later parts complete earlier.
        tokio::time::sleep(Duration::from_millis(100 / number as u64)).await;
        self.landed(body.len());
        if let Some(PartOutcome::Hang) = outcome {
            return std::future::pending().await;
        }
        if let Some(PartOutcome::Accepted(status, media_type)) = outcome {
            let response = Response::builder().status(status);
            let response = response
                .header("etag", "\"x\"")
                .header("content-type", media_type);
            return Ok(response.body("".into()).unwrap());
        }
        let (status, text) = match outcome {
            Some(PartOutcome::Fail(kind)) => {
                return Err(TransportError::new(kind, "by the bucket"));
            }
            Some(PartOutcome::Response(status, text)) => (status, text),
            Some(PartOutcome::NoEtag | PartOutcome::Accepted(..) | PartOutcome::Hang) => (200, ""),
            None => {
                self.0.lock().unwrap().stored.insert(number, body);
                let response = Response::builder().header("etag", format!("\"etag-{number}\""));
                return Ok(response.body("".into()).unwrap());
            }
        };
        let response = Response::builder().status(status);
        Ok(response.body(text.into()).unwrap())
    }

    /// Records that a part of this length is no longer being sent.
    fn landed(&self, len: usize) {
        let mut state = self.0.lock().unwrap();
        let mut parts = state.in_flight.iter();
        let place = parts.position(|other| *other == len).unwrap();
        state.in_flight.swap_remove(place);
    }
}

impl Transport for Bucket {
    fn execute(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        Box::pin(async move {
            match request.uri().host() {
                Some("storage.test") => self.store(request).await,
                _ => Ok(self.call(&request)),
            }
        })
    }
}

/// Returns bytes without repetition, so that swapped parts are detected.
pub fn bytes(len: usize) -> Bytes {
    let mut bytes = vec![7; len];
    for (number, block) in bytes.chunks_mut(MIB / 4).enumerate() {
        block[0] = number as u8;
    }
    bytes.into()
}
