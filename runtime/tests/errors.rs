//! What errors say, to programs and to people.

#![cfg(feature = "reqwest")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod polar;
mod script;

use polar_client_runtime::client::RetryPolicy;
use polar_client_runtime::{Error, Location, ValidationEntry};
use script::{Script, Step, answer};

async fn error(step: Step) -> Error {
    let polar = Script::new([step]).builder().retry(RetryPolicy::off());
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
    let error = error(answer(422, body)).await;
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
async fn texts_stay_short() {
    let entry = format!(
        r#"{{"loc":["body"],"msg":"{}","type":"t"}}"#,
        "x".repeat(5000)
    );
    let body = format!(
        r#"{{"error":"RequestValidationError","detail":[{}]}}"#,
        vec![entry; 100].join(",")
    );
    let error = error(answer(422, body.leak())).await;
    assert_eq!(error.api().unwrap().validation().len(), 100);
    let text = error.to_string();
    assert!(
        text.len() < 2000 && text.ends_with("; and 95 more"),
        "{text}"
    );
}

#[tokio::test]
async fn a_detail_that_is_a_text_is_no_list() {
    let error = error(answer(
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
async fn only_the_api_can_say_that_something_does_not_exist() {
    let echo = vec![("polar-version", "2026-10")];
    let gone = "the server does not serve this version of the API";
    let stranger = "404, but not from the API";
    let found = "404 Not Found";
    for (headers, body, text) in [
        (
            echo.clone(),
            r#"{"error":"ResourceNotFound","detail":"x"}"#,
            found,
        ),
        // The version was understood.
        (echo.clone(), r#"{"detail":"Not Found"}"#, found),
        (echo, "", found),
        // The API does not know the version.
        (vec![], r#"{"detail":"Not Found"}"#, gone),
        // Anybody. Many servers name an error.
        (
            vec![],
            r#"{"error":"ResourceNotFound","detail":"x"}"#,
            stranger,
        ),
        (vec![], r#"{"error":"Not Found"}"#, stranger),
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
        let error = error(Step::Answer(404, headers, body)).await;
        assert!(error.to_string().contains(text), "{body}: {error}");
        assert_eq!(error.is_not_found(), text == found, "{body}");
        assert_eq!(error.is_version_gone(), text != found, "{body}");
        assert_eq!(matches!(error, Error::VersionGone(_)), text != found);
        assert_eq!(
            (error.status().unwrap().as_u16(), error.is_retryable()),
            (404, false)
        );
        assert_eq!(&error.api().unwrap().body()[..], body.as_bytes());
    }
}

#[tokio::test]
async fn helpers_tell_errors_apart() {
    for (step, holds) in [
        (
            answer(401, r#"{"error":"Unauthorized","detail":"Unauthorized"}"#),
            "unauthorized",
        ),
        (
            answer(
                403,
                r#"{"error":"insufficient_scope","error_description":"x"}"#,
            ),
            "forbidden",
        ),
        (answer(422, ""), "invalid"),
        (answer(429, ""), "rate_limited"),
        (answer(429, "<html>"), "rate_limited"),
        (
            answer(429, r#"{"error":"ManualRetryLimitExceeded","detail":"x"}"#),
            "nothing",
        ),
        (answer(411, ""), "nothing"),
        (answer(500, "<html>"), "nothing"),
        (script::LOST, "connection"),
        (script::REFUSED, "connection"),
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
async fn secrets_in_answers_are_not_repeated() {
    let body = r#"{"error":"polar_oat_hush","detail":[{"loc":["polar_cs_hush"],"msg":"whsec_hush","type":"t"}]}"#;
    let step = Step::Answer(
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
async fn large_error_bodies_are_cut() {
    let body: &'static str = "x".repeat(3 << 20).leak();
    let error = error(answer(400, body)).await;
    assert_eq!(error.api().unwrap().body().len(), 1 << 20);
}
