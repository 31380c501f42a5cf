//! The spans and events of calls in `tracing`.

#![cfg(feature = "tracing")]
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic is how a test fails"
)]

#[cfg(feature = "webhooks")]
mod event;
mod polar;
mod script;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use std::time::Duration;

use polar_client_runtime::client::{
    CallOptions, OrganizationToken, RateLimit, RetryPolicy, Secret, TokenProvider, TokenResult,
};
use polar_client_runtime::transport::BoxFuture;
use script::{CONNECTION_LOST, ScriptedTransport, Step, rate_limited, response};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Records all spans and events with their fields.
#[derive(Clone, Default)]
struct Spans {
    spans: Arc<Mutex<Vec<Span>>>,
    events: Arc<Mutex<Vec<Span>>>,
}

/// A span or an event. The name of an event is its level.
#[derive(Clone, Debug, Default)]
struct Span {
    name: &'static str,
    parent: Option<u64>,
    fields: BTreeMap<&'static str, String>,
}

impl Visit for Span {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name(), value.to_owned());
    }
}

thread_local! {
    static ENTERED: std::cell::RefCell<Vec<u64>> = const { std::cell::RefCell::new(Vec::new()) };
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("polar_client_runtime")
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut span = Span {
            name: attributes.metadata().name(),
            parent: ENTERED.with_borrow(|entered| entered.last().copied()),
            ..Span::default()
        };
        attributes.record(&mut span);
        let mut spans = self.spans.lock().unwrap();
        spans.push(span);
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, id: &Id, record: &Record<'_>) {
        let mut spans = self.spans.lock().unwrap();
        record.record(&mut spans[id.into_u64() as usize - 1]);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut span = Span {
            name: event.metadata().level().as_str(),
            parent: ENTERED.with_borrow(|entered| entered.last().copied()),
            ..Span::default()
        };
        event.record(&mut span);
        self.events.lock().unwrap().push(span);
    }

    fn enter(&self, id: &Id) {
        ENTERED.with_borrow_mut(|entered| entered.push(id.into_u64()));
    }

    fn exit(&self, _: &Id) {
        ENTERED.with_borrow_mut(Vec::pop);
    }
}

impl Spans {
    fn take(&self) -> Vec<Span> {
        std::mem::take(&mut *self.spans.lock().unwrap())
    }

    fn events(&self) -> Vec<Span> {
        std::mem::take(&mut *self.events.lock().unwrap())
    }
}

