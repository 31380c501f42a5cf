//! Metrics of attempts, which follow OpenTelemetry's semantic conventions for HTTP clients.

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use opentelemetry::metrics::{Histogram, Meter, MeterProvider};
use opentelemetry::{InstrumentationScope, KeyValue, global};

use crate::Error;
use crate::client::operation::Operation;
use crate::log::error_type;

use super::server::Server;

/// The version of the semantic conventions.
const SCHEMA: &str = "https://opentelemetry.io/schemas/1.38.0";

/// The histogram boundaries that the semantic conventions recommend, in seconds.
const BOUNDARIES: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// Records the attempts of a client.
#[derive(Default)]
pub(in crate::client) struct Metrics {
    /// The meter of the builder's provider; `None` for the global provider.
    meter: Option<Meter>,
    /// Created at the first attempt, so that the global provider can be set after the client is built.
    duration: OnceLock<Histogram<f64>>,
}

impl Metrics {
    pub(super) fn of(provider: &impl MeterProvider) -> Self {
        Self {
            meter: Some(provider.meter_with_scope(scope())),
            duration: OnceLock::new(),
        }
    }

    /// Records an attempt with its error or status.
    pub(in crate::client) fn record(
        &self,
        operation: &Operation,
        server: &Server,
        took: Duration,
        outcome: Result<http::StatusCode, &Error>,
    ) {
        let mut attributes = vec![
            KeyValue::new("http.request.method", operation.method.as_str()),
            KeyValue::new("url.template", operation.path),
        ];
        if let Some(host) = server.host() {
            attributes.push(KeyValue::new("server.address", host));
        }
        if let Some(port) = server.port() {
            attributes.push(KeyValue::new("server.port", i64::from(port)));
        }
        let status = match outcome {
            Ok(status) => Some(status),
            Err(error) => {
                attributes.push(KeyValue::new("error.type", error_type(error)));
                error.status()
            }
        };
        if let Some(status) = status {
            let status = i64::from(status.as_u16());
            attributes.push(KeyValue::new("http.response.status_code", status));
        }
        self.duration().record(took.as_secs_f64(), &attributes);
    }

    fn duration(&self) -> &Histogram<f64> {
        self.duration.get_or_init(|| {
            let global = || global::meter_with_scope(scope());
            let meter = self.meter.clone().unwrap_or_else(global);
            meter
                .f64_histogram("http.client.request.duration")
                .with_unit("s")
                .with_description("Duration of HTTP client requests.")
                .with_boundaries(BOUNDARIES.to_vec())
                .build()
        })
    }
}

fn scope() -> InstrumentationScope {
    InstrumentationScope::builder("polar-client")
        .with_version(env!("CARGO_PKG_VERSION"))
        .with_schema_url(SCHEMA)
        .build()
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}
