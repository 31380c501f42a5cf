//! Tests of the server itself: it rejects a request that violates a single rule of the contract.

use http::HeaderValue;
use hyper::body::Bytes;
use polar_client::v2026_10::API_VERSION;

use crate::fixture::fixture;
use crate::server::Received;

type Mutation = fn(&mut Received);

/// Mutations of a valid request, and a part of the expected error.
const MUTATIONS: [(&str, Mutation); 16] = [
    ("there is no PUT", |it| it.method = "PUT".to_owned()),
    ("there is no PATCH", |it| it.path += "/"),
    ("there is no PATCH", |it| {
        it.path = it.path.replace("v1", "v2")
    }),
    ("id: ", |it| it.path = "/v1/meters/none".to_owned()),
    ("the query has [\"page\"]", |it| {
        it.query.push(("page".to_owned(), "1".to_owned()))
    }),
    ("polar-version", |it| {
        drop(it.headers.remove("polar-version"))
    }),
    ("polar-version", |it| set(it, "polar-version", "2025-01")),
    ("user-agent", |it| drop(it.headers.remove("user-agent"))),
    ("accept: text/csv", |it| set(it, "accept", "text/csv")),
    ("authorization: None", |it| {
        drop(it.headers.remove("authorization"))
    }),
    ("authorization: ", |it| {
        set(it, "authorization", "Bearer polar_cst_x")
    }),
    ("content-length", |it| {
        drop(it.headers.remove("content-length"))
    }),
    ("content-type: ", |it| set(it, "content-type", "text/plain")),
    ("the body is missing", |it| body(it, "")),
    ("body: ", |it| body(it, r#"{"name": 7}"#)),
    ("body: ", |it| body(it, r#"{"name": "ab"}"#)),
];

fn set(request: &mut Received, name: &'static str, value: &'static str) {
    request
        .headers
        .insert(name, HeaderValue::from_static(value));
}

fn body(request: &mut Received, body: &'static str) {
    request.body = Bytes::from_static(body.as_bytes());
    request.headers.insert("content-length", body.len().into());
}

fn allowed() -> Received {
    let mut request = Received {
        method: "PATCH".to_owned(),
        path: "/v1/meters/506d02ff-a489-4cd9-9f80-f5bc1ab26b71".to_owned(),
        query: Vec::new(),
        headers: http::HeaderMap::new(),
        body: Bytes::new(),
    };
    body(&mut request, r#"{"name": "Tokens"}"#);
    for (name, value) in [
        ("polar-version", API_VERSION),
        ("user-agent", "polar-client"),
        ("accept", "application/json"),
        ("authorization", "Bearer polar_oat_x"),
        ("content-type", "application/json"),
    ] {
        set(&mut request, name, value);
    }
    request
}

#[test]
fn invalid_requests_are_rejected() {
    assert_eq!(fixture(API_VERSION).validate(&allowed()), Ok(()));
    for (index, (expected, spoil)) in MUTATIONS.iter().enumerate() {
        let mut request = allowed();
        spoil(&mut request);
        let reason = fixture(API_VERSION).validate(&request).unwrap_err();
        assert!(reason.starts_with(expected), "{index}: {reason}");
    }
}

/// Query parameters that are missing, repeated or of another type.
#[test]
fn invalid_queries_are_rejected() {
    let request = |query: &[(&str, &str)]| {
        let mut request = allowed();
        request.method = "GET".to_owned();
        request.path = "/v1/metrics/".to_owned();
        request.body = Bytes::new();
        request.headers.remove("content-length");
        request.headers.remove("content-type");
        let query = query
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        request.query = query.collect();
        fixture(API_VERSION).validate(&request)
    };
    let (start, end) = (("start_date", "2026-10-01"), ("end_date", "2026-10-31"));
    assert_eq!(request(&[start, end, ("interval", "day")]), Ok(()));
    assert_eq!(
        request(&[start, end]),
        Err("interval is missing".to_owned())
    );
    for query in [
        [start, end, ("interval", "second")],
        [("start_date", "October"), end, ("interval", "day")],
        [start, end, ("interval[of]", "day")],
    ] {
        let reason = request(&query).unwrap_err();
        assert!(
            ["interval", "start_date"]
                .iter()
                .any(|name| reason.starts_with(name)),
            "{reason}"
        );
    }
}
