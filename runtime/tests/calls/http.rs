//! Requests over real connections, and the errors of servers and networks.

#![cfg(feature = "reqwest")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use crate::polar;

use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::polar::{Polar, Thing};
use polar_client_runtime::Error;
#[cfg(feature = "gzip")]
use polar_client_runtime::client::CallOptions;
use polar_client_runtime::client::{Call, Method, Operation, RetryPolicy, Server};
use polar_client_runtime::transport::{ReqwestTransport, TransportErrorKind};
use wiremock::matchers::{body_string, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn polar(url: &str) -> Polar {
    Polar::builder()
        .server(Server::custom(url).unwrap())
        .access_token("polar_oat_hush")
        .timeout(Duration::from_secs(5))
        .retry(RetryPolicy::off())
        .build()
        .unwrap()
}

async fn responding(response: ResponseTemplate) -> (MockServer, Polar) {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any())
        .respond_with(response)
        .mount(&server)
        .await;
    let polar = polar(&server.uri());
    (server, polar)
}

#[tokio::test]
async fn a_call_sends_its_parameters_and_decodes_the_response() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v1/things/"))
        .and(header("authorization", "Bearer polar_oat_hush"))
        .and(header("polar-version", "2026-10"))
        .and(header("content-type", "application/json"))
        .and(header("content-length", "12"))
        .and(body_string(r#"{"name":"x"}"#))
        .respond_with(
            ResponseTemplate::new(201).set_body_raw(r#"{"name":"y","more":1}"#, "application/json"),
        )
        .expect(1)
        .mount(&server)
        .await;
    assert!(
        polar(&server.uri())
            .create(Thing { name: "x".into() })
            .send()
            .await
            .unwrap()
            == Thing { name: "y".into() }
    );
}

#[tokio::test]
async fn an_empty_post_sends_content_length_zero() {
    let (server, polar) =
        responding(ResponseTemplate::new(204).insert_header("content-type", "application/json"))
            .await;
    polar.invoice("a b").await.unwrap();
    let request = &server.received_requests().await.unwrap()[0];
    assert_eq!(request.url.path(), "/v1/things/a%20b/invoice");
    assert_eq!(request.headers["content-length"], "0");
    assert!(!request.headers.contains_key("transfer-encoding"));
}

#[tokio::test]
async fn responses_that_are_not_json() {
    let (_server, polar) = responding(ResponseTemplate::new(202).set_body_string("null")).await;
    polar.invoice("1").await.unwrap();
    assert!(polar.receipt().await.unwrap().is_none());
    for nothing in ["", "null", " null\n"] {
        let response = ResponseTemplate::new(200).set_body_string(nothing);
        let (_server, polar) = responding(response).await;
        assert!(polar.receipt().await.unwrap().is_none(), "{nothing:?}");
    }
    let (_server, polar) = responding(ResponseTemplate::new(202)).await;
    assert!(polar.receipt().await.unwrap().is_none());
    let (_server, polar) =
        responding(ResponseTemplate::new(200).set_body_string(r#"{"name":"r"}"#)).await;
    assert_eq!(polar.receipt().await.unwrap().unwrap().name, "r");
    let (server, polar) =
        responding(ResponseTemplate::new(200).set_body_raw("a,b\n1,é\n", "text/csv")).await;
    assert_eq!(polar.export().await.unwrap(), "a,b\n1,é\n");
    assert_eq!(
        server.received_requests().await.unwrap()[0].headers["accept"],
        "text/csv, */*;q=0.1"
    );
}

#[tokio::test]
async fn errors_of_the_api() {
    let body = r#"{"error":"ResourceNotFound","detail":"no such thing"}"#;
    let response = ResponseTemplate::new(404)
        .set_body_raw(body, "application/json")
        .insert_header("polar-version", "2026-10")
        .insert_header("set-cookie", "hush");
    let (_server, polar) = responding(response).await;
    let error = polar.get("hush").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "things:get: 404 Not Found: ResourceNotFound: no such thing"
    );
    assert_eq!(error.operation(), Some("things:get"));
    let api = error.api().unwrap();
    assert_eq!(
        (api.status().as_u16(), api.class(), api.detail()),
        (404, Some("ResourceNotFound"), Some("no such thing"))
    );
    assert_eq!(api.body(), body);
    assert_eq!(api.headers()["polar-version"], "2026-10");
    assert!(!format!("{error:?}").contains("hush"), "{error:?}");
}

#[tokio::test]
async fn errors_in_other_formats() {
    for (status, body, code, detail, text) in [
        (
            401,
            r#"{"error":"invalid_token","error_description":"expired"}"#,
            Some("invalid_token"),
            Some("expired"),
            "401 Unauthorized: invalid_token: expired",
        ),
        (
            422,
            r#"{"error":"RequestValidationError","detail":[{"loc":["body",0],"msg":"m"}]}"#,
            Some("RequestValidationError"),
            None,
            "422 Unprocessable Entity: RequestValidationError: body[0]: m",
        ),
        (429, "", None, None, "429 Too Many Requests"),
        (
            502,
            "<html>polar_oat_hush</html>",
            None,
            None,
            "502 Bad Gateway",
        ),
        (500, "[1]", None, None, "500 Internal Server Error"),
        (
            403,
            r#"{"error":1,"detail":"token polar_oat_hush"}"#,
            None,
            Some("token polar_oat_hush"),
            "403 Forbidden: [redacted]",
        ),
    ] {
        let (_server, polar) = responding(
            ResponseTemplate::new(status)
                .set_body_string(body)
                .insert_header("retry-after", "7"),
        )
        .await;
        let error = polar.list().await.unwrap_err();
        let api = error.api().unwrap();
        assert_eq!(
            (
                api.status().as_u16(),
                api.class(),
                api.detail(),
                &api.body()[..]
            ),
            (status, code, detail, body.as_bytes())
        );
        assert_eq!(api.headers()["retry-after"], "7");
        assert_eq!(error.to_string(), format!("things:list: {text}"));
        assert!(!format!("{error:?}").contains("hush"), "{error:?}");
    }
}

#[tokio::test]
async fn redirects_are_errors_and_do_not_leak_the_token() {
    let elsewhere = MockServer::start().await;
    let target = format!("{}/v1/things/hush", elsewhere.uri());
    let (_server, polar) =
        responding(ResponseTemplate::new(307).insert_header("location", target.as_str())).await;
    let error = polar.list().await.unwrap_err();
    assert_eq!(error.api().unwrap().headers()["location"], target.as_str());
    assert_eq!(
        error.to_string(),
        "things:list: 307 Temporary Redirect: redirects to http://127.0.0.1 are not followed"
    );
    assert!(!format!("{error:?}").contains("hush"));
    assert_eq!(elsewhere.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn an_undecodable_body_is_an_error() {
    let (_server, polar) =
        responding(ResponseTemplate::new(200).set_body_string(r#"[{"name":"a"},{"name":1}]"#))
            .await;
    let error = polar.list().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "things:list: cannot read the response: [1].name: expected a string, found 1"
    );
    assert!(matches!(&error, Error::Decode { source, .. } if source.path() == "[1].name"));
    let page = ResponseTemplate::new(200).set_body_raw("<html>", "text/html; charset=utf-8");
    let (_server, polar) = responding(page).await;
    let error = polar.list().await.unwrap_err();
    assert!(
        error.to_string().starts_with(
            "things:list: cannot read the response, which is text/html: expected value"
        )
    );
    assert!(matches!(
        &error,
        Error::Decode {
            operation: "things:list",
            ..
        }
    ));
    assert!(error.source().unwrap().is::<serde_json::Error>());
}

#[tokio::test]
async fn a_missing_response_times_out() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_delay(Duration::from_secs(60)))
        .mount(&server)
        .await;
    let polar = Polar::builder()
        .server(Server::custom(&server.uri()).unwrap())
        .timeout(Duration::from_millis(50))
        .retry(RetryPolicy::off())
        .build()
        .unwrap();
    let error = polar.get("hush").await.unwrap_err();
    assert!(
        matches!(&error, Error::Timeout { operation: "things:get", source, .. } if source.kind() == TransportErrorKind::Timeout)
    );
    assert!(
        !format!("{error:?} {error} {}", error.source().unwrap()).contains("hush"),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_unreachable_server_is_a_connection_error() {
    // The port is released again, so that nothing listens on it.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = polar(&url).get("hush").await.unwrap_err();
    assert!(
        matches!(&error, Error::Connection { source, .. } if source.kind() == TransportErrorKind::Connect),
        "{error:?}"
    );
    assert_eq!(error.to_string(), "things:get: no connection to the server");
    assert!(
        !format!("{error:?} {}", error.source().unwrap()).contains("hush"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_broken_connection_is_a_transport_error() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // The request is read, and the connection is closed before the response is complete.
        std::io::Read::read(&mut stream, &mut [0; 4096]).unwrap();
        std::io::Write::write_all(
            &mut stream,
            b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[",
        )
        .unwrap();
    });
    let error = polar(&url).list().await.unwrap_err();
    server.join().unwrap();
    assert!(
        matches!(&error, Error::Connection { source, .. } if source.kind() == TransportErrorKind::Interrupted),
        "{error:?}"
    );
}

/// Starts a server that responds with empty lists and counts connections.
fn counting() -> (String, Arc<AtomicUsize>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, Ordering::Relaxed);
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let mut head = [0; 4096];
                while std::io::Read::read(&mut stream, &mut head).unwrap_or(0) > 0 {
                    let response = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]";
                    std::io::Write::write_all(&mut stream, response).unwrap();
                }
            });
        }
    });
    (url, count)
}

