//! The example `export`, against a server that responds with an export.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use crate::support::example;
use wiremock::matchers::{header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

const CSV: &str = "Email,Created At,Product,Net Amount,Currency,Status,Invoice number\r\n\
    ada@example.com,2026-11-21T18:30:56.614223+00:00,\"Yearly, with trial\",91.85,usd,paid,A-0002\r\n\
    ,2026-11-20T18:29:52.367702+00:00,Monthly,-80.8,usd,paid,A-0001\r\n";

#[tokio::test]
async fn paid_orders_are_printed() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/v1/orders/export"))
        .and(query_param("status", "paid"))
        .and(header("authorization", "Bearer polar_oat_test"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(CSV, "text/csv; charset=utf-8"))
        .mount(&server)
        .await;
    let mut command = example("export");
    command
        .env("POLAR_SERVER", server.uri())
        .env("POLAR_ACCESS_TOKEN", "polar_oat_test");
    let output = tokio::task::spawn_blocking(move || command.output());
    let output = output.await.unwrap().unwrap();
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = printed.lines().collect();
    let expected = [
        "2026-11-21      91.85 usd ada@example.com",
        "2026-11-20      -80.8 usd -",
    ];
    assert_eq!(lines, expected);
}
