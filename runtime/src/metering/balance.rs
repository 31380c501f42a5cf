//! Balances of meters.

use std::time::Duration;

use uuid::Uuid;

use super::customer::Customer;
use crate::Error;
use crate::client::{Call, Request};
use crate::codec::{Decode, Node};
use crate::types::Decimal;

/// The consumed, credited and remaining units of a customer's meter.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Balance {
    /// The number of units that the customer has consumed.
    pub consumed: Decimal,
    /// The number of units that were credited to the customer.
    pub credited: Decimal,
    /// The number of remaining units: credited minus consumed. Negative if more units were consumed than credited.
    pub balance: Decimal,
    /// Whether the balance was computed locally, or read from the API.
    pub source: Source,
    /// For a local balance, the time since the last snapshot of Polar. Zero for a balance of the API, which lacks
    /// events of the last seconds.
    pub age: Duration,
}

/// Where a [`Balance`] comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// Computed locally: from a snapshot of Polar, and the events since then.
    Local,
    /// Read from the API.
    Api,
}

/// Requests a balance from the API. Returns `None` if the customer has neither usage nor credits of the meter.
pub(super) async fn fetch(
    meters: &Request,
    meter: Uuid,
    customer: &Customer,
) -> Result<Option<Balance>, Error> {
    let mut request = meters.clone();
    request.query("meter_id", &meter);
    match customer {
        Customer::Id { customer_id, .. } => request.query("customer_id", customer_id),
        // An empty parameter would be omitted from the query, and the response would contain another customer.
        Customer::External { customer_id, .. } if customer_id.is_empty() => return Ok(None),
        Customer::External { customer_id, .. } => {
            request.query("external_customer_id", customer_id);
        }
    }
    request.query("limit", &1_i64);
    let page: Balances = Call::json(request).await?;
    Ok(page.0.into_iter().next())
}

/// A page of the operation `customer_meters:list`.
struct Balances(Vec<Balance>);

impl Decode for Balances {
    fn decode(node: Node<'_, '_>) -> Self {
        Self(node.member("items"))
    }
}

impl Decode for Balance {
    fn decode(node: Node<'_, '_>) -> Self {
        Self {
            consumed: node.member("consumed_units"),
            credited: node.member("credited_units"),
            balance: node.member("balance"),
            source: Source::Api,
            age: Duration::ZERO,
        }
    }
}