impl Span {
    fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_has_a_span_and_each_attempt_one_in_it() {
    let spans = Spans::default();
    let _guard = tracing::subscriber::set_default(spans.clone());
    let script = ScriptedTransport::new([
        rate_limited("1"),
        CONNECTION_LOST,
        response(200, r#"{"name":"hush"}"#),
    ]);
    script.polar().get("hush").await.unwrap();
    let found = spans.take();
    let names: Vec<_> = found.iter().map(|span| (span.name, span.parent)).collect();
    let attempt = ("polar.attempt", Some(1));
    assert_eq!(names, [("polar.call", None), attempt, attempt, attempt]);

    let call = &found[0];
    assert_eq!(call.field("otel.name"), Some("things:get"));
    assert_eq!(call.field("http.response.status_code"), Some("200"));
    assert_eq!(call.field("error.type"), None);

    let first = &found[1];
    for (name, value) in [
        ("otel.kind", "client"),
        ("otel.name", "GET /v1/things/{id}/state"),
        ("http.request.method", "GET"),
        ("url.template", "/v1/things/{id}/state"),
        ("server.address", "api.polar.sh"),
        ("server.port", "443"),
        ("http.response.status_code", "429"),
        ("error.type", "429"),
        ("otel.status_code", "ERROR"),
    ] {
        assert_eq!(first.field(name), Some(value), "{name}");
    }
    let resends: Vec<_> = found
        .iter()
        .map(|span| span.field("http.request.resend_count"))
        .collect();
    assert_eq!(resends, [None, None, Some("1"), Some("2")]);
    assert_eq!(found[2].field("error.type"), Some("connection"));
    assert_eq!(found[2].field("http.response.status_code"), None);
    assert!(!format!("{found:?}").contains("hush"), "{found:#?}");
}

#[tokio::test(start_paused = true)]
async fn spans_contain_no_sent_or_received_values() {
    let spans = Spans::default();
    let _guard = tracing::subscriber::set_default(spans.clone());
    let body = r#"{"error":"hush","detail":"hush"}"#;
    let script = ScriptedTransport::new([Step::Response(422, vec![("x-a", "hush")], body)]);
    let options = CallOptions::new()
        .header("x-b", "hush")
        .unwrap()
        .access_token("polar_oat_hush");
    let request = script.polar().list().id("hush").with(options);
    request.await.unwrap_err();
    let found = spans.take();
    assert_eq!(found[0].field("error.type"), Some("422"));
    assert!(!format!("{found:?}").contains("hush"), "{found:#?}");
}

#[tokio::test(start_paused = true)]
async fn an_undecodable_response_is_an_error_of_the_call() {
    let spans = Spans::default();
    let _guard = tracing::subscriber::set_default(spans.clone());
    let script = ScriptedTransport::new([response(200, "hush")]);
    script.polar().list().await.unwrap_err();
    let found = spans.take();
    let (call, attempt) = (&found[0], &found[1]);
    assert_eq!(call.field("http.response.status_code"), Some("200"));
    assert_eq!(call.field("error.type"), Some("decode"));
    assert_eq!(call.field("otel.status_code"), Some("ERROR"));
    assert_eq!(attempt.field("error.type"), None);
    assert!(!format!("{found:?}").contains("hush"), "{found:#?}");
}

/// Returns the level of events, and the requested fields.
fn logged<'a>(events: &'a [Span], fields: &[&str]) -> Vec<(&'static str, Vec<Option<&'a str>>)> {
    let values = |event: &'a Span| fields.iter().map(|name| event.field(name)).collect();
    events
        .iter()
        .map(|event| (event.name, values(event)))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn each_retry_is_a_warning_in_the_span_of_its_call() {
    let spans = Spans::default();
    let _guard = tracing::subscriber::set_default(spans.clone());
    let script = ScriptedTransport::new([
        rate_limited("1"),
        CONNECTION_LOST,
        response(200, r#"{"name":"hush"}"#),
    ]);
    let policy = RetryPolicy::new().base_delay(Duration::ZERO);
    let polar = script.builder().retry(policy).build().unwrap();
    polar.get("hush").await.unwrap();
    let events = spans.events();
    let fields = [
        "polar.operation",
        "http.request.resend_count",
        "polar.delay",
        "error.type",
    ];
    let retry = |count, delay, reason| {
        let values = ["things:get", count, delay, reason].map(Some);
        ("WARN", values.to_vec())
    };
    assert_eq!(
        logged(&events, &fields),
        [retry("1", "1.0", "429"), retry("2", "0.0", "connection")]
    );
    assert!(events.iter().all(|event| event.parent == Some(1)));
    assert!(!format!("{events:?}").contains("hush"), "{events:#?}");
}

#[tokio::test(start_paused = true)]
async fn an_exhausted_retry_budget_is_a_warning() {
    let spans = Spans::default();
    let _guard = tracing::subscriber::set_default(spans.clone());
    let script = ScriptedTransport::new([CONNECTION_LOST]);
    let policy = RetryPolicy::new().base_delay(Duration::ZERO);
    let polar = script.builder().retry(policy).build().unwrap();
    // Each call makes two retries, which take 10 of the 500 units of the budget.
    for _ in 0..50 {
        polar.list().await.unwrap_err();
    }
    spans.events();
    polar.list().await.unwrap_err();
    let events = spans.events();
    assert_eq!(
        logged(&events, &["error.type"]),
        [("WARN", vec![Some("connection")])]
    );
    let message = events[0].field("message").unwrap();
    assert!(message.contains("budget"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn waits_for_rate_limits_are_events() {
    let spans = Spans::default();
    let _guard = tracing::subscriber::set_default(spans.clone());
    let script =
        ScriptedTransport::new([response(200, "[]"), rate_limited("90"), response(200, "[]")]);
    let limit = RateLimit::per_minute(1);
    let builder = script.builder().rate_limit(limit).retry(RetryPolicy::off());
    let polar = builder.timeout(Duration::from_secs(600)).build().unwrap();
    polar.list().await.unwrap();
    assert!(spans.events().is_empty(), "no wait, no event");
    polar.list().await.unwrap_err();
    let fields = ["polar.operation", "polar.delay", "polar.retry_after"];
    let operation = Some("things:list");
    assert_eq!(
        logged(&spans.events(), &fields),
        [
            ("DEBUG", vec![operation, Some("60.0"), None]),
            ("WARN", vec![operation, Some("60.0"), Some("90.0")])
        ]
    );
}

/// Provides a token once, and fails afterwards.
#[derive(Default)]
struct Once(Mutex<bool>);

impl TokenProvider for Once {
    fn token(&self) -> BoxFuture<'_, TokenResult> {
        let is_spent = std::mem::replace(&mut *self.0.lock().unwrap(), true);
        Box::pin(async move {
            match is_spent {
                true => Err("vault is sealed".into()),
                false => Ok(Secret::from("polar_oat_hush")),
            }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_provider_that_fails_is_an_error() {
    let spans = Spans::default();
    let _guard = tracing::subscriber::set_default(spans.clone());
    let script = ScriptedTransport::new([response(401, "{}")]);
    let token = OrganizationToken::provided_by(Once::default());
    let polar = script.builder().credential(token).build().unwrap();
    let error = polar.list().await.unwrap_err();
    assert!(error.is_unauthorized(), "{error}");
    polar.list().await.unwrap_err();
    let failed = ("ERROR", vec![Some("things:list"), Some("vault is sealed")]);
    let fields = ["polar.operation", "error"];
    assert_eq!(logged(&spans.events(), &fields), [failed.clone(), failed]);
}

#[cfg(all(feature = "webhooks", feature = "tokio"))]
#[tokio::test]
async fn a_webhook_that_is_not_handled_is_an_error() {
    use polar_client_runtime::webhooks::{Deliveries, Webhooks};

    let spans = Spans::default();
    let _guard = tracing::subscriber::set_default(spans.clone());
    let webhooks = Webhooks::<event::Event>::new("a secret of this test");
    let deliveries = Deliveries::in_memory();
    let body = r#"{"type":"order.paid"}"#;
    for id in ["fails", "panics", "works"] {
        let headers = webhooks
            .sign(id, std::time::SystemTime::now(), body)
            .unwrap();
        let delivery = webhooks.verify(headers, body).unwrap();
        let handler = async move |_| match id {
            "fails" => Err("no disk"),
            "panics" => panic!("as the test says"),
            _ => Ok(()),
        };
        deliveries.handle(delivery, handler).await;
    }
    let events = spans.events();
    let fields = ["webhook.id", "webhook.type"];
    let failed = |id| ("ERROR", vec![Some(id), Some("order.paid")]);
    assert_eq!(
        logged(&events, &fields),
        [failed("fails"), failed("panics")]
    );
    assert_eq!(events[0].field("error"), Some("no disk"));
}

#[cfg(feature = "webhooks")]
#[test]
fn short_webhook_secrets_are_warned_about() {
    type Webhooks = polar_client_runtime::webhooks::Webhooks<event::Event>;

    let spans = Spans::default();
    let _guard = tracing::subscriber::set_default(spans.clone());
    let webhooks = Webhooks::new("whsec_MDEyMzQ1Njc4OWFiY2RlZg==");
    assert!(spans.events().is_empty());
    let _ = webhooks.with_secret("whsec_AA==");
    let warnings = spans.events();
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0].name, "WARN");
    let message = warnings[0].field("message").unwrap();
    assert!(
        message.contains("16 bytes") && !message.contains("AA=="),
        "{message}"
    );
}
