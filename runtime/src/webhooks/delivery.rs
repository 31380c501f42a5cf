//! `Delivery`: a verified delivery, with its decoded event.

use super::error::WebhookError;
use super::format::Format;
use super::headers::Signed;
use crate::RawBody;
use crate::codec::{self, Decode, DecodeError};
use crate::types::Timestamp;

/// A type of events of an API version, such as `Event` of a generated module.
pub trait VersionedEvent: Decode {
    /// The API versions of which all events can be decoded. A body without a version is decoded as the first one.
    const VERSIONS: &'static [&'static str];

    /// Returns the type of the event, such as `order.paid`.
    fn event_type(&self) -> &str;

    /// Returns whether events of this type can be decoded in another API version, because they have the same payload.
    /// `version` is not one of [`VERSIONS`](Self::VERSIONS).
    fn is_shared(version: &str, event_type: &str) -> bool {
        let _ = (version, event_type);
        false
    }
}

/// A verified webhook delivery with its event. It is signed by Polar, and not older than the tolerance.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Delivery<E> {
    /// The ID of the event at this endpoint. It is the same if the event is delivered again.
    pub id: String,
    /// The time of the delivery.
    pub timestamp: Timestamp,
    /// The API version of the event, from the signed body; `None` if the body has none. The header with the version is
    /// ignored, because it is not signed.
    pub api_version: Option<String>,
    /// The decoded event.
    pub event: E,
}

impl<E: VersionedEvent> Delivery<E> {
    pub(super) fn read(signed: Signed, body: &[u8]) -> Result<Self, WebhookError> {
        let mut api_version = None;
        let mut r#type = None;
        let event = codec::from_slice_if(body, |root| {
            if let Some(format) = Format::of(root) {
                return Err(Rejection::Other(WebhookError::Formatted { format }));
            }
            let event_type = root.text(&["type"]);
            r#type = event_type.map(str::to_owned);
            api_version = root.text(&["api_version"]).map(str::to_owned);
            check_version::<E>(api_version.as_deref(), event_type.unwrap_or_default())
                .map_err(Rejection::Other)
        });
        let Signed { id, timestamp, .. } = signed;
        match event {
            Ok(event) => Ok(Self {
                id,
                timestamp,
                api_version,
                event,
            }),
            Err(Rejection::Other(error)) => Err(error),
            Err(Rejection::Malformed(source)) => Err(WebhookError::Malformed {
                id,
                r#type,
                timestamp,
                body: RawBody::copied(body),
                source,
            }),
        }
    }
}

/// Why a body cannot be decoded as an event.
enum Rejection {
    Malformed(DecodeError),
    Other(WebhookError),
}

impl From<DecodeError> for Rejection {
    fn from(error: DecodeError) -> Self {
        Self::Malformed(error)
    }
}

fn check_version<E: VersionedEvent>(
    version: Option<&str>,
    event_type: &str,
) -> Result<(), WebhookError> {
    match version {
        Some(version) if !E::VERSIONS.contains(&version) && !E::is_shared(version, event_type) => {
            Err(WebhookError::Version {
                version: version.to_owned(),
                known: E::VERSIONS,
            })
        }
        _ => Ok(()),
    }
}