#[tokio::test]
async fn idle_connections_are_closed_before_the_server_closes_them() {
    let (url, count) = counting();
    let polar = polar(&url);
    for _ in 0..2 {
        polar.list().await.unwrap();
    }
    assert_eq!(count.load(Ordering::Relaxed), 1);
    // In real time, because the connection pool uses no other clock.
    tokio::time::sleep(Duration::from_millis(4500)).await;
    polar.list().await.unwrap();
    assert_eq!(count.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn request_bodies_have_a_content_length() {
    for (method, length) in [
        (Method::Post, Some("0")),
        (Method::Put, Some("0")),
        (Method::Patch, Some("0")),
        (Method::Get, None),
        (Method::Delete, None),
    ] {
        let operation: &'static Operation = Box::leak(Box::new(Operation {
            id: "things:any",
            method,
            path: "/v1/any",
            ..polar::INVOICE
        }));
        let (server, polar) = responding(ResponseTemplate::new(204)).await;
        Call::empty(polar.client.request(operation)).await.unwrap();
        let request = &server.received_requests().await.unwrap()[0];
        let header = |name| {
            request
                .headers
                .get(name)
                .map(|value| value.to_str().unwrap())
        };
        assert_eq!(header("content-length"), length, "{method:?}");
        assert_eq!(header("transfer-encoding"), None);
        assert_eq!(header("content-type"), None);
    }
}

