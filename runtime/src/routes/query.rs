//! The query parameters of a route. They have the same names as in Polar's adapters for web frameworks in other
//! languages.

use super::rejection::Rejection;
use crate::types::{JsonObject, JsonValue};

pub(super) const PRODUCTS: &str = "products";
pub(super) const CUSTOMER_ID: &str = "customerId";
pub(super) const CUSTOMER_EXTERNAL_ID: &str = "customerExternalId";
pub(super) const CUSTOMER_EMAIL: &str = "customerEmail";
pub(super) const CUSTOMER_NAME: &str = "customerName";
pub(super) const CUSTOMER_BILLING_ADDRESS: &str = "customerBillingAddress";
pub(super) const CUSTOMER_TAX_ID: &str = "customerTaxId";
pub(super) const CUSTOMER_METADATA: &str = "customerMetadata";
pub(super) const ALLOW_DISCOUNT_CODES: &str = "allowDiscountCodes";
pub(super) const DISCOUNT_ID: &str = "discountId";
pub(super) const METADATA: &str = "metadata";
pub(super) const SEATS: &str = "seats";
pub(super) const LOCALE: &str = "locale";

/// The query parameters that are not empty. A form sends empty parameters for fields that were not filled in, so these
/// are treated as missing.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn parse(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
        Self(pairs.filter(|(_, value)| !value.is_empty()).collect())
    }

    /// Returns all values of a parameter.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let pairs = self.0.iter().filter(move |(key, _)| key == name);
        pairs.map(|(_, value)| value.as_str())
    }

    /// Returns the value of a parameter. A repeated parameter is rejected, because it is ambiguous.
    pub(super) fn one(&self, name: &'static str) -> Result<Option<&str>, Rejection> {
        let mut values = self.all(name);
        let first = values.next();
        match values.next() {
            Some(_) => Err(Rejection::invalid(name, "is repeated")),
            None => Ok(first),
        }
    }

    /// Returns the value of a boolean parameter.
    pub(super) fn flag(&self, name: &'static str) -> Result<Option<bool>, Rejection> {
        match self.one(name)? {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Rejection::invalid(name, "is neither true nor false")),
        }
    }

    /// Returns the value of a parameter that is a positive integer.
    pub(super) fn count(&self, name: &'static str) -> Result<Option<u32>, Rejection> {
        let count = self.one(name)?.map(str::parse);
        match count {
            None => Ok(None),
            Some(Ok(count)) if count > 0 => Ok(Some(count)),
            Some(_) => Err(Rejection::invalid(name, "is not a positive integer")),
        }
    }

    /// Returns the value of a parameter that is a JSON object.
    pub(super) fn object(&self, name: &'static str) -> Result<Option<JsonObject>, Rejection> {
        let object = self.one(name)?.map(serde_json::from_str::<JsonValue>);
        match object {
            None => Ok(None),
            Some(Ok(JsonValue::Object(object))) => Ok(Some(object)),
            Some(_) => Err(Rejection::invalid(name, "is not a JSON object")),
        }
    }
}
