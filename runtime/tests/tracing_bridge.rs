//! The spans of `tracing` as OpenTelemetry spans, converted by the layer of `tracing-opentelemetry` with its defaults.
//!
//! A program of its own: if other tests without a subscriber made calls first, `tracing` would cache that the spans are
//! disabled.

#![cfg(all(feature = "opentelemetry", feature = "tracing"))]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod polar;
mod script;

use opentelemetry::global::set_text_map_propagator;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use script::{CONNECTION_LOST, ScriptedTransport, response};
use tracing_subscriber::layer::SubscriberExt as _;

#[tokio::test(start_paused = true)]
async fn the_sent_parent_is_the_span_of_the_attempt() {
    set_text_map_propagator(TraceContextPropagator::new());
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    let subscriber = tracing_subscriber::registry().with(layer);
    let script = ScriptedTransport::new([CONNECTION_LOST, response(200, "[]")]);
    {
        let _guard = tracing::subscriber::set_default(subscriber);
        script.polar().list().await.unwrap();
    }
    let spans = exporter.get_finished_spans().unwrap();
    let attempts: Vec<_> = spans
        .iter()
        .filter(|span| span.name == "GET /v1/things/")
        .map(|span| {
            let context = &span.span_context;
            Some(format!(
                "00-{}-{}-01",
                context.trace_id(),
                context.span_id()
            ))
        })
        .collect();
    assert_eq!(attempts.len(), 2);
    assert_eq!(script.header("traceparent"), attempts);
}
