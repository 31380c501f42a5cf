//! OpenTelemetry spans with token counts, as usage events.

mod exporter;
mod usage;

pub use exporter::UsageExporter;
pub use usage::{LlmUsage, UsageCustomer};
