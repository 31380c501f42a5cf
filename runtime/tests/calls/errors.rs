//! Errors: their classification and their messages.

#![cfg(feature = "reqwest")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use crate::script;

use crate::polar::Polar;
use crate::script::{ScriptedTransport, Step, response};
use polar_client_runtime::client::{OrganizationToken, RetryPolicy, TokenProvider, TokenResult};
use polar_client_runtime::transport::{
    Body, BoxFuture, Transport, TransportError, TransportErrorKind,
};
use polar_client_runtime::{Error, Location, ValidationEntry};

async fn error(step: Step) -> Error {
    let polar = ScriptedTransport::new([step])
        .builder()
        .retry(RetryPolicy::off());
    polar.build().unwrap().list().await.unwrap_err()
}

#[tokio::test]
async fn validation_entries_are_typed() {
    let body = r#"{"error":"RequestValidationError","detail":[
        {"loc":["body","items",0,"price"],"msg":"Input should be an integer","type":"int_type","input":"hush","ctx":{"a":"hush"}},
        {"msg":"no place","type":"value_error"},
        {"loc":["query","limit"],"type":"missing"},
        "not an entry"
    ]}"#;
    let error = error(response(422, body)).await;
    let entries = error.api().unwrap().validation();
    let first: &ValidationEntry = &entries[0];
    assert_eq!(
        first.location,
        [
            Location::Key("body".into()),
            Location::Key("items".into()),
            Location::Index(0),
            Location::Key("price".into())
        ]
    );
    assert_eq!(
        (first.message.as_str(), first.kind.as_str()),
        ("Input should be an integer", "int_type")
    );
    assert_eq!(entries.len(), 3);
    assert!(entries[1].location.is_empty());
    assert_eq!(
        error.to_string(),
        "things:list: 422 Unprocessable Entity: RequestValidationError: body.items[0].price: Input should be an \
         integer; no place; query.limit: missing"
    );
    assert!(error.is_invalid());
    assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
}

#[tokio::test]
async fn messages_stay_short() {
    let entry = format!(
        r#"{{"loc":["body"],"msg":"{}","type":"t"}}"#,
        "x".repeat(5000)
    );
    let body = format!(
        r#"{{"error":"RequestValidationError","detail":[{}]}}"#,
        vec![entry; 100].join(",")
    );
    let error = error(response(422, body.leak())).await;
    assert_eq!(error.api().unwrap().validation().len(), 100);
    let text = error.to_string();
    assert!(
        text.len() < 2000 && text.ends_with("; and 95 more"),
        "{text}"
    );
}

#[tokio::test]
async fn a_string_detail_is_no_list_of_validation_errors() {
    let error = error(response(
        422,
        r#"{"error":"RequestValidationError","detail":"bad\nline"}"#,
    ))
    .await;
    assert!(error.api().unwrap().validation().is_empty());
    assert_eq!(error.api().unwrap().detail(), Some("bad\nline"));
    assert!(
        error
            .to_string()
            .ends_with("RequestValidationError: bad line")
    );
}

