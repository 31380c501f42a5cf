//! The span exporter that ingests usage events.

use std::fmt;

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use super::usage::LlmUsage;
use crate::ingest::{Event, Ingester};

/// Exports spans with token counts of language models as usage events of an [`Ingester`].
///
/// A span becomes an event if it names a customer (`customerId` or `externalCustomerId`) and counts tokens by
/// OpenTelemetry's conventions for generative AI (`gen_ai.usage.input_tokens`, `gen_ai.usage.output_tokens`); see
/// [`LlmUsage`]. All other spans are ignored. The function converts the usage to an event.
///
/// Unless the function sets them, the event's external ID consists of the IDs of trace and span, and its timestamp is
/// the end of the span. A span that is exported twice is therefore stored once.
///
/// While the ingester's queue is full, exports wait. Use a batch span processor, which exports from a thread of its
/// own, and do not sample: a span that is not exported is not billed. At the end, shut down the tracer provider first,
/// then the ingester.
pub struct UsageExporter<E, F> {
    ingester: Ingester<E>,
    event: F,
}

impl<E, F> UsageExporter<E, F>
where
    E: Event,
    F: Fn(LlmUsage) -> E + Send + Sync + 'static,
{
    /// Creates an exporter that queues the events that `event` returns.
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
