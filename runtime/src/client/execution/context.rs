//! W3C trace context: what makes the server's spans part of a caller's trace.

use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::global::get_text_map_propagator;
use opentelemetry::propagation::Injector;

/// What is sent. Baggage is not: it is a program's own data, and the API is somebody else's.
const SENT: [&str; 2] = ["traceparent", "tracestate"];

/// Adds the current context to the headers of an attempt. What the call sets itself stays.
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
        // Propagators set `tracestate` also where there is none.
        if !value.is_empty() {
            let name = HeaderName::from_static(name);
            self.0.entry(name).or_insert(value);
        }
    }
}
