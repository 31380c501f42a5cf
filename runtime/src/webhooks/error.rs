//! `WebhookError`: why a delivery was rejected.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use http::StatusCode;

use super::format::Format;
use crate::RawBody;
use crate::codec::DecodeError;
use crate::types::Timestamp;

/// The error of a webhook delivery that was rejected. `Display` and `Debug` show neither secrets nor signatures.
#[derive(Debug)]
#[non_exhaustive]
pub enum WebhookError {
    /// One of the headers `webhook-id`, `webhook-timestamp` and `webhook-signature` is missing.
    #[non_exhaustive]
    MissingHeader {
        /// The name of the header.
        name: &'static str,
    },
    /// The header `webhook-id` or `webhook-timestamp` is empty, repeated or invalid.
    #[non_exhaustive]
    MalformedHeader {
        /// The name of the header.
        name: &'static str,
    },
    /// No signature matches any of the secrets. The delivery does not come from Polar, was modified, or belongs to
    /// another endpoint.
    Signature,
    /// The delivery is authentic but too old. It may be a replay.
    #[non_exhaustive]
    Stale {
        /// The age of the delivery.
        age: Duration,
    },
    /// The delivery is authentic but its timestamp is in the future. The clock of this machine may be wrong.
    #[non_exhaustive]
    Future {
        /// The time by which the timestamp is ahead of this machine's clock.
        ahead: Duration,
    },
    /// The delivery is authentic but its body cannot be decoded: it is not an event, or does not match the OpenAPI
    /// description. The fields contain what is needed to handle the event manually.
    #[non_exhaustive]
    Malformed {
        /// The ID of the event at this endpoint, from the header `webhook-id`.
        id: String,
        /// The event type in the body, such as `order.paid`. `None` if the body has none.
        r#type: Option<String>,
        /// The time of the delivery, from the header `webhook-timestamp`.
        timestamp: Timestamp,
        /// The body as it was received. `Display` and `Debug` do not show it.
        body: RawBody,
        /// What cannot be decoded, and where in the body it is.
        source: DecodeError,
    },
    /// The delivery is authentic but contains a chat message instead of an event. Set the format of the endpoint to
    /// `raw`.
    #[non_exhaustive]
    Formatted {
        /// The current format of the endpoint.
        format: Format,
    },
    /// The delivery is authentic but its event has an API version that is not enabled in this program. Enable the
    /// feature of that version.
    #[non_exhaustive]
    Version {
        /// The API version of the event.
        version: String,
        /// The API versions that are enabled in this program.
        known: &'static [&'static str],
    },
    /// A secret is empty or invalid, so no delivery can be verified or signed.
    #[non_exhaustive]
    Secret {
        /// What is wrong with the secret.
        reason: &'static str,
    },
    /// The body is larger than [`body_limit`](super::Webhooks::body_limit). Returned by extractors only.
    #[non_exhaustive]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The connection broke before the whole body was received. Returned by extractors only.
    Interrupted,
    /// The body did not arrive within [`body_timeout`](super::Webhooks::body_timeout). Returned by extractors only.
    #[non_exhaustive]
    BodyTimeout {
        /// The timeout.
        limit: Duration,
    },
    /// The `web::Data` of the actix-web application contains no `Webhooks` for this event type. Returned by extractors
    /// only.
    NotConfigured,
}

impl WebhookError {
    /// Returns the HTTP status to respond with. Extractors and routes respond with it.
    ///
    /// The status is never 2xx, because an event that was not decoded must not count as delivered. Polar shows the
    /// status in its dashboard, and retries the delivery up to ten times.
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
