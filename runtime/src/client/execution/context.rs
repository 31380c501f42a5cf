//! Propagates the W3C trace context, so that the server's spans become part of the caller's trace.

use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::global::get_text_map_propagator;
use opentelemetry::propagation::Injector;

/// The headers that are propagated. Baggage is not propagated, because it contains data of the program, and the API is
/// run by a third party.
const SENT: [&str; 2] = ["traceparent", "tracestate"];

/// Adds the current context to the headers of an attempt, unless the call sets them itself.
pub(super) fn inject(headers: &mut HeaderMap) {
    get_text_map_propagator(|propagator| {
        propagator.inject_context(&Context::current(), &mut Headers(headers));
    });
}

struct Headers<'a>(&'a mut HeaderMap);

impl Injector for Headers<'_> {
    fn set(&mut self, key: &str, value: String) {
        let name = SENT.into_iter().find(|name| name.eq_ignore_ascii_case(key));
        let (Some(name), Ok(value)) = (name, HeaderValue::try_from(value)) else {
            return;
        };
        // Propagators set `tracestate` even if it is empty.
        if !value.is_empty() {
            let name = HeaderName::from_static(name);
            self.0.entry(name).or_insert(value);
        }
    }
}
