//! Options of clients and of calls.

#![cfg(feature = "reqwest")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use crate::polar;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::polar::Polar;
use crate::script::{ScriptedTransport, Step, response};
use bytes::Bytes;
use polar_client_runtime::Error;
use polar_client_runtime::client::{CallOptions, CustomerSession, Operation};
use polar_client_runtime::transport::{Body, BoxFuture, Timeout, Transport, TransportError};
use polar_client_runtime::types::Uuid;

const ONE: Uuid = Uuid::from_u128(1);
const TWO: Uuid = Uuid::from_u128(2);

#[tokio::test]
async fn call_options_override_those_of_the_client() {
    let script = ScriptedTransport::new([response(200, "[]")]);
    let defaults = CallOptions::new()
        .header("x-a", "client")
        .unwrap()
        .header("x-b", "client")
        .unwrap();
    let polar = script
        .builder()
        .organization(ONE)
        .defaults(defaults)
        .attempt_timeout(Duration::from_secs(9))
        .build()
        .unwrap();
    polar.list().await.unwrap();
    let options = CallOptions::new()
        .organization(TWO)
        .header("x-b", "call")
        .unwrap()
        .attempt_timeout(Duration::from_secs(3));
    polar.list().with(options).await.unwrap();
    for request in script.sent() {
        // Sensitive, so it is neither printed nor stored in the compression table of HTTP/2.
        assert!(
            ["x-a", "x-b"]
                .iter()
                .all(|name| request.headers()[*name].is_sensitive())
        );
        let shown = format!("{request:?}");
        assert!(
            !shown.contains("client\"") && !shown.contains("call\""),
            "{shown}"
        );
    }
    let header = |name| {
        script
            .header(name)
            .into_iter()
            .map(Option::unwrap)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        header("polar-organization"),
        [ONE.to_string(), TWO.to_string()]
    );
    assert_eq!(header("x-a"), ["client", "client"]);
    assert_eq!(header("x-b"), ["client", "call"]);
    let timeouts: Vec<Timeout> = script
        .sent()
        .iter()
        .map(|request| *request.extensions().get().unwrap())
        .collect();
    assert_eq!(
        timeouts,
        [
            Timeout(Duration::from_secs(9)),
            Timeout(Duration::from_secs(3))
        ]
    );
}

#[tokio::test]
async fn a_client_acts_for_the_organization_that_it_is_bound_to() {
    let script = ScriptedTransport::new([response(200, "[]")]);
    let polar = script.builder().organization(ONE).build().unwrap();
    let bound = Polar {
        client: polar.client.organization(TWO),
    };
    bound.list().await.unwrap();
    let portal = bound.portal(CustomerSession::new("session"));
    portal.list().await.unwrap();
    let options = CallOptions::new().organization(ONE);
    bound.list().with(options).await.unwrap();
    polar.list().await.unwrap();
    let sent = script.header("polar-organization");
    let expected = [TWO, TWO, ONE, ONE].map(|id| Some(id.to_string()));
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn options_are_merged() {
    let script = ScriptedTransport::new([response(200, "[]")]);
    let first = CallOptions::new()
        .organization(ONE)
        .header("x-a", "1")
        .unwrap();
    let second = CallOptions::new().header("x-b", "2").unwrap();
    script
        .polar()
        .list()
        .with(first)
        .with(second)
        .await
        .unwrap();
    assert_eq!(script.header("polar-organization"), [Some(ONE.to_string())]);
    assert_eq!(script.header("x-a"), [Some("1".to_owned())]);
    assert_eq!(script.header("x-b"), [Some("2".to_owned())]);
}

#[test]
fn reserved_headers_are_rejected() {
    for name in [
        "Authorization",
        "host",
        "content-length",
        "content-type",
        "transfer-encoding",
        "polar-version",
        "polar-organization",
        "user-agent",
        "accept",
        "a b",
        "",
    ] {
        let error = CallOptions::new().header(name, "hush").unwrap_err();
        assert!(matches!(error, Error::Configuration { .. }));
        assert!(!error.to_string().contains("hush"));
    }
    assert!(CallOptions::new().header("x-a", "line\nbreak").is_err());
    let shown = format!(
        "{:?}",
        CallOptions::new()
            .header("x-key", "hush")
            .unwrap()
            .access_token("hush")
    );
    assert!(
        shown.contains("x-key") && !shown.contains("hush"),
        "{shown}"
    );
}

#[tokio::test]
async fn the_user_agent_starts_with_the_application() {
    let script = ScriptedTransport::new([response(200, "[]")]);
    let shop = script.builder().app("shop", "1.2").build().unwrap();
    shop.list().await.unwrap();
    let own = concat!("polar-client/", env!("CARGO_PKG_VERSION"));
    assert_eq!(
        script.header("user-agent"),
        [Some(format!("shop/1.2 {own}"))]
    );
    let error = script.builder().app("sh\nop", "1").build().unwrap_err();
    assert!(matches!(error, Error::Configuration { .. }));
}

#[tokio::test]
async fn a_call_can_return_status_and_headers() {
    let step = Step::Response(
        201,
        vec![("x-remaining", "7"), ("set-cookie", "hush")],
        r#"{"name":"x"}"#,
    );
    let script = ScriptedTransport::new([step]);
    let thing = polar::Thing { name: "x".into() };
    let response = script
        .polar()
        .create(thing)
        .send_with_response()
        .await
        .unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["x-remaining"], "7");
    assert_eq!(response.value().name, "x");
    assert_eq!(response.into_inner().name, "x");
    let none = ScriptedTransport::new([Step::Response(202, vec![("x-later", "1")], "")]);
    let response = none.polar().receipt().send_with_response().await.unwrap();
    assert_eq!(response.status(), 202);
    assert_eq!(response.headers()["x-later"], "1");
    assert!(!format!("{response:?}").contains("hush"));
    assert!(response.into_inner().is_none());
}

/// A layer that adds its name to requests and responses.
#[derive(Debug)]
struct Named(&'static str, Arc<dyn Transport>, Arc<Mutex<Vec<String>>>);

impl Transport for Named {
    fn execute(
        &self,
        mut request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        let operation: &&'static Operation = request.extensions().get().unwrap();
        self.2
            .lock()
            .unwrap()
            .push(format!("{} {}", self.0, operation.id));
        let header = http::HeaderName::from_static("x-signed");
        request
            .headers_mut()
            .append(header, self.0.parse().unwrap());
        Box::pin(async {
            let mut response = self.1.execute(request).await?;
            self.2
                .lock()
                .unwrap()
                .push(format!("{} {}", self.0, response.status()));
            *response.status_mut() = http::StatusCode::OK;
            Ok(response)
        })
    }
}

#[tokio::test]
async fn layers_see_requests_from_last_to_first_and_responses_in_reverse() {
    let script = ScriptedTransport::new([response(500, "[]")]);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let layer = |name| {
        let seen = Arc::clone(&seen);
        move |next| Named(name, next, seen)
    };
    // `transport` and `layer` can be called in any order.
    let polar = Polar::builder()
        .layer(layer("inner"))
        .transport(script.clone())
        .layer(layer("outer"))
        .build()
        .unwrap();
    polar.list().await.unwrap();
    assert_eq!(
        *seen.lock().unwrap(),
        [
            "outer things:list",
            "inner things:list",
            "inner 500 Internal Server Error",
            "outer 200 OK"
        ]
    );
    let sent = script.sent();
    let signed: Vec<_> = sent[0].headers().get_all("x-signed").iter().collect();
    assert_eq!(signed, ["outer", "inner"]);
}
