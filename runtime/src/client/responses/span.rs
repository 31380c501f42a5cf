//! The span of a call. Records errors that occur while the response is decoded.

#[cfg(feature = "tracing")]
use tracing::Span;

use crate::Error;
#[cfg(feature = "tracing")]
use crate::log::error_type;

/// The span of a call, which is kept until the response is decoded.
#[derive(Default)]
pub(in crate::client) struct CallSpan {
    /// The span. `None` if the reply has none.
    #[cfg(feature = "tracing")]
    pub(in crate::client) span: Option<Span>,
}

impl CallSpan {
    /// Records that the reply could not be decoded.
    #[cfg(feature = "tracing")]
    pub(in crate::client) fn failed(&self, error: &Error) {
        if let Some(span) = &self.span {
            record(span, error);
        }
    }

    /// Does nothing without the feature `tracing`.
    #[cfg(not(feature = "tracing"))]
    pub(in crate::client) fn failed(&self, _: &Error) {}
}

/// Records an error in a span.
#[cfg(feature = "tracing")]
pub(in crate::client) fn record(span: &Span, error: &Error) {
    span.record("otel.status_code", "ERROR");
    span.record("error.type", error_type(error));
}
