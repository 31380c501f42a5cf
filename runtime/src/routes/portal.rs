//! The route to the customer portal.

use axum::response::Response;
use axum::routing::MethodRouter;
use http::StatusCode;
use http::request::Parts;

use super::identity::Identity;
use super::query::Query;
use super::redirect::redirect;
use super::rejection::Rejection;
use super::session::{self, Open};
use crate::client::{Call, Request};
use crate::codec::{FieldWriter, Model, Object, Redacted};
use crate::types::{JsonObject, JsonValue};

/// The response when the API rejects the customer.
const REJECTED: (StatusCode, &str) = (
    StatusCode::NOT_FOUND,
    "your customer portal does not exist yet",
);

/// A route that redirects customers to their customer portal (303): `GET /portal`.
///
/// It creates a customer session for the customer that the visitor is logged in as.
#[derive(Clone, Debug)]
#[must_use = "a route is finished with `identified_by`"]
pub struct PortalRoute {
    request: Request,
    return_url: Option<String>,
}

/// The part of a customer session that the route reads.
struct Session {
    url: String,
}

impl Model for Session {
    fn read(o: &mut Object<'_, '_>) -> Self {
        Self {
            url: o.field("customer_portal_url"),
        }
    }

    fn write(&self, o: &mut FieldWriter<'_>) {
        o.fields(&[("customer_portal_url", &Redacted(&self.url))]);
    }
}

crate::model! { Session }

impl PortalRoute {
    /// Creates the route from a request of the operation that creates customer sessions.
    #[doc(hidden)]
    pub fn new(request: Request) -> Self {
        Self {
            request,
            return_url: None,
        }
    }

    /// Sets the URL of the "back" link in the portal. By default, there is no such link.
    pub fn return_url(mut self, url: impl Into<String>) -> Self {
        self.return_url = Some(url.into());
        self
    }

    /// Returns the axum route, with a function that identifies visitors.
    ///
    /// The function returns the customer that the visitor is logged in as, or `Ok(None)` for an anonymous visitor, who
    /// is rejected with the status 401. It can also return `Err` with a response to send instead, such as a redirect to
    /// a login page.
    ///
    /// `HEAD` requests are rejected with the status 405, and create no session.
    ///
    /// | outcome | status |
    /// |---|---|
    /// | the session is created | 303 |
    /// | the query names another customer | 403 |
    /// | the customer does not exist at Polar, because nothing was bought yet | 404 |
    /// | rate limit of the API; timeout; failure of the API or of the connection | 503, 504, 502 |
    /// | the API rejects the request or the access token | 500 |
    pub fn identified_by<V, R, T>(self, visitor: V) -> MethodRouter<T>
    where
        V: Fn(Parts) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Result<Option<Identity>, Response>> + Send + 'static,
        T: Clone + Send + Sync + 'static,
    {
        session::route(self, visitor)
    }
}

impl Open for PortalRoute {
    async fn open(&self, query: &Query, identity: Option<Identity>) -> Result<Response, Rejection> {
        let identity = identity.ok_or(Rejection::NOT_LOGGED_IN)?;
        identity.check(query)?;
        let mut body = JsonObject::new();
        identity.write_session(&mut body);
        if let Some(url) = &self.return_url {
            body.insert("return_url".to_owned(), url.as_str().into());
        }
        let mut request = self.request.clone();
        request.json_body(&JsonValue::Object(body));
        let session = Call::<Session>::json(request).await;
        let session = session.map_err(|error| Rejection::failed(&error, REJECTED))?;
        redirect(&session.url)
    }
}
