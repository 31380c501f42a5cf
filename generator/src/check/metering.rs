//! Checks that the contract has the fields of events and balances that the runtime uses for metering.

use super::Checker;
use super::flows::body;
use crate::ir::{Access, FlowKind, Operation, Safety, Type};

/// The fields that the runtime sets in events of any kind.
const EVENT: &[&str] = &[
    "timestamp",
    "name",
    "organization_id",
    "external_id",
    "parent_id",
    "metadata._cost.amount",
    "metadata._cost.currency",
    "metadata._llm.vendor",
    "metadata._llm.model",
    "metadata._llm.prompt",
    "metadata._llm.response",
    "metadata._llm.input_tokens",
    "metadata._llm.cached_input_tokens",
    "metadata._llm.output_tokens",
    "metadata._llm.total_tokens",
];

/// The fields that identify the customer and the member of an event, by either kind of ID.
const CUSTOMERS: &[[&str; 2]] = &[
    ["customer_id", "member_id"],
    ["external_customer_id", "external_member_id"],
];

/// The fields that the runtime reads of a balance in the list.
const BALANCE: &[&str] = &["consumed_units", "credited_units", "balance"];

/// The query parameters that the runtime sets when it requests balances.
const QUERY: &[&str] = &["meter_id", "customer_id", "external_customer_id", "limit"];

impl Checker<'_> {
    pub(super) fn metering(&self, operation: &Operation, events: &str) -> Result<(), String> {
        let mut services = self.api.services.iter();
        let ingest = services
            .find_map(|service| service.operation(events))
            .ok_or_else(|| format!("the client has no operation `{events}`"))?;
        if [ingest.access, operation.access] != [Access::Account; 2] {
            return Err(format!(
                "this operation and `{events}` must both accept an organization access token"
            ));
        }
        self.events(ingest)?;
        let item = operation.paging.as_ref().map(|paging| &paging.item);
        self.has_all(item, BALANCE, "an item of the list")?;
        let knows = |name: &&&str| {
            operation
                .query
                .iter()
                .any(|param| param.name.wire == **name)
        };
        match QUERY.iter().find(|name| !knows(name)) {
            Some(missing) => Err(format!("the list has no query parameter `{missing}`")),
            None => Ok(()),
        }
    }

    fn events(&self, operation: &Operation) -> Result<(), String> {
        let id = &operation.id;
        let is_known = matches!(
            operation.flow.as_ref().map(|flow| &flow.kind),
            Some(FlowKind::Ingest { time, accepted, duplicates })
                if time == "timestamp" && accepted == "inserted" && duplicates == "duplicates"
        );
        let is_keyed = matches!(
            &operation.safety,
            Safety::Keyed(path) if path.as_slice() == ["events", "external_id"]
        );
        if !is_known || !is_keyed {
            return Err(format!(
                "`{id}` must ingest `events` with an `external_id` and a `timestamp`, and return the counts `inserted` and `duplicates`"
            ));
        }
        let events = self.fields(body(operation), "events");
        let [Type::List(event)] = events.as_slice() else {
            return Err(format!("`events` of the body of `{id}` is not a list"));
        };
        self.has_all(Some(event), EVENT, "an event")?;
        let forms = self.forms(event);
        let has = |keys: &&[&str; 2]| {
            let mut forms = forms.iter();
            forms.any(|form| self.has_all(Some(form), *keys, "").is_ok())
        };
        match CUSTOMERS.iter().find(|keys| !has(keys)) {
            Some([customer, member]) => Err(format!(
                "no variant of an event has both `{customer}` and `{member}`"
            )),
            None => Ok(()),
        }
    }
}
