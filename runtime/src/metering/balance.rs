//! What a meter has counted for a customer.

use std::time::Duration;

use uuid::Uuid;

use super::customer::Customer;
use crate::Error;
use crate::client::{Call, Request};
use crate::codec::{Decode, Node};
use crate::types::Decimal;

/// What a meter has counted for a customer, in the meter's units.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Balance {
    /// What the customer has consumed.
    pub consumed: Decimal,
    /// What was credited to the customer.
    pub credited: Decimal,
    /// What is left: credited minus consumed. Negative if more was consumed.
    pub balance: Decimal,
    /// Where the values come from.
    pub source: Source,
    /// How old the values are: zero if the API responded with them just now. The API itself counts events some seconds after
    /// they were sent.
    pub age: Duration,
}

/// Where a [`Balance`] comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// Computed here, from a snapshot and the events since.
    Local,
    /// A response of the API.
    Api,
}

/// Asks the API for a balance; `None` where the meter has counted nothing for the customer and nothing was credited.
pub(super) async fn ask(
    meters: &Request,
    meter: Uuid,
    customer: &Customer,
) -> Result<Option<Balance>, Error> {
    let mut request = meters.clone();
    request.query("meter_id", &meter);
    match customer {
        Customer::Id { customer_id, .. } => request.query("customer_id", customer_id),
        // Without a value the parameter would be left out, and any customer's balance be the first one.
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
