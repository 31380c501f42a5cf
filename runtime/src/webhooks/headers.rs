//! The headers of a delivery.

use std::collections::{BTreeMap, HashMap};

use http::HeaderMap;

use super::error::WebhookError;
use super::keys::{self, Signature};
use crate::types::Timestamp;

/// The header with the ID of the event. It is the same if the event is delivered again.
pub(super) const ID: &str = "webhook-id";
/// The header with the time of the delivery, in seconds since 1970.
pub(super) const TIMESTAMP: &str = "webhook-timestamp";
/// The header with the signatures.
pub(super) const SIGNATURE: &str = "webhook-signature";

/// The headers of a request, in any common type: a [`HeaderMap`], or a list or map of names and values.
///
/// Names are case-insensitive. Implement it for the header type of another web framework.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no headers",
    label = "expected a `HeaderMap`, or a slice, array, `Vec` or map of names and values"
)]
pub trait Headers {
    /// Calls `visit` with the name and the value of each header.
    fn visit(&self, visit: &mut dyn FnMut(&str, &[u8]));
}

impl<T: Headers + ?Sized> Headers for &T {
    fn visit(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        (**self).visit(visit);
    }
}

impl<V: AsRef<[u8]>> Headers for HeaderMap<V> {
    fn visit(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        self.iter()
            .for_each(|(name, value)| visit(name.as_str(), value.as_ref()));
    }
}

impl<K: AsRef<str>, V: AsRef<[u8]>> Headers for [(K, V)] {
    fn visit(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        self.iter()
            .for_each(|(name, value)| visit(name.as_ref(), value.as_ref()));
    }
}

impl<K: AsRef<str>, V: AsRef<[u8]>, const N: usize> Headers for [(K, V); N] {
    fn visit(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        self.as_slice().visit(visit);
    }
}

impl<K: AsRef<str>, V: AsRef<[u8]>> Headers for Vec<(K, V)> {
    fn visit(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        self.as_slice().visit(visit);
    }
}

impl<K: AsRef<str>, V: AsRef<[u8]>, S> Headers for HashMap<K, V, S> {
    fn visit(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        self.iter()
            .for_each(|(name, value)| visit(name.as_ref(), value.as_ref()));
    }
}

impl<K: AsRef<str>, V: AsRef<[u8]>> Headers for BTreeMap<K, V> {
    fn visit(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        self.iter()
            .for_each(|(name, value)| visit(name.as_ref(), value.as_ref()));
    }
}

/// The headers of a signed delivery.
///
/// The signature covers the ID, the timestamp and the body, joined with points. Even if the ID contains a point, this
/// is unambiguous: the timestamp contains no point, and the body of an event starts with a brace.
pub(super) struct Signed {
    pub(super) id: String,
    pub(super) timestamp: Timestamp,
    /// The timestamp as it was received: the seconds since 1970, as a string.
    pub(super) seconds: String,
    /// The signatures with the supported version. There are several during a rotation of the secret.
    pub(super) signatures: Vec<Signature>,
}

/// The value of a header that must occur once.
enum Single {
    Missing,
    Once(Vec<u8>),
    Repeated,
}

impl Single {
    fn add(&mut self, value: &[u8]) {
        *self = match self {
            Self::Missing => Self::Once(value.to_vec()),
            Self::Once(_) | Self::Repeated => Self::Repeated,
        };
    }

    fn text(self, name: &'static str) -> Result<String, WebhookError> {
        match self {
            Self::Missing => Err(WebhookError::MissingHeader { name }),
            Self::Once(value) => match String::from_utf8(value) {
                Ok(text) if !text.is_empty() => Ok(text),
                _ => Err(WebhookError::MalformedHeader { name }),
            },
            Self::Repeated => Err(WebhookError::MalformedHeader { name }),
        }
    }
}

impl Signed {
    pub(super) fn read(headers: &impl Headers) -> Result<Self, WebhookError> {
        let (mut id, mut timestamp) = (Single::Missing, Single::Missing);
        let mut signatures: Option<Vec<Signature>> = None;
        headers.visit(&mut |name, value| {
            if name.eq_ignore_ascii_case(ID) {
                id.add(value);
            } else if name.eq_ignore_ascii_case(TIMESTAMP) {
                timestamp.add(value);
            } else if name.eq_ignore_ascii_case(SIGNATURE) {
                let several = value.split(|byte| *byte == b' ').filter_map(keys::decode);
                signatures.get_or_insert_default().extend(several);
            }
        });
        let id = id.text(ID)?;
        let seconds = timestamp.text(TIMESTAMP)?;
        let signatures = signatures.ok_or(WebhookError::MissingHeader { name: SIGNATURE })?;
        let timestamp = parse(&seconds).ok_or(WebhookError::MalformedHeader { name: TIMESTAMP })?;
        Ok(Self {
            id,
            timestamp,
            seconds,
            signatures,
        })
    }
}

/// Returns the `Content-Length`; if there are several, the largest one.
#[cfg(any(feature = "actix-web", feature = "axum"))]
pub(super) fn content_length(headers: &impl Headers) -> Option<u64> {
    let mut length = None;
    headers.visit(&mut |name, value| {
        if name.eq_ignore_ascii_case(http::header::CONTENT_LENGTH.as_str()) {
            let text = std::str::from_utf8(value).ok();
            length = length.max(text.and_then(|text| text.trim().parse().ok()));
        }
    });
    length
}

/// Parses a string of digits: the seconds since 1970.
fn parse(seconds: &str) -> Option<Timestamp> {
    let digits = seconds.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = digits.then(|| seconds.parse().ok())??;
    Timestamp::from_timestamp(seconds, 0)
}