#[tokio::test]
async fn forms_have_a_content_length_even_if_empty() {
    let (server, polar) = responding(ResponseTemplate::new(200).set_body_string("1")).await;
    for (form, length) in [
        (serde_json::json!({}), "0"),
        (serde_json::json!({"a": "b"}), "3"),
    ] {
        polar.token(&form).await.unwrap();
        let requests = server.received_requests().await.unwrap();
        let headers = &requests.last().unwrap().headers;
        assert_eq!(headers["content-length"], length, "{form}");
        assert!(!headers.contains_key("transfer-encoding"));
    }
}

/// The gzip-compressed JSON of an empty list with 98 spaces.
#[cfg(feature = "gzip")]
const COMPRESSED: &[u8] = &[
    31, 139, 8, 0, 0, 0, 0, 0, 2, 255, 139, 86, 160, 57, 136, 5, 0, 67, 44, 206, 133, 100, 0, 0, 0,
];

#[cfg(feature = "gzip")]
#[tokio::test]
async fn compressed_responses_are_limited_by_their_decompressed_size() {
    let (server, polar) = responding(
        ResponseTemplate::new(200)
            .set_body_raw(COMPRESSED, "application/json")
            .insert_header("content-encoding", "gzip"),
    )
    .await;
    assert!(polar.list().await.unwrap().is_empty());
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests[0].headers["accept-encoding"], "gzip");
    let limit = CallOptions::new().body_limit(COMPRESSED.len() * 2);
    let error = polar.list().with(limit).await.unwrap_err();
    assert!(matches!(error, Error::BodyTooLarge { .. }), "{error:?}");
}

