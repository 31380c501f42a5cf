//! Response bodies that are large, slow, incomplete, or sent in chunks.

#![cfg(feature = "reqwest")]
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic is how a test fails"
)]

use std::time::Duration;

use crate::polar::Thing;
use crate::script::{End, ScriptedTransport, Step, response};
use bytes::Bytes;
use polar_client_runtime::client::CallOptions;
use polar_client_runtime::transport::Body;
use polar_client_runtime::{Error, RawBody};

#[tokio::test]
async fn chunks_are_concatenated() {
    let script = ScriptedTransport::new([Step::Chunks(
        200,
        vec!["[{\"na", "", "me\":\"x", "\"}]"],
        End::Whole,
    )]);
    let things = script.polar().list().await.unwrap();
    assert_eq!(things[0].name, "x");
    assert_eq!(script.open(), 0);
}

#[tokio::test]
async fn bodies_have_a_limit() {
    let options = |limit| CallOptions::new().body_limit(limit);
    for step in [
        response(200, "a,b\n1,2\n"),
        Step::Chunks(200, vec!["a,b\n", "1,2\n"], End::Hanging),
        Step::Chunks(200, vec!["a,b\n", "1,2\n", "x"], End::Broken),
    ] {
        let script = ScriptedTransport::new([step]);
        let error = script.polar().export().with(options(7)).await.unwrap_err();
        assert!(matches!(
            error,
            Error::BodyTooLarge {
                operation: "things:export",
                limit: 7,
                ..
            }
        ));
        assert!(!error.is_retryable());
        assert_eq!((script.count(), script.open()), (1, 0));
    }
    let script = ScriptedTransport::new([Step::Chunks(200, vec!["a,b\n", "1,2\n"], End::Whole)]);
    assert_eq!(
        script.polar().export().with(options(8)).await.unwrap(),
        "a,b\n1,2\n"
    );
    let limited = script.builder().defaults(options(0)).build().unwrap();
    assert!(limited.export().await.is_err());
}

#[tokio::test]
async fn exports_can_be_strings_bytes_or_streams() {
    let pieces = Step::Chunks(200, vec!["a,b\n", "1,é\n"], End::Whole);
    let script = ScriptedTransport::new([pieces]);
    let polar = script.polar();
    assert_eq!(polar.export().await.unwrap(), "a,b\n1,é\n");
    assert_eq!(polar.export().send_bytes().await.unwrap(), "a,b\n1,é\n");
    // The limit only applies to bodies that are kept in memory.
    let options = CallOptions::new().body_limit(1);
    let mut stream = polar.export().with(options).send_stream().await.unwrap();
    assert_eq!(script.open(), 1);
    assert_eq!(stream.next().await.unwrap().unwrap(), "a,b\n");
    assert_eq!(stream.next().await.unwrap().unwrap(), "1,é\n");
    assert!(stream.next().await.is_none());
    assert_eq!(script.open(), 0);
    assert!(stream.next().await.is_none());
    assert!(
        script
            .header("accept")
            .iter()
            .all(|accept| accept.as_deref() == Some("text/csv, */*;q=0.1"))
    );
}

