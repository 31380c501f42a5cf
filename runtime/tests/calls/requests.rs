//! The content of requests, as recorded by a transport.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use crate::polar;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::polar::{NamedThing, Polar, Thing};
use bytes::Bytes;
use polar_client_runtime::Error;
use polar_client_runtime::client::{
    CustomerSession, MemberSession, Operation, OrganizationToken, RetryPolicy, Server,
};
use polar_client_runtime::transport::{
    Body, BoxFuture, Timeout, Transport, TransportError, TransportErrorKind,
};
use polar_client_runtime::types::JsonValue;
use serde_json::json;

/// Records requests, and responds to all of them with an empty object.
#[derive(Clone, Debug, Default)]
struct Recorder(Arc<Mutex<Vec<http::Request<Bytes>>>>);

impl Transport for Recorder {
    fn execute(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        self.0.lock().unwrap().push(request);
        Box::pin(async { Ok(http::Response::new("[]".into())) })
    }
}

impl Recorder {
    fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    fn last(&self) -> http::Request<Bytes> {
        self.0.lock().unwrap().pop().unwrap()
    }

    fn path_and_query(&self) -> String {
        self.last().uri().path_and_query().unwrap().to_string()
    }
}

fn recording() -> (Polar, Recorder) {
    let recorder = Recorder::default();
    let polar = Polar::builder()
        .access_token("polar_oat_hush")
        .transport(recorder.clone())
        .build()
        .unwrap();
    (polar, recorder)
}

#[tokio::test]
async fn a_request_has_all_its_headers() {
    let (polar, recorder) = recording();
    polar.list().await.unwrap();
    let request = recorder.last();
    assert_eq!(request.method(), "GET");
    assert_eq!(request.uri(), "https://api.polar.sh/v1/things/");
    let header = |name: &str| {
        request
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap())
    };
    assert_eq!(header("authorization"), Some("Bearer polar_oat_hush"));
    assert_eq!(header("polar-version"), Some("2026-10"));
    assert_eq!(header("accept"), Some("application/json"));
    assert_eq!(
        header("user-agent"),
        Some(concat!("polar-client/", env!("CARGO_PKG_VERSION")))
    );
    assert_eq!(request.headers().len(), 4);
    assert_eq!(
        request.extensions().get(),
        Some(&Timeout(Duration::from_secs(30)))
    );
    assert!(
        !format!("{request:?}").contains("hush"),
        "the header is marked as sensitive"
    );
}

#[tokio::test]
async fn path_values_are_percent_encoded() {
    let (polar, recorder) = recording();
    for (id, segment) in [
        ("a-b.c_d~9", "a-b.c_d~9"),
        ("a\\b", "a%5Cb"),
        ("..;x", "..%3Bx"),
        ("a%2Fb", "a%252Fb"),
        ("%2e%2e", "%252e%252e"),
        (
            "a b+c?d#e&f=g;h:i@j!$'()*,[]",
            "a%20b%2Bc%3Fd%23e%26f%3Dg%3Bh%3Ai%40j%21%24%27%28%29%2A%2C%5B%5D",
        ),
        ("é\0\n{id}", "%C3%A9%00%0A%7Bid%7D"),
        ("...", "..."),
    ] {
        polar.get(id).await.unwrap_err();
        assert_eq!(
            recorder.path_and_query(),
            format!("/v1/things/{segment}/state")
        );
    }
}

#[tokio::test]
async fn path_values_that_change_the_path_are_rejected() {
    const SLASH_MESSAGE: &str = "contains `/`, which the server cannot route, not even percent-encoded: use another identifier of \
                         the resource, such as its `id`";
    let (polar, recorder) = recording();
    for (id, reason) in [
        ("", "is empty"),
        (".", "has a special meaning in URLs"),
        ("..", "has a special meaning in URLs"),
        ("team/1", SLASH_MESSAGE),
        ("/", SLASH_MESSAGE),
        ("../x", SLASH_MESSAGE),
        ("a/", SLASH_MESSAGE),
    ] {
        let error = polar.get(id).await.unwrap_err();
        assert!(matches!(
            error,
            Error::InvalidRequest {
                operation: "things:get",
                parameter: Some("id"),
                ..
            }
        ));
        assert_eq!(
            error.to_string(),
            format!("things:get: not sent: the parameter `id` {reason}")
        );
    }
    assert_eq!(recorder.count(), 0);
}

