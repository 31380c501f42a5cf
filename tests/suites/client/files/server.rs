//! A loopback server for HTTP/1.1 that is both the API and the storage, and can break connections.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use polar_client::v2026_10::API_VERSION;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub(crate) const ID: &str = "9eac85b9-55ec-4c68-a933-84be243cb2cf";

/// The server, with its received requests.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

#[derive(Default)]
pub(crate) struct State {
    /// The number of connections to break during a request or response, by path.
    pub(crate) drops: BTreeMap<String, usize>,
    /// The number of requests for which the document does not exist yet.
    pub(crate) waits: usize,
    /// The stored bytes, by path.
    pub(crate) stored: BTreeMap<String, Vec<u8>>,
    /// The URL that uploads of parts are redirected to.
    pub(crate) moved: Option<String>,
    pub(crate) seen: Vec<ReceivedRequest>,
}

/// A received request.
#[derive(Clone, Default)]
pub(crate) struct ReceivedRequest {
    pub(crate) line: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::<Mutex<State>>::default();
        let (shared, home) = (Arc::clone(&state), url.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared), home.clone()));
            }
        });
        Self { url, state, task }
    }

    pub(crate) fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
    }

    pub(crate) fn seen(&self) -> Vec<ReceivedRequest> {
        self.state.lock().unwrap().seen.clone()
    }

    /// Returns the received requests as method and path.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.line).collect()
    }

    /// Returns the stored bytes in the order of the paths.
    pub(crate) fn content(&self) -> Vec<u8> {
        let state = self.state.lock().unwrap();
        let parts: Vec<&[u8]> = state.stored.values().map(Vec::as_slice).collect();
        parts.concat()
    }
}

/// Serves one connection until it is closed.
async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>, home: String) -> Option<()> {
    loop {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        };
        let mut seen = head(&bytes[..end]);
        let length = seen.headers.get("content-length");
        let length: usize = length.map_or(0, |length| length.parse().unwrap());
        let path = seen.line.split(' ').nth(1).unwrap().to_owned();
        let breaks = {
            let mut state = state.lock().unwrap();
            let left = state.drops.get_mut(&path).filter(|left| **left > 0);
            left.map(|left| *left -= 1).is_some()
        };
        let wanted = if breaks { length / 2 } else { length };
        while bytes.len() < end + wanted {
            if stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        }
        seen.body = bytes.split_off(end);
        let answer = {
            let mut state = state.lock().unwrap();
            state.seen.push(seen.clone());
            if breaks && length > 0 {
                return None;
            }
            response_to(&mut state, &seen, &path, &home)
        };
        let (answer, rest) = answer.split_at(if breaks {
            answer.len() - 1
        } else {
            answer.len()
        });
        stream.write_all(answer).await.ok()?;
        if !rest.is_empty() {
            return None;
        }
    }
}

fn head(bytes: &[u8]) -> ReceivedRequest {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let mut lines = text.lines();
    let line = lines.next().unwrap().trim_end_matches(" HTTP/1.1");
    // Without the query, which contains the signature.
    let line = line.split('?').next().unwrap().to_owned();
    let headers = lines.filter_map(|line| line.split_once(": "));
    ReceivedRequest {
        line,
        headers: headers
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect(),
        body: Vec::new(),
    }
}

fn response_to(state: &mut State, seen: &ReceivedRequest, path: &str, home: &str) -> Vec<u8> {
    match (seen.line.split(' ').next().unwrap(), path) {
        ("POST", "/v1/files/") => {
            let body: Value = serde_json::from_slice(&seen.body).unwrap();
            respond(201, "", announced(&body, home).to_string().as_bytes())
        }
        ("POST", _) => respond(200, "", uploaded().to_string().as_bytes()),
        ("PUT", _) if state.moved.is_some() => {
            let target = state.moved.clone().unwrap();
            respond(307, &format!("location: {target}\r\n"), b"")
        }
        ("PUT", path) => {
            state.stored.insert(path.to_owned(), seen.body.clone());
            respond(200, &format!("etag: \"{path}\"\r\n"), b"")
        }
        ("GET", "/v1/customer-portal/downloadables/") => {
            respond(200, "", downloadables(state, home).to_string().as_bytes())
        }
        ("GET", "/v1/customer-portal/downloadables/token") => {
            let target = format!("location: {home}/storage/1?X-Amz-Signature=hush\r\n");
            respond(302, &target, b"")
        }
        ("GET", path) if path.starts_with("/v1/orders/") => {
            if state.waits > 0 {
                state.waits -= 1;
                return respond(202, "retry-after: 0\r\n", b"");
            }
            let url = format!("{home}/storage/1?X-Amz-Signature=hush");
            respond(200, "", json!({"url": url}).to_string().as_bytes())
        }
        ("GET", path) => match state.stored.get(path) {
            Some(content) => respond(200, "", content),
            None => respond(404, "", b"<Error><Code>NoSuchKey</Code></Error>"),
        },
        _ => respond(405, "", b""),
    }
}

fn respond(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} x\r\npolar-version: {API_VERSION}\r\n{headers}content-length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn file(size: usize) -> Value {
    json!({
        "id": ID, "organization_id": ID, "name": "manual.pdf", "path": "a/b", "mime_type": "application/pdf",
        "size": size, "storage_version": null, "checksum_etag": null, "checksum_sha256_base64": null,
        "checksum_sha256_hex": null, "last_modified_at": null, "version": null, "service": "downloadable",
        "is_uploaded": true, "size_readable": "?",
    })
}

fn announced(body: &Value, home: &str) -> Value {
    let part = |part: &Value| {
        let mut part = part.clone();
        part["url"] = format!("{home}/storage/{}?X-Amz-Signature=hush", part["number"]).into();
        part["expires_at"] = "2026-11-21T19:24:05.168170Z".into();
        part["headers"] = json!({"x-amz-checksum-sha256": part["checksum_sha256_base64"]});
        part
    };
    let parts = body["upload"]["parts"].as_array().unwrap().iter();
    let parts: Vec<Value> = parts.map(part).collect();
    let mut file = file(0);
    file["upload"] = json!({"id": "up", "path": "a/b", "parts": parts});
    file
}

fn uploaded() -> Value {
    let mut file = file(0);
    file["created_at"] = "2026-11-21T18:24:05Z".into();
    file["flagged_malicious_at"] = Value::Null;
    file
}

fn downloadables(state: &State, home: &str) -> Value {
    let mut file = file(state.stored["/storage/1"].len());
    file["download"] = json!({
        "url": format!("{home}/v1/customer-portal/downloadables/token"),
        "headers": {},
        "expires_at": "2026-11-21T19:33:22.813445Z",
    });
    let item = json!({"id": ID, "benefit_id": ID, "file": file});
    json!({"items": [item], "pagination": {"total_count": 1, "max_page": 1}})
}