#[tokio::test]
async fn a_stream_ends_after_its_error() {
    let script = ScriptedTransport::new([Step::Chunks(200, vec!["a,b\n"], End::Broken)]);
    let mut stream = script.polar().export().send_stream().await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), "a,b\n");
    let error = stream.next().await.unwrap().unwrap_err();
    assert!(error.is_connection() && error.operation() == Some("things:export"));
    assert!(stream.next().await.is_none());
    assert_eq!((script.count(), script.open()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_stream_times_out_only_when_it_pauses() {
    let script = ScriptedTransport::new([Step::Chunks(200, vec!["a"], End::Hanging)]);
    let options = CallOptions::new()
        .timeout(Duration::from_secs(20))
        .attempt_timeout(Duration::from_secs(10));
    let mut stream = script
        .polar()
        .export()
        .with(options)
        .send_stream()
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_secs(100)).await;
    assert_eq!(stream.next().await.unwrap().unwrap(), "a");
    let start = tokio::time::Instant::now();
    assert!(stream.next().await.unwrap().unwrap_err().is_timeout());
    assert!(
        start.elapsed() >= Duration::from_secs(10) && start.elapsed() < Duration::from_secs(11)
    );
    assert!(stream.next().await.is_none());
    assert_eq!(script.open(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_slow_stream_does_not_time_out() {
    let script =
        ScriptedTransport::new([Step::Chunks(200, vec!["a", "b", "c", "d"], End::Slow(6))]);
    let options = CallOptions::new().attempt_timeout(Duration::from_secs(10));
    let request = script.polar().export().with(options);
    let mut stream = request.send_stream().await.unwrap();
    for piece in ["a", "b", "c", "d"] {
        assert_eq!(stream.next().await.unwrap().unwrap(), piece);
    }
    assert!(stream.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_trickling_stream_times_out() {
    let script = ScriptedTransport::new([Step::Chunks(200, vec!["a"; 1000], End::Slow(6))]);
    let start = tokio::time::Instant::now();
    let mut stream = script.polar().export().send_stream().await.unwrap();
    let mut pieces = 0;
    let error = loop {
        match stream.next().await.unwrap() {
            Ok(_) => pieces += 1,
            Err(error) => break error,
        }
    };
    assert!(error.is_timeout());
    assert!((599..=600).contains(&pieces), "{pieces}");
    assert_eq!(start.elapsed().as_secs(), 3600);
    assert!(stream.next().await.is_none());
    assert_eq!(script.open(), 0);
}

#[tokio::test]
async fn errors_of_exports_are_decoded_like_others() {
    let script =
        ScriptedTransport::new([response(403, r#"{"error":"NotPermitted","detail":"no"}"#)]);
    let error = script.polar().export().send_stream().await.unwrap_err();
    assert_eq!(error.class(), Some("NotPermitted"));
}

fn raw(error: &Error) -> &RawBody {
    error.undecodable().unwrap()
}

#[tokio::test]
async fn undecodable_bodies_are_kept_but_not_printed() {
    let body = r#"[{"name":"Jane hush"},{"name":1}]"#;
    let error = ScriptedTransport::new([response(200, body)])
        .polar()
        .list()
        .await;
    let error = error.unwrap_err();
    assert_eq!(raw(&error).bytes(), body);
    assert!(!raw(&error).is_truncated());
    assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
    assert!(matches!(&error, Error::Decode { source, .. } if source.path() == "[1].name"));
    // The error contains the body whatever it is, because the call has succeeded and may have created something.
    for body in ["<html>hush", "{", r#"{"name":null,"secret":"hush"}"#] {
        let thing = Thing { name: "x".into() };
        let error = ScriptedTransport::new([response(201, body)]).polar();
        let error = error.create(thing).await.unwrap_err();
        assert_eq!(raw(&error).bytes(), body);
        assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
    }
}

#[tokio::test]
async fn large_undecodable_bodies_are_truncated() {
    let body: &'static str = format!(r#"{{"name":1,"more":"{}"}}"#, "x".repeat(2 << 20)).leak();
    let error = ScriptedTransport::new([response(200, body)])
        .polar()
        .get("1")
        .await;
    let error = error.unwrap_err();
    assert!(raw(&error).is_truncated());
    assert_eq!(raw(&error).bytes(), &body.as_bytes()[..1 << 20]);
    assert!(format!("{error:?}").contains(&format!("{} bytes", body.len())));
}

#[tokio::test]
async fn raw_json_is_returned_unchanged() {
    let script = |status, body| ScriptedTransport::new([response(status, body)]).polar();
    let json = script(200, r#"{"name":1,"undocumented":[null]}"#).get("1");
    let json = json.send_json().await.unwrap();
    assert_eq!(json, serde_json::json!({"name": 1, "undocumented": [null]}));
    let response = script(200, "[7]").list().send_json().with_response().await;
    assert_eq!(response.unwrap().into_inner(), serde_json::json!([7]));
    for (status, body) in [(202, ""), (200, "null"), (202, r#"{"later":true}"#)] {
        assert_eq!(
            script(status, body).receipt().send_json().await.unwrap(),
            None
        );
    }
    let receipt = script(200, r#"{"x":1}"#).receipt().send_json();
    assert_eq!(receipt.await.unwrap(), Some(serde_json::json!({"x": 1})));
    let error = script(200, "<html>").list().send_json().await.unwrap_err();
    assert_eq!(raw(&error).bytes(), "<html>");
}

#[tokio::test]
async fn empty_and_null_bodies() {
    let script = |status, body| ScriptedTransport::new([response(status, body)]).polar();
    assert!(script(200, "").receipt().await.unwrap().is_none());
    assert!(script(202, "null").receipt().await.unwrap().is_none());
    script(204, "").delete("1").await.unwrap();
    script(202, "null").delete("1").await.unwrap();
    script(200, " \n").delete("1").await.unwrap();
    script(200, r#"{"a":[1]}"#).delete("1").await.unwrap();
    for body in ["", " \n"] {
        let error = script(201, body).list().await.unwrap_err();
        assert!(matches!(error, Error::Decode { .. }));
        let shown = error.to_string();
        let says =
            "the response has no body, expected JSON; the call itself succeeded with 201 Created";
        assert!(shown.contains(says), "{shown}");
    }
    assert!(matches!(
        script(200, "null").list().await,
        Err(Error::Decode { .. })
    ));
}

#[tokio::test]
async fn a_proxy_page_with_a_success_status_is_an_error() {
    let html = vec![("content-type", "text/html; charset=utf-8")];
    let step = Step::Response(200, html, "<html>Sign in to this network</html>");
    let script = ScriptedTransport::new([step]);
    let error = script.polar().delete("1").await.unwrap_err();
    assert!(
        matches!(&error, Error::Decode { media_type: Some(it), .. } if it == "text/html"),
        "{error:?}"
    );
    assert!(!error.to_string().contains("Sign in"), "{error}");
    assert_eq!(script.count(), 1);
}

#[tokio::test]
async fn bodies_convert_from_bytes_and_strings() {
    let pieces = async |mut body: Body| {
        let mut pieces = Vec::new();
        while let Some(piece) = body.next().await {
            pieces.push(piece.unwrap());
        }
        pieces
    };
    assert_eq!(pieces(Body::default()).await, Vec::<Bytes>::new());
    for body in [
        Body::from("x"),
        "x".to_owned().into(),
        vec![b'x'].into(),
        Bytes::from("x").into(),
    ] {
        assert_eq!(format!("{body:?}"), "Body(1 bytes)");
        assert_eq!(pieces(body).await, ["x"]);
    }
}
