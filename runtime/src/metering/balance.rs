//! Balances of meters.

use std::time::Duration;

use uuid::Uuid;

use super::customer::Customer;
use crate::Error;
use crate::client::{Call, Request};
use crate::codec::{Decode, Node};
use crate::types::Decimal;

/// The balance of a customer's meter, in the meter's units.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Balance {
    /// The units that the customer has consumed.
    pub consumed: Decimal,
    /// The units that were credited to the customer.
    pub credited: Decimal,
    /// The remaining units: credited minus consumed. Negative if more was consumed.
    pub balance: Decimal,
    /// The source of the values.
    pub source: Source,
    /// The age of the values: zero for a response of the API. The API itself counts events some seconds after they were
    /// sent.
    pub age: Duration,
}

/// The source of a [`Balance`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// Computed locally, from a snapshot and later events.
    Local,
    /// A response of the API.
    Api,
}

/// Requests a balance from the API; `None` if the customer has neither usage nor credits of the meter.
pub(super) async fn fetch(
    meters: &Request,
    meter: Uuid,
    customer: &Customer,
) -> Result<Option<Balance>, Error> {
    let mut request = meters.clone();
    request.query("meter_id", &meter);
    match customer {
        Customer::Id { customer_id, .. } => request.query("customer_id", customer_id),
        // An empty parameter would be omitted, and the first item would be the balance of another customer.
        Customer::External { customer_id, .. } if customer_id.is_empty() => return Ok(None),
        Customer::External { customer_id, .. } => {
            request.query("external_customer_id", customer_id);
        }
    }
    request.query("limit", &1_i64);
    let page: Balances = Call::json(request).await?;
    Ok(page.0.into_iter().next())
}

/// A page of the list of customers' meters.
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