#[tokio::test]
async fn query_values() {
    let (polar, recorder) = recording();
    let id = polar_client_runtime::types::Uuid::from_u128(1);
    for (list, query) in [
        (polar.list().id("a"), "?id=a"),
        (
            polar.list().id(["a".to_owned(), "b c&d".to_owned()]),
            "?id=a&id=b+c%26d",
        ),
        (
            polar.list().id("a").archived(Some(true)).id("b"),
            "?archived=true&id=b",
        ),
        (polar.list().archived(Some(false)), "?archived=false"),
        (polar.list().archived(Some(true)).archived(None), ""),
        (polar.list().any("x", &Vec::<String>::new()), ""),
        (polar.list().any("x", &vec![None, Some(1_i64)]), "?x=1"),
        (
            polar.list().any("x", &id),
            "?x=00000000-0000-0000-0000-000000000001",
        ),
        (polar.list().any("x", &1.0).any("y", &-5_i64), "?x=1.0&y=-5"),
        (
            polar
                .list()
                .any("x", &json!("é/"))
                .any("y", &json!([1, "a"])),
            "?x=%C3%A9%2F&y=1&y=a",
        ),
        (
            polar.list().any(
                "x",
                &"2026-01-02T03:04:05Z"
                    .parse::<polar_client_runtime::types::Timestamp>()
                    .unwrap(),
            ),
            "?x=2026-01-02T03%3A04%3A05Z",
        ),
        (
            polar
                .list()
                .metadata(&json!({"a": "x", "b": ["1", 2], "c": null, "d e": true})),
            "?metadata%5Ba%5D=x&metadata%5Bb%5D=1&metadata%5Bb%5D=2&metadata%5Bd+e%5D=true",
        ),
        (
            polar.list().filter(&json!({"a": [1, null]})),
            "?filter=%7B%22a%22%3A%5B1%2Cnull%5D%7D",
        ),
        (
            polar
                .list()
                .filter(&Thing { name: "x".into() })
                .filter(&None::<Thing>),
            "",
        ),
    ] {
        list.await.unwrap();
        assert_eq!(recorder.path_and_query(), format!("/v1/things/{query}"));
    }
}

#[tokio::test]
async fn values_without_a_string_form_are_rejected() {
    let (polar, recorder) = recording();
    let object = json!({"a": {}});
    for (list, parameter) in [
        (polar.list().any("x", &object), "x"),
        (polar.list().any("y", &json!([[1]])).any("x", &object), "y"),
        (
            polar
                .list()
                .any("y", &object)
                .any("y", &1_i64)
                .any("z", &object),
            "z",
        ),
        (polar.list().any("x", &f64::NAN), "x"),
        (polar.list().any("x", &vec![1.0, f64::INFINITY]), "x"),
        (polar.list().metadata(&object), "metadata"),
        (polar.list().metadata(&json!([1])), "metadata"),
    ] {
        let error = list.await.unwrap_err();
        assert!(
            matches!(&error, Error::InvalidRequest { parameter: Some(name), .. } if *name == parameter),
            "{error}"
        );
    }
    assert!(matches!(
        polar.token(&json!("x")).await,
        Err(Error::InvalidRequest {
            parameter: Some("body"),
            ..
        })
    ));
    assert_eq!(recorder.count(), 0);
    // The request is sent if the invalid parameter is replaced by a valid one.
    polar
        .list()
        .any("x", &object)
        .any("x", &1_i64)
        .await
        .unwrap();
    assert_eq!(recorder.path_and_query(), "/v1/things/?x=1");
}

#[tokio::test]
async fn bodies() {
    let (polar, recorder) = recording();
    let named = NamedThing { name: "é".into() };
    for call in [
        polar.create(Thing { name: "é".into() }),
        polar.create(&Thing { name: "é".into() }),
        polar.create(&named),
        polar.create(named.clone()),
    ] {
        call.await.unwrap_err();
        let request = recorder.last();
        assert_eq!(request.body(), "{\"name\":\"é\"}");
        assert_eq!(request.headers()["content-type"], "application/json");
        assert!(
            !request.headers().contains_key("content-length"),
            "left to the transport, which knows the body"
        );
    }
    polar
        .token(&json!({"code": null, "grant_type": "a b", "n": 1, "scope": ["x", "y&z"]}))
        .await
        .unwrap();
    let request = recorder.last();
    assert_eq!(request.body(), "grant_type=a+b&n=1&scope=x&scope=y%26z");
    assert_eq!(
        request.headers()["content-type"],
        "application/x-www-form-urlencoded"
    );
    polar.invoice("1").await.unwrap();
    let request = recorder.last();
    assert_eq!(
        (
            request.headers()["content-length"].to_str().unwrap(),
            request.body().len()
        ),
        ("0", 0)
    );
    assert!(!request.headers().contains_key("content-type"));
}

#[tokio::test]
async fn credentials_stay_with_their_client() {
    let (polar, recorder) = recording();
    let portal = polar.portal(polar::session());
    portal.only_in_portal();
    portal.list().await.unwrap();
    assert_eq!(
        recorder.last().headers()["authorization"],
        "Bearer portal_session"
    );
    polar.portal(MemberSession::from("m")).list().await.unwrap();
    assert_eq!(recorder.last().headers()["authorization"], "Bearer m");
    polar.list().await.unwrap();
    assert_eq!(
        recorder.last().headers()["authorization"],
        "Bearer polar_oat_hush"
    );
    let anonymous = Polar::builder()
        .transport(recorder.clone())
        .build()
        .unwrap();
    anonymous.list().await.unwrap();
    assert!(!recorder.last().headers().contains_key("authorization"));
}

