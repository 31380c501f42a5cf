//! The measured call, made with the client and with bare reqwest, and the server that responds to it. For the benches
//! that compare the two.

use std::future::Future;
use std::time::Duration;

use polar_client::Server;
use polar_client::transport::ReqwestTransport;
use polar_client::types::{Timestamp, Uuid};
use polar_client::v2026_10::{API_VERSION, Polar};
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The body of every response.
pub(crate) const SEATS: &str = include_str!("../../fixtures/seats_and_subscriptions/seats.json");

const ID: Uuid = Uuid::from_u128(1);
const TOKEN: &str = "polar_oat_bench";

/// The code that makes the call.
#[derive(Clone)]
pub(crate) enum Caller {
    /// reqwest with serde's derives, as in an application without a client library.
    Bare(reqwest::Client, String),
    /// The client, with the same connections.
    Client(Polar),
}

impl Caller {
    /// Returns both callers with a shared `reqwest::Client`, the reference first.
    pub(crate) fn both(url: &str) -> [Self; 2] {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let polar = Polar::builder()
            .server(Server::custom(url).unwrap())
            .access_token(TOKEN)
            .transport(ReqwestTransport::from(http.clone()))
            .build()
            .unwrap();
        [Self::Bare(http, url.to_owned()), Self::Client(polar)]
    }

    /// Makes one call, decodes the response, and reads a field of it.
    pub(crate) async fn call(&self) {
        match self {
            Self::Bare(http, url) => bare(http, url).await,
            Self::Client(polar) => client(polar).await,
        }
    }
}

/// Makes a call with the client.
pub(crate) fn client(polar: &Polar) -> impl Future<Output = ()> + use<> {
    let call = polar
        .customer_seats()
        .list_seats()
        .subscription_id(ID)
        .send();
    async move { assert_eq!(call.await.unwrap().seats.len(), 2) }
}

/// The fields of the response that the call reads.
#[derive(Deserialize)]
#[allow(dead_code, reason = "what is measured is reading them")]
struct Seats {
    seats: Vec<Seat>,
    available_seats: i64,
    total_seats: i64,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "what is measured is reading them")]
struct Seat {
    created_at: Timestamp,
    modified_at: Option<Timestamp>,
    id: Uuid,
    subscription_id: Option<Uuid>,
    order_id: Option<Uuid>,
    status: String,
    customer_id: Option<Uuid>,
    member_id: Option<Uuid>,
    member: Option<Member>,
    email: Option<String>,
    customer_email: Option<String>,
    invitation_token_expires_at: Option<Timestamp>,
    claimed_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    seat_metadata: Option<serde_json::Map<String, serde_json::Value>>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "what is measured is reading them")]
struct Member {
    id: Uuid,
    created_at: Timestamp,
    modified_at: Option<Timestamp>,
    customer_id: Uuid,
    email: String,
    name: Option<String>,
    external_id: Option<String>,
    role: String,
}

async fn bare(http: &reqwest::Client, url: &str) {
    let response = http
        .get(format!("{url}/v1/customer-seats?subscription_id={ID}"))
        .header("accept", "application/json")
        .header("user-agent", "bench/1")
        .header("polar-version", API_VERSION)
        .header("authorization", format!("Bearer {TOKEN}"))
        .timeout(Duration::from_secs(30))
        .send()
        .await
        .unwrap();
    assert!(response.status().is_success());
    let seats: Seats = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    assert_eq!(seats.seats.len(), 2);
}

/// Starts a server in a thread of its own that sends the same response to every request. Returns its URL.
pub(crate) fn serve() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let listener = TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(respond(stream));
            }
        });
    });
    url
}

async fn respond(mut stream: TcpStream) {
    let response = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\npolar-version: {API_VERSION}\r\ncontent-length: {}\r\n\r\n{SEATS}",
        SEATS.len()
    );
    let mut request = Vec::new();
    while stream
        .read_buf(&mut request)
        .await
        .is_ok_and(|read| read > 0)
    {
        if request.ends_with(b"\r\n\r\n") {
            request.clear();
            if stream.write_all(response.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}
