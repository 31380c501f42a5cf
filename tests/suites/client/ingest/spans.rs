//! Exports spans of OpenTelemetry with token counts as events: which spans become events, and what these contain.

use opentelemetry::trace::{Span as _, SpanContext, Tracer as _, TracerProvider as _};
use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::trace::{
    InMemorySpanExporter as SpanKeeper, SdkTracerProvider, SpanData, SpanExporter as _,
};
use polar_client::ingest::{Ingester, LlmUsage, UsageCustomer, UsageExporter};
use polar_client::v2026_10::models::{EventCreateCustomer, EventMetadataInput, LlmMetadata};
use serde_json::{Value as Json, json};

use super::*;

const CUSTOMER: &str = "3c90c3cc-0d44-4b50-8888-8dd25736052a";

fn usage_event(usage: LlmUsage) -> EventCreate {
    let mut llm = LlmMetadata::new(
        usage.vendor,
        usage.model,
        usage.input_tokens,
        usage.output_tokens,
        usage.total_tokens,
    );
    llm.cached_input_tokens = usage.cached_input_tokens;
    let metadata = Some(EventMetadataInput::new().llm(llm));
    match usage.customer {
        UsageCustomer::Id(id) => {
            let mut event = EventCreateCustomer::new(usage.name, id);
            event.metadata = metadata;
            event.into()
        }
        UsageCustomer::External(id) => {
            let mut event = EventCreateExternalCustomer::new(usage.name, id);
            event.metadata = metadata;
            event.into()
        }
    }
}

/// Ends a span with these attributes, and returns its context.
fn span(provider: &SdkTracerProvider, attributes: &[(&'static str, Value)]) -> SpanContext {
    let mut span = provider.tracer("test").start("chat");
    for (key, value) in attributes {
        span.set_attribute(KeyValue::new(*key, value.clone()));
    }
    span.end();
    span.span_context().clone()
}

/// Exports spans with these attributes. Returns the events that the server received, and the contexts of the spans.
async fn exported(spans: &[&[(&'static str, Value)]]) -> (Vec<Json>, Vec<SpanContext>) {
    let server = Server::default();
    let ingester: Ingester<EventCreate> = ingester(&server).start().unwrap();
    let exporter = UsageExporter::new(ingester.clone(), usage_event);
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .build();
    let contexts = spans.iter().map(|it| span(&provider, it)).collect();
    provider.shutdown().unwrap();
    ingester.shutdown(Duration::from_secs(60)).await;
    let seen = server.seen();
    let events = seen.requests.iter().flat_map(|(_, events)| events.clone());
    (events.collect(), contexts)
}

fn customer() -> (&'static str, Value) {
    ("externalCustomerId", "u-1".into())
}

#[tokio::test(start_paused = true)]
async fn a_span_with_token_counts_is_an_event_of_its_customer() {
    let attributes = [
        customer(),
        ("gen_ai.provider.name", "anthropic".into()),
        ("gen_ai.request.model", "claude".into()),
        ("gen_ai.response.model", "claude-5".into()),
        ("gen_ai.usage.input_tokens", 1200.into()),
        ("gen_ai.usage.cache_read.input_tokens", 1000.into()),
        ("gen_ai.usage.output_tokens", 34.into()),
        ("gen_ai.input.messages", "hush".into()),
    ];
    let (events, contexts) = exported(&[&attributes]).await;
    let id = format!("{}-{}", contexts[0].trace_id(), contexts[0].span_id());
    let mut event = events[0].clone();
    let time = event["timestamp"].take();
    time.as_str().unwrap().parse::<Timestamp>().unwrap();
    assert_eq!(
        event,
        json!({
            "timestamp": null,
            "name": "chat",
            "external_id": id,
            "external_customer_id": "u-1",
            "metadata": {"_llm": {
                "vendor": "anthropic",
                "model": "claude-5",
                "input_tokens": 1200,
                "cached_input_tokens": 1000,
                "output_tokens": 34,
                "total_tokens": 1234,
            }},
        })
    );
    assert_eq!(events.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn older_attribute_names_and_missing_attributes_are_accepted() {
    let attributes = [
        ("customerId", CUSTOMER.into()),
        ("gen_ai.system", "openai".into()),
        ("gen_ai.usage.completion_tokens", 7.into()),
    ];
    let (events, _) = exported(&[&attributes]).await;
    assert_eq!(events[0]["customer_id"], CUSTOMER);
    assert_eq!(
        events[0]["metadata"]["_llm"],
        json!({
            "vendor": "openai",
            "model": "unknown",
            "input_tokens": 0,
            "output_tokens": 7,
            "total_tokens": 7,
        })
    );
}

#[tokio::test(start_paused = true)]
async fn spans_without_customer_or_valid_token_counts_are_ignored() {
    let tokens = ("gen_ai.usage.input_tokens", Value::from(1));
    let (events, _) = exported(&[
        &[],
        &[customer()],
        std::slice::from_ref(&tokens),
        &[tokens.clone(), ("externalCustomerId", "".into())],
        &[tokens.clone(), ("customerId", "not a UUID".into())],
        &[customer(), ("gen_ai.usage.input_tokens", "1".into())],
        &[customer(), ("gen_ai.usage.input_tokens", (-1).into())],
    ])
    .await;
    assert_eq!(events, [] as [Json; 0]);
    let largest = [
        customer(),
        ("gen_ai.usage.input_tokens", i64::MAX.into()),
        ("gen_ai.usage.output_tokens", i64::MAX.into()),
    ];
    let (events, _) = exported(&[&largest]).await;
    assert_eq!(events[0]["metadata"]["_llm"]["total_tokens"], i64::MAX);
}

#[tokio::test(start_paused = true)]
async fn exporting_after_the_shutdown_of_the_ingester_is_an_error() {
    let server = Server::default();
    let ingester: Ingester<EventCreate> = ingester(&server).start().unwrap();
    let exporter = UsageExporter::new(ingester.clone(), usage_event);
    ingester.shutdown(Duration::from_secs(60)).await;
    let spans = SpanKeeper::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(spans.clone())
        .build();
    span(
        &provider,
        &[customer(), ("gen_ai.usage.input_tokens", 1.into())],
    );
    let spans: Vec<SpanData> = spans.get_finished_spans().unwrap();
    exporter.export(spans).await.unwrap_err();
}
