//! OpenTelemetry: the metrics of attempts, and the trace context that is sent with them.

#![cfg(feature = "opentelemetry")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod polar;
mod script;

use std::collections::BTreeMap;
use std::sync::Once;
use std::time::Duration;

use opentelemetry::global::set_text_map_propagator;
use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry::trace::{
    FutureExt as _, SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Context, KeyValue, baggage::BaggageExt as _};
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use polar_client_runtime::client::{CallOptions, RetryPolicy};
use polar_client_runtime::flows::Download;
use script::{CONNECTION_LOST, ScriptedTransport, rate_limited, response};

type Attributes = BTreeMap<String, String>;

/// Collects the metrics of a client.
struct Meter {
    exporter: InMemoryMetricExporter,
    provider: SdkMeterProvider,
}

/// One row of a histogram: attributes, count, sum.
type Row = (Attributes, u64, f64);

impl Meter {
    fn new() -> Self {
        let exporter = InMemoryMetricExporter::default();
        let reader = PeriodicReader::builder(exporter.clone()).build();
        let provider = SdkMeterProvider::builder().with_reader(reader).build();
        Self { exporter, provider }
    }

    fn collect(&self) -> ResourceMetrics {
        self.provider.force_flush().unwrap();
        self.exporter.get_finished_metrics().unwrap().remove(0)
    }
}

fn rows(metrics: &ResourceMetrics) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for metric in metrics.scope_metrics().flat_map(|scope| scope.metrics()) {
        assert_eq!(metric.name(), "http.client.request.duration");
        assert_eq!(metric.unit(), "s");
        let AggregatedMetrics::F64(MetricData::Histogram(histogram)) = metric.data() else {
            unreachable!("it is a histogram");
        };
        for point in histogram.data_points() {
            let pair = |it: &KeyValue| (it.key.to_string(), it.value.to_string());
            let bounds: Vec<f64> = point.bounds().collect();
            assert_eq!((bounds[0], bounds[13], bounds.len()), (0.005, 10.0, 14));
            let attributes = point.attributes().map(pair).collect();
            rows.push((attributes, point.count(), point.sum()));
        }
    }
    rows.sort_by(|one, other| one.0.cmp(&other.0));
    rows
}

#[tokio::test(start_paused = true)]
async fn each_attempt_is_recorded_in_metrics() {
    let meter = Meter::new();
    let script = ScriptedTransport::new([
        rate_limited("1"),
        CONNECTION_LOST,
        response(200, r#"{"name":"hush"}"#),
    ]);
    let polar = script.builder().meter_provider(&meter.provider);
    polar.build().unwrap().get("hush").await.unwrap();
    let expected = [
        [("error.type", "429"), ("http.response.status_code", "429")].as_slice(),
        &[("error.type", "connection")],
        &[("http.response.status_code", "200")],
    ];
    let common = [
        ("http.request.method", "GET"),
        ("url.template", "/v1/things/{id}/state"),
        ("server.address", "api.polar.sh"),
        ("server.port", "443"),
    ];
    let expected = expected.map(|own| {
        let pairs = own.iter().chain(&common);
        let attributes: Attributes = pairs
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        (attributes, 1, 0.0)
    });
    let metrics = meter.collect();
    assert_eq!(rows(&metrics), expected);
    assert!(!format!("{metrics:?}").contains("hush"));
}

#[tokio::test(start_paused = true)]
async fn durations_are_recorded_per_attempt_in_seconds() {
    let meter = Meter::new();
    let script = ScriptedTransport::new([script::Step::Hang]);
    let polar = script
        .builder()
        .meter_provider(&meter.provider)
        .attempt_timeout(Duration::from_secs(7))
        .retry(RetryPolicy::off());
    polar.build().unwrap().list().await.unwrap_err();
    let rows = rows(&meter.collect());
    let (attributes, count, sum) = &rows[0];
    assert_eq!((rows.len(), *count, *sum), (1, 1, 7.0));
    assert_eq!(attributes["error.type"], "timeout");
}

/// Sets the propagator, which is global, so it is the same in all tests.
fn propagate() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let both = TextMapCompositePropagator::new(vec![
            Box::new(TraceContextPropagator::new()),
            Box::new(BaggagePropagator::new()),
        ]);
        set_text_map_propagator(both);
    });
}

fn context(state: &str) -> Context {
    let span = SpanContext::new(
        TraceId::from(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736),
        SpanId::from(0x00f0_67aa_0ba9_02b7),
        TraceFlags::SAMPLED,
        false,
        state.parse::<TraceState>().unwrap(),
    );
    Context::new()
        .with_remote_span_context(span)
        .with_baggage([KeyValue::new("customer", "hush")])
}

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[tokio::test(start_paused = true)]
async fn each_attempt_sends_the_trace_context() {
    propagate();
    let script = ScriptedTransport::new([CONNECTION_LOST, response(200, "[]")]);
    let call = async { script.polar().list().await };
    call.with_context(context("vendor=x")).await.unwrap();
    let parent = Some(PARENT.to_owned());
    assert_eq!(script.header("traceparent"), [parent.clone(), parent]);
    let state = Some("vendor=x".to_owned());
    assert_eq!(script.header("tracestate"), [state.clone(), state]);
    assert_eq!(script.header("baggage"), [None, None]);
}

#[tokio::test]
async fn without_a_span_and_without_state_there_are_no_headers() {
    propagate();
    let script = ScriptedTransport::new([response(200, "[]")]);
    script.polar().list().await.unwrap();
    let call = async { script.polar().list().await };
    call.with_context(context("")).await.unwrap();
    assert_eq!(
        script.header("traceparent"),
        [None, Some(PARENT.to_owned())]
    );
    assert_eq!(script.header("tracestate"), [None, None]);
}

#[tokio::test]
async fn headers_set_by_the_call_are_kept() {
    propagate();
    let script = ScriptedTransport::new([response(200, "[]")]);
    let own = CallOptions::new().header("traceparent", "own").unwrap();
    let call = async { script.polar().list().with(own).await };
    call.with_context(context("")).await.unwrap();
    assert_eq!(script.header("traceparent"), [Some("own".to_owned())]);
}

#[tokio::test]
async fn storages_are_not_sent_the_trace_context() {
    propagate();
    let address = r#"{"url":"https://storage.example/invoice.pdf"}"#;
    let script = ScriptedTransport::new([response(200, address), response(200, "%PDF-1.7")]);
    let download = Download::document(script.polar().client.request(&polar::RECEIPT));
    let call = async { download.bytes().await };
    call.with_context(context("")).await.unwrap();
    assert_eq!(
        script.header("traceparent"),
        [Some(PARENT.to_owned()), None]
    );
}
