//! CSV exports: rows are parsed correctly whatever the size of the received chunks.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use polar_client::transport::{Body, BoxFuture, Transport, TransportError, TransportErrorKind};
use polar_client::types::{Decimal, Timestamp};
use polar_client::v2026_10::Polar;
use polar_client::v2026_10::models::{OrderStatus, SubscriptionStatus};
use polar_client::{Error, OrganizationToken, RetryPolicy};

const ORDERS: &str = "Email,Created At,Product,Net Amount,Currency,Status,Invoice number\r\n";

/// A transport whose response consists of these chunks.
#[derive(Debug)]
struct Chunked {
    status: u16,
    media_type: &'static str,
    pieces: Mutex<Vec<Result<Bytes, TransportError>>>,
}

struct Served(std::vec::IntoIter<Result<Bytes, TransportError>>);

impl Stream for Served {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.next())
    }
}

impl Transport for Chunked {
    fn execute(
        &self,
        _: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        let pieces = std::mem::take(&mut *self.pieces.lock().unwrap());
        let response = http::Response::builder()
            .status(self.status)
            .header("content-type", self.media_type)
            .body(Body::stream(Served(pieces.into_iter())))
            .unwrap();
        Box::pin(async { Ok(response) })
    }
}

fn served(
    media_type: &'static str,
    pieces: Vec<Result<Bytes, TransportError>>,
) -> Polar<OrganizationToken> {
    responding(200, media_type, pieces)
}

fn responding(
    status: u16,
    media_type: &'static str,
    pieces: Vec<Result<Bytes, TransportError>>,
) -> Polar<OrganizationToken> {
    let pieces = Mutex::new(pieces);
    Polar::builder()
        .access_token("polar_oat_test")
        .retry(RetryPolicy::off())
        .transport(Chunked {
            status,
            media_type,
            pieces,
        })
        .build()
        .unwrap()
}

