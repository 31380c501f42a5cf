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
use crate::types::{JsonObject, JsonValue};

/// The response when the API rejects the values of the query.
const REJECTED: (StatusCode, &str) = (
    StatusCode::BAD_REQUEST,
    "no checkout can be created for these products and values",
);

/// A route that creates a checkout session and redirects the visitor to it (303): `GET /checkout?products=…`.
///
/// The route reads these query parameters. Their names are those of Polar's adapters for other languages.
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
/// Unknown parameters are ignored. Do not trust `metadata`: visitors can edit the URL. Keys that the program sets with
/// [`metadata`](Self::metadata) override those of the query.
#[derive(Clone, Debug)]
#[must_use = "a route is finished with `identified_by`"]
pub struct CheckoutRoute {
    request: Request,
    /// Fields that the program sets. They override those of the query.
    preset: JsonObject,
    metadata: JsonObject,
    /// The products that are offered. If empty, all products are offered.
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
    /// Creates the route from a request of the operation that creates checkout sessions.
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

    /// Sets the URL to which customers are redirected after the purchase. `{CHECKOUT_ID}` in the URL is replaced by the
    /// ID of the checkout.
    pub fn success_url(self, url: impl Into<String>) -> Self {
        self.preset("success_url", url.into().into())
    }

    /// Sets the URL of the "back" link on the checkout page. By default, there is no such link.
    pub fn return_url(self, url: impl Into<String>) -> Self {
        self.preset("return_url", url.into().into())
    }

    /// Sets whether customers can enter discount codes. Overrides the query.
    pub fn allow_discount_codes(self, allow: bool) -> Self {
        self.preset("allow_discount_codes", allow.into())
    }

    /// Sets a key of the checkout's metadata. Overrides the query.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<JsonValue>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }

    /// Offers only these products. By default, visitors can buy any product of the organization, including products
    /// that no page links to.
    pub fn products(mut self, ids: impl IntoIterator<Item: Into<Uuid>>) -> Self {
        self.products.extend(ids.into_iter().map(Into::into));
        self
    }

    /// Allows the query to select one of these discounts. By default, and for any other discount, the query is
    /// rejected: anyone who has seen the ID of a discount could use it.
    pub fn discounts(mut self, ids: impl IntoIterator<Item: Into<Uuid>>) -> Self {
        self.discounts.extend(ids.into_iter().map(Into::into));
        self
    }

    /// Returns the axum route, with a function that identifies visitors.
    ///
    /// The function returns the customer that the visitor is logged in as, or `Ok(None)` for an anonymous visitor. It
    /// can also return `Err` with a response to send instead, such as a redirect to a login page.
    ///
    /// The checkout belongs to the customer that the function returns. An anonymous visitor can enter any email
    /// address, as on every checkout page, but the query cannot select a customer.
    ///
    /// `HEAD` requests are rejected with the status 405, and create no session.
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
        let mut set = |key: &str, value: Option<JsonValue>| {
            if let Some(value) = value {
                body.insert(key.to_owned(), value);
            }
        };
        let text = |name| Ok(query.one(name)?.map(JsonValue::from));
        let object = |name| Ok(query.object(name)?.map(JsonValue::from));
        set("customer_tax_id", text(CUSTOMER_TAX_ID)?);
        set("locale", text(LOCALE)?);
        set(
            "customer_billing_address",
            object(CUSTOMER_BILLING_ADDRESS)?,
        );
        set("customer_metadata", object(CUSTOMER_METADATA)?);
        set("seats", query.count(SEATS)?.map(JsonValue::from));
        set(
            "allow_discount_codes",
            query.flag(ALLOW_DISCOUNT_CODES)?.map(JsonValue::from),
        );
        set("discount_id", self.chosen_discount(query)?);
        let mut metadata = query.object(METADATA)?.unwrap_or_default();
        metadata.extend(self.metadata.clone());
        set("metadata", (!metadata.is_empty()).then(|| metadata.into()));
        body.extend(self.preset.clone());
        Ok(body)
    }

    fn chosen_products(&self, query: &Query) -> Result<JsonValue, Rejection> {
        let mut chosen = Vec::new();
        for product in query.all(PRODUCTS) {
            let id: Uuid = product
                .parse()
                .map_err(|_| Rejection::invalid(PRODUCTS, "are not UUIDs"))?;
            if !self.products.is_empty() && !self.products.contains(&id) {
                return Err(Rejection::NOT_OFFERED);
            }
            chosen.push(JsonValue::from(id.to_string()));
        }
        match chosen.is_empty() {
            true => Err(Rejection::invalid(PRODUCTS, "are missing")),
            false => Ok(chosen.into()),
        }
    }

    fn chosen_discount(&self, query: &Query) -> Result<Option<JsonValue>, Rejection> {
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

    fn preset(mut self, key: &str, value: JsonValue) -> Self {
        self.preset.insert(key.to_owned(), value);
        self
    }
}

impl Open for CheckoutRoute {
    async fn open(&self, query: &Query, identity: Option<Identity>) -> Result<Response, Rejection> {
        let body = self.body(query, identity.as_ref())?;
        let mut request = self.request.clone();
        request.json_body(&JsonValue::Object(body));
        let checkout = Call::<Checkout>::json(request).await;
        let checkout = checkout.map_err(|error| Rejection::failed(&error, REJECTED))?;
        redirect(&checkout.url)
    }
}

/// Writes the values that an anonymous visitor can prefill. Customer metadata is excluded: for the email address of an
/// existing customer, it would overwrite the metadata of that customer.
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
