//! The WebSocket connection to Polar: requests and receives snapshots, and reconnects after a failure.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::{SinkExt, StreamExt};
use http::header::{CONNECTION, HeaderMap, HeaderValue, UPGRADE};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::backoff::Backoff;
use super::engine::{Engine, Link};
use super::message::{self, Message};
use crate::Error;
use crate::client::{Access, Connection, Method, Operation, Request, Safety, upgrade};
use crate::log;
use crate::transport::Transport;

/// The operation whose connection is upgraded to a WebSocket.
static OUTPOST: Operation = Operation {
    id: "outpost:connect",
    method: Method::Get,
    path: "/v1/outpost/",
    access: Access::Account,
    safety: Safety::Idempotent,
};

/// The timeout for connecting, and for sending a message.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The time without a message after which the client sends a ping.
const QUIET: Duration = Duration::from_secs(20);

/// The number of pings in a row without a response after which the connection is closed.
const PINGS: u32 = 2;

/// The maximum size of a message in bytes.
const MAX_MESSAGE: usize = 16 << 20;

type Socket = WebSocketStream<Connection>;

/// What is needed to connect: the request and the transport.
pub(super) struct Connector {
    pub(super) request: Request,
    pub(super) transport: Option<Arc<dyn Transport>>,
}

/// Why a connection ended.
enum Lost {
    /// The server rejected the credential. The client does not reconnect.
    Refused(Error),
    NotConnected(Error),
    Broken(String),
}

/// Connects the WebSocket, and reconnects until the server rejects the credential.
pub(super) async fn run(engine: Arc<Engine>, connector: Connector) {
    let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));
    loop {
        let lost = session(&engine, &connector, &mut backoff).await;
        let delay = match lost {
            Lost::Refused(error) => {
                engine.set_link(Link::Ended);
                return log::outpost_refused(&error);
            }
            Lost::NotConnected(error) => {
                let delay = backoff.next();
                log::outpost_disconnected(&error, delay);
                delay
            }
            Lost::Broken(reason) => {
                let delay = backoff.next();
                log::outpost_disconnected(&reason, delay);
                delay
            }
        };
        engine.set_link(Link::Down);
        sleep(delay).await;
    }
}

/// Runs one connection until it ends.
async fn session(engine: &Engine, connector: &Connector, backoff: &mut Backoff) -> Lost {
    let mut socket = match connector.connect().await {
        Ok(socket) => socket,
        Err(error) if error.is_unauthorized() || error.is_forbidden() => {
            return Lost::Refused(error);
        }
        Err(error) => return Lost::NotConnected(error),
    };
    let mut outgoing = Some(message::configuration_request());
    let mut pings = 0;
    loop {
        if let Some(text) = outgoing.take()
            && let Err(reason) = send(&mut socket, Frame::text(text)).await
        {
            return Lost::Broken(reason);
        }
        let frame = {
            let incoming = pin!(timeout(QUIET, socket.next()));
            // Snapshots are requested only after the configuration has arrived.
            let request = pin!(async {
                match engine.link() {
                    Link::Up => engine.cache.next_request().await,
                    _ => std::future::pending().await,
                }
            });
            match select(incoming, request).await {
                Either::Left((frame, _)) => frame,
                Either::Right((request, _)) => {
                    outgoing = Some(request);
                    continue;
                }
            }
        };
        let text = match frame {
            Err(_) if pings >= PINGS => return Lost::Broken("the server is silent".to_owned()),
            Err(_) => {
                pings += 1;
                match send(&mut socket, Frame::Ping(Vec::new().into())).await {
                    Ok(()) => continue,
                    Err(reason) => return Lost::Broken(reason),
                }
            }
            Ok(None | Some(Ok(Frame::Close(_)))) => {
                return Lost::Broken("the server closed the connection".to_owned());
            }
            Ok(Some(Err(error))) => return Lost::Broken(error.to_string()),
            Ok(Some(Ok(Frame::Text(text)))) => text,
            Ok(Some(Ok(_))) => {
                pings = 0;
                continue;
            }
        };
        pings = 0;
        if receive(engine, &text).await {
            backoff.reset();
        }
    }
}

/// Handles a message. Returns whether it was a configuration.
async fn receive(engine: &Engine, text: &str) -> bool {
    match Message::parse(text) {
        Ok(Message::Configuration(payload)) => {
            let is_valid = engine.configure(&payload);
            if !is_valid {
                log::outpost_invalid("the configuration has no list of reducers");
            }
            return is_valid;
        }
        Ok(Message::Snapshot(snapshot)) => engine.apply(&snapshot).await,
        Ok(Message::Missing { customer, meter }) => engine.missing(&customer, &meter),
        Ok(Message::Other) => {}
        Err(reason) => log::outpost_invalid(&reason),
    }
    false
}

async fn send(socket: &mut Socket, frame: Frame) -> Result<(), String> {
    match timeout(TIMEOUT, socket.send(frame)).await {
        Ok(sent) => sent.map_err(|error| error.to_string()),
        Err(_) => Err("a message could not be sent in time".to_owned()),
    }
}

impl Connector {
    async fn connect(&self) -> Result<Socket, Error> {
        let request = self.request.of_operation(&OUTPOST);
        let key = generate_key();
        let headers = handshake(&key).ok_or_else(|| Error::configuration("no WebSocket key"))?;
        let transport = self.transport.as_deref();
        let (accepted, connection) = upgrade(&request, transport, headers, TIMEOUT).await?;
        // Without the matching key, the response does not come from a WebSocket server, but for example from a cache.
        let accept = accepted.get("sec-websocket-accept");
        if accept.is_none_or(|accept| *accept != *derive_accept_key(key.as_bytes())) {
            const REASON: &str =
                "the server did not accept the WebSocket: Sec-WebSocket-Accept is wrong";
            return Err(Error::configuration(REASON));
        }
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE))
            .max_frame_size(Some(MAX_MESSAGE));
        Ok(Socket::from_raw_socket(connection, Role::Client, Some(config)).await)
    }
}

fn handshake(key: &str) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert("sec-websocket-version", HeaderValue::from_static("13"));
    headers.insert("sec-websocket-key", HeaderValue::from_str(key).ok()?);
    Some(headers)
}
