//! Why a delivery is not accepted, and how to answer it.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use http::StatusCode;

use super::format::Format;
use crate::RawBody;
use crate::codec::DecodeError;
use crate::types::Timestamp;

/// Why a delivery is not accepted. Neither its text nor its `Debug` form shows secrets or signatures.
#[derive(Debug)]
#[non_exhaustive]
pub enum WebhookError {
    /// One of the three headers that every delivery has is not there.
    #[non_exhaustive]
    MissingHeader {
        /// Its name.
        name: &'static str,
    },
    /// The header with the id or the timestamp is empty, occurs twice, or is not what it should be.
    #[non_exhaustive]
    MalformedHeader {
        /// Its name.
        name: &'static str,
    },
    /// None of the secrets has made the signature: the delivery is not Polar's, was changed, or belongs to another endpoint.
    Signature,
    /// The delivery is authentic, and too old: it may be a copy that somebody sends again.
    #[non_exhaustive]
    Stale {
        /// How long ago it was delivered.
        age: Duration,
    },
    /// The delivery is authentic, and its time has not come: one of the clocks is wrong.
    #[non_exhaustive]
    Future {
        /// How far ahead of this machine's clock it is.
        ahead: Duration,
    },
    /// The delivery is authentic, and its body cannot be decoded: it is not an event, or an event whose content does not
    /// match the OpenAPI description. Everything that is needed to handle it by hand is here.
    #[non_exhaustive]
    Malformed {
        /// The id of the event at this endpoint, from the header `webhook-id`.
        id: String,
        /// The type that the body names: `order.paid`.
        r#type: Option<String>,
        /// When it was delivered, from the header `webhook-timestamp`.
        timestamp: Timestamp,
        /// The body as it was received. Never shown by `Display` or `Debug`.
        body: RawBody,
        /// What is wrong with the body, and where.
        source: DecodeError,
    },
    /// The delivery is authentic, and is a message for a chat: the format of the endpoint is not `raw`.
    #[non_exhaustive]
    Formatted {
        /// The format of the endpoint.
        format: Format,
    },
    /// The delivery is authentic, and follows a version of the API that this program was not built for.
    #[non_exhaustive]
    Version {
        /// The version that the body names.
        version: String,
        /// The versions that the program was built for.
        known: &'static [&'static str],
    },
    /// A secret is of no use: nothing can be verified or signed with it.
    #[non_exhaustive]
    Secret {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The body is larger than an extractor reads.
    #[non_exhaustive]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The connection broke before an extractor had read the body.
    Interrupted,
    /// The body did not arrive in the time that an extractor gives it.
    #[non_exhaustive]
    BodyTimeout {
        /// The time.
        limit: Duration,
    },
    /// The application has no `Webhooks` among its data, or has those of another version of the API.
    NotConfigured,
}

impl WebhookError {
    /// The status to answer with. The extractors do so.
    ///
    /// Polar delivers again what is not answered with 2xx, up to ten times, and shows the status in its dashboard. So none of
    /// these is a 2xx: an event that was not read must not count as delivered.
    ///
    /// | error | status |
    /// |---|---|
    /// | [`MissingHeader`](Self::MissingHeader), [`MalformedHeader`](Self::MalformedHeader) | 400 |
    /// | [`Signature`](Self::Signature) | 401 |
    /// | [`Stale`](Self::Stale), [`Future`](Self::Future): authentic, and not accepted now | 403 |
    /// | [`Malformed`](Self::Malformed), [`Interrupted`](Self::Interrupted) | 400 |
    /// | [`BodyTimeout`](Self::BodyTimeout) | 408 |
    /// | [`TooLarge`](Self::TooLarge) | 413 |
    /// | [`Formatted`](Self::Formatted): the endpoint has to be set to `raw` | 415 |
    /// | [`Version`](Self::Version): the program has to be built with it | 501 |
    /// | [`Secret`](Self::Secret), [`NotConfigured`](Self::NotConfigured): the program is not set up | 500 |
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
            Self::Signature => f.write_str("the signature was made with none of the secrets"),
            Self::Stale { age } => {
                write!(f, "the delivery is {} seconds old", age.as_secs())
            }
            Self::Future { ahead } => {
                let seconds = ahead.as_secs();
                write!(f, "the delivery is {seconds} seconds ahead of the clock")
            }
            Self::Malformed { source, .. } => write!(f, "the body is not an event: {source}"),
            Self::Formatted { format } => write!(
                f,
                "the endpoint has its events delivered for {format}, not as `raw`"
            ),
            Self::Version { version, known } => write!(
                f,
                "the event follows version {version:?} of the API, and the program was built for {}",
                known.join(", ")
            ),
            Self::Secret { reason } => write!(f, "the webhook secret is unusable: {reason}"),
            Self::TooLarge { limit } => write!(f, "the body has more than {limit} bytes"),
            Self::Interrupted => f.write_str("the body could not be read to its end"),
            Self::BodyTimeout { limit } => write!(f, "the body did not arrive within {limit:?}"),
            Self::NotConfigured => f.write_str("webhooks are not set up in this application"),
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