/// Returns a client that receives `text` as its response, in chunks of `size` bytes.
fn csv(text: &str, size: usize) -> Polar<OrganizationToken> {
    let pieces = text.as_bytes().chunks(size);
    let pieces = pieces.map(|piece| Ok(Bytes::copy_from_slice(piece)));
    served("text/csv; charset=utf-8", pieces.collect())
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[tokio::test]
async fn orders_in_chunks_of_any_size() {
    let text = format!(
        "{ORDERS}ada@example.com,2026-11-21T18:30:56.614223+00:00,\"Yearly, \"\"gold\"\" \u{1f947}\",-80.83,usd,pending,A-1\r\n\
         ,2026-11-21T18:30:52Z,,0.0,eur,a new one,\r\n"
    );
    for size in [1, 2, 3, 7, 64, 10_000] {
        let mut rows = csv(&text, size).orders().export().rows();
        let row = rows.try_next().await.unwrap().unwrap();
        assert_eq!(row.email.as_deref(), Some("ada@example.com"));
        assert_eq!(row.created_at, time("2026-11-21T18:30:56.614223Z"));
        assert_eq!(row.product.as_deref(), Some("Yearly, \"gold\" \u{1f947}"));
        assert_eq!(row.net_amount, decimal("-80.83"));
        assert_eq!(row.currency, "usd");
        assert_eq!(row.status, OrderStatus::Pending);
        assert_eq!(row.invoice_number.as_deref(), Some("A-1"));
        assert!(row.additional.is_empty());
        let row = rows.try_next().await.unwrap().unwrap();
        assert_eq!(
            (row.email, row.product, row.invoice_number),
            (None, None, None)
        );
        assert_eq!(row.status, OrderStatus::Unknown("a new one".to_owned()));
        assert!(rows.try_next().await.unwrap().is_none());
        assert!(rows.try_next().await.unwrap().is_none());
    }
}

#[tokio::test]
async fn subscriptions() {
    let text = "Email,Started At,Product,Amount,Currency,Status,Billing Interval\r\n\
        a@example.com,2026-11-21T18:28:39.123998+00:00,Every 2 weeks,7.0,usd,trialing,2 weeks\r\n";
    let mut rows = csv(text, 50).subscriptions().export().rows();
    let row = rows.try_next().await.unwrap().unwrap();
    assert_eq!(row.amount, decimal("7"));
    assert_eq!(row.status, SubscriptionStatus::Trialing);
    assert_eq!(row.billing_interval.as_deref(), Some("2 weeks"));
}

#[tokio::test]
async fn customers() {
    let text = "ID,External ID,Created At,Email,Name,Tax ID,Billing Address Line 1,Billing Address Line 2,\
        Billing Address City,Billing Address State,Billing Address Zip,Billing Address Country,Metadata\r\n\
        7ff434e4-b8c7-47ef-a669-bc2766687754,ext,2026-11-21T18:26:27.391395+00:00,,Team Inc,\
        \"('FR40303265045', <TaxIDFormat.eu_vat: 'eu_vat'>)\",,,,,01001,FR,\"{\"\"plan\"\": \"\"max\"\"}\"\r\n";
    let mut rows = csv(text, 50).customers().export().rows();
    let row = rows.try_next().await.unwrap().unwrap();
    assert_eq!(row.id.to_string(), "7ff434e4-b8c7-47ef-a669-bc2766687754");
    assert_eq!(row.email, None);
    // A zip code is a string: a number would lose its leading zero.
    assert_eq!(
        row.tax_id.as_deref(),
        Some("('FR40303265045', <TaxIDFormat.eu_vat: 'eu_vat'>)")
    );
    assert_eq!(row.billing_address_zip.as_deref(), Some("01001"));
    assert_eq!(row.metadata.as_deref(), Some(r#"{"plan": "max"}"#));
}

#[tokio::test]
async fn only_requested_metrics_are_returned() {
    let text = "Timestamp,Orders,Monthly Recurring Revenue,Gross Margin %,A new metric\r\n\
        2026-11-21T00:00:00+00:00,21,23401.0,0.9999551810684834,1e-05\r\n";
    let polar = csv(text, 50);
    let day = "2026-11-21".parse().unwrap();
    let interval = polar_client::v2026_10::models::TimeInterval::Day;
    let mut rows = polar.metrics().export(day, day, interval).rows();
    let row = rows.try_next().await.unwrap().unwrap();
    assert_eq!(row.timestamp, time("2026-11-21T00:00:00Z"));
    assert_eq!(row.orders, Some(decimal("21")));
    assert_eq!(row.monthly_recurring_revenue, Some(decimal("23401")));
    assert_eq!(
        row.gross_margin_percent,
        Some(decimal("0.9999551810684834"))
    );
    assert_eq!(row.revenue, None);
    assert_eq!(row.additional["A new metric"].as_deref(), Some("1e-05"));
}

#[tokio::test]
async fn an_invalid_cell_is_named_and_the_next_row_is_read() {
    let text = format!(
        "{ORDERS}a@example.com,2026-11-21T18:30:56Z,P,1.0,usd,paid,A-1\r\n\
         b@example.com,2026-11-21T18:30:56Z,P,much,usd,paid,A-2\r\n\
         c@example.com,,P,1.0,usd,paid,A-3\r\n\
         d@example.com,2026-11-21T18:30:56Z\r\n\
         e@example.com,2026-11-21T18:30:56Z,P,1.0,usd,paid,A-5\r\n"
    );
    let mut rows = csv(&text, 1000).orders().export().rows();
    assert!(rows.next().await.unwrap().is_ok());
    for (place, words) in [
        (
            (2, Some("Net Amount")),
            "orders:export: row 2, column `Net Amount`: expected a decimal number, found \"much\"",
        ),
        (
            (3, Some("Created At")),
            "orders:export: row 3, column `Created At`: expected a date and time, found null",
        ),
        ((4, None), "orders:export: row 4: expected 7 cells, found 2"),
    ] {
        let error = rows.next().await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), words);
        let Error::Export { source, .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!((source.row(), source.column()), place);
    }
    let row = rows.next().await.unwrap().unwrap();
    assert_eq!(row.invoice_number.as_deref(), Some("A-5"));
    assert!(rows.next().await.is_none());
}

#[tokio::test]
async fn a_missing_column_is_named() {
    let text = "Email,Product,Net Amount,Currency,Status,Invoice number\r\na@example.com,P,1.0,usd,paid,A-1\r\n";
    let mut rows = csv(text, 1000).orders().export().rows();
    let error = rows.try_next().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "orders:export: row 1, column `Created At`: missing"
    );
}

#[tokio::test]
async fn records_have_whatever_columns_there_are() {
    let text = "\u{feff}One,\"Two, quoted\"\r\n1,\r\n\r\n\"a\nb\",2";
    let mut records = csv(text, 4).orders().export().records();
    let record = records.try_next().await.unwrap().unwrap();
    let cells: Vec<(&str, &str)> = record.cells().collect();
    assert_eq!(cells, [("One", "1"), ("Two, quoted", "")]);
    let record = records.try_next().await.unwrap().unwrap();
    assert_eq!(
        (record.row(), record.get("One"), record.get("Three")),
        (2, Some("a\nb"), None)
    );
    assert!(records.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn an_export_without_rows_differs_from_one_without_titles() {
    let mut rows = csv(ORDERS, 1000).orders().export().rows();
    assert!(rows.try_next().await.unwrap().is_none());
    let mut rows = csv("", 1000).orders().export().rows();
    let error = rows.try_next().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "orders:export: row 0: the header row is missing"
    );
    assert!(rows.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn an_html_page_is_an_error() {
    let other = |status, media_type| {
        let page = Ok(Bytes::from("<html>Sign in</html>"));
        responding(status, media_type, vec![page]).orders().export()
    };
    for (status, media_type, reason) in [
        (
            200,
            "text/html; charset=utf-8",
            "cannot read the response, which is text/html: expected a document, found an HTML page",
        ),
        (
            206,
            "text/csv",
            "cannot read the response, which is text/csv: expected a whole document, with the status 200",
        ),
    ] {
        let errors = [
            other(status, media_type)
                .rows()
                .try_next()
                .await
                .unwrap_err(),
            other(status, media_type).send_stream().await.unwrap_err(),
            other(status, media_type).send_bytes().await.unwrap_err(),
            other(status, media_type).await.unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, Error::Decode { .. }));
            assert_eq!(error.to_string(), format!("orders:export: {reason}"));
        }
    }
    // A response must have the media type of CSV.
    let mut rows = served("application/json", vec![Ok(Bytes::from("{}"))])
        .orders()
        .export()
        .rows();
    assert_eq!(
        rows.try_next().await.unwrap_err().to_string(),
        "orders:export: row 0: the response is application/json, not CSV"
    );
}

#[tokio::test]
async fn a_truncated_export_is_an_error() {
    let row = format!("{ORDERS}a@example.com,2026-11-21T18:30:56Z,P,1.0,usd,paid,A-1\r\nb@");
    let broken = TransportError::new(TransportErrorKind::Interrupted, "reset");
    let polar = served("text/csv", vec![Ok(row.into()), Err(broken)]);
    let mut rows = polar.orders().export().rows();
    assert!(rows.next().await.unwrap().is_ok());
    assert!(rows.next().await.unwrap().unwrap_err().is_connection());
    assert!(rows.next().await.is_none());
}

#[tokio::test]
async fn the_length_of_a_row_is_limited() {
    let piece = Bytes::from(vec![b'x'; 1 << 20]);
    let pieces = (0..64).map(|_| Ok(piece.clone())).collect();
    let mut records = served("text/csv", pieces).orders().export().records();
    let error = records.try_next().await.unwrap_err();
    assert!(
        error.to_string().ends_with("the row is too long"),
        "{error}"
    );
    assert!(records.try_next().await.unwrap().is_none());
    let commas = Bytes::from(vec![b','; 1 << 20]);
    let mut records = served("text/csv", vec![Ok(commas)])
        .orders()
        .export()
        .records();
    let error = records.try_next().await.unwrap_err();
    assert!(
        error.to_string().ends_with("the row has too many cells"),
        "{error}"
    );
}

#[tokio::test]
async fn invalid_utf_8_is_an_error() {
    let bytes = [ORDERS.as_bytes(), b"\xff,,,,,,\r\n"].concat();
    let mut rows = served("text/csv", vec![Ok(bytes.into())])
        .orders()
        .export()
        .rows();
    let error = rows.try_next().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "orders:export: row 1: the row is not valid UTF-8"
    );
}

#[tokio::test]
async fn debug_shows_no_cells() {
    let mut records = csv("Email\r\nada@example.com\r\n", 10)
        .orders()
        .export()
        .records();
    let record = records.try_next().await.unwrap().unwrap();
    let shown = format!("{record:?} {records:?}");
    assert!(!shown.contains("ada"), "{shown}");
    assert!(shown.contains("Email"), "{shown}");
}

#[test]
fn rows_without_a_runtime() {
    let text = format!("{ORDERS}a@example.com,2026-11-21T18:30:56Z,P,1.0,usd,paid,A-1\r\n");
    let rows = csv(&text, 10).orders().export().rows().blocking();
    let rows: Result<Vec<_>, Error> = rows.collect();
    assert_eq!(rows.unwrap().len(), 1);
}
