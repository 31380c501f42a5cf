//! The span exporter that ingests usage events.

use std::fmt;

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use super::usage::LlmUsage;
use crate::ingest::{Event, Ingester};

/// An OpenTelemetry span exporter that ingests the token usage of language models.
///
/// A span becomes an event if it has two kinds of attributes. All other spans are ignored.
///
/// - The customer: `customerId` or `externalCustomerId`.
/// - Token counts by OpenTelemetry's conventions for generative AI: `gen_ai.usage.input_tokens` or
///   `gen_ai.usage.output_tokens`.
///
/// [`LlmUsage`] contains what is read from the span. A function of yours converts it to an event. If the function does
/// not set them, the event's external ID consists of the trace ID and the span ID, and its timestamp is the end of the
/// span. A span that is exported twice is therefore stored once.
///
/// Configure OpenTelemetry as follows:
///
/// - Use a batch span processor, which exports from its own thread: an export waits while the ingester's queue is full.
/// - Do not sample: a span that is not exported is not billed.
/// - At the end of the program, shut down the tracer provider first, then the ingester.
pub struct UsageExporter<E, F> {
    ingester: Ingester<E>,
    event: F,
}

impl<E, F> UsageExporter<E, F>
where
    E: Event,
    F: Fn(LlmUsage) -> E + Send + Sync + 'static,
{
    /// Creates an exporter. `event` converts the usage of a span to an event, which `ingester` sends.
    pub fn new(ingester: Ingester<E>, event: F) -> Self {
        Self { ingester, event }
    }

    fn event(&self, span: &SpanData) -> Option<E> {
        let mut event = (self.event)(LlmUsage::of(span)?);
        let context = &span.span_context;
        event
            .external_id()
            .get_or_insert_with(|| format!("{}-{}", context.trace_id(), context.span_id()));
        event
            .timestamp()
            .get_or_insert_with(|| span.end_time.into());
        Some(event)
    }
}

impl<E, F> SpanExporter for UsageExporter<E, F>
where
    E: Event,
    F: Fn(LlmUsage) -> E + Send + Sync + 'static,
{
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        for event in batch.iter().filter_map(|span| self.event(span)) {
            let queued = self.ingester.ingest(event).await;
            queued.map_err(|error| OTelSdkError::InternalFailure(error.to_string()))?;
        }
        Ok(())
    }
}

impl<E, F> fmt::Debug for UsageExporter<E, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsageExporter").finish_non_exhaustive()
    }
}
