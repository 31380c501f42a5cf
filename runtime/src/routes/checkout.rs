//! The route to a checkout.

use axum::response::Response;
use axum::routing::MethodRouter;
use http::StatusCode;
use http::request::Parts;
use uuid::Uuid;

use super::identity::Identity;
use super::query::{
    ALLOW_DISCOUNT_CODES, CUSTOMER_BILLING_ADDRESS, CUSTOMER_EMAIL, CUSTOMER_EXTERNAL_ID,
    CUSTOMER_ID, CUSTOMER_METADATA, CUSTOMER_NAME, CUSTOMER_TAX_ID, DISCOUNT_ID, LOCALE, METADATA,
    PRODUCTS, Query, SEATS,
};
use super::redirect::redirect;
use super::rejection::Rejection;
use super::session::{self, Open};
use crate::client::{Call, Request};
use crate::codec::{FieldWriter, Model, Object, Redacted};
use crate::types::{Json, JsonObject};

/// The response when the API rejects the values.
const REJECTED: (StatusCode, &str) = (
    StatusCode::BAD_REQUEST,
    "no checkout can be created for these products and values",
);

/// A route that sends visitors to a checkout: `GET /checkout?products=…`.
///
/// It creates a checkout session and redirects there (303). These parameters of the query are read, by the names that Polar's
/// adapters for other languages use:
///
/// | parameter | value |
/// |---|---|
/// | `products` | IDs of products, repeated for several: the customer chooses between them |
/// | `customerEmail`, `customerName`, `customerTaxId` | prefill the form; another email address than that of a visitor who is logged in is rejected |
/// | `customerBillingAddress` | prefills the billing address, a JSON object: `{"country":"AT"}` |
/// | `metadata` | a JSON object, copied to orders and subscriptions |
/// | `customerMetadata` | a JSON object, copied to the customer; rejected for anonymous visitors |
/// | `discountId` | one of [`discounts`](Self::discounts) |
/// | `allowDiscountCodes` | `true` or `false`, unless the program decides it |
/// | `seats` | number of seats |
/// | `locale` | language of the page, such as `de` |
/// | `customerId`, `customerExternalId` | the customer that the visitor is logged in as; other customers, and anonymous visitors, are rejected |
///
/// Unknown parameters are ignored. Do not trust `metadata`, because visitors can edit the URL; keys of the route's own
/// [`metadata`](Self::metadata) take precedence.
#[derive(Clone, Debug)]
#[must_use = "a route is finished with `identified_by`"]
pub struct CheckoutRoute {
    request: Request,
    /// Keys that the program sets, regardless of the query.
    preset: JsonObject,
    metadata: JsonObject,
    /// The offered products; any product if empty.
    products: Vec<Uuid>,
    discounts: Vec<Uuid>,
}

/// The part of a checkout session that the route reads.
struct Checkout {
    url: String,
}

impl Model for Checkout {
    fn read(o: &mut Object<'_, '_>) -> Self {
        Self {
            url: o.field("url"),
        }
    }

    fn write(&self, o: &mut FieldWriter<'_>) {
        o.fields(&[("url", &Redacted(&self.url))]);
    }
}

crate::model! { Checkout }

impl CheckoutRoute {
    /// Creates the route from the operation that creates checkout sessions.
    #[doc(hidden)]
    pub fn new(request: Request) -> Self {
        Self {
            request,
            preset: JsonObject::new(),
            metadata: JsonObject::new(),
            products: Vec::new(),
            discounts: Vec::new(),
        }
    }

    /// Sends customers to this URL after the purchase. `{CHECKOUT_ID}` in it is replaced by the ID of the checkout.
    pub fn success_url(self, url: impl Into<String>) -> Self {
        self.preset("success_url", url.into().into())
    }

    /// Shows a link back to this URL on the checkout page.
    pub fn return_url(self, url: impl Into<String>) -> Self {
        self.preset("return_url", url.into().into())
    }

    /// Sets whether customers can enter discount codes, regardless of the query.
    pub fn allow_discount_codes(self, allow: bool) -> Self {
        self.preset("allow_discount_codes", allow.into())
    }

    /// Sets a key of the checkout's metadata, regardless of the query.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<Json>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }

    /// Restricts the products. By default, any product of the organization is offered, including those that no page
    /// links to.
    pub fn products(mut self, ids: impl IntoIterator<Item: Into<Uuid>>) -> Self {
        self.products.extend(ids.into_iter().map(Into::into));
        self
    }

    /// Permits the query to choose one of these discounts. Others are rejected, because anyone who has seen the ID of a
    /// discount could use it.
    pub fn discounts(mut self, ids: impl IntoIterator<Item: Into<Uuid>>) -> Self {
        self.discounts.extend(ids.into_iter().map(Into::into));
        self
    }

