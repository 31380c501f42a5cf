//! Converts OpenTelemetry spans with token counts to usage events.

mod exporter;
mod usage;

pub use exporter::UsageExporter;
pub use usage::{LlmUsage, UsageCustomer};
