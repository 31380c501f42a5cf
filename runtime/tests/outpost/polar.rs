//! A stand-in for Polar on loopback: the WebSocket, ingested events, and balances.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::header::{CONNECTION, HeaderMap, UPGRADE};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use polar_client_runtime::client::{
    Access, ApiVersion, Client, ClientBuilder, Credential, Method, Operation, Safety, Server,
};
use polar_client_runtime::metering::MeteringBuilder;
use polar_client_runtime::types::{JsonValue, Uuid};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

pub(crate) struct Polar {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    server: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    world: Mutex<World>,
    /// Notifies waiting tests of changes.
    changes: watch::Sender<u64>,
}

#[derive(Default)]
pub(crate) struct World {
    /// The configuration to send; `None` to send no configuration.
    pub(crate) reducers: Option<JsonValue>,
    /// The snapshots that are sent on request, by customer and meter.
    pub(crate) snapshots: HashMap<(String, String), JsonValue>,
    /// The requests for snapshots that all connections have received.
    pub(crate) asks: Vec<JsonValue>,
    /// The ingested events, without duplicates.
    pub(crate) events: Vec<JsonValue>,
    known: HashSet<String>,
    /// The headers of the requests to open a WebSocket.
    pub(crate) upgrades: Vec<HeaderMap>,
    /// The status with which requests to open a WebSocket are rejected; `None` to accept them.
    pub(crate) refusal: Option<u16>,
    /// The status with which requests for balances are rejected; `None` to accept them.
    pub(crate) failure: Option<u16>,
    /// The consumed and credited units that the API returns.
    pub(crate) balance: Option<(f64, f64)>,
    /// Whether nothing is read or sent on the open connections.
    is_silent: bool,
    /// The number of received requests for balances.
    pub(crate) reads: usize,
    sockets: Vec<mpsc::UnboundedSender<Message>>,
}

impl Polar {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let server = tokio::spawn(serve(listener, Arc::clone(&shared)));
        Self {
            address,
            shared,
            server,
        }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.shared.world.lock().unwrap()
    }

    /// Sends a message to all connections.
    pub(crate) fn push(&self, message: &JsonValue) {
        let mut world = self.world();
        let text = Message::text(message.to_string());
        world
            .sockets
            .retain(|socket| socket.send(text.clone()).is_ok());
    }

    /// Sends a snapshot to all connections now, and in response to later requests.
    pub(crate) fn snapshot(&self, snapshot: &JsonValue) {
        self.keep(snapshot);
        self.push(&json!({ "type": "meter_usage", "payload": snapshot }));
    }

    /// Sends a snapshot in response to later requests.
    pub(crate) fn keep(&self, snapshot: &JsonValue) {
        let customer = ["customer_id", "external_customer_id"];
        let customer = customer.iter().find_map(|key| snapshot[key].as_str());
        let meter = snapshot["meter_id"].as_str().unwrap().to_owned();
        let key = (customer.unwrap().to_owned(), meter);
        self.world().snapshots.insert(key, snapshot.clone());
    }

    /// Returns the number of connections.
    pub(crate) fn sockets(&self) -> usize {
        self.world().sockets.len()
    }

    /// Drops all connections without a close frame.
    pub(crate) fn drop_sockets(&self) {
        self.world().sockets.clear();
    }

    /// Keeps all connections open, and neither reads nor sends anything.
    pub(crate) fn silence(&self) {
        self.world().is_silent = true;
        self.shared.changes.send_modify(|it| *it += 1);
    }

    /// Waits until the state satisfies a condition.
    pub(crate) async fn until(&self, mut is_so: impl FnMut(&World) -> bool) {
        let mut changes = self.shared.changes.subscribe();
        while !is_so(&self.world()) {
            changes.changed().await.unwrap();
        }
    }

    pub(crate) fn metering(&self) -> MeteringBuilder {
        metering(self.address)
    }
}

/// Returns a builder for metering with the stand-in at this address.
pub(crate) fn metering(address: SocketAddr) -> MeteringBuilder {
    let client = ClientBuilder::<_, Version>::new()
        .server(Server::custom(&format!("http://{address}")).unwrap())
        .access_token("polar_oat_hush")
        .organization(ORGANIZATION)
        .build()
        .unwrap();
    MeteringBuilder::new(client.request(&INGEST), client.request(&METERS))
        .max_delay(std::time::Duration::from_millis(10))
}

impl Drop for Polar {
    fn drop(&mut self) {
        self.server.abort();
    }
}

pub(crate) const ORGANIZATION: Uuid = Uuid::from_u128(7);

pub(crate) struct Version;

impl ApiVersion for Version {
    const VERSION: &'static str = "2026-10";
    const DEFAULT_SERVER: Server = Server::fixed("production", "https://api.example");
    const SERVERS: &'static [Server] = &[];
    const NOT_FOUND: &'static [&'static str] = &[];
    type Polar<C: Credential> = Client<C>;

    fn wrap<C: Credential>(client: Client<C>) -> Client<C> {
        client
    }
}

pub(crate) static INGEST: Operation = Operation {
    id: "events:ingest",
    method: Method::Post,
    path: "/v1/events/ingest",
    access: Access::Account,
    safety: Safety::Idempotent,
};

pub(crate) static METERS: Operation = Operation {
    id: "customer_meters:list",
    method: Method::Get,
    path: "/v1/customer-meters/",
    access: Access::Account,
    safety: Safety::Idempotent,
};

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(|request| respond(request, Arc::clone(&shared)));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            // An error is ignored: the client may disconnect.
            let _ = connection.with_upgrades().await;
        });
    }
}

