use std::error::Error;

use opentelemetry_sdk::trace::SdkTracerProvider;
use polar_client::MODULE::Polar;
use polar_client::MODULE::models::{EventCreate, EventCreateExternalCustomer, LlmMetadata};
use polar_client::ingest::{LlmUsage, UsageExporter};

pub use crate::without_http as client;

pub fn run(polar: &Polar) -> Result<(), Box<dyn Error>> {
    let (ingester, driver) = polar.events().ingester().build()?;
    crate::once(driver);
    let exporter = UsageExporter::new(ingester, usage_event);
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).build();
    provider.shutdown()?;
    Ok(())
}

fn usage_event(usage: LlmUsage) -> EventCreate {
    let LlmUsage { name, vendor, model, input_tokens, output_tokens, total_tokens, .. } = usage;
    let llm = LlmMetadata::new(vendor, model, input_tokens, output_tokens, total_tokens);
    EventCreateExternalCustomer::new(name, "u-1").llm(llm).into()
}
