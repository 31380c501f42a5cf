//! Errors of webhook deliveries, and the status to respond with.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use http::StatusCode;

use super::format::Format;
use crate::RawBody;
use crate::codec::DecodeError;
use crate::types::Timestamp;

/// Why a delivery was rejected. Neither `Display` nor `Debug` shows secrets or signatures.
#[derive(Debug)]
#[non_exhaustive]
pub enum WebhookError {
    /// One of the three headers of a delivery is missing.
    #[non_exhaustive]
    MissingHeader {
        /// Its name.
        name: &'static str,
    },
    /// The header with the ID or timestamp is empty, repeated or invalid.
    #[non_exhaustive]
    MalformedHeader {
        /// Its name.
        name: &'static str,
    },
    /// The signature does not match any of the secrets: the delivery is not from Polar, was modified, or belongs to
    /// another endpoint.
    Signature,
    /// The delivery is authentic but too old: it may be a replay.
    #[non_exhaustive]
    Stale {
        /// Its age.
        age: Duration,
    },
    /// The delivery is authentic but its timestamp is in the future: one of the clocks is wrong.
    #[non_exhaustive]
    Future {
        /// How far it is ahead of this machine's clock.
        ahead: Duration,
    },
    /// The delivery is authentic but its body cannot be decoded: it is not an event, or its content does not match the
    /// OpenAPI description. The error contains everything that is needed to handle it manually.
    #[non_exhaustive]
    Malformed {
        /// The ID of the event at this endpoint, from the header `webhook-id`.
        id: String,
        /// The event type that the body names, such as `order.paid`.
        r#type: Option<String>,
        /// When it was delivered, from the header `webhook-timestamp`.
        timestamp: Timestamp,
        /// The body as it was received. Never shown by `Display` or `Debug`.
        body: RawBody,
        /// The mismatch, and where in the body it is.
        source: DecodeError,
    },
    /// The delivery is authentic but contains a chat message: the format of the endpoint is not `raw`.
    #[non_exhaustive]
    Formatted {
        /// The format of the endpoint.
        format: Format,
    },
    /// The delivery is authentic but follows an API version for which the program was not built.
    #[non_exhaustive]
    Version {
        /// The version that the body names.
        version: String,
        /// The versions for which the program was built.
        known: &'static [&'static str],
    },
    /// A secret is invalid, so nothing can be verified or signed with it.
    #[non_exhaustive]
    Secret {
        /// The reason.
        reason: &'static str,
    },
    /// The body exceeds the limit of the extractor.
    #[non_exhaustive]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The connection broke before the extractor received the whole body.
    Interrupted,
    /// The body did not arrive within the timeout of the extractor.
    #[non_exhaustive]
    BodyTimeout {
        /// The timeout.
        limit: Duration,
    },
    /// The application's data has no `Webhooks`, or those of another API version.
    NotConfigured,
}

impl WebhookError {
    /// Returns the HTTP status to respond with. The extractors respond with it.
    ///
    /// Polar retries a delivery that gets no 2xx response up to ten times, and shows the status in its dashboard. None
    /// of these statuses is 2xx, because an event that was not decoded must not count as delivered.
    ///
    /// | error | status |
    /// |---|---|
    /// | [`MissingHeader`](Self::MissingHeader), [`MalformedHeader`](Self::MalformedHeader) | 400 |
    /// | [`Signature`](Self::Signature) | 401 |
    /// | [`Stale`](Self::Stale), [`Future`](Self::Future): authentic, but outside of the tolerance | 403 |
    /// | [`Malformed`](Self::Malformed), [`Interrupted`](Self::Interrupted) | 400 |
    /// | [`BodyTimeout`](Self::BodyTimeout) | 408 |
    /// | [`TooLarge`](Self::TooLarge) | 413 |
    /// | [`Formatted`](Self::Formatted): set the format of the endpoint to `raw` | 415 |
    /// | [`Version`](Self::Version): build the program with the feature of that version | 501 |
    /// | [`Secret`](Self::Secret), [`NotConfigured`](Self::NotConfigured): the program is misconfigured | 500 |
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::MissingHeader { .. }
            | Self::MalformedHeader { .. }
            | Self::Malformed { .. }
            | Self::Interrupted => StatusCode::BAD_REQUEST,
            Self::Signature => StatusCode::UNAUTHORIZED,
            Self::Stale { .. } | Self::Future { .. } => StatusCode::FORBIDDEN,
            Self::BodyTimeout { .. } => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Formatted { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Version { .. } => StatusCode::NOT_IMPLEMENTED,
            Self::Secret { .. } | Self::NotConfigured => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl fmt::Display for WebhookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingHeader { name } => write!(f, "the header {name} is missing"),
            Self::MalformedHeader { name } => write!(f, "the header {name} is malformed"),
            Self::Signature => f.write_str("the signature does not match any of the secrets"),
            Self::Stale { age } => {
                write!(f, "the delivery is {} seconds old", age.as_secs())
            }
            Self::Future { ahead } => {
                let seconds = ahead.as_secs();
                write!(f, "the delivery is {seconds} seconds ahead of the clock")
            }
            Self::Malformed { source, .. } => write!(f, "the body is not an event: {source}"),
            Self::Formatted { format } => {
                write!(f, "the format of the endpoint is {format}, not `raw`")
            }
            Self::Version { version, known } => write!(
                f,
                "the event follows version {version:?} of the API, and the program was built for {}",
                known.join(", ")
            ),
            Self::Secret { reason } => write!(f, "the webhook secret is unusable: {reason}"),
            Self::TooLarge { limit } => write!(f, "the body has more than {limit} bytes"),
            Self::Interrupted => f.write_str("the body could not be read to its end"),
            Self::BodyTimeout { limit } => write!(f, "the body did not arrive within {limit:?}"),
            Self::NotConfigured => f.write_str("the application's data contains no `Webhooks`"),
        }
    }
}

impl Error for WebhookError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Malformed { source, .. } => Some(source),
            _ => None,
        }
    }
}