#[tokio::test]
async fn an_invalid_token_is_rejected_without_showing_it() {
    let recorder = Recorder::default();
    let polar = Polar::builder()
        .access_token("hush\n")
        .transport(recorder.clone())
        .build()
        .unwrap();
    let error = polar.list().await.unwrap_err();
    assert!(matches!(
        error,
        Error::InvalidRequest {
            parameter: None,
            ..
        }
    ));
    assert!(!format!("{error} {error:?}").contains("hush"));
    assert_eq!(recorder.count(), 0);
}

#[tokio::test]
async fn the_builder_sets_server_and_timeout() {
    let recorder = Recorder::default();
    let server = Server::custom("http://localhost:9/base/").unwrap();
    let polar = Polar::builder()
        .server(server)
        .timeout(Duration::from_millis(5))
        .transport(recorder.clone())
        .build()
        .unwrap();
    polar.list().await.unwrap();
    let request = recorder.last();
    assert_eq!(request.uri(), "http://localhost:9/base/v1/things/");
    let Timeout(timeout) = request.extensions().get().unwrap();
    assert!(*timeout <= Duration::from_millis(5));
    let operation: &&'static Operation = request.extensions().get().unwrap();
    assert_eq!(operation.id, "things:list");
    assert_eq!(polar.client.server().name(), "custom");
}

#[test]
fn debug_output_shows_no_secrets() {
    let recorder = Recorder::default();
    let builder = Polar::builder().access_token("hush").transport(recorder);
    let printed = format!("{builder:?}");
    let polar = builder.build().unwrap();
    let filter = JsonValue::from("hush");
    let request = polar.list().id("hush").filter(&filter);
    let printed = format!(
        "{printed} {polar:?} {request:?} {:?} {:?} {:?}",
        polar.get("hush"),
        polar.create(Thing {
            name: "hush".into()
        }),
        polar.get("hush").send()
    );
    assert!(!printed.contains("hush"), "{printed}");
    assert!(printed.contains("OrganizationToken([redacted])") && printed.contains("things:list"));
    assert_eq!(
        format!(
            "{:?}",
            (CustomerSession::new("hush"), MemberSession::new("hush"))
        ),
        "(CustomerSession([redacted]), MemberSession([redacted]))"
    );
}

#[test]
fn calls_are_send() {
    fn sendable<T: Send + 'static>(value: T) -> T {
        value
    }
    fn error<E: std::error::Error + Send + Sync + 'static>() {}
    error::<Error>();
    error::<polar_client_runtime::codec::DecodeError>();
    let (polar, _) = recording();
    drop(sendable(polar.list().send()));
    sendable(polar);
}

#[tokio::test]
async fn transport_errors_are_classified() {
    #[derive(Debug)]
    struct Failing(TransportErrorKind);

    impl Transport for Failing {
        fn execute(
            &self,
            _: http::Request<Bytes>,
        ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
            Box::pin(async { Err(TransportError::new(self.0, "cause")) })
        }
    }

    let error = async |kind| {
        Polar::builder()
            .transport(Failing(kind))
            .retry(RetryPolicy::off())
            .build()
            .unwrap()
            .list()
            .await
            .unwrap_err()
    };
    let timeout = error(TransportErrorKind::Timeout).await;
    assert!(matches!(
        timeout,
        Error::Timeout {
            operation: "things:list",
            ..
        }
    ));
    assert_eq!(
        timeout.to_string(),
        "things:list: timed out without a response"
    );
    let interrupted = error(TransportErrorKind::Interrupted).await;
    assert!(
        matches!(&interrupted, Error::Connection { source, .. } if source.kind() == TransportErrorKind::Interrupted)
    );
    assert_eq!(
        std::error::Error::source(&interrupted).unwrap().to_string(),
        "cause"
    );
    assert!(matches!(
        error(TransportErrorKind::Connect).await,
        Error::Connection { .. }
    ));
}

#[cfg(not(feature = "reqwest"))]
#[tokio::test]
async fn a_call_without_a_transport_is_an_error() {
    assert!(matches!(
        Polar::builder().build(),
        Err(Error::Configuration { .. })
    ));
    let error = Polar::new(OrganizationToken::new("x"))
        .list()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("feature `reqwest`"), "{error}");
    assert!(matches!(error, Error::Configuration { .. }));
}

#[cfg(feature = "reqwest")]
#[test]
fn the_default_transport_is_built_without_a_runtime() {
    assert!(Polar::builder().build().is_ok());
    assert!(
        format!("{:?}", Polar::new(OrganizationToken::new("hush")))
            .contains("https://api.polar.sh")
    );
    assert!(format!("{:?}", Polar::anonymous()).contains("Anonymous"));
}
