//! What the client adds to a call: `cargo bench -p polar-tests --bench overhead`.
//!
//! The same call, in turns: with the client, and with bare reqwest and serde_json, both against a server on loopback that
//! answers from memory; and with the client over a transport that answers at once, which is the client alone.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a bench is a program: a panic is how it fails"
)]

use std::time::{Duration, Instant};

use bytes::Bytes;
use polar_client::Server;
use polar_client::transport::{Body, BoxFuture, ReqwestTransport, Transport, TransportError};
use polar_client::types::Uuid;
use polar_client::v2026_10::{API_VERSION, Polar};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const SEATS: &str = include_str!("../../fixtures/seed_operations/seats.json");
const ID: Uuid = Uuid::from_u128(1);
const ROUNDS: usize = 40;
const CALLS: u32 = 250;

/// Answers at once.
#[derive(Debug)]
struct Instantly;

impl Transport for Instantly {
    fn execute(
        &self,
        _: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin(async { Ok(http::Response::new(SEATS.into())) })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let url = serve();
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let polar = Polar::builder()
        .server(Server::custom(&url).unwrap())
        .access_token("polar_oat_bench");
    let polar = polar
        .transport(ReqwestTransport::from(http.clone()))
        .build()
        .unwrap();
    let alone = Polar::builder()
        .access_token("polar_oat_bench")
        .transport(Instantly)
        .build()
        .unwrap();
    let (mut client, mut bare, mut mock) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(time(async || by_hand(&http, &url).await).await);
        client.push(time(async || by_client(&polar).await).await);
        mock.push(time(async || by_client(&alone).await).await);
    }
    let (client, bare, mock) = (median(client), median(bare), median(mock));
    println!("one call, the median of {ROUNDS} rounds of {CALLS}:");
    println!("  client over reqwest            {client:>8.1?}");
    println!("  bare reqwest and serde_json    {bare:>8.1?}");
    println!("  client over a mock transport   {mock:>8.1?}");
    println!(
        "  client / bare                  {:>8.3}",
        client.as_secs_f64() / bare.as_secs_f64()
    );
}

async fn by_client(polar: &Polar) {
    let seats = polar
        .customer_seats()
        .list_seats()
        .subscription_id(ID)
        .await;
    assert_eq!(seats.unwrap().seats.len(), 2);
}

async fn by_hand(http: &reqwest::Client, url: &str) {
    let answer = http
        .get(format!("{url}/v1/customer-seats?subscription_id={ID}"))
        .header("accept", "application/json")
        .header("user-agent", "bench/1")
        .header("polar-version", API_VERSION)
        .header("authorization", "Bearer polar_oat_bench")
        .timeout(Duration::from_secs(30))
        .send()
        .await
        .unwrap();
    assert!(answer.status().is_success());
    let seats: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert_eq!(seats["seats"].as_array().unwrap().len(), 2);
}

/// The time of one call, as the mean of many.
async fn time(call: impl AsyncFn()) -> Duration {
    let start = Instant::now();
    for _ in 0..CALLS {
        call().await;
    }
    start.elapsed() / CALLS
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// A server on a thread of its own, that answers every request with the same page.
fn serve() -> String {
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
                tokio::spawn(answer(stream));
            }
        });
    });
    url
}

async fn answer(mut stream: TcpStream) {
    let page = format!(
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
            if stream.write_all(page.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}