#[tokio::test]
async fn only_a_404_with_an_error_class_means_not_found() {
    let echo = vec![("polar-version", "2026-10")];
    let found = "404 Not Found: ";
    let no_path = "(no error class, so this does not say that the resource does not exist: the server has no such path";
    let gone = "404 without an error class, which does not say that the resource does not exist: the server does not \
                serve this version of the API, or has no such path";
    let stranger = "404, but not from the API";
    for (headers, body, text) in [
        // About the resource: the header shows that the API responded, and there is an error class.
        (
            echo.clone(),
            r#"{"error":"ResourceNotFound","detail":"x"}"#,
            found,
        ),
        (
            echo.clone(),
            r#"{"error":"InvoiceDoesNotExist","detail":"x"}"#,
            found,
        ),
        // Also about the resource: a proxy may remove the header, and older servers do not send it, but the class is
        // documented.
        (
            vec![],
            r#"{"error":"ResourceNotFound","detail":"x"}"#,
            found,
        ),
        (vec![], r#"{"error":"ResourceNotFound"}"#, found),
        // From the router of the API, in the requested version: the path does not exist, such as for the external ID
        // `team/1`.
        (echo.clone(), r#"{"detail":"Not Found"}"#, no_path),
        (echo.clone(), r#"{"error":"","detail":"x"}"#, no_path),
        (echo.clone(), r#"{"error":null,"detail":"x"}"#, no_path),
        (echo, "", no_path),
        // The API does not serve the version, or an older server does not have the path.
        (vec![], r#"{"detail":"Not Found"}"#, gone),
        // From any server: the bodies of many servers contain an `error`.
        (
            vec![],
            r#"{"error":"InvoiceDoesNotExist","detail":"x"}"#,
            stranger,
        ),
        (vec![], r#"{"error":"Not Found"}"#, stranger),
        (vec![], r#"{"error":"","detail":"x"}"#, stranger),
        (vec![], r#"{"error":null,"detail":"Not Found"}"#, stranger),
        (
            vec![],
            r#"{"timestamp":1,"status":404,"error":"Not Found"}"#,
            stranger,
        ),
        (vec![], r#"{"error":{"code":"404"}}"#, stranger),
        (vec![], "", stranger),
        (vec![], "<html>nginx</html>", stranger),
        (vec![], "Not Found", stranger),
        (vec![], r#"{"message":"no route"}"#, stranger),
        (vec![], r#"["error"]"#, stranger),
    ] {
        let error = error(Step::Response(404, headers, body)).await;
        assert!(error.to_string().contains(text), "{body}: {error}");
        assert_eq!(error.is_not_found(), text == found, "{body}");
        let is_gone = text != found && text != no_path;
        assert_eq!(error.is_version_gone(), is_gone, "{body}");
        assert_eq!(matches!(error, Error::VersionGone(_)), is_gone);
        assert_eq!(
            (error.status().unwrap().as_u16(), error.is_retryable()),
            (404, false)
        );
        assert_eq!(&error.api().unwrap().body()[..], body.as_bytes());
    }
}

/// A class that is documented for 404 has no special meaning with another status.
#[tokio::test]
async fn a_not_found_class_requires_status_404() {
    for status in [400, 403, 405, 410, 500] {
        let error = error(response(
            status,
            r#"{"error":"ResourceNotFound","detail":"x"}"#,
        ))
        .await;
        assert!(!error.is_not_found(), "{error}");
    }
}

#[derive(Debug)]
struct Outer(std::io::Error);

impl std::fmt::Display for Outer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cannot fetch a token")
    }
}

impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[derive(Debug)]
struct Fails(&'static str);

impl Fails {
    fn error(&self) -> Outer {
        Outer(std::io::Error::other(self.0))
    }
}

impl TokenProvider for Fails {
    fn token(&self) -> BoxFuture<'_, TokenResult> {
        Box::pin(async { Err(self.error().into()) })
    }
}

impl Transport for Fails {
    fn execute(
        &self,
        _: http::Request<bytes::Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        let error = TransportError::new(TransportErrorKind::Connect, self.error());
        Box::pin(async { Err(error) })
    }
}

/// Covers the output of a `main` that returns an error.
#[tokio::test]
async fn debug_shows_the_chain_of_sources_and_no_secret() {
    let list = async |token: Fails, transport: Fails| {
        let builder = Polar::builder()
            .credential(OrganizationToken::provided_by(token))
            .retry(RetryPolicy::off());
        let polar = builder.transport(transport).build().unwrap();
        polar.list().await.unwrap_err()
    };
    let error = list(Fails("keyring locked"), Fails("")).await;
    assert_eq!(
        format!("{error:?}"),
        r#"Token { operation: "things:list", source: "cannot fetch a token: keyring locked" }"#
    );
    let error = list(Fails("polar_oat_hush expired"), Fails("")).await;
    assert!(!format!("{error:?}").contains("hush"), "{error:?}");
}

#[tokio::test]
async fn debug_of_a_failed_connection_says_why() {
    let connect = async |transport: Fails| {
        let builder = Polar::builder()
            .access_token("polar_oat_x")
            .retry(RetryPolicy::off());
        let polar = builder.transport(transport).build().unwrap();
        polar.list().await.unwrap_err()
    };
    let error = connect(Fails("connection refused")).await;
    assert_eq!(
        format!("{error:?}"),
        "Connection { operation: \"things:list\", source: TransportError { kind: Connect, source: \"cannot fetch a token: \
         connection refused\" } }"
    );
    let on_page = format!("{:?}", connect(Fails("at polar_oat_hush")).await);
    assert!(!on_page.contains("hush"), "{on_page}");
}

#[tokio::test]
async fn predicates_classify_errors() {
    for (step, holds) in [
        (
            response(401, r#"{"error":"Unauthorized","detail":"Unauthorized"}"#),
            "unauthorized",
        ),
        (
            response(
                403,
                r#"{"error":"insufficient_scope","error_description":"x"}"#,
            ),
            "forbidden",
        ),
        (response(422, ""), "invalid"),
        (response(429, ""), "rate_limited"),
        (response(429, "<html>"), "rate_limited"),
        (
            response(429, r#"{"error":"ManualRetryLimitExceeded","detail":"x"}"#),
            "nothing",
        ),
        (response(411, ""), "nothing"),
        (response(500, "<html>"), "nothing"),
        (script::CONNECTION_LOST, "connection"),
        (script::CONNECTION_REFUSED, "connection"),
    ] {
        let error = error(step.clone()).await;
        let held: Vec<&str> = [
            ("not_found", error.is_not_found()),
            ("version_gone", error.is_version_gone()),
            ("unauthorized", error.is_unauthorized()),
            ("forbidden", error.is_forbidden()),
            ("invalid", error.is_invalid()),
            ("rate_limited", error.is_rate_limited()),
            ("timeout", error.is_timeout()),
            ("connection", error.is_connection()),
        ]
        .iter()
        .filter_map(|(name, held)| held.then_some(*name))
        .collect();
        let expected: &[&str] = if holds == "nothing" { &[] } else { &[holds] };
        assert_eq!(held, expected, "{step:?}");
    }
}

#[tokio::test]
async fn secrets_in_responses_are_redacted_in_errors() {
    let body = r#"{"error":"polar_oat_hush","detail":[{"loc":["polar_cs_hush"],"msg":"whsec_hush","type":"t"}]}"#;
    let step = Step::Response(
        400,
        vec![("x-echo", "polar_oat_hush"), ("location", "/hush")],
        body,
    );
    let error = error(step).await;
    assert!(
        !format!("{error} {error:?}").contains("hush"),
        "{error} {error:?}"
    );
    assert_eq!(error.class(), Some("polar_oat_hush"));
}

#[tokio::test]
async fn large_error_bodies_are_truncated() {
    let body: &'static str = "x".repeat(3 << 20).leak();
    let error = error(response(400, body)).await;
    assert_eq!(error.api().unwrap().body().len(), 1 << 20);
}
