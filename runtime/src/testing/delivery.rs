//! Webhook deliveries, signed as Polar signs them.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};

use super::sample::id_of;
use crate::codec::{self, Encode};
use crate::time::system_time;
use crate::types::Timestamp;
use crate::webhooks::sign;

/// A delivery to a webhook endpoint, signed with its secret, for tests of webhook handlers.
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
    /// Signs an event, such as `Event::sample(WebhookEventType::OrderPaid)`, as delivered now. The same event always
    /// has the same ID, as if it were delivered again.
    ///
    /// # Panics
    /// If the secret is empty.
    #[must_use]
    #[track_caller]
    pub fn new(secret: &str, event: &impl Encode) -> Self {
        let body = codec::to_vec(event);
        let text = String::from_utf8_lossy(&body);
        let id = format!("msg_{}", id_of(&text, 0).simple());
        Self::of_body(secret, &id, body)
    }

    /// Signs any body, as delivered now with an ID.
    ///
    /// # Panics
    /// If the secret is empty, or the ID is not printable ASCII.
    #[must_use]
    #[track_caller]
    pub fn of_body(secret: &str, id: &str, body: impl Into<Bytes>) -> Self {
        Self::at(secret, id, system_time(), body)
    }

    /// Signs any body, as delivered at a time, for example for a delivery that is too old.
    ///
    /// # Panics
    /// If the secret is empty, or the ID is not printable ASCII.
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

    /// Returns the headers, including the signature.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the signed body.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Returns the delivery as a request to a path or URL, for the test harness of a web framework.
    ///
    /// # Panics
    /// If `uri` is neither.
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
