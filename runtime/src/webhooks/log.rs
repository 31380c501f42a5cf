//! Events of `tracing` for deliveries; nothing without that feature.

use std::fmt::Display;

/// Logs that an event was not handled.
pub(super) fn failure(id: &str, event_type: &str, message: &'static str, error: &dyn Display) {
    #[cfg(feature = "tracing")]
    tracing::error!(
        webhook.id = id,
        webhook.r#type = event_type,
        error = %error,
        "{message}"
    );
    #[cfg(not(feature = "tracing"))]
    let _ = (id, event_type, message, error);
}
