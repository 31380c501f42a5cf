//! A server on loopback that only counts the received events. It does so little that the clients are what limits the
//! rate.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use polar_client::v2026_10::API_VERSION;
use tokio::net::TcpListener;

/// A string that each event contains once, whichever client encoded it. Counting it is faster than parsing the body.
const MARK: &[u8] = b"\"opus\"";

/// Starts the server in a separate thread, and returns its URL.
pub(crate) fn start() -> String {
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
                let connection = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service_fn(respond));
                tokio::spawn(connection);
            }
        });
    });
    url
}

async fn respond(
    request: http::Request<Incoming>,
) -> Result<http::Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let events = body.windows(MARK.len()).filter(|it| *it == MARK).count();
    let body = format!(r#"{{"inserted":{events},"duplicates":0}}"#);
    let response = http::Response::builder()
        .header("content-type", "application/json")
        .header("polar-version", API_VERSION);
    Ok(response.body(Full::from(body)).unwrap())
}