    /// Returns the route with a function that identifies visitors: it returns `Ok(None)` for an anonymous visitor, or
    /// `Err` with a response to send instead, such as a redirect to a login page.
    ///
    /// The checkout belongs to the customer that the function returns. An anonymous visitor can enter any email
    /// address, as on every checkout page, but cannot name a customer.
    ///
    /// `HEAD` requests get the status 405, and create no session.
    ///
    /// | outcome | status |
    /// |---|---|
    /// | the checkout is created | 303 |
    /// | a parameter is missing or invalid, or the API rejects the values | 400 |
    /// | the query names another customer, or a product or discount that is not offered | 403 |
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

    fn body(&self, query: &Query, identity: Option<&Identity>) -> Result<JsonObject, Rejection> {
        let mut body = JsonObject::new();
        body.insert("products".to_owned(), self.chosen_products(query)?);
        match identity {
            Some(identity) => {
                identity.check(query)?;
                identity.write_checkout(query, &mut body)?;
            }
            None => anonymous(query, &mut body)?,
        }
        let mut set = |key: &str, value: Option<Json>| {
            if let Some(value) = value {
                body.insert(key.to_owned(), value);
            }
        };
        let text = |name| Ok(query.one(name)?.map(Json::from));
        let object = |name| Ok(query.object(name)?.map(Json::from));
        set("customer_tax_id", text(CUSTOMER_TAX_ID)?);
        set("locale", text(LOCALE)?);
        set(
            "customer_billing_address",
            object(CUSTOMER_BILLING_ADDRESS)?,
        );
        set("customer_metadata", object(CUSTOMER_METADATA)?);
        set("seats", query.count(SEATS)?.map(Json::from));
        set(
            "allow_discount_codes",
            query.flag(ALLOW_DISCOUNT_CODES)?.map(Json::from),
        );
        set("discount_id", self.chosen_discount(query)?);
        let mut metadata = query.object(METADATA)?.unwrap_or_default();
        metadata.extend(self.metadata.clone());
        set("metadata", (!metadata.is_empty()).then(|| metadata.into()));
        body.extend(self.preset.clone());
        Ok(body)
    }

    fn chosen_products(&self, query: &Query) -> Result<Json, Rejection> {
        let mut chosen = Vec::new();
        for product in query.all(PRODUCTS) {
            let id: Uuid = product
                .parse()
                .map_err(|_| Rejection::invalid(PRODUCTS, "are not UUIDs"))?;
            if !self.products.is_empty() && !self.products.contains(&id) {
                return Err(Rejection::NOT_OFFERED);
            }
            chosen.push(Json::from(id.to_string()));
        }
        match chosen.is_empty() {
            true => Err(Rejection::invalid(PRODUCTS, "are missing")),
            false => Ok(chosen.into()),
        }
    }

    fn chosen_discount(&self, query: &Query) -> Result<Option<Json>, Rejection> {
        let Some(discount) = query.one(DISCOUNT_ID)? else {
            return Ok(None);
        };
        let id: Uuid = discount
            .parse()
            .map_err(|_| Rejection::invalid(DISCOUNT_ID, "is not a UUID"))?;
        match self.discounts.contains(&id) {
            true => Ok(Some(id.to_string().into())),
            false => Err(Rejection::NOT_OFFERED),
        }
    }

    fn preset(mut self, key: &str, value: Json) -> Self {
        self.preset.insert(key.to_owned(), value);
        self
    }
}

impl Open for CheckoutRoute {
    async fn open(&self, query: &Query, identity: Option<Identity>) -> Result<Response, Rejection> {
        let body = self.body(query, identity.as_ref())?;
        let mut request = self.request.clone();
        request.json_body(&Json::Object(body));
        let checkout = Call::<Checkout>::json(request).await;
        let checkout = checkout.map_err(|error| Rejection::failed(&error, REJECTED))?;
        redirect(&checkout.url)
    }
}

/// Writes what an anonymous visitor can prefill. Customer metadata is excluded, because with the email address of an
/// existing customer it would overwrite theirs.
fn anonymous(query: &Query, body: &mut JsonObject) -> Result<(), Rejection> {
    for name in [CUSTOMER_ID, CUSTOMER_EXTERNAL_ID, CUSTOMER_METADATA] {
        if query.all(name).next().is_some() {
            return Err(Rejection::ANONYMOUS);
        }
    }
    for (key, name) in [
        ("customer_email", CUSTOMER_EMAIL),
        ("customer_name", CUSTOMER_NAME),
    ] {
        if let Some(value) = query.one(name)? {
            body.insert(key.to_owned(), value.into());
        }
    }
    Ok(())
}
