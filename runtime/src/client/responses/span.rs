//! The span of a call, as far as reading the reply needs it.

#[cfg(feature = "tracing")]
use tracing::Span;

use crate::Error;
#[cfg(feature = "tracing")]
use crate::log::error_type;

/// The span of a call, for what is only known when its reply is read.
#[derive(Default)]
pub(in crate::client) struct CallSpan {
    /// `None` for a reply which has none yet.
    #[cfg(feature = "tracing")]
    pub(in crate::client) span: Option<Span>,
}

impl CallSpan {
    /// The reply could not be read.
    #[cfg(feature = "tracing")]
    pub(in crate::client) fn failed(&self, error: &Error) {
        if let Some(span) = &self.span {
            record(span, error);
        }
    }

    /// Without the feature `tracing`, the failure is not recorded.
    #[cfg(not(feature = "tracing"))]
    pub(in crate::client) fn failed(&self, _: &Error) {}
}

/// Says in a span that it ended with an error.
#[cfg(feature = "tracing")]
pub(in crate::client) fn record(span: &Span, error: &Error) {
    span.record("otel.status_code", "ERROR");
    span.record("error.type", error_type(error));
}
