//! `SignedDelivery`: webhook deliveries that are signed as Polar signs them.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};

use super::sample::id_of;
use crate::codec::{self, Encode};
use crate::time::system_time;
use crate::types::Timestamp;
use crate::webhooks::sign;

/// A webhook delivery that is signed with the secret of an endpoint, for tests of webhook handlers.
///
/// # Examples
/// ```
/// # use polar_client_runtime::testing::SignedDelivery;
/// let delivery = SignedDelivery::of_body("whsec_c2VjcmV0IG9mIGEgdGVzdA==", "msg_1", "{}");
/// assert_eq!(delivery.headers()["webhook-id"], "msg_1");
/// ```
#[derive(Clone)]
pub struct SignedDelivery {
    headers: HeaderMap,
    body: Bytes,
}

impl SignedDelivery {
    /// Creates a delivery of an event at the current time.
    ///
    /// `event` is for example `Event::sample(WebhookEventType::OrderPaid)`. Equal events get the same ID, like an event
    /// that Polar delivers again.
    ///
    /// # Panics
    /// Panics if the secret is empty.
    #[must_use]
    #[track_caller]
    pub fn new(secret: &str, event: &impl Encode) -> Self {
        let body = codec::to_vec(event);
        let text = String::from_utf8_lossy(&body);
        let id = format!("msg_{}", id_of(&text, 0).simple());
        Self::of_body(secret, &id, body)
    }

    /// Creates a delivery of any body at the current time. `id` is the ID of the event.
    ///
    /// # Panics
    /// Panics if the secret is empty, or if the ID is not printable ASCII.
    #[must_use]
    #[track_caller]
    pub fn of_body(secret: &str, id: &str, body: impl Into<Bytes>) -> Self {
        Self::at(secret, id, system_time(), body)
    }

    /// Creates a delivery of any body at this time, for example one that is too old. `id` is the ID of the event.
    ///
    /// # Panics
    /// Panics if the secret is empty, or if the ID is not printable ASCII.
    #[must_use]
    #[track_caller]
    pub fn at(secret: &str, id: &str, time: impl Into<Timestamp>, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let signed = sign(secret, id, time.into(), &body);
        let headers = match signed {
            Ok(headers) => headers,
            Err(error) => panic!("the delivery cannot be signed: {error}"),
        };
        let headers = headers.into_iter().map(|(name, value)| {
            let Ok(value) = HeaderValue::try_from(value) else {
                panic!("the ID of a delivery is not a valid header value: {id}");
            };
            (HeaderName::from_static(name), value)
        });
        let json = (
            http::header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        Self {
            headers: headers.chain([json]).collect(),
            body,
        }
    }

    /// Returns the headers of the delivery, including the signature and the content type.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the signed body.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Returns the delivery as a `POST` request to a path or URL, for the test harness of a web framework.
    ///
    /// # Panics
    /// Panics if `uri` is neither a path nor a URL.
    #[must_use]
    #[track_caller]
    pub fn request(&self, uri: &str) -> Request<Bytes> {
        let Ok(uri) = Uri::try_from(uri) else {
            panic!("neither a path nor a URL: {uri}");
        };
        let mut request = Request::new(self.body.clone());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers.clone();
        request
    }
}

/// Omits signature and body.
impl fmt::Debug for SignedDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.headers.get("webhook-id");
        f.debug_struct("SignedDelivery")
            .field("id", &id)
            .finish_non_exhaustive()
    }
}