#[cfg(not(feature = "gzip"))]
#[tokio::test]
async fn compressed_responses_are_not_requested() {
    let (server, polar) =
        responding(ResponseTemplate::new(200).set_body_raw("[]", "application/json")).await;
    assert!(polar.list().await.unwrap().is_empty());
    let requests = server.received_requests().await.unwrap();
    assert!(!requests[0].headers.contains_key("accept-encoding"));
}

#[tokio::test]
async fn streams_yield_chunks_before_the_body_is_complete() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        std::io::Read::read(&mut stream, &mut [0; 4096]).unwrap();
        let mut send =
            |text: &str| std::io::Write::write_all(&mut stream, text.as_bytes()).unwrap();
        send(
            "HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\ntransfer-encoding: chunked\r\n\r\n4\r\na,b\n\r\n",
        );
        wait.recv().unwrap();
        send("4\r\n1,2\n\r\n0\r\n\r\n");
    });
    let mut stream = polar(&url).export().send_stream().await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), "a,b\n");
    go_on.send(()).unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), "1,2\n");
    assert!(stream.next().await.is_none());
    server.join().unwrap();
}

fn through(transport: ReqwestTransport, server: &MockServer) -> Polar {
    Polar::builder()
        .server(Server::custom(&server.uri()).unwrap())
        .access_token("polar_oat_hush")
        .transport(transport)
        .build()
        .unwrap()
}

#[tokio::test]
async fn custom_reqwest_clients_are_used() {
    let (server, _) = responding(ResponseTemplate::new(200).set_body_string("[]")).await;
    let builder = reqwest::Client::builder().user_agent("overridden");
    let built = ReqwestTransport::from_builder(builder).unwrap();
    for own in [built, reqwest::Client::new().into()] {
        assert!(through(own, &server).list().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn custom_reqwest_clients_must_not_follow_redirects() {
    let (elsewhere, _) = responding(ResponseTemplate::new(200).set_body_string("[]")).await;
    let moved = ResponseTemplate::new(307).insert_header("location", elsewhere.uri());
    let (server, _) = responding(moved).await;
    let following = reqwest::redirect::Policy::limited(3);
    let builder = reqwest::Client::builder().redirect(following);
    let built = ReqwestTransport::from_builder(builder).unwrap();
    let error = through(built, &server).list().await.unwrap_err();
    assert_eq!(error.status().unwrap(), 307);
    assert!(elsewhere.received_requests().await.unwrap().is_empty());

    let given = ReqwestTransport::from(reqwest::Client::new());
    let error = through(given, &server).list().await.unwrap_err();
    assert!(matches!(error, Error::Configuration { .. }), "{error:?}");
    assert!(error.to_string().contains("followed a redirect"), "{error}");
    // Requested once, because a retry would fail in the same way.
    assert_eq!(elsewhere.received_requests().await.unwrap().len(), 1);
}

#[test]
fn default_headers_are_redacted() {
    let mut headers = http::HeaderMap::new();
    headers.insert("x-proxy-key", "hush".parse().unwrap());
    let builder = reqwest::Client::builder().default_headers(headers);
    let transport = ReqwestTransport::from_builder(builder).unwrap();
    let builder = Polar::builder().transport(transport.clone());
    let shown = format!("{transport:?} {builder:?}");
    assert!(!shown.contains("hush"), "{shown}");
}
