//! A loopback server that simulates faults of servers and networks. The fault of the nth request of a call depends on
//! the seed only.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The random numbers for which the server responds with 429.
const RATE_LIMIT_FAULTS: Range<u8> = 70..75;

/// The time until a late response. It is longer than the timeout of an attempt.
const SILENT_TIME: Duration = Duration::from_secs(2);

const INFO: &str = r#"{"product_name":"p","product_id":"00000000-0000-0000-0000-000000000001","organization_name":"o","organization_slug":"o","customer_email":"a@b.c","can_claim":true}"#;

/// The server, and the calls that it received.
pub(crate) struct FaultyServer {
    pub(crate) url: String,
    calls: Arc<Calls>,
    task: JoinHandle<()>,
}

/// The received calls, by their keys.
struct Calls {
    seed: u64,
    seen: Mutex<BTreeMap<String, CallLog>>,
}

/// The received requests of a call, and how often it was performed.
#[derive(Clone, Copy, Default)]
pub(crate) struct CallLog {
    pub(crate) arrived: usize,
    pub(crate) done: usize,
}

impl Drop for FaultyServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl FaultyServer {
    pub(crate) async fn start(seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Mutex::default();
        let calls = Arc::new(Calls { seed, seen });
        let shared = Arc::clone(&calls);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { url, calls, task }
    }

    /// Returns the received calls.
    pub(crate) fn seen(&self) -> BTreeMap<String, CallLog> {
        self.calls.seen.lock().unwrap().clone()
    }
}

impl Calls {
    /// Returns a random number below 100 that selects the fault of the next request of a call.
    fn decide(&self, key: &str) -> u8 {
        let mut calls = self.seen.lock().unwrap();
        let seen = calls.entry(key.to_owned()).or_default();
        let mut hasher = DefaultHasher::new();
        (self.seed, key, seen.arrived).hash(&mut hasher);
        let what = fastrand::Rng::with_seed(hasher.finish()).u8(..100);
        seen.arrived += 1;
        // A 429 response is sent before the call is performed.
        if !RATE_LIMIT_FAULTS.contains(&what) {
            seen.done += 1;
        }
        what
    }
}

/// Serves one connection until it is closed or a fault breaks it.
async fn serve(mut stream: TcpStream, calls: Arc<Calls>) {
    while let Some(request) = receive(&mut stream).await {
        let start = request.find("call-").unwrap();
        let end = request[start..].find(['"', ' ']).unwrap();
        let what = calls.decide(&request[start..start + end]);
        if respond(&mut stream, what).await.is_none() {
            return;
        }
    }
}

/// Reads a request.
async fn receive(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]);
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |length| length.parse().unwrap());
    while bytes.len() < end + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Sends the response or fault for a random number. Two thirds of the responses are successful. `None` closes the
/// connection.
async fn respond(stream: &mut TcpStream, what: u8) -> Option<()> {
    let long = "x".repeat(INFO.len());
    match what {
        0..66 => send(stream, "200 OK", INFO).await,
        66..70 => send(stream, "500 Internal Server Error", "<html>oh</html>").await,
        what if RATE_LIMIT_FAULTS.contains(&what) => limit(stream).await,
        75..78 => {
            send(
                stream,
                "307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/x",
                "",
            )
            .await
        }
        78..80 => send(stream, "503 Service Unavailable", "").await,
        80..82 => send(stream, "200 OK", &long).await,
        82..84 => send(stream, "200 OK", "").await,
        // Sends half of the body, and closes the connection.
        84..88 => {
            let half = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{}",
                INFO.len(),
                &INFO[..20]
            );
            stream.write_all(half.as_bytes()).await.ok()?;
            None
        }
        // Sends fewer bytes than `Content-Length`, and then nothing.
        88..90 => {
            let short = format!("HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n{INFO}");
            stream.write_all(short.as_bytes()).await.ok()?;
            tokio::time::sleep(SILENT_TIME).await;
            None
        }
        // Closes the connection without a response.
        90..94 => None,
        94..96 => {
            stream
                .write_all(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
                .await
                .ok()?;
            None
        }
        // Sends the body slowly, but in time.
        96..98 => slowly(stream).await,
        // Does not respond in time.
        _ => {
            tokio::time::sleep(SILENT_TIME).await;
            None
        }
    }
}

async fn send(stream: &mut TcpStream, status: &str, body: &str) -> Option<()> {
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await.ok()
}

async fn limit(stream: &mut TcpStream) -> Option<()> {
    send(stream, "429 Too Many Requests\r\nretry-after: 0", "").await
}

async fn slowly(stream: &mut TcpStream) -> Option<()> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", INFO.len());
    stream.write_all(head.as_bytes()).await.ok()?;
    for piece in INFO.as_bytes().chunks(20) {
        stream.write_all(piece).await.ok()?;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Some(())
}