type Response = http::Response<Full<Bytes>>;

fn empty(status: u16) -> Response {
    let response = http::Response::builder().status(status);
    response.body(Full::default()).unwrap()
}

async fn respond(
    request: http::Request<Incoming>,
    shared: Arc<Shared>,
) -> Result<Response, hyper::Error> {
    let response = match request.uri().path() {
        "/v1/outpost/" => upgrade(request, &shared),
        "/v1/events/ingest" => {
            let body = request.into_body().collect().await?.to_bytes();
            ingest(&body, &shared)
        }
        "/v1/customer-meters/" => {
            let query = request.uri().query().unwrap_or_default();
            balance(query, &shared)
        }
        _ => empty(404),
    };
    shared.changes.send_modify(|it| *it += 1);
    Ok(response)
}

fn json_response(body: &JsonValue) -> Response {
    http::Response::builder()
        .header("content-type", "application/json")
        .header("polar-version", Version::VERSION)
        .body(Full::from(body.to_string()))
        .unwrap()
}

fn ingest(body: &[u8], shared: &Shared) -> Response {
    let body: JsonValue = serde_json::from_slice(body).unwrap();
    let mut world = shared.world.lock().unwrap();
    let (mut inserted, mut duplicates) = (0, 0);
    for event in body["events"].as_array().unwrap() {
        // Some clients send no external IDs. Their events are always new.
        let is_new = match event["external_id"].as_str() {
            Some(id) => world.known.insert(id.to_owned()),
            None => true,
        };
        if is_new {
            world.events.push(event.clone());
            inserted += 1;
        } else {
            duplicates += 1;
        }
    }
    json_response(&json!({ "inserted": inserted, "duplicates": duplicates }))
}

fn balance(query: &str, shared: &Shared) -> Response {
    assert!(query.contains("limit=1"), "{query}");
    let mut world = shared.world.lock().unwrap();
    world.reads += 1;
    if let Some(status) = world.failure {
        return empty(status);
    }
    let items = world.balance.map(|(consumed, credited)| {
        json!({
            "consumed_units": consumed, "credited_units": credited, "balance": credited - consumed,
        })
    });
    let items: Vec<JsonValue> = items.into_iter().collect();
    json_response(&json!({ "items": items, "pagination": { "total_count": 1, "max_page": 1 } }))
}

fn upgrade(mut request: http::Request<Incoming>, shared: &Arc<Shared>) -> Response {
    let headers = request.headers().clone();
    shared.world.lock().unwrap().upgrades.push(headers.clone());
    if let Some(status) = shared.world.lock().unwrap().refusal {
        return empty(status);
    }
    let Some(key) = headers.get("sec-websocket-key") else {
        return empty(400);
    };
    let accept = derive_accept_key(key.as_bytes());
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        let connection = hyper::upgrade::on(&mut request).await.unwrap();
        let socket = TokioIo::new(connection);
        let socket = WebSocketStream::from_raw_socket(socket, Role::Server, None).await;
        converse(socket, shared).await;
    });
    http::Response::builder()
        .status(101)
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header("sec-websocket-accept", accept)
        .body(Full::default())
        .unwrap()
}

async fn converse(socket: WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>, shared: Arc<Shared>) {
    let (mut sink, mut stream) = socket.split();
    let (sender, mut outgoing) = mpsc::unbounded_channel();
    let hello = json!({ "type": "connection", "payload": { "id": "c-1" } });
    sender.send(Message::text(hello.to_string())).unwrap();
    // A weak reference, so that connections end when the shared state is dropped.
    let weak = sender.downgrade();
    shared.world.lock().unwrap().sockets.push(sender);
    let writing = async {
        while let Some(message) = outgoing.recv().await {
            if sink.send(message).await.is_err() {
                return;
            }
        }
    };
    let reading = async {
        while let Some(Ok(message)) = stream.next().await {
            let Message::Text(text) = message else {
                continue;
            };
            let message: JsonValue = serde_json::from_str(&text).unwrap();
            let answer = answer(&message, &shared);
            shared.changes.send_modify(|it| *it += 1);
            if let (Some(answer), Some(sender)) = (answer, weak.upgrade()) {
                let _ = sender.send(Message::text(answer.to_string()));
            }
        }
    };
    let silent = async {
        let mut changes = shared.changes.subscribe();
        while !shared.world.lock().unwrap().is_silent {
            changes.changed().await.unwrap();
        }
    };
    tokio::select! {
        () = writing => {}
        () = reading => {}
        () = silent => std::future::pending().await,
    }
}

fn answer(message: &JsonValue, shared: &Shared) -> Option<JsonValue> {
    let mut world = shared.world.lock().unwrap();
    match message["type"].as_str().unwrap() {
        "configuration" => {
            let reducers = world.reducers.as_ref()?;
            Some(json!({ "type": "configuration", "payload": { "reducers": reducers } }))
        }
        "meter_usage" => {
            let payload = &message["payload"];
            world.asks.push(payload.clone());
            let customer = ["customer_id", "external_customer_id"];
            let customer = customer.iter().find_map(|key| payload[key].as_str())?;
            let meter = payload["meter_id"].as_str()?;
            let key = (customer.to_owned(), meter.to_owned());
            let snapshot = world.snapshots.get(&key)?;
            Some(json!({ "type": "meter_usage", "payload": snapshot }))
        }
        other => panic!("nobody sends {other}"),
    }
}
